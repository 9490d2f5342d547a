# One image for every process of Huabao; docker-compose.yml says which process a container is.
FROM python:3.11-slim-bookworm

# pg_dump and pg_restore serve `huabao db backup` and `restore`; Pango lays out the text of a proof.
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends postgresql-client libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-hanazono \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --create-home --home-dir /var/lib/huabao --uid 10001 huabao

WORKDIR /opt/huabao
COPY requirements.lock ./
RUN pip install --no-cache-dir --no-deps --require-hashes -r requirements.lock
COPY . ./
RUN install -m 755 bin/huabao-container /usr/local/bin/huabao \
    && python -m compileall -q . \
    && install -d -o huabao -g huabao /var/lib/huabao/data /var/lib/huabao/sandbox

ENV PYTHONPATH=/opt/huabao \
    PYTHONUNBUFFERED=1 \
    HUABAO_ENV=production \
    HUABAO_DATA_DIR=/var/lib/huabao/data
WORKDIR /var/lib/huabao
USER huabao
EXPOSE 8080
CMD ["huabao", "--help"]
