"""How long a load takes on some ports: their rates, hours and the changes of rate that were agreed.

Two rates count. The contract's is what the operator allows and what one plans
with; the one that the throttle keeps up is 1 to 2 % less, since no sliding second
at the peer may see more than the contract's (`delivery.throttle.terms`). A forecast
has both. Pure arithmetic; nothing here asks the database.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from delivery.ports import PortSettings
from delivery.ports.sharing import share_out
from delivery.throttle.terms import WINDOW_S
from huabao.hours import Hours
from huabao.settings import Setting

CAPACITY_AHEAD_H = Setting("capacity_ahead_h", 36.0, "h", "how long ahead windows of titles and planned dispatches are held against what the ports carry", minimum=1, maximum=744)
LATE_GRACE_S = Setting("late_grace_s", 60.0, "s", "a running dispatch that would pass its deadline by more than this raises an alarm", minimum=0)

SINGLE_SENDS_PER_S = Setting(
    "single_sends_per_s",
    2_000.0,
    "submissions/s",
    "submissions to single readers (with words of their own) a second that a plan reckons with; one process sends about so many, see docs/benchmarks.md",
    minimum=0.1,
)

SETTINGS: tuple[Setting[Any], ...] = (CAPACITY_AHEAD_H, LATE_GRACE_S, SINGLE_SENDS_PER_S)

HORIZON = timedelta(days=30)
"""What takes longer has no forecast."""

Change = tuple[datetime, float]
"""(instant, rate) that a port gets then."""

Step = tuple[datetime | None, float, float]
"""(from, readers a second by contract, as kept up); None: from ever on."""


@dataclass(frozen=True)
class Singly:
    """Readers who are sent to one by one.

    Attributes:
        share: of all.
        rate_per_s: at which that can be done, whatever the contract allows.
    """

    share: float = 0.0
    rate_per_s: float = math.inf

    def slowed(self, in_groups: float, submits: float) -> float:
        """Readers a second, of so many a second in groups and so many submissions a second."""
        if self.share <= 0:
            return in_groups
        return 1 / (self.share / min(submits, self.rate_per_s) + (1 - self.share) / in_groups)


IN_GROUPS = Singly()


@dataclass(frozen=True)
class Supply:
    """What one port carries over time.

    Attributes:
        steps: ascending; the first holds from ever on.
    """

    name: str
    priority: int
    hours: Hours
    steps: tuple[Step, ...]

    @classmethod
    def of(cls, port: PortSettings, changes: Sequence[Change] = (), pdus_each: float = 1.0, singly: Singly = IN_GROUPS) -> Supply:
        """A port as it is set, and as it was agreed to be.

        Args:
            pdus_each: what a reader takes of its rate, see `delivery.dispatch.pdus`.
            singly: who of its readers is sent to alone.
        """
        now: Step = (None, *reader_rates(port, port.rate, pdus_each, singly))
        return cls(port.name, port.priority, port.hours, (now, *((at, *reader_rates(port, rate, pdus_each, singly)) for at, rate in changes)))

    def rate(self, at: datetime, *, sustained: bool = False) -> float:
        """Readers a second at this instant, hours aside."""
        _, contract, kept_up = next(step for step in reversed(self.steps) if step[0] is None or step[0] <= at)
        return kept_up if sustained else contract

    def pieces(self, begin: datetime, end: datetime, *, sustained: bool = False) -> Iterator[tuple[datetime, datetime, float]]:
        """(from, to, readers a second) of every stretch in which it sends at one rate."""
        at = self.hours.opens_at(begin)
        while at < end:
            edges = [end, *(step[0] for step in self.steps if step[0] is not None and step[0] > at)]
            closes = self.hours.closes_at(at)
            until = min(edges) if closes is None else min(*edges, closes)
            yield at, until, self.rate(at, sustained=sustained)
            at = self.hours.opens_at(until)

    def carries(self, begin: datetime, end: datetime, *, sustained: bool = False) -> float:
        """Readers between two instants."""
        return sum((until - at).total_seconds() * rate for at, until, rate in self.pieces(begin, end, sustained=sustained))

    def finish(self, begin: datetime, readers: float, *, sustained: bool = False) -> datetime | None:
        """When so many readers are through; None where that lies beyond the horizon."""
        if readers <= 0:
            return begin
        for at, until, rate in self.pieces(begin, begin + HORIZON, sustained=sustained):
            needs = timedelta(seconds=readers / rate)
            if at + needs <= until:
                return at + needs
            readers -= (until - at).total_seconds() * rate
        return None


def reader_rates(port: PortSettings, rate: float, pdus_each: float = 1.0, singly: Singly = IN_GROUPS) -> tuple[float, float]:
    """Readers a second at a rate: by contract, and sustained."""
    each = port.max_recipients if port.counts_submits else 1 / pdus_each
    sustained = min(rate, math.ceil(rate - 1e-9) / WINDOW_S)
    return singly.slowed(rate * each, rate), singly.slowed(sustained * each, sustained)


@dataclass(frozen=True)
class Forecast:
    """A load on some ports.

    Attributes:
        loads: readers by port; of the next priority only what the first cannot carry in time.
        finish_at: by the contract's rates; None where there is no port, or it takes longer than the horizon.
        sustained_finish_at: at the rates that the throttle keeps up, a little lower.
        rate_per_s: readers a second by contract, of the ports that have a load, at the beginning.
        short: readers who will not have been sent to at the deadline, by the contract's rates; 0 without one.
    """

    readers: int
    begin: datetime
    deadline: datetime | None
    loads: Mapping[str, int]
    finish_at: datetime | None
    sustained_finish_at: datetime | None
    rate_per_s: float
    short: int

    @property
    def forecast_s(self) -> float | None:
        """Seconds from the beginning to the end, by the contract's rates."""
        return span_s(self.begin, self.finish_at)

    @property
    def sustained_s(self) -> float | None:
        """The same at sustained rates."""
        return span_s(self.begin, self.sustained_finish_at)

    @property
    def need_rate_per_s(self) -> float | None:
        """Readers a second that the deadline asks for; None without one."""
        return None if self.deadline is None else self.readers / max((self.deadline - self.begin).total_seconds(), 1.0)

    @property
    def deadline_met(self) -> bool | None:
        """Whether it is in time by the contract's rates; None without deadline or port."""
        if self.deadline is None or not self.loads:
            return None
        return self.finish_at is not None and self.finish_at <= self.deadline

    @property
    def tight(self) -> bool:
        """Whether it is in time by the contract's rates only, and not at those that are kept up."""
        return bool(self.deadline_met) and self.deadline is not None and (self.sustained_finish_at is None or self.sustained_finish_at > self.deadline)

    def to_document(self) -> dict[str, Any]:
        """The forecast as JSON shows it."""
        need = self.need_rate_per_s
        return {
            "readers": self.readers,
            "begin_at": self.begin.isoformat(),
            "deadline_at": None if self.deadline is None else self.deadline.isoformat(),
            "rate_per_s": round(self.rate_per_s, 3),
            "forecast_s": self.forecast_s,
            "forecast_text": duration_text(self.forecast_s),
            "forecast_finish_at": None if self.finish_at is None else self.finish_at.isoformat(),
            "forecast_sustained_s": self.sustained_s,
            "need_rate_per_s": None if need is None else round(need, 3),
            "need_rate_whole": None if need is None else math.ceil(need - 1e-9),
            "deadline_met": self.deadline_met,
            "tight": self.tight,
            "short": self.short,
            "loads": dict(self.loads),
        }


def forecast(readers: int, supplies: Sequence[Supply], begin: datetime, deadline: datetime | None = None) -> Forecast:
    """What becomes of so many readers on these ports from `begin` on."""
    room = None if deadline is None else {one.name: one.carries(begin, deadline) for one in supplies}
    loads = share_out(readers, [(one.name, one.priority, one.rate(begin)) for one in supplies], room)
    used = [one for one in supplies if loads[one.name]] or list(supplies)
    short = 0 if room is None else sum(max(0, loads[name] - math.floor(room[name] + 1e-6)) for name in loads)
    return Forecast(
        readers, begin, deadline, loads,
        last_end(one.finish(begin, loads[one.name]) for one in used),
        last_end(one.finish(begin, loads[one.name], sustained=True) for one in used),
        sum(one.rate(begin) for one in used), short,
    )  # fmt: skip


def last_end(ends: Iterable[datetime | None]) -> datetime | None:
    """The last of them; None where there is none, or one of them never comes."""
    found = list(ends)
    known = [end for end in found if end is not None]
    return max(known) if known and len(known) == len(found) else None


def span_s(begin: datetime, end: datetime | None) -> float | None:
    """Seconds from `begin` to `end`; None where that never comes."""
    return None if end is None else round((end - begin).total_seconds(), 1)


def duration_text(seconds: float | None) -> str:
    """Seconds as people say them: `4 h 22 m 40 s`, `35 s`; empty for None. What is begun counts as a whole second."""
    if seconds is None:
        return ""
    whole = math.ceil(seconds - 1e-6)
    pieces = ((whole // 3600, "h"), (whole % 3600 // 60, "m"), (whole % 60, "s"))
    return " ".join(f"{number} {unit}" for number, unit in pieces if number) or "0 s"
