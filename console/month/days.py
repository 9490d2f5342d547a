"""One day after the other: what happens at which hour, and how closely time is watched meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from heapq import heappop, heappush
from pathlib import Path
from typing import Final

from care.complaints.causes import REGULATOR
from console.month import staff
from console.month.desk import SEEDS, Desk
from console.month.handsets import Handsets
from console.month.house import House, Say
from console.month.incidents import Incidents
from console.month.mmsc import MMSC
from console.month.province import Province
from console.month.readers import CLASSES, Readers
from console.month.support import Support
from console.month.timetable import SLOTS, midnight, next_slot, slots_before, start_of
from console.registry import settings
from delivery.dispatch.seeds import add_seeds
from delivery.ports.services import add_port
from huabao.clock import SHANGHAI
from huabao.msisdn import parse_msisdn
from huabao.settings import set_value
from reconciliation.runs import running
from sandbox.demo.month.papers import EVENING, MORNING, TITLES, Issue
from subscribers.segments import parse_rule
from subscribers.services import add_segment

BROUGHT: Final = {MORNING: timedelta(hours=2, minutes=30), EVENING: timedelta(hours=4)}
"""So long before its start an issue is brought."""

REVIEWED: Final = timedelta(minutes=50)
"""So long after that it is approved."""

SETTINGS: Final = {"ramp_readers_min": "1000", "ramp_first_share": "0.1", "ramp_second_share": "0", "reconcile_auto": "repair", "feed_expected": "boss,misc"}
"""The province is small: its dispatches go in two steps all the same. Its nights are reconciled by themselves."""

SEGMENTS: Final = {
    "体育迷": {"field": "preferences.topics", "op": "contains", "value": "sports"},
    "合肥大屏": {"all": [{"field": "city", "op": "eq", "value": "合肥"}, {"field": "handset_class", "op": "in", "value": ["300kb-320x480", "600kb-480x800"]}]},
}

LOOKS_MIN: Final = (-30, -5, 0, 0.6, 1.8, 7, 50)
"""Minutes beside a start at which everybody looks."""

ROUNDS: Final = (time(3, 15), time(8, 30), time(14, 30), time(21))
"""When everything is looked at, each day."""

HOUSE_SEEDS: Final = 2
"""Test handsets of each class."""


@dataclass(frozen=True)
class Plan:
    """What month is wanted.

    Attributes:
        editions: of both papers together, the last one before the end.
        pictures: some issues have a cover.
        tcp_port: of the first MMSC, 0 for any.
    """

    readers: int = 2000
    editions: int = 60
    seed: int = 1
    pictures: bool = True
    tcp_port: int = 0


@dataclass(order=True)
class Act:
    """Something that happens at an instant, and a look around.

    Attributes:
        turn: of what happens at one instant, the order.
        closely: see `House.move`; None where nobody looks around afterwards.
    """

    at: datetime
    turn: int
    do: Callable[[], None] | None = field(default=None, compare=False)
    closely: bool | None = field(default=True, compare=False)


@dataclass
class Days:
    """The month as it goes on.

    Attributes:
        acts: what is still to happen, by time.
        slots: (day, paper) of each edition, the first one first.
        without: days whose check file of a peer does not come.
    """

    house: House
    plan: Plan
    folder: Path
    ends: datetime
    desk: Desk = field(init=False)
    readers: Readers = field(init=False)
    handsets: Handsets = field(init=False)
    province: Province = field(init=False)
    support: Support = field(init=False)
    slots: list[tuple[date, str]] = field(init=False)
    acts: list[Act] = field(default_factory=list)
    without: dict[date, str] = field(default_factory=dict)
    _turn: int = 0

    def __post_init__(self) -> None:
        seed = self.plan.seed
        self.desk, self.readers = Desk(self.house, self.folder), Readers(self.folder, seed)
        self.province, self.support = Province(self.house, self.readers, seed), Support(self.house, seed)
        self.slots = slots_before(self.ends, self.plan.editions)
        self.handsets = Handsets(seed, midnight(self.slots[0][0]), len(self.days), classes=self.readers.classes)

    @property
    def days(self) -> list[date]:
        """The days of the month."""
        return sorted({day for day, _ in self.slots})

    def close(self) -> None:
        """Everything that listens ends."""
        self.province.close()
        self.house.close()

    # --- before the first day ------------------------------------------------------------------------------------

    def set_up(self) -> None:
        """What was there before the first day."""
        house, now = self.house, self.house.now
        self._add_ports()
        staff.hire(house)
        self.desk.open()
        with house.runtime.transaction() as session:
            for name, value in SETTINGS.items():
                set_value(session, settings(), name, value, by=staff.HOUSE, at=now)
            for at, (handset_class, _) in enumerate(CLASSES):
                numbers = [parse_msisdn(f"1371000{at}{one:03d}") for one in range(HOUSE_SEEDS)]
                self.readers.classes.update((str(one), handset_class) for one in numbers)
                add_seeds(session, SEEDS, numbers, kind="test", handset_class=handset_class, by=staff.DUTY, at=now)
            for name, rule in SEGMENTS.items():
                add_segment(session, name, parse_rule(rule, name), by=staff.EDITOR, at=now)
        since = now - timedelta(days=200)
        self.readers.settle_in(house, self.plan.readers, since)
        self.province.open(since)
        if self.plan.pictures:
            self.desk.draw()

    def _add_ports(self) -> None:
        self.house.rate = rate = max(60.0, self.plan.readers / 5)
        for name, share in (("mmsc-a", 0.6), ("mmsc-b", 0.4)):
            one = MMSC(name, self.house.clock, self.handsets, self.plan.tcp_port if name == "mmsc-a" else 0)
            one.listener.up()
            self.house.mmscs[name] = one
            given = {
                "url": one.url,
                "rate": rate * share,
                "burst": int(rate * share / 2),
                "max_recipients": 100,
                "vasp_id": "10658000",
                "cost_fen_per_1000": 1500,
                "recalls": "cancel",
            }
            with self.house.runtime.transaction() as session:
                add_port(session, name, "mm7", given, by=staff.HOUSE, now=self.house.now)

    # --- day after day -------------------------------------------------------------------------------------------

    def run(self, say: Say) -> None:
        """All days, up to the end."""
        for number, (day, slug) in enumerate(self.slots):
            self._plan_issue(number, day, slug)
        for number, day in enumerate(self.days):
            self._plan_day(number, day)
        Incidents(self).plan()
        for day in self.days:
            self._live(min(self.ends, midnight(day + timedelta(days=1))))
            say(f"{day}  {self._told(day)}")
        Incidents(self).maintain()
        self._plan_ahead()
        self.house.move(self.ends, closely=False)

    def _told(self, day: date) -> str:
        return ", ".join(f"{TITLES[slug]} is dispatch {number}" for slug in SLOTS if (number := self.dispatch_of(day, slug)) is not None)

    def dispatch_of(self, day: date, slug: str) -> int | None:
        """The dispatch of a paper on a day."""
        return self.desk.made.get(f"{slug}/{day}")

    def _plan_day(self, number: int, day: date) -> None:
        """The ordinary things of a day."""

        def hour(at: time, do: Callable[[], None]) -> None:
            self.at(datetime.combine(day, at, SHANGHAI), do, closely=None)

        for at in ROUNDS:
            self.at(datetime.combine(day, at, SHANGHAI), closely=False)
        before = day - timedelta(days=1)
        hour(time(3), lambda: self.province.lay_files(before, without=self.without.get(before, "")))
        if number % 7 == 0:
            hour(time(0, 5), lambda: staff.set_down_shifts(self.house))
        hour(time(7, 50), lambda: staff.hand_over(self.house, number))
        hour(time(9, 10), lambda: Incidents(self).look_at_alarms(number))
        hour(time(10, 20), lambda: self.province.live(0.6))
        hour(time(10, 40), lambda: self.support.hear(self.plan.readers // 2))
        hour(time(13, 30), self.support.settle)
        hour(time(16), lambda: self.province.unbar(0.2))
        hour(time(17), self.support.cancel_for)
        hour(time(19, 40), lambda: self.province.live(0.4))
        hour(time(20, 10), lambda: self.support.hear(self.plan.readers // 2))
        if number == len(self.days) * 2 // 3:
            hour(time(11, 15), lambda: self.support.complain(REGULATOR))

    def _live(self, until: datetime) -> None:
        """Let time pass, with all that happens meanwhile."""
        while self.acts and self.acts[0].at <= until:
            act = heappop(self.acts)
            self.house.clock.move_to(act.at)
            if act.do is not None:
                act.do()
            if act.closely is not None:
                self.house.move(act.at, closely=act.closely)
        self.house.move(until, closely=False)

    def apply(self, run_id: int, person: str) -> None:
        """Carry out a run's repairs."""
        running.apply_repairs(self.house.runtime, run_id, by=person)

    def at(self, when: datetime, do: Callable[[], None] | None = None, *, closely: bool | None = True) -> None:
        """Let something happen then, or only look around."""
        self._turn += 1
        heappush(self.acts, Act(when, self._turn, do, closely))

    # --- an issue ------------------------------------------------------------------------------------------------

    def _plan_issue(self, number: int, day: date, slug: str) -> None:
        start = start_of(day, slug)
        picture = self.desk.covers.get(slug) if number % 5 == 0 else None
        issue = Issue(slug, f"{day:%Y%m%d}", day, self.plan.seed, picture, sports=number % 3 == 0)
        self.at(start - BROUGHT[slug], lambda: self._bring(issue), closely=None)
        for minutes in LOOKS_MIN:
            self.at(start + timedelta(minutes=minutes), closely=minutes != LOOKS_MIN[-1])

    def _bring(self, issue: Issue) -> None:
        edition_id = self.desk.bring(issue)
        self.desk.submit(edition_id)
        if issue.day.toordinal() % 3 == 0:
            self.desk.say(edition_id, "导语太长，手机上要翻两屏。", "已改短")
        start = start_of(issue.day, issue.slug)

        def approve() -> None:
            self.desk.approve(edition_id)
            self.desk.made[f"{issue.slug}/{issue.day}"] = self.desk.schedule(edition_id, start)

        self.at(start - BROUGHT[issue.slug] + REVIEWED, approve, closely=None)

    def _plan_ahead(self) -> None:
        """The desk works at what comes next: an issue waits for its review, another is begun."""
        day, slug = next_slot(*self.slots[-1])
        edition_id = self.desk.bring(Issue(slug, f"{day:%Y%m%d}", day, self.plan.seed, self.desk.covers.get(slug), sports=True))
        self.desk.submit(edition_id)
        self.desk.say(edition_id, "第二条的数字请再核一遍。", "")
        day, slug = next_slot(day, slug)
        self.desk.begin(slug, f"{day:%Y%m%d}", day)
