"""Events of MISC: `POST /misc` journalled, applied and committed to PostgreSQL before the answer; events a second, and how long an answer takes.

The server is `huabao serve` in a process of its own, the database writes through to its disk. Beside
it, in turn and in the same run: a bare uvicorn route that parses with lxml, answers and keeps
nothing. Answers are timed at 500 events a second, each from the instant at which it was due.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import uvloop
from sqlalchemy import func, select

from console.schema import upgrade
from content.services import PublicationFields, add_publication
from huabao.config import Config
from huabao.runtime import make_runtime
from reconciliation.journal.models import ExchangeMessage
from subscribers.models import Subscription
from tests import servers
from tests.benchmark.figures import Figure, figure
from tests.benchmark.reporters import post_all
from tests.benchmark.reports import _cpu_s, _listening, _serving
from tests.integration.misc.ground import CANCEL, PAPER, PAUSE, RESUME, message

EVENTS = 10_000
READERS = 2_500
ROUNDS = 3
CONNECTIONS = 200
PACED_PER_S = 500
PACED_S = 10
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
STEPS = (1, PAUSE, RESUME, CANCEL)


def run() -> list[Figure]:
    """Measure `ROUNDS` rounds, each part once in each."""
    rates: dict[str, list[float]] = {"huabao": [], "uvicorn": []}
    costs: dict[str, list[float]] = {"huabao": [], "uvicorn": []}
    waits: dict[str, list[list[float]]] = {"huabao": [], "uvicorn": []}
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        url = stack.enter_context(servers.postgres_server(DURABLE))
        runtime = make_runtime(Config(database_url=url, data_dir=Path(folder)))
        upgrade(runtime)
        with runtime.transaction() as session:
            add_publication(session, "paper", PublicationFields(title="手机报", kind="newspaper", service_id=PAPER), "bench", runtime.now())
        environment = {"HUABAO_DATABASE_URL": url, "HUABAO_REDIS_URL": stack.enter_context(servers.redis_server()), "HUABAO_DATA_DIR": folder}
        routes = {"huabao": stack.enter_context(_serving(environment)), "uvicorn": stack.enter_context(_listening("uvicorn", environment))}
        for number in range(ROUNDS):
            for name, (process_id, tcp_port) in routes.items():
                requests = events(f"{number}a", EVENTS)
                before, began = _cpu_s(process_id), time.monotonic()
                post_all(tcp_port, requests, CONNECTIONS)
                rates[name].append(EVENTS / (time.monotonic() - began))
                costs[name].append(EVENTS / (_cpu_s(process_id) - before))
                waits[name].append(paced(tcp_port, events(f"{number}b", PACED_PER_S * PACED_S), PACED_PER_S))
        with runtime.transaction(read_only=True) as session:
            assert session.scalar(select(func.count()).select_from(ExchangeMessage)) == ROUNDS * (EVENTS + PACED_PER_S * PACED_S)
            assert session.scalar(select(func.count()).select_from(Subscription)) == READERS
        runtime.engine.dispose()
    beside = "bare uvicorn, lxml, nothing kept"
    return [
        figure("POST /misc, journalled, applied, committed to PostgreSQL", "events/s", rates["huabao"], beside, rates["uvicorn"]),
        figure("the same", "events/CPU s", costs["huabao"], beside, costs["uvicorn"]),
        *(
            figure(f"answer at {PACED_PER_S} events/s, {name}", "ms", [quantile(one, share) for one in waits["huabao"]], beside, [quantile(one, share) for one in waits["uvicorn"]])
            for name, share in (("median", 0.5), ("p99", 0.99))
        ),
    ]


def events(label: str, count: int) -> list[bytes]:
    """Whole HTTP requests: readers in turn, each of whose orders is opened, paused, activated and stopped."""
    requests = []
    for at in range(count):
        body = message(f"{label}{at}", STEPS[at // READERS % len(STEPS)], f"138{at % READERS:08d}")
        head = f'POST /misc HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/xml; charset=utf-8\r\nSOAPAction: ""\r\nContent-Length: {len(body)}\r\n\r\n'
        requests.append(head.encode() + body)
    return requests


def quantile(values: Sequence[float], share: float) -> float:
    """The value that `share` of them do not exceed."""
    return statistics.quantiles(values, n=1000, method="inclusive")[round(share * 1000) - 1]


def paced(tcp_port: int, requests: Sequence[bytes], per_s: int) -> list[float]:
    """Milliseconds from the instant at which each request was due to the end of its answer."""

    async def go() -> list[float]:
        idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        began = time.perf_counter() + 0.2

        async def one(number: int, request: bytes) -> float:
            due = began + number / per_s
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            while idle and idle[-1][0].at_eof():  # it rested so long that the server let it go
                idle.pop()
            reader, writer = idle.pop() if idle else await asyncio.open_connection("127.0.0.1", tcp_port)
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head
            await reader.readexactly(int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]))
            took_ms = (time.perf_counter() - due) * 1000
            idle.append((reader, writer))
            return took_ms

        return await asyncio.gather(*(one(number, request) for number, request in enumerate(requests)))

    return uvloop.run(go())
