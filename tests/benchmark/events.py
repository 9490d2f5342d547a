"""Events of MISC and BOSS: `POST /misc` and `POST /boss/events`, journalled, applied and committed to PostgreSQL before the answer.

The server is `huabao serve` in a process of its own, the database writes through to its disk. Beside
it, in turn and in the same run: a bare uvicorn route with the same group commit that
copies the bodies into one table and commits, nothing else. Answers are timed at 500 events a second,
each from the instant at which it was due.
"""

from __future__ import annotations

import asyncio
import itertools
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import uvloop
from sqlalchemy import func, select, text

from console.schema import upgrade
from content.services import PublicationFields, add_publication
from huabao.clock import utc_now
from huabao.config import Config
from huabao.runtime import Runtime, make_runtime
from reconciliation.codecs.boss import BossEvent, encode_event, headers_for
from reconciliation.journal.models import ExchangeMessage
from subscribers.models import Subscription
from tests import servers
from tests.benchmark.figures import Figure, figure
from tests.benchmark.listeners import KEPT_TABLE
from tests.benchmark.reporters import post_all
from tests.benchmark.reports import _cpu_s, _listening, _serving
from tests.integration.misc.ground import CANCEL, PAPER, PAUSE, RESUME, message

EVENTS = 6_000
READERS = 1_500
ROUNDS = 3
CONNECTIONS = 200
PACED_PER_S = 500
PACED_S = 6
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
STEPS = (1, PAUSE, RESUME, CANCEL)
BOSS_STEPS = ("order", "pause", "resume", "cancel")
SECRET = "bench"
"""Shared with BOSS."""


@dataclass
class Part:
    """A route and what was measured of it, round by round."""

    process_id: int
    tcp_port: int
    requests: Callable[[str, int], list[bytes]]
    rates: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)
    waits: list[list[float]] = field(default_factory=list)

    def measure(self, label: str) -> None:
        """One round: as fast as it goes, then at the pace."""
        requests = self.requests(f"{label}a", EVENTS)
        before, began = _cpu_s(self.process_id), time.monotonic()
        post_all(self.tcp_port, requests, CONNECTIONS)
        self.rates.append(EVENTS / (time.monotonic() - began))
        self.costs.append(EVENTS / (_cpu_s(self.process_id) - before))
        self.waits.append(paced(self.tcp_port, self.requests(f"{label}b", PACED_PER_S * PACED_S), PACED_PER_S))

    def share(self, share: float) -> list[float]:
        """That quantile of each round."""
        return [quantile(one, share) for one in self.waits]


def run() -> list[Figure]:
    """Measure `ROUNDS` rounds, each part once in each."""
    with installed() as (runtime, parts):
        for number in range(ROUNDS):
            for part in parts.values():
                part.measure(str(number))
        with runtime.transaction(read_only=True) as session:
            kept, orders = (session.scalar(select(func.count()).select_from(one)) or 0 for one in (ExchangeMessage, Subscription))
        assert kept >= 2 * ROUNDS * (EVENTS + PACED_PER_S * PACED_S), "an event that was sent again is kept again"
        assert orders == 2 * READERS
    bare = parts.pop("bare")
    beside = "bare uvicorn, lxml, COPY of the body, same group commit"
    return [
        one
        for name, part in parts.items()
        for one in (
            figure(f"POST {name}, journalled, applied, committed to PostgreSQL", "events/s", part.rates, beside, bare.rates),
            figure("the same", "events/CPU s", part.costs, beside, bare.costs),
            *(
                figure(f"answer of {name} at {PACED_PER_S} events/s, {said}", "ms", part.share(share), beside, bare.share(share))
                for said, share in (("median", 0.5), ("p99", 0.99))
            ),
        )
    ]


@contextmanager
def installed() -> Iterator[tuple[Runtime, dict[str, Part]]]:
    """An installation on PostgreSQL with one publication; its routes and the bare one."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        url = stack.enter_context(servers.postgres_server(DURABLE))
        runtime = make_runtime(Config(database_url=url, data_dir=Path(folder)))
        upgrade(runtime)
        with runtime.transaction() as session:
            add_publication(session, "paper", PublicationFields(title="手机报", kind="newspaper", service_id=PAPER), "bench", runtime.now())
            session.execute(text(f"CREATE TABLE {KEPT_TABLE} (id bigserial PRIMARY KEY, received_at timestamptz NOT NULL, body bytea NOT NULL)"))
        redis = stack.enter_context(servers.redis_server())
        environment = {"HUABAO_DATABASE_URL": url, "HUABAO_REDIS_URL": redis, "HUABAO_DATA_DIR": folder, "HUABAO_BOSS_SECRETS": SECRET}
        ours = stack.enter_context(_serving(environment))
        bare = stack.enter_context(_listening("kept", environment))
        yield runtime, {"/misc": Part(*ours, events), "/boss/events": Part(*ours, boss_events()), "bare": Part(*bare, events)}
        runtime.engine.dispose()


def events(label: str, count: int) -> list[bytes]:
    """Whole HTTP requests of MISC: readers in turn, each of whose orders is opened, paused, activated and stopped."""
    requests = []
    for at in range(count):
        body = message(f"{label}{at}", STEPS[at // READERS % len(STEPS)], f"138{at % READERS:08d}")
        head = f'POST /misc HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/xml; charset=utf-8\r\nSOAPAction: ""\r\nContent-Length: {len(body)}\r\n\r\n'
        requests.append(head.encode() + body)
    return requests


def boss_events() -> Callable[[str, int], list[bytes]]:
    """The like of BOSS, of other readers; each event holds from a later instant than all before it."""
    first, told = utc_now() - timedelta(days=30), itertools.count()

    def made(label: str, count: int) -> list[bytes]:
        requests, stamp = [], int(time.time())
        for at in range(count):
            event = BossEvent(
                f"{label}{at}", BOSS_STEPS[at // READERS % len(BOSS_STEPS)], f"139{at % READERS:08d}", first + timedelta(seconds=next(told)), service_id=PAPER, price_fen=300
            )
            body = encode_event(event)
            head = "".join(f"{name}: {value}\r\n" for name, value in headers_for(SECRET.encode(), stamp, body).items())
            requests.append(f"POST /boss/events HTTP/1.1\r\nHost: 127.0.0.1\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        return requests

    return made


def quantile(values: Sequence[float], share: float) -> float:
    """The value that `share` of them do not exceed."""
    return statistics.quantiles(values, n=1000, method="inclusive")[round(share * 1000) - 1]


def paced(tcp_port: int, requests: Sequence[bytes], per_s: int) -> list[float]:
    """Milliseconds from the instant at which each request was due to the end of its answer."""

    async def go() -> list[float]:
        idle: list[_Line] = []
        began = time.perf_counter() + 0.2

        async def one(number: int, request: bytes) -> float:
            due = began + number / per_s
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            line = idle.pop() if idle else await _line(tcp_port)
            try:
                await _posted(line, request)
            except _ClosedError:  # it rested so long that the server let it go; an event may be told twice
                line = await _line(tcp_port)
                await _posted(line, request)
            took_ms = (time.perf_counter() - due) * 1000
            idle.append(line)
            return took_ms

        return await asyncio.gather(*(one(number, request) for number, request in enumerate(requests)))

    return uvloop.run(go())


_Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class _ClosedError(Exception):
    """The server closed a connection before the first byte of an answer."""


async def _line(tcp_port: int) -> _Line:
    return await asyncio.open_connection("127.0.0.1", tcp_port)


async def _posted(line: _Line, request: bytes) -> None:
    reader, writer = line
    try:
        writer.write(request)
        first = await reader.read(1)
    except ConnectionError:
        first = b""
    if not first:
        writer.close()
        raise _ClosedError
    head = first + await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200"), head
    await reader.readexactly(int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]))
