"""Fan-out: readers a second from planned to submitted, on PostgreSQL, at a hundred readers a SubmitReq and at one.

By one process as embedded, and for single readers by two workers that share Redis as well.

Beside it, in turn and in the same run: aiohttp and pycurl posting the same
prepared bodies over as many connections to the same sink, and the bare claim
and update of the same rows.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, insert, literal, select, text, update
from sqlalchemy.orm import Session

from console.registry import registry
from console.schema import upgrade
from content.services import import_folder
from content.variants import load_payload
from delivery import lifecycle
from delivery.dispatch import planning as dispatch
from delivery.dispatch.planning import Request
from delivery.models import Batch, Dispatch, Outcome, Port, deliveries
from delivery.ports import MessageContent, PortSettings, close_links, open_link
from huabao.config import Config
from huabao.db import UTCDateTime, in_ids
from huabao.embedded import EmbeddedWorker
from huabao.ids import unpack_ids
from huabao.runtime import Runtime, make_runtime
from huabao.settings import SettingValue
from subscribers.models import Reader, Subscription
from tests import servers
from tests.benchmark.figures import Figure, figure
from tests.benchmark.papers import write_newspaper
from tests.benchmark.posters import post_with_aiohttp, post_with_pycurl
from tests.benchmark.workers import workers

CONNECTIONS = 8
ROUNDS = 3
HANDSET_CLASS = "30kb-128x160"
WATCH_S = 0.02


@dataclass(frozen=True)
class Scale:
    """How many readers, how many of them in one SubmitReq, and by how many workers over Redis (0: by one process)."""

    readers: int
    group: int
    workers: int = 0


SCALES = (Scale(160_000, 100), Scale(16_000, 1), Scale(16_000, 1, 2))


def run() -> list[Figure]:
    """Measure each scale."""
    return [figure for scale in SCALES for figure in _measure(scale)]


def _measure(scale: Scale) -> list[Figure]:
    """Measure `ROUNDS` rounds, each part once in each."""
    parts: dict[str, list[float]] = {"huabao": [], "aiohttp": [], "pycurl": [], "claim and update": []}
    with ExitStack() as stack:
        folder, url, sink_url = stack.enter_context(tempfile.TemporaryDirectory()), stack.enter_context(servers.postgres_server()), stack.enter_context(_sink())
        redis_url = stack.enter_context(servers.redis_server()) if scale.workers else ""
        runtime = make_runtime(Config(database_url=url, redis_url=redis_url, data_dir=Path(folder)))
        upgrade(runtime)
        _furnish(runtime, Path(folder), sink_url, scale)
        for _ in range(ROUNDS):
            dispatch_id = _plan(runtime)
            headers, bodies = _bodies(runtime, dispatch_id, scale.group)
            parts["aiohttp"].append(scale.readers / post_with_aiohttp(sink_url, headers, bodies, CONNECTIONS))
            parts["pycurl"].append(scale.readers / post_with_pycurl(sink_url, headers, bodies, CONNECTIONS))
            del bodies
            parts["claim and update"].append(scale.readers / _claim_and_update(runtime, dispatch_id))
            with _at_work(runtime, scale.workers) as begin:
                parts["huabao"].append(scale.readers / _fan_out(runtime, dispatch_id, scale.readers, begin))
        close_links()
        runtime.engine.dispose()
    by = f", {scale.workers} workers over Redis" if scale.workers else ""
    what = f"fan-out, {scale.group} reader{'s' * (scale.group > 1)} a SubmitReq{by}"
    beside = {"aiohttp": "bare aiohttp, same bodies", "pycurl": "bare pycurl, same bodies", "claim and update": "bare claim and update, same rows"}
    return [figure(what, "readers/s", parts["huabao"], name, parts[part]) for part, name in beside.items()]


@contextmanager
def _sink() -> Iterator[str]:
    tcp_port = servers.free_tcp_port()
    process = subprocess.Popen([sys.executable, "-m", "tests.benchmark.sink", str(tcp_port)])
    try:
        time.sleep(1.0)
        yield f"http://127.0.0.1:{tcp_port}/mm7"
    finally:
        process.terminate()
        process.wait()


def _furnish(runtime: Runtime, folder: Path, sink_url: str, scale: Scale) -> None:
    """Readers with subscriptions, an edition and a port."""
    now = runtime.now()
    with runtime.transaction() as session:
        import_folder(session, write_newspaper(folder / "paper"), "bench", now)
        readers = [{"msisdn": f"138{at:08d}", "handset_class": HANDSET_CLASS, "topics": [], "attributes": {}, "created_at": now, "updated_at": now} for at in range(scale.readers)]
        session.execute(insert(Reader), readers)
        at = literal(now, UTCDateTime())
        order = select(Reader.id, literal("bench"), literal("active"), literal("sending"), at, at)
        session.execute(insert(Subscription).from_select(["reader_id", "service_id", "state", "stop_state", "effective_at", "updated_at"], order))
        session.add(Port(name="bench", kind="mm7", url=sink_url, rate=1e9, burst=10**6, connections=CONNECTIONS, max_recipients=scale.group, created_at=now))
        session.add(SettingValue(name="ramp_readers_min", value=scale.readers + 1, changed_at=now, changed_by="bench"))
    with runtime.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def _plan(runtime: Runtime) -> int:
    later = runtime.now() + timedelta(hours=1)
    dispatch_id = dispatch.create(runtime, Request("bench/1", start_at=later, again=True), actor="bench")
    with runtime.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE deliveries"))
        connection.execute(text("VACUUM ANALYZE batches"))
    return dispatch_id


def _batches(session: Session, dispatch_id: int) -> list[Batch]:
    return list(session.scalars(select(Batch).where(Batch.dispatch_id == dispatch_id).order_by(Batch.position)))


def _bodies(runtime: Runtime, dispatch_id: int, group: int) -> tuple[dict[str, str], list[bytes]]:
    """What the dispatch would post, made ready beforehand."""
    with runtime.transaction(read_only=True) as session:
        batches = _batches(session, dispatch_id)
        link = open_link(PortSettings.of(session.get_one(Port, batches[0].port_id)))
        prepared = link.prepare(MessageContent(load_payload(session, batches[0].variant_id), "bench"))
        numbers = dict(session.execute(select(Reader.id, Reader.msisdn)).tuples().all())
    rendered = [
        prepared.render(f"t{batch.id}-{at}", [f"86{numbers[reader]}" for reader in readers[at : at + group]])  # type: ignore[attr-defined]  # an MM7 port's
        for batch in batches
        for readers in [unpack_ids(batch.reader_ids)]
        for at in range(0, len(readers), group)
    ]
    return dict(rendered[0].headers), [one.body for one in rendered]


def _claim_and_update(runtime: Runtime, dispatch_id: int) -> float:
    """Seconds to claim each batch and give its rows an outcome; the rows are put back afterwards."""
    with runtime.transaction(read_only=True) as session:
        batches = [(batch.id, batch.day, unpack_ids(batch.reader_ids)) for batch in _batches(session, dispatch_id)]
    began = time.perf_counter()
    for batch_id, day, readers in batches:
        with runtime.transaction() as session:
            session.execute(update(Batch).where(Batch.id == batch_id, Batch.state == "ready").values(fence=Batch.fence + 1))
            mine = (deliveries.c.day == day, deliveries.c.dispatch_id == dispatch_id, in_ids(session, deliveries.c.reader_id, readers))
            session.execute(select(deliveries.c.reader_id, deliveries.c.outcome).where(*mine)).all()
            session.connection().execute(update(deliveries).where(*mine).values(outcome=int(Outcome.SUBMITTED), submitted_at=runtime.now(), submission_id=1))
    took = time.perf_counter() - began
    with runtime.transaction() as session:
        values = {"outcome": int(Outcome.PENDING), "submitted_at": None, "submission_id": None}
        session.connection().execute(update(deliveries).where(deliveries.c.dispatch_id == dispatch_id).values(**values))
    with runtime.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM deliveries"))
    return took


@contextmanager
def _at_work(runtime: Runtime, number: int) -> Iterator[Callable[[], None]]:
    """Whoever sends: so many workers over Redis, or this process, which begins when the function that is given is called."""
    if number:
        with workers(runtime, runtime.config.redis_url, number):
            yield lambda: None
        return
    worker = EmbeddedWorker(runtime, registry())
    assert worker.take_lease()
    yield worker.start
    worker.stop()


def _fan_out(runtime: Runtime, dispatch_id: int, readers: int, begin: Callable[[], None]) -> float:
    """Seconds from the release until no reader is pending."""
    began = time.perf_counter()
    with runtime.transaction() as session:
        dispatch.release(session, lifecycle.lock_dispatch(session, dispatch_id), by="bench", at=runtime.now())
    begin()
    _await_end(runtime, dispatch_id)
    took = time.perf_counter() - began
    with runtime.transaction(read_only=True) as session:
        grouped = select(deliveries.c.outcome, func.count()).where(deliveries.c.dispatch_id == dispatch_id).group_by(deliveries.c.outcome)
        counted: dict[int, int] = dict(session.execute(grouped).tuples().all())
        assert session.get_one(Dispatch, dispatch_id).planned == readers == counted.get(int(Outcome.SUBMITTED)), counted
    return took


def _await_end(runtime: Runtime, dispatch_id: int) -> None:
    """Return when every batch is done; asks as cheaply as can be, for the asking is not what is measured."""
    with runtime.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        cursor = connection.connection.cursor()
        while cursor.execute("SELECT 1 FROM batches WHERE dispatch_id = %s AND state <> 'done' LIMIT 1", (dispatch_id,)).fetchone():
            time.sleep(WATCH_S)
