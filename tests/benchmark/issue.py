"""One whole issue of a paper in production form: planned, sent a hundred readers a SubmitReq, reported one by one, verified.

Processes as an operator runs them, on one machine: PostgreSQL, Redis, web (reports in),
three sending workers, scheduler (folding, sweeps), and the sandbox MMSC beside them.
It stands beside the sum of its bare parts of the same run: an INSERT of the same rows,
the bare claim and update, bare posts of the same bodies, bare posts of as many reports to
a bare listener, a bare UPDATE for each report's outcome, a bare read of the rows. What
grows in step with the readers is measured on `BARE_SHARE` of them and multiplied.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import String, bindparam, cast, func, insert, literal, select, text, update

from console.schema import upgrade
from content.services import import_folder
from content.variants import load_payload
from delivery.dispatch import planning as dispatches
from delivery.dispatch.planning import Request
from delivery.ledger import proof
from delivery.ledger.peer import read_peer
from delivery.models import Batch, Dispatch, Outcome, Port, deliveries
from delivery.ports import MessageContent, PortSettings, open_link
from huabao.config import Config
from huabao.db import UTCDateTime, in_ids
from huabao.ids import unpack_ids
from huabao.runtime import Runtime, make_runtime
from huabao.settings import SettingValue
from subscribers.models import Reader, Subscription
from tests import servers
from tests.benchmark.figures import Figure
from tests.benchmark.papers import write_newspaper
from tests.benchmark.posters import post_with_pycurl
from tests.benchmark.reporters import post_all, report_requests
from tests.benchmark.workers import workers

READERS = int(os.environ.get("HUABAO_BENCH_READERS", "1576000"))
FEW = 10_000
GROUP = 100
CONNECTIONS = 8
REPORT_CONNECTIONS = 200
BARE_SHARE = 0.05
RATE = 50_000.0
SENDERS = 3
GIVE_UP_S = 3600.0
WATCH_S = 0.25
HANDSET_CLASS = "30kb-128x160"
MIX = "retrieved=0.97,expired=0.02,rejected=0.01"
Seconds = dict[str, float]


def run() -> list[Figure]:
    """An issue of `FEW` readers, then one of `READERS`, each on a database of its own."""
    few, _, _ = _measure(FEW, bare=False)
    many, bare, peaks = _measure(READERS, bare=True)
    total, bare_total = sum(many.values()), sum(bare.values())
    what = f"an issue to {READERS:,} readers"
    figures = [
        Figure(f"{what}: all", round(total, 1), "s", "the sum of its bare parts", round(bare_total, 1), round(total / bare_total, 2)),
        *(Figure(f"{what}: {name}", round(seconds, 1), "s") for name, seconds in many.items()),
        *(Figure(f"bare: {name}", round(seconds, 1), "s") for name, seconds in bare.items()),
        *(Figure(f"largest {name}", round(size, 1), "MB", "at most", 1000.0, round(size / 1000, 3)) for name, size in peaks.items()),
    ]
    cost, cost_few = 1e6 * total / READERS, 1e6 * sum(few.values()) / FEW
    return [*figures, Figure("cost of a reader", round(cost, 1), "µs", f"of {FEW:,} readers", round(cost_few, 1), round(cost / cost_few, 2))]


def _measure(readers: int, *, bare: bool) -> tuple[Seconds, Seconds, dict[str, float]]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(servers.postgres_server({"shared_buffers": "1GB", "max_wal_size": "4GB"}))
        redis_url = stack.enter_context(servers.redis_server())
        runtime = make_runtime(Config(database_url=url, redis_url=redis_url, data_dir=folder))
        upgrade(runtime)
        _furnish(runtime, folder, readers)
        environment = os.environ | {"HUABAO_DATABASE_URL": url, "HUABAO_REDIS_URL": redis_url, "HUABAO_DATA_DIR": str(folder)}
        tcp_port, mmsc_port = servers.free_tcp_port(), servers.free_tcp_port()
        report = ("--report-url", f"http://127.0.0.1:{tcp_port}/mm7/bench", "--report-connections", str(REPORT_CONNECTIONS), "--mix", MIX, "--delay-ms", "0-1000")
        processes = {
            "sandbox": stack.enter_context(_running(environment, "sandbox", "mmsc", "--port", str(mmsc_port), *report, "--keep", str(folder / "kept"))),
            "web": stack.enter_context(_running(environment, "serve", "--port", str(tcp_port))),
            "scheduler": stack.enter_context(_running(environment, "scheduler")),
        }
        with runtime.transaction() as session:
            session.execute(update(Port).values(url=f"http://127.0.0.1:{mmsc_port}/mm7"))
        for one in (tcp_port, mmsc_port):
            _await_listener(one)
        with workers(runtime, redis_url, SENDERS, queues=("express", "default", "bulk")):
            found, dispatch_id = _issue(runtime, folder)
        peaks = {name: _peak_mb(one.pid) for name, one in processes.items()} | {"of ours (plan, verify)": _peak_mb(os.getpid())}
        bare_parts = _bare(runtime, dispatch_id, readers) if bare else {}
        runtime.engine.dispose()
        return found, bare_parts, peaks


def _furnish(runtime: Runtime, folder: Path, readers: int) -> None:
    """Readers with subscriptions, an edition and a port."""
    now = runtime.now()
    with runtime.transaction() as session:
        import_folder(session, write_newspaper(folder / "paper"), "bench", now)
        numbers = func.generate_series(0, readers - 1).table_valued("at").render_derived()
        at = literal(now, UTCDateTime())
        msisdn = literal("138") + func.lpad(cast(numbers.c.at, String), 8, "0")
        values: list[Any] = [msisdn, literal(HANDSET_CLASS), text("'[]'"), text("'{}'"), at, at]
        session.execute(insert(Reader).from_select(["msisdn", "handset_class", "topics", "attributes", "created_at", "updated_at"], select(*values).select_from(numbers)))
        order = select(Reader.id, literal("bench"), literal("active"), literal("sending"), at, at)
        session.execute(insert(Subscription).from_select(["reader_id", "service_id", "state", "stop_state", "effective_at", "updated_at"], order))
        session.add_all(SettingValue(name=name, value=0.0, changed_at=now, changed_by="bench") for name in ("ramp_first_share", "ramp_second_share"))  # its steps only wait
        session.add(Port(name="bench", kind="mm7", url="", rate=RATE, burst=int(RATE * 0.03), connections=CONNECTIONS, max_recipients=GROUP, created_at=now))
    with runtime.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def _issue(runtime: Runtime, folder: Path) -> tuple[Seconds, int]:
    """Seconds of each part, one after the other; reports come and are folded while it is sent."""
    found: Seconds = {}
    began = time.perf_counter()

    def lap(name: str) -> None:
        nonlocal began
        now = time.perf_counter()
        found[name], began = now - began, now

    dispatch_id = dispatches.create(runtime, Request("bench/1"), actor="bench")
    lap("planned and frozen")
    _await(runtime, dispatch_id, (Outcome.PENDING,))
    lap("until all was sent")
    _await(runtime, dispatch_id, (Outcome.PENDING, Outcome.SUBMITTED))
    lap("until the last report was folded")
    with runtime.transaction(read_only=True) as session:
        verified = proof.verify(session, dispatch_id, peers=[read_peer(folder / "kept")])
    assert verified.problems == [], verified.problems[:3]
    lap("verified against the peer")
    return found, dispatch_id


def _await(runtime: Runtime, dispatch_id: int, outcomes: Sequence[Outcome]) -> None:
    """Return when no delivery has one of these outcomes; asks seldom where it costs, the batches first."""
    give_up_at = time.monotonic() + GIVE_UP_S
    open_batches = select(Batch.id).where(Batch.dispatch_id == dispatch_id, Batch.state != "done").limit(1)
    waiting = select(deliveries.c.reader_id).where(deliveries.c.dispatch_id == dispatch_id, deliveries.c.outcome.in_([int(one) for one in outcomes])).limit(1)
    for question, pause_s in ((open_batches, WATCH_S), (waiting, 4 * WATCH_S)):
        while True:
            with runtime.transaction(read_only=True) as session:
                if session.scalar(question) is None:
                    break
            assert time.monotonic() < give_up_at, "the issue does not come to its end"
            time.sleep(pause_s)


def _bare(runtime: Runtime, dispatch_id: int, readers: int) -> Seconds:
    """Seconds of the bare parts."""
    share = max(FEW, int(readers * BARE_SHARE) // 1000 * 1000)
    scale = readers / min(share, readers)
    with runtime.transaction(read_only=True) as session:
        dispatch = session.get_one(Dispatch, dispatch_id)
        batches = [(batch.id, batch.day, unpack_ids(batch.reader_ids)) for batch in session.scalars(select(Batch).where(Batch.dispatch_id == dispatch_id).order_by(Batch.position))]
        port, variant_id = session.get_one(Port, session.scalars(select(Batch.port_id).limit(1)).one()), session.scalars(select(Batch.variant_id).limit(1)).one()
        prepared = open_link(PortSettings.of(port)).prepare(MessageContent(load_payload(session, variant_id), "bench"))
    part = batches[: share // 1000]
    return {
        "insert of the rows": _insert(runtime),
        "claim and update": scale * _claim_and_update(runtime, dispatch, part),
        "posts of the bodies": scale * _posts(prepared, share),
        "posts of the reports": scale * _reports(share),
        "update of the outcomes": scale * _update(runtime, dispatch, part),
        "read of the rows": _read(runtime, dispatch_id),
    }


def _insert(runtime: Runtime) -> float:
    with runtime.engine.connect() as connection:
        connection.execute(text("CREATE TABLE bare (LIKE deliveries INCLUDING INDEXES)"))
        began = time.perf_counter()
        connection.execute(text("INSERT INTO bare SELECT * FROM deliveries"))
        connection.commit()
        took = time.perf_counter() - began
        connection.execute(text("DROP TABLE bare"))
        connection.commit()
    return took


def _claim_and_update(runtime: Runtime, dispatch: Dispatch, batches: Sequence[tuple[int, object, Sequence[int]]]) -> float:
    began = time.perf_counter()
    for batch_id, day, readers in batches:
        with runtime.transaction() as session:
            session.execute(update(Batch).where(Batch.id == batch_id).values(fence=Batch.fence + 1))
            mine = (deliveries.c.day == day, deliveries.c.dispatch_id == dispatch.id, in_ids(session, deliveries.c.reader_id, readers))
            session.execute(select(deliveries.c.reader_id, deliveries.c.outcome).where(*mine)).all()
            session.connection().execute(update(deliveries).where(*mine).values(submission_id=1))
    return time.perf_counter() - began


def _posts(prepared: object, readers: int) -> float:
    tcp_port = servers.free_tcp_port()
    process = subprocess.Popen(servers.mortal([sys.executable, "-m", "tests.benchmark.sink", str(tcp_port)]))
    try:
        _await_listener(tcp_port)
        numbers = [f"86138{at:08d}" for at in range(readers)]
        rendered = [prepared.render(f"t{at}", numbers[at : at + GROUP]) for at in range(0, readers, GROUP)]  # type: ignore[attr-defined]  # an MM7 port's
        return post_with_pycurl(f"http://127.0.0.1:{tcp_port}/mm7", dict(rendered[0].headers), [one.body for one in rendered], CONNECTIONS)
    finally:
        process.terminate()
        process.wait()


def _reports(readers: int) -> float:
    tcp_port = servers.free_tcp_port()
    process = subprocess.Popen(servers.mortal([sys.executable, "-m", "tests.benchmark.listeners", "uvicorn", str(tcp_port)]))
    try:
        _await_listener(tcp_port)
        requests = report_requests(readers)
        began = time.perf_counter()
        post_all(tcp_port, requests, REPORT_CONNECTIONS)
        return time.perf_counter() - began
    finally:
        process.terminate()
        process.wait()


def _update(runtime: Runtime, dispatch: Dispatch, batches: Sequence[tuple[int, object, Sequence[int]]]) -> float:
    c = deliveries.c
    one = update(deliveries).where(c.day == dispatch.day, c.dispatch_id == dispatch.id, c.reader_id == bindparam("reader")).values(outcome=int(Outcome.RETRIEVED))
    began = time.perf_counter()
    for _, _, readers in batches:
        with runtime.transaction() as session:
            session.connection().execute(one, [{"reader": reader} for reader in readers])
    return time.perf_counter() - began


def _read(runtime: Runtime, dispatch_id: int) -> float:
    began = time.perf_counter()
    with runtime.transaction(read_only=True) as session:
        rows = session.execute(select(deliveries.c.reader_id, deliveries.c.outcome).where(deliveries.c.dispatch_id == dispatch_id), execution_options={"yield_per": 20_000})
        sum(1 for _ in rows)
    return time.perf_counter() - began


@contextmanager
def _running(environment: dict[str, str], *words: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(servers.mortal([sys.executable, "-m", "console.cli", *words]), env=environment, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def _await_listener(tcp_port: int) -> None:
    give_up_at = time.monotonic() + 60
    while time.monotonic() < give_up_at:
        try:
            socket.create_connection(("127.0.0.1", tcp_port), timeout=1.0).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"nobody listens on {tcp_port}")


def _peak_mb(process_id: int) -> float:
    """The largest resident size that a process has had, MB."""
    lines = Path(f"/proc/{process_id}/status").read_text("ascii", errors="replace").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))
