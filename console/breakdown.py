"""What a dispatch's page shows of its breakdown: cells with the addresses of their readers, and how late they had it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from monitoring.lateness import percentile
from monitoring.tallies import Tally

SMALL = 30
"""Shares of fewer readers say little, and are greyed."""

FAILED = ("rejected", "expired", "failed")
FIELDS = {"port": "port", "class": "handset_class", "city": "city", "variant": "variant", "code": "code"}
PERCENTILES = (("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99))
SHOWN_MAX = 60


@dataclass(frozen=True)
class Cell:
    """Readers of a dispatch with one port, class, city, variant or code."""

    dispatch_id: int
    scope: str
    key: str
    readers: int
    retrieved: int
    failed: int

    @property
    def small(self) -> bool:
        """Whether it is too few to judge by."""
        return self.readers < SMALL

    def query(self, outcome: str = "") -> str:
        """What the list of its readers is asked for."""
        return urlencode({FIELDS[self.scope]: self.key, **({"outcome": outcome} if outcome else {})})


@dataclass(frozen=True)
class Late:
    """Of `whole` readers who retrieved it, `in_time` did so by the deadline; percentiles in minutes; causes with their reader-minutes, most first."""

    whole: int
    in_time: int
    percentiles: Sequence[tuple[str, int]]
    causes: Sequence[tuple[str, int]]

    @property
    def minutes(self) -> int:
        """All reader-minutes of lateness."""
        return sum(minutes for _, minutes in self.causes)


def cells_of(dispatch_id: int, tally: Tally) -> dict[str, list[Cell]]:
    """By scope, most failed first."""
    return {scope: _sorted(Cell(dispatch_id, scope, key, *_counts(outcomes)) for key, outcomes in cells.items()) for scope, cells in tally.cells.items()}


def _sorted(cells: Iterable[Cell]) -> list[Cell]:
    return sorted(cells, key=lambda one: (-one.failed, -one.readers, one.key))[:SHOWN_MAX]


def _counts(outcomes: Mapping[str, int]) -> tuple[int, int, int]:
    return sum(outcomes.values()), outcomes.get("retrieved", 0), sum(outcomes.get(name, 0) for name in FAILED)


def late_of(tally: Tally) -> Late | None:
    """How late they had it, or None where nobody has it."""
    whole = sum(tally.late.values())
    if not whole:
        return None
    marks = [(name, percentile(tally.late, share) or 0) for name, share in PERCENTILES]
    causes = sorted(((cause, minutes) for cause, minutes in tally.causes.items() if minutes), key=lambda one: -one[1])
    return Late(whole, tally.late.get(0, 0), marks, causes)
