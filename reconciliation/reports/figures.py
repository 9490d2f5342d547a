"""What a report holds. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from reconciliation.diff.classes import CLASSES

AGES: Final = ((1, 1), (2, 7), (8, 30), (31, None))
"""Days for which open differences have lasted, as they are grouped."""


@dataclass(frozen=True, slots=True)
class DayFigures:
    """One run.

    Attributes:
        day: that it compared.
        differences, money_fen: by class.
        equal: keys that agree, by letters.
        refused: files that did not count: side, file and reason.
        in_flight, unknown: keys left out.
        explained: differences about which the policy has nothing to do: another instant, free, bundle.
        gaps: sides whose increments do not join on to a full file.
    """

    day: date
    run_id: int
    compared: int
    matched: int
    differences: Mapping[str, int]
    money_fen: Mapping[str, int]
    equal: Mapping[str, int]
    as_of: Mapping[str, datetime | None]
    refused: tuple[Mapping[str, str], ...] = ()
    in_flight: int = 0
    unknown: int = 0
    records: Mapping[str, int] = field(default_factory=dict)
    explained: int = 0
    gaps: Mapping[str, str] = field(default_factory=dict)

    @property
    def rate(self) -> float | None:
        """Equal or explained, by compared; None where nothing was compared."""
        return (self.matched + self.explained) / self.compared if self.compared else None

    @property
    def is_whole(self) -> bool:
        """Whether all three sides were known."""
        return not self.gaps and all(self.as_of.get(side) is not None for side in ("boss", "misc", "platform"))


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """One class over the whole span.

    Attributes:
        count, money_fen: of the newest run with all three sides.
        seen: summed over the runs of the span: a difference that lasts three days counts three times.
        by_day: of each run, in the order of `Report.days`.
    """

    name: str
    count: int
    money_fen: int
    seen: int
    by_day: tuple[int, ...]

    @property
    def words(self) -> tuple[str, str]:
        """What the class says, in English and Chinese."""
        return CLASSES[self.name].en, CLASSES[self.name].zh

    @property
    def direction(self) -> str:
        """Which way the money goes, of `DIRECTIONS`."""
        return CLASSES[self.name].direction


@dataclass(frozen=True, slots=True)
class AgeFigures:
    """Open differences of one group of ages.

    Attributes:
        first, last: days; `last` is None for all that are older.
        unowned: nobody looks after them.
    """

    first: int
    last: int | None
    count: int
    money_fen: int
    unowned: int


@dataclass(frozen=True, slots=True)
class RepairFigures:
    """Repairs of one action and what became of them.

    Attributes:
        states: how many by state of the repair.
        outcomes: how many by what the next run found.
    """

    action: str
    total: int
    states: Mapping[str, int]
    outcomes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ListedDifference:
    """One difference that is open.

    Attributes:
        msisdn: whole or masked, by right.
        age_days: for how long it has lasted.
    """

    msisdn: str = field(repr=False)
    service_id: str
    name: str
    mark: str
    states: tuple[str, str, str]
    money_fen: int
    first_day: date
    age_days: int
    action: str
    owner: str
    tries: int


@dataclass(frozen=True, slots=True)
class BillFigures:
    """The month's bill held against what was delivered.

    Attributes:
        lists: by name, how many are on it and the fen owed to them (of the last: not charged).
        left_out: delivered, not charged and in order, by reason.
        records, faults: lines of the bill, and those that could not be used.
    """

    run_id: int
    lists: Mapping[str, tuple[int, int]]
    left_out: Mapping[str, int]
    records: int
    faults: int


@dataclass(frozen=True, slots=True)
class Report:
    """One day or month.

    Attributes:
        since, until: the span, both days within.
        days: its runs, the oldest first; of several of one day the newest.
        trend: the same for the 30 days up to `until`.
        waterfall_of: the newest run of the span in which all three sides were known; None where there is none.
        listed_total: how many differences are open; `listed` holds the first of them.
        bill: of a month; None where no bill was taken.
        refunds: of a month's charges by state: how many and the fen; empty where none was asked for.
    """

    kind: str
    since: date
    until: date
    made_at: datetime
    days: tuple[DayFigures, ...]
    trend: tuple[DayFigures, ...]
    classes: tuple[ClassFigures, ...]
    waterfall_of: DayFigures | None
    ages: tuple[AgeFigures, ...]
    repairs: tuple[RepairFigures, ...]
    listed: tuple[ListedDifference, ...]
    listed_total: int
    masked: bool
    bill: BillFigures | None = None
    refunds: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def compared(self) -> int:
        """Keys compared, summed over the runs."""
        return sum(one.compared for one in self.days)

    @property
    def matched(self) -> int:
        """Of those, equal."""
        return sum(one.matched for one in self.days)

    @property
    def explained(self) -> int:
        """Differences about which the policy has nothing to do, summed over the runs."""
        return sum(one.explained for one in self.days)

    @property
    def rate(self) -> float | None:
        """Equal or explained, by compared over all runs; None where nothing was compared."""
        return (self.matched + self.explained) / self.compared if self.compared else None


def age_of(first_day: date, until: date) -> int:
    """For how many days a difference has lasted; the first day counts as 1."""
    return max(0, (until - first_day).days) + 1


def age_group(days: int) -> tuple[int, int | None]:
    """The group that an age belongs to."""
    return next((first, last) for first, last in AGES if days >= first and (last is None or days <= last))
