"""The platform's own check file out of PostgreSQL, by the command, beside a bare COPY of the same rows that nobody reads."""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import psycopg

from console.schema import upgrade
from huabao.clock import business_day
from huabao.config import Config
from huabao.runtime import make_runtime
from tests import servers
from tests.benchmark.commands import reconcile_command
from tests.benchmark.figures import Figure, figure
from tests.benchmark.population import fill

_BARE = """
COPY (SELECT r.msisdn, s.service_id, s.state, s.effective_at, s.price_fen, s.fee_msisdn FROM subscriptions s JOIN readers r ON r.id = s.reader_id
ORDER BY r.msisdn COLLATE "C", s.service_id COLLATE "C") TO STDOUT (FORMAT CSV)
"""


def own_export(readers: int, rounds: int) -> list[Figure]:
    """Seconds and size, in turn with the bare COPY."""
    taken: dict[str, list[float]] = {"ours": [], "bare": []}
    peak = 0.0
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="huabao-bench-")))
        url = stack.enter_context(servers.postgres_server({"shared_buffers": "1GB", "max_wal_size": "4GB"}))
        runtime = make_runtime(Config(database_url=url, data_dir=folder))
        upgrade(runtime)
        fill(runtime, readers, now=runtime.now())
        day = business_day(runtime.now() - timedelta(days=1))
        environment = os.environ | {"HUABAO_DATABASE_URL": url, "HUABAO_DATA_DIR": str(folder)}
        runtime.engine.dispose()
        for _ in range(rounds):
            done = reconcile_command(environment, "export", "--date", str(day), "--to", "boss", "--out", str(folder / "own.csv"))
            taken["ours"].append(done.seconds)
            peak = max(peak, done.peak_mb)
            taken["bare"].append(_bare(url))
    what = f"own export of {readers:,} orders"
    return [figure(what, "s", taken["ours"], "a bare COPY of the same rows", taken["bare"]), Figure(f"{what}: largest", round(peak, 1), "MB")]


def _bare(url: str) -> float:
    began = time.perf_counter()
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '64MB'")
        with cursor.copy(_BARE) as copy:
            for _ in copy:
                pass
    return time.perf_counter() - began
