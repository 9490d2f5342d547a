"""Delivery reports: `POST /mm7/<port>` with group commit to PostgreSQL, and folding, in reports per processor second.

Processor seconds are those of the process that serves or folds, since the
machine is shared with the peer and the database. Beside them, in turn and in the
same run: bare listeners that parse and answer and keep nothing, and a bare
UPDATE of the same deliveries, a thousand a transaction.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

from sqlalchemy import bindparam, func, insert, select, text, update

from console.schema import upgrade
from delivery.codecs.mm7 import Address, DeliveryReportReq
from delivery.models import DeliveryEvent, EventState, Outcome, Port, Submission, deliveries
from delivery.reports.folding import FOLD_EVERY_S, fold, store_reports
from huabao.config import Config
from huabao.db import is_postgres
from huabao.ids import pack_ids
from huabao.runtime import make_runtime
from tests import servers
from tests.benchmark.figures import Figure, figure
from tests.benchmark.reporters import post_all, report_requests
from tests.integration.reports.ground import Sent, sent_dispatch

REPORTS = 10_000
CONNECTIONS = 200
FOLDED = 20_000
GROUP = 100
ROUNDS = 3
DAY = date(2026, 11, 22)
NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


def run() -> list[Figure]:
    """Measure `ROUNDS` rounds, each part once in each."""
    figures = _route()
    with tempfile.TemporaryDirectory() as folder:
        with servers.postgres_server() as url:
            figures.append(_folding("PostgreSQL", Config(database_url=url, data_dir=Path(folder))))
        figures.append(_folding("SQLite", Config(database_url="", data_dir=Path(folder))))
    return figures


def _route() -> list[Figure]:
    requests = report_requests(REPORTS)
    bare = ("route", "uvicorn", "httptools")
    parts: dict[str, list[float]] = {name: [] for name in ("huabao", "folded", *bare)}
    lags = []
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        url = stack.enter_context(servers.postgres_server())
        runtime = make_runtime(Config(database_url=url, data_dir=Path(folder)))
        upgrade(runtime)
        sent = sent_dispatch(runtime, REPORTS)
        _name_port(sent)
        _submit(sent, REPORTS)
        environment = {"HUABAO_DATABASE_URL": url, "HUABAO_REDIS_URL": stack.enter_context(servers.redis_server()), "HUABAO_DATA_DIR": folder}
        listeners = {"huabao": stack.enter_context(_serving(environment))}
        for name in bare:
            listeners[name] = stack.enter_context(_listening(name, environment))
        for _ in range(ROUNDS):
            for name, (process_id, tcp_port) in listeners.items():
                parts[name].append(_posted(process_id, tcp_port, requests))
            with runtime.transaction() as session:
                assert session.scalar(select(func.count()).select_from(DeliveryEvent)) == REPORTS
                session.execute(text("DELETE FROM delivery_events"))
            folded, lag_s = _posted_and_folded(sent, *listeners["huabao"], requests)
            parts["folded"].append(folded)
            lags.append(lag_s)
            _rewind(sent)
            with runtime.transaction() as session:
                session.execute(text("DELETE FROM delivery_events"))
        runtime.engine.dispose()
    what = "POST /mm7, group commit to PostgreSQL"
    names = {"route": "the same route without the database", "uvicorn": "bare uvicorn, lxml, nothing kept", "httptools": "bare httptools, lxml, nothing kept"}
    return [
        *(figure(what, "reports/CPU s", parts["huabao"], beside, parts[name]) for name, beside in names.items()),
        figure(f"{what}, folded as they come", "reports/CPU s", parts["folded"], names["route"], parts["route"]),
        Figure("backlog when the last report is answered", round(max(lags), 1), "s until it is folded", "at most", 60.0, round(max(lags) / 60.0, 3)),
    ]


def _name_port(sent: Sent) -> None:
    """The port that the requests name."""
    with sent.runtime.transaction() as session:
        session.get_one(Port, sent.port_id).name = "bench"


def _posted_and_folded(sent: Sent, process_id: int, tcp_port: int, requests: Sequence[bytes]) -> tuple[float, float]:
    """Reports per processor second of the server and a folder together; seconds from the last answer until all is folded."""
    done, used = threading.Event(), [0.0]

    def work() -> None:
        began = time.thread_time()
        while not done.is_set():
            fold(sent.runtime)
            done.wait(FOLD_EVERY_S)
        fold(sent.runtime)
        used[0] = time.thread_time() - began

    folder = threading.Thread(target=work)
    folder.start()
    before = _cpu_s(process_id)
    post_all(tcp_port, requests, CONNECTIONS)
    answered = time.monotonic()
    done.set()
    folder.join()
    lag_s = time.monotonic() - answered
    assert set(sent.outcomes().values()) == {Outcome.RETRIEVED}
    return len(requests) / (_cpu_s(process_id) - before + used[0]), lag_s


@contextmanager
def _serving(environment: dict[str, str]) -> Iterator[tuple[int, int]]:
    tcp_port = servers.free_tcp_port()
    command = [sys.executable, "-m", "console.cli", "serve", "--host", "127.0.0.1", "--port", str(tcp_port)]
    with _running(command, tcp_port, os.environ | environment) as process_id:
        yield process_id, tcp_port


@contextmanager
def _listening(kind: str, environment: dict[str, str]) -> Iterator[tuple[int, int]]:
    tcp_port = servers.free_tcp_port()
    with _running([sys.executable, "-m", "tests.benchmark.listeners", kind, str(tcp_port)], tcp_port, os.environ | environment) as process_id:
        yield process_id, tcp_port


@contextmanager
def _running(command: Sequence[str], tcp_port: int, environment: dict[str, str]) -> Iterator[int]:
    process = subprocess.Popen(servers.mortal(command), env=environment)
    try:
        for _ in range(300):
            if _answers(tcp_port):
                break
            time.sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def _answers(tcp_port: int) -> bool:
    request = urllib.request.Request(f"http://127.0.0.1:{tcp_port}/mm7/nobody", b"<a/>")
    try:
        urllib.request.urlopen(request, timeout=5.0).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def _posted(process_id: int, tcp_port: int, requests: Sequence[bytes]) -> float:
    """Reports per processor second of the server."""
    before = _cpu_s(process_id)
    post_all(tcp_port, requests, CONNECTIONS)
    return len(requests) / (_cpu_s(process_id) - before)


def _cpu_s(process_id: int) -> float:
    """Processor seconds that a process has used so far, its threads included."""
    fields = Path(f"/proc/{process_id}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _folding(name: str, config: Config) -> Figure:
    runtime = make_runtime(config)
    upgrade(runtime)
    sent = sent_dispatch(runtime, FOLDED)
    _submit(sent, FOLDED)
    folding, bare = [], []
    for _ in range(ROUNDS):
        _report(sent)
        bare.append(FOLDED / _update(sent))
        _rewind(sent)
        folding.append(FOLDED / _fold(sent))
        _rewind(sent)
    runtime.engine.dispose()
    return figure(f"folding, {name}", "reports/CPU s", folding, "bare UPDATE of the same deliveries", bare)


def _submit(sent: Sent, readers: int) -> None:
    """Each hundred readers in one accepted submission."""
    rows = [
        {
            "dispatch_id": sent.dispatch_id, "day": DAY, "batch_id": 1, "port_id": sent.port_id, "variant_id": 1, "fence": 1, "transaction_id": "t",
            "message_id": f"m{at // GROUP}", "recipients": GROUP, "reader_ids": pack_ids(sent.readers[at : at + GROUP]), "state": "accepted", "written_at": NOON,
        }
        for at in range(0, readers, GROUP)
    ]  # fmt: skip
    with sent.runtime.transaction() as session:
        session.execute(insert(Submission), rows)
        session.execute(update(deliveries).values(outcome=int(Outcome.SUBMITTED), submission_id=1, submitted_at=NOON))


def _report(sent: Sent) -> None:
    """A report for each reader, in the order in which a hundred submissions at once would come back."""
    order = sorted(range(FOLDED), key=lambda at: (at // (100 * GROUP), at * 7919 % FOLDED))
    reports = [DeliveryReportReq(f"m{at // GROUP}", (Address(f"86138{at:08d}"),), "Retrieved", Address("10658000"), NOON) for at in order]
    with sent.runtime.transaction() as session:
        session.execute(text("DELETE FROM delivery_events"))
        store_reports(session, sent.port_id, reports, NOON)


def _rewind(sent: Sent) -> None:
    """Deliveries and counters as they were before the reports."""
    with sent.runtime.transaction() as session:
        session.execute(update(deliveries).values(outcome=int(Outcome.SUBMITTED), outcome_at=None))
        session.execute(text("DELETE FROM reader_service_months"))
    with sent.runtime.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in ("deliveries", "delivery_events", "reader_service_months") if is_postgres(connection) else ():
            connection.execute(text(f"VACUUM ANALYZE {table}"))


def _update(sent: Sent) -> float:
    """Processor seconds for nothing but the UPDATE."""
    c = deliveries.c
    one = update(deliveries).where(c.day == DAY, c.dispatch_id == sent.dispatch_id, c.reader_id == bindparam("reader")).values(outcome=int(Outcome.RETRIEVED), outcome_at=NOON)
    began = time.process_time()
    for at in range(0, FOLDED, 1000):
        with sent.runtime.transaction() as session:
            session.connection().execute(one, [{"reader": reader} for reader in sent.readers[at : at + 1000]])
    return time.process_time() - began


def _fold(sent: Sent) -> float:
    began = time.process_time()
    assert fold(sent.runtime) == FOLDED
    took = time.process_time() - began
    assert set(sent.outcomes().values()) == {Outcome.RETRIEVED}
    assert sent.events() == {EventState.FOLDED: FOLDED}
    return took
