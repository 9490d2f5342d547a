"""What becomes of a message on a reader's handset: a rule of his number, the instant and the message."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from huabao.clock import SHANGHAI

DAY = timedelta(days=1)

KEPT = timedelta(hours=24)
"""So long the MMSC keeps what nobody fetches; then it says Expired."""

OFF, SETTINGS, NO_MMS = "off", "settings", "no-mms"
TROUBLES = ((SETTINGS, 0.012), (OFF, 0.014), (NO_MMS, 0.004))
"""Shares of the readers whose handset fails for long, some time in the month."""

MENDED_AFTER = {SETTINGS: (9, 20), OFF: (4, 24), NO_MMS: (12, 60)}
"""Days until somebody put it right, at least and at most."""

SLEEPERS = 0.16
"""Share of the readers whose handset is off at night."""

SILENT, LOST, REFUSED = 0.004, 0.007, 0.002
"""Of single messages: never reported, expired, rejected."""

QUICK_S, SPREAD = 28.0, 1.1
"""Median and spread (of its logarithm) of what a handset takes to fetch a message."""

SLOWEST_S = 3 * 3600.0


@dataclass(frozen=True)
class Habit:
    """One reader's handset.

    Attributes:
        wakes: when it is switched on in the morning; None for one that is never off.
        trouble: one of `TROUBLES`, or "".
    """

    wakes: time | None
    trouble: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def fails(self, at: datetime) -> str:
        """What it suffers from at that instant, or ""."""
        return self.trouble if self.since is not None and self.until is not None and self.since <= at < self.until else ""


@dataclass(frozen=True)
class Fate:
    """What the MMSC will say of one message to one reader.

    Attributes:
        at: when it happened.
        told_at: when it says so.
    """

    status: str
    at: datetime
    told_at: datetime


@dataclass
class Handsets:
    """The province's handsets.

    Attributes:
        begins, days: of the month, within which their troubles begin.
        lag: so much later everything is fetched just now, the least and the most in seconds.
        refusing: handset class that cannot show what comes just now, "*" for every one, "" for none.
        classes: of numbers.
    """

    seed: int
    begins: datetime
    days: int
    lag: tuple[float, float] = (0.0, 0.0)
    refusing: str = ""
    classes: dict[str, str] = field(default_factory=dict)
    _habits: dict[str, Habit] = field(default_factory=dict)

    def habit(self, number: str) -> Habit:
        """The handset behind a number."""
        found = self._habits.get(number)
        if found is None:
            found = self._habits[number] = self._new(random.Random(f"{self.seed} {number}"))
        return found

    def _new(self, draw: random.Random) -> Habit:
        wakes = time(6 + draw.randrange(40, 175) // 60, draw.randrange(60)) if draw.random() < SLEEPERS else None
        roll = draw.random()
        for name, share in TROUBLES:
            if roll < share:
                since = self.begins + DAY * draw.uniform(-6, self.days * 0.6)
                return Habit(wakes, name, since, since + DAY * draw.uniform(*MENDED_AFTER[name]))
            roll -= share
        return Habit(wakes)

    def fate(self, number: str, content: str, at: datetime) -> Fate | None:
        """What becomes of `content` (its hash) that the MMSC takes for `number` at that instant; None where nobody ever learns it."""
        habit, draw = self.habit(number), random.Random(f"{self.seed} {number} {content}")
        trouble, quick = habit.fails(at), timedelta(seconds=draw.uniform(3, 25))
        if trouble == SETTINGS or (self.refusing and self.refusing in ("*", self.classes.get(number))):
            return Fate("Rejected", at + quick, at + quick)
        if trouble == NO_MMS:
            return Fate("Unrecognised", at + quick, at + quick)
        if trouble == OFF and habit.until is not None and habit.until > at + KEPT:
            return _expired(at)
        roll = draw.random()
        if roll < SILENT:
            return None
        if roll < SILENT + LOST:
            return _expired(at)
        if roll < SILENT + LOST + REFUSED:
            return Fate("Rejected", at + quick, at + quick)
        fetched = self._fetched(habit, at, draw)
        return _expired(at) if fetched > at + KEPT else Fate("Retrieved", fetched, fetched + timedelta(seconds=draw.uniform(1, 6)))

    def _fetched(self, habit: Habit, at: datetime, draw: random.Random) -> datetime:
        took = min(4 + draw.lognormvariate(math.log(QUICK_S), SPREAD), SLOWEST_S) + draw.uniform(*self.lag)
        on_at = habit.until if habit.fails(at) == OFF and habit.until is not None else at
        local = on_at.astimezone(SHANGHAI)
        if habit.wakes is not None and local.time() < habit.wakes:
            on_at = datetime.combine(local.date(), habit.wakes, SHANGHAI)
        return on_at + timedelta(seconds=took)


def _expired(at: datetime) -> Fate:
    return Fate("Expired", at + KEPT, at + KEPT + timedelta(minutes=2))
