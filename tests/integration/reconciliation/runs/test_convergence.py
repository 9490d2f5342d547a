"""Whatever is lost, repeated, late or mixed up on the way to either peer and to the platform, days' runs end with three equal sides.

MISC is master of orders and hears each at once, BOSS of accounts and numbers; what each tells the others may be lost, come
twice, in another order, or days late. MISC's messages carry no time of their own, so they hold from when they come.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from huabao.db import Base
from huabao.runtime import Runtime
from reconciliation.codecs.feeds import FeedRecord
from reconciliation.outbox.models import DONE as ANSWERED
from reconciliation.outbox.models import WAITING, OutboundRequest
from reconciliation.runs.models import ReconcileDifference, ReconcileRepair, ReconcileRun
from subscribers.models import Reader, SubscriptionEvent
from subscribers.orders.as_of import state_at
from subscribers.orders.change import Change
from subscribers.orders.services import apply
from tests.integration.reconciliation.installing import set_values, with_boss
from tests.integration.reconciliation.runs.filing import DAY, ENDS, NOW, SINCE, number, order, ready, run

AFTER = {"order": "active", "resume": "active", "pause": "paused", "cancel": "cancelled"}
ACCOUNT = ("barred", "unbarred", "closed", "transfer", "number_change")
DAYS = (0, 5, 6)
"""BOSS is told of an order only once its 72 hours before the first charge are over."""

KEPT = ("alembic_version", "setting_values", "settings")


@dataclass(frozen=True)
class Told:
    """One thing that happened, and how it travels: to the peer that is not its master, and to the platform."""

    who: int
    event: str
    peer: str
    platform: str


FATES = st.sampled_from(["at once", "at once", "lost", "twice", "late", "swapped"])
LIVES = st.lists(st.builds(Told, st.integers(1, 3), st.sampled_from(["order", "order", "order", "pause", "resume", "cancel", *ACCOUNT]), FATES, FATES), max_size=14)


@dataclass
class Peer:
    """A side in memory: the newest word of each number holds."""

    orders: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    barred: set[str] = field(default_factory=set)

    def hear(self, event: str, msisdn: str, at: datetime, new: str | None = None) -> None:
        """Take an event as it comes."""
        if event in ("closed", "transfer", "number_change"):
            gone, was_barred = self.orders.pop(msisdn, None), msisdn in self.barred
            self.barred.discard(msisdn)
            if event == "number_change" and new is not None:
                self.orders.pop(new, None)
                if gone is not None:
                    self.orders[new] = gone
                self.barred = self.barred - {new} | ({new} if was_barred else set())
        elif event in ("barred", "unbarred"):
            self.barred = self.barred | {msisdn} if event == "barred" else self.barred - {msisdn}
        elif event == "order" or msisdn in self.orders:
            self.orders[msisdn] = AFTER[event], at

    def obey(self, event: str, msisdn: str, at: datetime) -> None:
        """Do what the platform asks, or what its check file says."""
        if event in ("order", "resume"):
            self.barred.discard(msisdn)
        self.hear(event, msisdn, at)

    def states(self) -> dict[str, str]:
        """What holds, by number."""
        found = {msisdn: "paused" if msisdn in self.barred else state for msisdn, (state, _) in self.orders.items()}
        return {msisdn: state for msisdn, state in found.items() if state != "cancelled"}

    def records(self) -> list[FeedRecord]:
        """Its file."""
        states = self.states()
        return [FeedRecord(msisdn, "news", states[msisdn], at) for msisdn, (_, at) in sorted(self.orders.items()) if msisdn in states]


class World:
    """Three sides and what is on its way between them."""

    def __init__(self, runtime: Runtime, folder: Path) -> None:
        self.runtime, self.folder = with_boss(runtime, "http://127.0.0.1:1/"), folder
        self.boss, self.misc = Peer(), Peer()
        self.numbers = {who: number(who) for who in range(1, 4)}
        self.fresh = iter(range(11, 99))
        self.late: list[Any] = []

    def live(self, told: Sequence[Told]) -> None:
        """Everything happens, hours apart; what travels arrives, or does not."""
        at = SINCE
        changes: list[Change] = []
        waiting: Change | None = None
        for serial, one in enumerate(told):
            at += timedelta(hours=7)
            msisdn, new = self.numbers[one.who], None
            own, other, source = (self.boss, self.misc, "boss") if one.event in ACCOUNT else (self.misc, self.boss, "misc")
            if one.event == "number_change":
                new = self.numbers[one.who] = number(next(self.fresh))
            own.hear(one.event, msisdn, at, new)
            said = (one.event, msisdn, at, new)
            if one.peer != "lost":
                for _ in range(2 if one.peer == "twice" else 1):
                    self.late.append((other, said)) if one.peer == "late" else other.hear(*said)
            change = Change(msisdn, one.event, source, f"t{serial}", at, None if one.event in ACCOUNT else "news", new_msisdn=new)
            arrivals: list[Change] = {"lost": [], "twice": [change, change]}.get(one.platform, [change])
            if one.platform == "late":
                self.late.append(change)
            elif one.platform == "swapped":
                changes += [waiting] if waiting else []
                waiting = change
            else:
                changes += [*arrivals, *([waiting] if waiting else [])]
                waiting = None
        self._apply([*changes, *([waiting] if waiting else [])], ENDS - timedelta(hours=3))

    def _apply(self, changes: Sequence[Change], last: datetime) -> None:
        """They reach the platform one after the other; those of MISC hold from then on, BOSS's since BOSS says."""
        for place, one in enumerate(changes):
            at = last - timedelta(minutes=len(changes) - place)
            if one.source == "misc":
                one = Change(one.msisdn, one.event, one.source, one.transaction_id, at, one.service_id)
            with self.runtime.transaction() as session:
                apply(session, [one], now=at)

    def day(self, later: int) -> ReconcileRun:
        """A day's run, the first one carried out twice; then the peers do what they are told, and what was late comes."""
        now = NOW + timedelta(days=later)
        here = ready(self.runtime, self.folder, now)
        wanted = order(self.folder / str(later), self.boss.records(), self.misc.records(), DAY + timedelta(days=later), ENDS + timedelta(days=later))
        done = run(here, wanted, apply=True)
        if not later:
            before = self._written()
            again = run(here, wanted, apply=True)
            assert again.run.id == done.run.id and self._written() == before, "a repair is done once"
        self._obey(now)
        for one in self.late:
            if isinstance(one, Change):
                self._apply([one], now + timedelta(hours=2))
            else:
                one[0].hear(*one[1])
        self.late = []
        return done.run

    def _written(self) -> tuple[int, ...]:
        with self.runtime.transaction(read_only=True) as session:
            return tuple(session.scalar(select(func.count()).select_from(table)) or 0 for table in (SubscriptionEvent, OutboundRequest, ReconcileRepair, ReconcileDifference))

    def _obey(self, now: datetime) -> None:
        with self.runtime.transaction() as session:
            numbers = {row.id: row.msisdn for row in session.scalars(select(Reader))}
            for row in session.scalars(select(OutboundRequest).where(OutboundRequest.state == WAITING).order_by(OutboundRequest.id)):
                (self.boss if row.peer == "boss" else self.misc).obey(row.kind, numbers[row.reader_id] if row.reader_id else row.payload["msisdn"], now)
                row.state, row.answered_at = ANSWERED, now
            told = select(ReconcileRepair.event, ReconcileRepair.side, ReconcileDifference.msisdn).join(
                ReconcileDifference, ReconcileDifference.id == ReconcileRepair.difference_id
            )
            for event, side, msisdn in session.execute(told.where(ReconcileRepair.state == "told", ReconcileRepair.action != "ask", ReconcileRepair.done_at == now)):
                (self.boss if side == "boss" else self.misc).obey(event, msisdn, now)

    def sides(self) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
        """What each of the three says now."""
        with self.runtime.transaction(read_only=True) as session:
            here = {one.msisdn: one.state for one in state_at(session, NOW + timedelta(days=DAYS[-1] + 1)) if one.state != "cancelled"}
        return self.boss.states(), self.misc.states(), here


def _empty(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        for table in reversed(Base.metadata.sorted_tables):
            if table.name not in KEPT:
                session.execute(table.delete())


def _one(who: int, event: str, peer: str = "at once", platform: str = "at once") -> Told:
    return Told(who, event, peer, platform)


@settings(max_examples=3, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large])
@given(told=LIVES)
@example(told=[_one(1, "order"), _one(1, "number_change", platform="lost")])
@example(told=[_one(1, "order"), _one(1, "transfer", peer="lost", platform="late"), _one(1, "order", platform="lost")])
@example(told=[_one(3, "order"), _one(3, "barred", platform="lost"), _one(3, "unbarred", peer="lost", platform="late")])
def test_three_sides_end_equal(sqlite_runtime: Runtime, told: list[Told]) -> None:
    _empty(sqlite_runtime)
    set_values(sqlite_runtime, reconcile_guard_floor=1000)
    with TemporaryDirectory() as folder:
        world = World(sqlite_runtime, Path(folder))
        world.live(told)
        last = [world.day(later) for later in DAYS][-1]
    boss, misc, here = world.sides()
    with sqlite_runtime.transaction(read_only=True) as session:
        asked = {row.msisdn: row.action for row in session.scalars(select(ReconcileDifference).where(ReconcileDifference.closed_at.is_(None)))}
    assert set(asked.values()) <= {"ask"}, "what is left waits for a person, by name"
    apart = {msisdn for msisdn in {*boss, *misc, *here} if len({boss.get(msisdn), misc.get(msisdn), here.get(msisdn)}) > 1}
    assert apart == set(asked), f"and nothing else: {last.figures['differences']}"
