"""One day after the other: what happens at which hour, and how closely time is watched meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from heapq import heappop, heappush
from pathlib import Path
from typing import Final

from console.month import staff
from console.month.desk import SEEDS, Desk
from console.month.handsets import Handsets
from console.month.house import House, Say
from console.month.mmsc import MMSC
from console.month.readers import CLASSES, Readers
from console.registry import settings
from delivery.dispatch.seeds import add_seeds
from delivery.ports.services import add_port
from huabao.clock import SHANGHAI
from huabao.msisdn import MSISDN, parse_msisdn
from huabao.settings import set_value
from sandbox.demo.month.papers import EVENING, MORNING, Issue

START: Final = {MORNING: time(6, 30), EVENING: time(17, 30)}
SLOTS: Final = tuple(START)
BROUGHT: Final = timedelta(hours=2)
"""So long before its start an issue is brought; half of that before it is approved."""

SETTINGS: Final = {"ramp_readers_min": "1000"}
"""The province is small; its dispatches go in steps all the same."""

LOOKS_MIN: Final = (-30, -28, -20, -5, -4, 0, 0.6, 1.8, 3.5, 6, 12, 25, 50)
"""Minutes beside a start at which everybody looks."""

ROUNDS: Final = (time(3, 15), time(8), time(11), time(14, 30), time(18, 45), time(22))
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
        closely: see `House.move`.
    """

    at: datetime
    turn: int
    do: Callable[[], None] | None = field(default=None, compare=False)
    closely: bool = field(default=True, compare=False)


@dataclass
class Days:
    """The month as it goes on.

    Attributes:
        acts: what is still to happen, by time.
        slots: (day, paper) of each edition, the first one first.
    """

    house: House
    plan: Plan
    folder: Path
    ends: datetime
    desk: Desk = field(init=False)
    readers: Readers = field(init=False)
    handsets: Handsets = field(init=False)
    slots: list[tuple[date, str]] = field(init=False)
    acts: list[Act] = field(default_factory=list)
    _turn: int = 0

    def __post_init__(self) -> None:
        self.desk, self.readers = Desk(self.house, self.folder), Readers(self.folder, self.plan.seed)
        self.slots = slots_before(self.ends, self.plan.editions)
        self.handsets = Handsets(self.plan.seed, midnight(self.slots[0][0]), len({day for day, _ in self.slots}))

    def set_up(self) -> None:
        """What was there before the first day."""
        house, now = self.house, self.house.now
        rate = max(60.0, self.plan.readers / 30)
        for name, share in (("mmsc-a", 0.6), ("mmsc-b", 0.4)):
            one = MMSC(name, house.clock, self.handsets, self.plan.tcp_port if name == "mmsc-a" else 0)
            one.listener.up()
            house.mmscs[name] = one
            with house.runtime.transaction() as session:
                given = {"url": one.url, "rate": rate * share, "burst": int(rate * share / 3), "max_recipients": 50, "vasp_id": "10658000", "cost_fen_per_1000": 1500}
                add_port(session, name, "mm7", given, by=staff.HOUSE, now=now)
        house.rate = rate
        staff.hire(house)
        self.desk.open()
        with house.runtime.transaction() as session:
            for name, value in SETTINGS.items():
                set_value(session, settings(), name, value, by=staff.HOUSE, at=now)
            for at, (handset_class, _) in enumerate(CLASSES):
                numbers = [_number(f"1371000{at}{one:03d}") for one in range(HOUSE_SEEDS)]
                add_seeds(session, SEEDS, numbers, kind="test", handset_class=handset_class, by=staff.DUTY, at=now)
        self.readers.settle_in(house, self.plan.readers, now - timedelta(days=200))
        if self.plan.pictures:
            self.desk.draw()

    def run(self, say: Say) -> None:
        """All days, up to the end."""
        for number, (day, slug) in enumerate(self.slots):
            self._plan_issue(number, day, slug)
        days = sorted({day for day, _ in self.slots})
        for day in days:
            for hour in ROUNDS:
                self.at(datetime.combine(day, hour, SHANGHAI), closely=False)
        for day in days:
            self._live(min(self.ends, midnight(day + timedelta(days=1))))
            say(f"{day}: {self._told(day)}")

    def _told(self, day: date) -> str:
        return ", ".join(f"{slug} is dispatch {self.desk.made[key]}" for slug in SLOTS if (key := f"{slug}/{day}") in self.desk.made)

    def _live(self, until: datetime) -> None:
        """Let time pass, with all that happens meanwhile."""
        while self.acts and self.acts[0].at <= until:
            act = heappop(self.acts)
            if act.do is not None:
                self.house.clock.move_to(act.at)
                act.do()
            self.house.move(act.at, closely=act.closely)
        self.house.move(until, closely=False)

    # --- an issue ------------------------------------------------------------------------------------------------

    def _plan_issue(self, number: int, day: date, slug: str) -> None:
        start = start_of(day, slug)
        picture = self.desk.covers.get(slug) if number % 5 == 0 else None
        issue = Issue(slug, f"{day:%Y%m%d}", day, self.plan.seed, picture, sports=number % 3 == 0)
        self.at(start - BROUGHT, lambda: self._bring(issue))
        for minutes in LOOKS_MIN:
            self.at(start + timedelta(minutes=minutes))

    def _bring(self, issue: Issue) -> None:
        edition_id = self.desk.bring(issue)
        self.desk.submit(edition_id)
        start = start_of(issue.day, issue.slug)

        def approve() -> None:
            self.desk.approve(edition_id)
            self.desk.made[f"{issue.slug}/{issue.day}"] = self.desk.schedule(edition_id, start)

        self.at(start - BROUGHT / 2, approve)

    def at(self, when: datetime, do: Callable[[], None] | None = None, *, closely: bool = True) -> None:
        """Let something happen then, or only look around."""
        self._turn += 1
        heappush(self.acts, Act(when, self._turn, do, closely))


def midnight(day: date) -> datetime:
    """The instant at which a day begins."""
    return datetime.combine(day, time(), SHANGHAI)


def start_of(day: date, slug: str) -> datetime:
    """When a paper leaves on a day."""
    return datetime.combine(day, START[slug], SHANGHAI)


def slots_before(ends: datetime, editions: int) -> list[tuple[date, str]]:
    """The last so many editions that are on their way an hour before the end."""
    day = ends.astimezone(SHANGHAI).date()
    found: list[tuple[date, str]] = []
    while len(found) < editions:
        found += [(day, slug) for slug in reversed(SLOTS) if start_of(day, slug) + timedelta(hours=1) <= ends]
        day -= timedelta(days=1)
    return found[editions - 1 :: -1] if len(found) > editions else found[::-1]


def _number(text: str) -> MSISDN:
    return parse_msisdn(text)
