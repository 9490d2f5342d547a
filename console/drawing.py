"""The waterfall and the trend of the reconciliation, worked out on the server in per cent of their width."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from reconciliation.diff import CLASSES
from reconciliation.reports.figures import DayFigures
from reconciliation.reports.waterfall import REST, Ladder, ladders

TONES = {"charged_not_served": "failed", "served_not_charged": "held", "charged_otherwise": "pending", "charged_to_another": "pending"}
LEAST = 0.6
"""Per cent: a step is never thinner, however small."""

LEAST_SPAN = 0.0002
"""Of the scale of rates, so that noise does not look like an event."""


@dataclass(frozen=True)
class Bar:
    """One bar of a ladder.

    Attributes:
        kind: total, step or agreed.
        name: of a step's class, "" for several.
        classes: how many there are in it.
    """

    kind: str
    name: str
    classes: int
    count: int
    x: float
    width: float
    tone: str


@dataclass(frozen=True)
class Waterfall:
    """Three ladders from a side's total to the agreed number; the bars begin at `begins`."""

    begins: int
    sides: Sequence[tuple[str, Sequence[Bar]]]


def waterfall(day: DayFigures) -> Waterfall:
    """The drawing of a run in which all three sides were known."""
    found = ladders(day.equal, day.differences, steps_max=4)
    top, agreed = max(one.total for one in found), found[0].agreed
    span = max(top - agreed, 1)
    begins = max(0, agreed - max(1, span // 5))
    return Waterfall(begins, [(one.side, _bars(one, begins, max(1, top - begins))) for one in found])


def _bars(one: Ladder, begins: int, span: int) -> list[Bar]:
    def at(value: int) -> float:
        return 100 * (value - begins) / span

    bars = [Bar("total", "", 0, one.total, 0, round(at(one.total), 2), "neutral")]
    end = one.total
    for step in one.steps:
        width = max(LEAST, at(end) - at(end - step.count))
        tone = TONES.get(CLASSES[step.name].direction, "neutral") if step.name != REST and step.name in CLASSES else "neutral"
        bars.append(Bar("step", step.name, step.classes, step.count, round(max(0.0, at(end) - width), 2), round(width, 2), tone))
        end -= step.count
    return [*bars, Bar("agreed", "", 0, one.agreed, 0, round(max(LEAST, at(one.agreed)), 2), "delivered")]


@dataclass(frozen=True)
class Trend:
    """The match rate of some days; a day without a run is a gap.

    Attributes:
        lines: each the points of days that follow each other, (x, y) in per cent.
        marks: (x, y, whether all three sides were known).
    """

    low: float
    high: float
    first: date
    last: date
    lines: Sequence[Sequence[tuple[float, float]]]
    marks: Sequence[tuple[float, float, bool]]


def trend(days: Sequence[DayFigures], until: date, length: int) -> Trend | None:
    """The drawing of `length` days up to `until`; None where no run compared anything."""
    rated = [(one.day, one.rate, one.is_whole) for one in days if one.rate is not None]
    if not rated:
        return None
    low, high = min(rate for _, rate, _ in rated), max(rate for _, rate, _ in rated)
    low = max(0.0, high - LEAST_SPAN) if high - low < LEAST_SPAN else low
    high = max(high, low + LEAST_SPAN)
    first = until - timedelta(days=length - 1)
    lines: list[list[tuple[float, float]]] = []
    marks: list[tuple[float, float, bool]] = []
    before: date | None = None
    for day, rate, whole in rated:
        point = round(100 * (day - first).days / max(1, length - 1), 2), round(6 + 88 * (high - rate) / (high - low), 2)
        if before is None or (day - before).days != 1:
            lines.append([])
        lines[-1].append(point)
        marks.append((*point, whole))
        before = day
    return Trend(low, high, first, until, lines, marks)
