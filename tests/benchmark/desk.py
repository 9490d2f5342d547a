"""What people and sweeps ask of a database while 1,576,000 readers are being sent to: seconds of each, and the memory.

The rows are those of a morning (`morning`): nine tenths sent, most of them reported, the
rest waiting. Each question is asked once, as its command, page or sweep asks it. Beside the
seconds stand those of processor time, this process's and the database's, which a busy
machine stretches less.
"""

from __future__ import annotations

import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select, text

from console.schema import upgrade
from delivery.dispatch import closing, correction, killing, vitals
from delivery.dispatch.planning import Request
from delivery.dispatch.progress import progress
from delivery.ledger import proof
from delivery.models import Dispatch, Outcome
from delivery.reports.folding import fold
from delivery.resend import bulk, copies, services
from delivery.resend.bulk import Demand
from delivery.resend.filters import ResendFilter
from delivery.sending import sweeps
from huabao.config import Config
from huabao.db import is_postgres
from huabao.msisdn import MSISDN
from huabao.runtime import Runtime, make_runtime
from tests import servers
from tests.benchmark.figures import Figure
from tests.benchmark.morning import Morning, correct_paper, furnish, send_most

READERS = int(os.environ.get("HUABAO_BENCH_READERS", "1576000"))
GROUPS = tuple(int(one) for one in os.environ.get("HUABAO_BENCH_GROUPS", "100,1").split(","))
DATABASES = tuple(os.environ.get("HUABAO_BENCH_DATABASES", "postgresql,sqlite").split(","))
EDITION = "bench/1"
ONE = MSISDN("13800012346")


def run() -> list[Figure]:
    """Each database, at each group size."""
    return [figure for database in DATABASES for group in GROUPS for figure in _measure(database, group)]


def _measure(database: str, group: int) -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder, _runtime(database, Path(folder)) as runtime:
        furnish(runtime, Path(folder), READERS)
        morning = send_most(runtime, group=group)
        where = f"{database}, {READERS:,} readers, {group} a SubmitReq"
        asked = _questions(Desk(runtime, Path(folder), morning))
        found = [Figure(f"{where}: {name}", round(took, 3), "s", "processor time", round(busy, 2)) for name, took, busy in asked]
        return [*found, Figure(f"{where}: largest size of the process", round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024), "MB")]


@contextmanager
def _runtime(database: str, folder: Path) -> Iterator[Runtime]:
    if database == "sqlite":
        runtime = make_runtime(Config(data_dir=folder))
        upgrade(runtime)
        yield runtime
        runtime.engine.dispose()
        return
    with servers.postgres_server({"shared_buffers": "1GB", "max_wal_size": "4GB"}) as url:
        runtime = make_runtime(Config(database_url=url, data_dir=folder))
        upgrade(runtime)
        yield runtime
        runtime.engine.dispose()


@dataclass(frozen=True)
class Desk:
    """Who asks."""

    runtime: Runtime
    folder: Path
    morning: Morning

    def looks(self) -> dict[str, Callable[[], object]]:
        """Questions that change nothing."""
        return {
            "brake's look": self.brake,
            "dispatch status": self.status,
            "readers left over": self.left_over,
            "sweep advance": lambda: sweeps.advance(self.runtime),
            "sweep requeue": lambda: sweeps.requeue_silent(self.runtime),
            "sweep closing": lambda: closing.watch(self.runtime),
            "fold without reports": lambda: fold(self.runtime),
            "reader's copies": self.copies,
            "resend to one, looked at": self.look_at_one,
            "resend to one": self.resend_one,
            **{f"filtered resend counted: {name}": self.tally(wanted) for name, wanted in self.filters().items()},
            "kill, dry run": lambda: killing.kill(self.runtime, EDITION, recalling=True, by="bench", reason="", dry_run=True),
            "ledger verify": self.verify,
        }

    def changes(self) -> dict[str, Callable[[], object]]:
        """What changes much, in the order of a bad morning."""
        return {
            "filtered resend made: no report, expired, rejected": lambda: self.resend(self.filters()["outcome"]),
            "filtered resend made: everybody": lambda: self.resend(ResendFilter(EDITION)),
            "correction imported": lambda: correct_paper(self.runtime, self.folder),
            "correction, dry run": lambda: correction.preview(self.runtime, Request(EDITION)),
            "correction made": lambda: correction.correct(self.runtime, Request(EDITION), replacing=True, by="bench"),
            "kill": lambda: killing.kill(self.runtime, EDITION, recalling=True, by="bench", reason="bench"),
            "ledger verify, all of them": self.verify,
        }

    def filters(self) -> dict[str, ResendFilter]:
        """Filters of a resend."""
        now = self.runtime.now()
        return {
            "outcome": ResendFilter(EDITION, outcomes=(Outcome.SUBMITTED, Outcome.EXPIRED, Outcome.REJECTED)),
            "port": ResendFilter(EDITION, ports=("mm-1",)),
            "time": ResendFilter(EDITION, since=now - timedelta(minutes=40), until=now - timedelta(minutes=30)),
            "city": ResendFilter(EDITION, cities=("合肥",)),
            "code": ResendFilter(EDITION, codes=("Expired",)),
            "missing": ResendFilter(EDITION, missing=True),
            "all at once": ResendFilter(EDITION, outcomes=(Outcome.EXPIRED,), ports=("mm-1",), cities=("合肥",), since=now - timedelta(hours=4)),
        }

    def brake(self) -> None:
        """As `vitals.watch` looks."""
        with self.runtime.transaction(read_only=True) as session:
            vitals.findings(session, session.get_one(Dispatch, self.morning.dispatch_id), self.runtime.now())

    def status(self) -> None:
        """As `dispatch status` asks."""
        with self.runtime.transaction(read_only=True) as session:
            found = progress(session, self.morning.dispatch_id, now=self.runtime.now())
            assert found.counts.planned == sum(found.counts.outcomes.values())

    def left_over(self) -> None:
        """As a window that shuts asks."""
        with self.runtime.transaction(read_only=True) as session:
            closing.left_over(session, session.get_one(Dispatch, self.morning.dispatch_id))

    def copies(self) -> None:
        """As a support agent asks."""
        with self.runtime.transaction(read_only=True) as session:
            edition_id = session.get_one(Dispatch, self.morning.dispatch_id).edition_id
            assert copies.copies_of(session, edition_id, 12_346)

    def look_at_one(self) -> None:
        """As `resend --dry-run` asks."""
        services.look_only(self.runtime, services.Ask(ONE, EDITION, "bench", again=True), actor="bench")

    def resend_one(self) -> None:
        """As `resend` does."""
        services.resend(self.runtime, services.Ask(ONE, EDITION, "bench", again=True), actor="bench")

    def tally(self, wanted: ResendFilter) -> Callable[[], object]:
        """As a filtered resend is counted."""
        return lambda: bulk.tally(self.runtime, Demand(wanted))

    def resend(self, wanted: ResendFilter) -> None:
        """As a filtered resend is made."""
        bulk.resend_many(self.runtime, Demand(wanted, reason="bench", again=True), actor="bench")

    def verify(self) -> None:
        """As `ledger verify` does."""
        with self.runtime.transaction(read_only=True) as session:
            found = proof.verify(session)
            assert not found.problems, found.problems[:3]
            assert session.scalar(select(Dispatch.id).limit(1)) is not None


def _questions(desk: Desk) -> Iterator[tuple[str, float, float]]:
    for name, ask in {**desk.looks(), **desk.changes()}.items():
        busy, began = _busy_s(desk.runtime), time.perf_counter()
        ask()
        yield name, time.perf_counter() - began, _busy_s(desk.runtime) - busy


def _busy_s(runtime: Runtime) -> float:
    """Processor seconds of this process and of the server processes that it has connections to."""
    found = sum(os.times()[:2])
    if not is_postgres(runtime.engine):
        return found
    backends = text("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'")
    with runtime.engine.connect() as connection:
        pids = connection.execute(backends).scalars().all()
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
        found += sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")
    return found
