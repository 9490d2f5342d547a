"""A whole month, made in an empty installation."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import event, func, select

from care.models import Complaint
from console.month.days import Days, Plan
from console.month.house import House, Say
from console.month.timetable import midnight, slots_before
from console.registry import registry
from delivery.ledger import proof
from delivery.models import Dispatch
from huabao import leases
from huabao.alarms import Alarm
from huabao.clock import shanghai_text
from huabao.embedded import WORKER_LEASE
from huabao.errors import UsageError
from huabao.runtime import Runtime
from reconciliation.runs.models import ReconcileDifference, ReconcileRun
from reconciliation.stop_send.models import DeliveryStop, RecoveryAttempt
from subscribers.models import Reader

COUNTED = {"runs": ReconcileRun, "differences": ReconcileDifference, "stops": DeliveryStop, "attempts": RecoveryAttempt, "complaints": Complaint, "alarms": Alarm}


@dataclass(frozen=True)
class Made:
    """What there is now.

    Attributes:
        kinds: dispatches by kind.
        outcomes: deliveries by outcome, of every dispatch.
        counts: of what else happened, see `COUNTED`.
        problems: where the ledger does not balance.
        spent: processor seconds by what was done.
    """

    begins: datetime
    ends: datetime
    readers: int
    kinds: dict[str, int]
    outcomes: dict[str, int]
    counts: dict[str, int]
    problems: tuple[str, ...]
    spent: dict[str, float] = field(default_factory=dict)

    def to_document(self) -> dict[str, Any]:
        """As `demo month --json` prints it."""
        return {
            "from": self.begins, "until": self.ends, "readers": self.readers, "editions": self.kinds.get("edition", 0), "dispatches": self.kinds, "outcomes": self.outcomes,
            **self.counts, "balanced": not self.problems, "problems": list(self.problems),
        }  # fmt: skip


def make(runtime: Runtime, plan: Plan, say: Say) -> Made:
    """Let a month pass that ends now; what it left behind.

    Raises:
        UsageError: the installation is not empty, is in production, or somebody else works in it.
    """
    ends = runtime.now()
    _check(runtime, ends)
    begins = midnight(slots_before(ends, plan.editions)[0][0])
    house = House.of(runtime, begins, registry())
    with _written_lazily(runtime), _collected_seldom(), TemporaryDirectory(prefix="huabao-month-") as folder:
        days = Days(house, plan, Path(folder), ends)
        try:
            say(f"{plan.readers:,} readers, {plan.editions} editions from {shanghai_text(begins)} on")
            days.set_up()
            days.run(say)
        finally:
            days.close()
    return _made(house, begins)


def _check(runtime: Runtime, now: datetime) -> None:
    if runtime.config.production:
        raise UsageError("HUABAO_ENV is production; an invented month is for demonstrations")
    if not runtime.config.embedded:
        raise UsageError("HUABAO_REDIS_URL is set; an invented month is made in an embedded installation, without workers beside it")
    with runtime.transaction(read_only=True) as session:
        holder = leases.lease_holder(session, WORKER_LEASE, now=now)
        if holder is not None:
            raise UsageError(f"{holder} works here by the real clock; end `huabao serve` first")
        for model, what in ((Reader, "readers"), (Dispatch, "dispatches")):
            if session.scalar(select(model).limit(1)) is not None:
                raise UsageError(f"this installation has {what} already; let HUABAO_DATA_DIR name an empty folder, run `huabao db upgrade`, then make the month there")


@contextmanager
def _collected_seldom() -> Iterator[None]:
    """A month makes and drops millions of rows; most of them go without the collector."""
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()


@contextmanager
def _written_lazily(runtime: Runtime) -> Iterator[None]:
    """SQLite waits for no disk meanwhile: a month that a power cut ends is made anew."""
    engine = runtime.engine

    def lazily(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA synchronous=OFF")

    if engine.dialect.name != "sqlite":
        yield
        return
    event.listen(engine, "connect", lazily)
    engine.dispose()
    try:
        yield
    finally:
        event.remove(engine, "connect", lazily)
        engine.dispose()


def _made(house: House, begins: datetime) -> Made:
    kinds: Counter[str] = Counter()
    outcomes: Counter[str] = Counter()
    with house.runtime.transaction(read_only=True, still=True) as session:
        found = proof.verify(session)
        for one in found.dispatches:
            kinds[one.kind] += 1
            outcomes.update(one.outcomes)
        counts = {name: int(session.scalar(select(func.count()).select_from(model)) or 0) for name, model in COUNTED.items()}
        readers = int(session.scalar(select(func.count()).select_from(Reader)) or 0)
    return Made(begins, house.now, readers, dict(kinds), {name: count for name, count in outcomes.items() if count}, counts, tuple(found.problems), house.spent)
