"""Geometry of the console's bars, worked out on the server: no script draws, no inline style is needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitoring.measures import Minute

TONES = {
    "retrieved": "delivered",
    "submitted": "pending",
    "pending": "waiting",
    "rejected": "failed",
    "expired": "failed",
    "failed": "failed",
    "unknown": "unknown",
    "no_report": "unknown",
    "cancelled": "neutral",
}
"""Outcome → the state whose colour and shape it wears; `waiting` is the pale form of pending."""

SUBMISSION_TONES = {"leaving": "pending", "accepted": "delivered", "partial": "held", "refused": "failed", "deferred": "held", "unknown": "unknown"}
"""The same of a submission's state."""

ORDER = ("retrieved", "submitted", "unknown", "no_report", "rejected", "expired", "failed", "cancelled", "pending")
"""The fixed order of outcomes, from the left and from the ground up."""

TONE_ORDER = ("delivered", "pending", "unknown", "failed", "neutral")
STEPS_MIN = (1, 2, 5, 10, 15, 30, 60, 120, 240, 720, 1440)
BARS_MAX = 60
BARS_MIN = 20


@dataclass(frozen=True)
class Piece:
    """A piece of a lying bar, in thousandths of its length."""

    tone: str
    start: float
    length: float


@dataclass(frozen=True)
class Column:
    """One standing bar; `counts` by tone, in the fixed order."""

    at: datetime
    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        """Readers in it."""
        return sum(self.counts.values())


@dataclass(frozen=True)
class Block:
    """A coloured part of a standing bar, in per cent of the drawing."""

    tone: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Chart:
    """A drawing of standing bars.

    Attributes:
        step_min: minutes in a bar.
        rules: (y, what it stands for), the ground first.
        ticks: (x, instant).
    """

    step_min: int
    columns: tuple[Column, ...]
    blocks: tuple[Block, ...]
    rules: tuple[tuple[float, int], ...]
    ticks: tuple[tuple[float, datetime], ...]


def lying_bar(outcomes: Mapping[str, int], planned: int) -> tuple[Piece, ...]:
    """The outcomes of a dispatch side by side; a piece that exists is never thinner than 4 ‰."""
    tones: dict[str, int] = {}
    for name in ORDER:
        tones[TONES[name]] = tones.get(TONES[name], 0) + outcomes.get(name, 0)
    present = [(tone, count) for tone, count in tones.items() if count > 0]
    whole = max(planned, sum(count for _, count in present), 1)
    lengths = [max(4.0, count * 1000 / whole) for _, count in present]
    shrink = 1000 / max(1000.0, sum(lengths))
    pieces, start = [], 0.0
    for (tone, _), length in zip(present, lengths, strict=True):
        pieces.append(Piece(tone, round(start, 2), round(length * shrink, 2)))
        start += length * shrink
    return tuple(pieces)


def columns_of(minutes: Iterable[Minute]) -> tuple[int, tuple[Column, ...]]:
    """The minutes as at most `BARS_MAX` bars without a gap: (minutes in a bar, bars)."""
    found = list(minutes)
    if not found:
        return 1, ()
    span_min = int((found[-1].at - found[0].at).total_seconds() // 60) + 1
    step = next((step for step in STEPS_MIN if -(-span_min // step) < BARS_MAX), STEPS_MIN[-1])
    first = _floor(found[0].at, step)
    last = found[-1].at
    found = [one for one in found if one.at >= last - timedelta(minutes=step * BARS_MAX)]
    first = max(first, _floor(found[0].at, step))
    bars: dict[datetime, dict[str, int]] = {}
    for one in found:
        counts = bars.setdefault(_floor(one.at, step), {})
        for name, count in one.counts.items():
            tone = TONES[name]
            counts[tone] = counts.get(tone, 0) + count
    total = int((_floor(last, step) - first).total_seconds() // 60) // step + 1
    times = [first + timedelta(minutes=step * index) for index in range(total)]
    return step, tuple(Column(at, {tone: bars.get(at, {}).get(tone, 0) for tone in TONE_ORDER}) for at in times)


def _floor(at: datetime, step_min: int) -> datetime:
    minutes = int(at.timestamp()) // 60
    return datetime.fromtimestamp((minutes - minutes % step_min) * 60, tz=at.tzinfo)


def round_up(value: int) -> int:
    """The next of 1, 2, 3, 4, 5, 6, 8, 10, 20, 30 … at or above `value`: a scale that people read."""
    unit = 1
    while True:
        for factor in (1, 2, 3, 4, 5, 6, 8):
            if factor * unit >= value:
                return factor * unit
        unit *= 10


def standing_chart(minutes: Iterable[Minute]) -> Chart:
    """The bars of `columns_of` as a drawing; lengths are per cent of its width and height, its ground at the bottom."""
    step, columns = columns_of(minutes)
    if not columns:
        return Chart(step, (), (), (), ())
    top = round_up(max(column.total for column in columns))
    slots = max(len(columns), BARS_MIN)
    slot = 100 / slots
    bar = slot * 0.76
    blocks: list[Block] = []
    for index, column in enumerate(columns):
        y = 100.0
        for tone, count in column.counts.items():
            if count:
                tall = max(1.2, count * 100 / top)
                y -= tall
                blocks.append(Block(tone, round(index * slot + (slot - bar) / 2, 2), round(y, 2), round(bar, 2), round(tall, 2)))
    halves = (0, top) if top < 2 or top % 2 else (0, top // 2, top)
    rules = tuple((round(100 - value * 100 / top, 2), value) for value in halves)
    every = max(1, -(-slots // 6))
    ticks = tuple((round((index + 0.5) * slot, 2), columns[0].at + timedelta(minutes=step * index)) for index in range(0, slots, every))
    return Chart(step, columns, tuple(blocks), rules, ticks)
