"""What goes wrong in the invented month, on which days, and what people do about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from console.month import staff
from console.month.timetable import start_of
from delivery.dispatch import killing, steering
from delivery.models import Brake, Dispatch
from delivery.ports.services import set_port
from huabao.clock import SHANGHAI
from monitoring.alarms import handling
from reconciliation.runs import guard
from reconciliation.runs.models import ReconcileRun
from sandbox.demo.month.papers import EVENING, MORNING

if TYPE_CHECKING:
    from console.month.days import Days

AWAY_MIN: Final = 20
SLOW_S: Final = (900.0, 4200.0)
SWEPT_SHARE: Final = 0.05
"""Of the orders that BOSS and MISC end at once; more than the guard lets pass."""

BAD_CLASS: Final = "50kb-176x220"
SILENCED_S: Final = 6 * 3600.0

MAINTENANCE: Final = "对端例行维护，负荷改走 MMSC-A"


@dataclass
class Incidents:
    """All of them, spread over the month."""

    days: Days

    def plan(self) -> None:
        """Set down what happens when."""
        days = sorted({day for day, _ in self.days.slots})
        kinds: tuple[Callable[[date], None], ...] = (
            self.port_away, self.called_back, self.seeds_refused, self.swept, self.bad_class, self.boss_away, self.slow_evening, self.file_missing,
        )  # fmt: skip
        for at, kind in enumerate(kinds):
            kind(days[min(len(days) - 1, (at + 1) * len(days) // (len(kinds) + 1))])

    # --- ports and papers ----------------------------------------------------------------------------------------

    def port_away(self, day: date) -> None:
        """The first MMSC is out of reach for twenty minutes of the morning."""
        start, mmsc = start_of(day, MORNING), self.days.house.mmscs["mmsc-a"]
        self.days.at(start - timedelta(seconds=20), mmsc.listener.down)
        for minute in range(1, AWAY_MIN + 8, 2):
            self.days.at(start + timedelta(minutes=minute), closely=minute % 3 != 0)
        self.days.at(start + timedelta(minutes=AWAY_MIN), mmsc.listener.up)

    def called_back(self, day: date) -> None:
        """An evening paper that must not be read leaves all the same, and is called back minutes later."""
        start = start_of(day, EVENING)

        def kill() -> None:
            dispatch_id = self.days.dispatch_of(day, EVENING)
            if dispatch_id is not None:
                with self.days.house.runtime.transaction(read_only=True) as session:
                    edition_id = session.get_one(Dispatch, dispatch_id).edition_id
                killing.kill(self.days.house.runtime, str(edition_id), recalling=True, by=staff.CHIEF, reason="头条用错了稿件，未播先撤")

        self.days.at(start + timedelta(minutes=2), kill)
        self.days.at(start + timedelta(minutes=4))

    def seeds_refused(self, day: date) -> None:
        """Every seed refuses the morning's paper: the gate holds it until the MMSC's people mend it and the duty lets it go."""
        start = start_of(day, MORNING)
        self._refusing(None, start - timedelta(minutes=32), start - timedelta(minutes=6))
        self.days.at(start + timedelta(minutes=12), lambda: self._release(day, MORNING, "彩信中心配置已恢复，种子机重测正常"))
        for minute in (14, 16, 18):
            self.days.at(start + timedelta(minutes=minute))

    def bad_class(self, day: date) -> None:
        """One handset class refuses the evening's paper; it is held, the others go, and it goes when it is mended."""
        start = start_of(day, EVENING)
        self._refusing(BAD_CLASS, start - timedelta(minutes=32), start + timedelta(minutes=25))
        self.days.at(start + timedelta(minutes=40), lambda: self._release(day, EVENING, "该机型解码问题已修复"))
        for minute in (42, 44):
            self.days.at(start + timedelta(minutes=minute))

    def slow_evening(self, day: date) -> None:
        """The network is slow for an evening: everything is fetched late."""
        start, handsets = start_of(day, EVENING), self.days.handsets
        self.days.at(start - timedelta(minutes=1), lambda: setattr(handsets, "lag", SLOW_S))
        self.days.at(start + timedelta(minutes=40), lambda: setattr(handsets, "lag", (0.0, 0.0)))

    def _refusing(self, handset_class: str | None, begins: datetime, ends: datetime) -> None:
        handsets = self.days.handsets

        def begin() -> None:
            handsets.refusing = "*" if handset_class is None else handset_class

        def end() -> None:
            handsets.refusing = ""

        self.days.at(begins, begin, closely=None)
        self.days.at(ends, end, closely=None)

    def _release(self, day: date, slug: str, reason: str) -> None:
        """Let go of what is held of a paper: the whole dispatch, or its classes."""
        runtime, dispatch_id = self.days.house.runtime, self.days.dispatch_of(day, slug)
        if dispatch_id is None:
            return
        with runtime.transaction(read_only=True) as session:
            state = session.get_one(Dispatch, dispatch_id).state
            brakes = session.scalars(select(Brake.id).where(Brake.dispatch_id == dispatch_id, Brake.released_at.is_(None))).all()
        for one in brakes:
            steering.let_go(runtime, one, by=staff.DUTY, reason=reason)
        if state in ("held", "seeding"):
            steering.steer(runtime, dispatch_id, "release", by=staff.DUTY, reason=reason)

    # --- BOSS and MISC ---------------------------------------------------------------------------------------------

    def swept(self, day: date) -> None:
        """Both peers end many orders in one night and tell nobody: the guard holds the repairs until two people agree."""
        province = self.days.province
        night = start_of(day, EVENING) + timedelta(hours=2)
        self.days.at(night, lambda: (province.sweep(max(25, int(SWEPT_SHARE * len(province.sides["misc"])))), None)[1])
        for hours, person in ((14, staff.DUTY), (14.7, staff.NIGHT)):
            self.days.at(night + timedelta(hours=hours), lambda person=person: self._agree(person), closely=False)  # type: ignore[misc]  # bound now

    def _agree(self, person: str) -> None:
        house = self.days.house
        with house.runtime.transaction() as session:
            run = session.scalar(select(ReconcileRun).order_by(ReconcileRun.id.desc()).limit(1))
            if run is None or not guard.held(session, run):
                return
            guard.approve(session, run.id, by=person, at=house.now)
            run_id, agreed = run.id, len(guard.agreed(run))
        if agreed > 1:
            self.days.apply(run_id, person)

    def boss_away(self, day: date) -> None:
        """BOSS is out of reach from nine to three; what it is to be told waits."""
        nine, boss = datetime.combine(day, time(9), SHANGHAI), self.days.province.boss
        self.days.at(nine, boss.down)
        self.days.at(nine + timedelta(hours=6), boss.up, closely=False)

    def file_missing(self, day: date) -> None:
        """MISC's check file does not come that night."""
        self.days.without[day] = "misc"

    # --- people ----------------------------------------------------------------------------------------------------

    def look_at_alarms(self, number: int) -> None:
        """The duty takes what nobody owns, hushes what will last, and closes what is long over."""
        house = self.days.house
        with house.runtime.transaction() as session:
            for one in handling.current(session, handling.OPEN, house.now):
                if one.acknowledged_by is None:
                    handling.take(session, one.id, by=(staff.DUTY, staff.NIGHT)[number % 2], now=house.now)
                elif house.now - one.first_seen_at > timedelta(days=2):
                    handling.close(session, one.id, "已查明原因并处理", by=one.acknowledged_by, now=house.now)
                elif number % 3 == 0:
                    handling.silence(session, one.id, SILENCED_S, "已知，处理中", by=one.acknowledged_by, now=house.now)

    def maintain(self) -> None:
        """The second MMSC rests for its operator's maintenance."""
        house = self.days.house
        with house.runtime.transaction() as session:
            set_port(session, "mmsc-b", {"state": "paused", "state_reason": MAINTENANCE}, by=staff.DUTY, now=house.now, reason=MAINTENANCE)
