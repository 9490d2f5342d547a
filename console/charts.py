"""Colours and order of outcomes, and the geometry of bars that the server draws; charts that a script draws are in `console.graphs`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitoring.tallies import Minute

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
BARS_MAX = 180


@dataclass(frozen=True)
class Piece:
    """A piece of a lying bar, in thousandths of its length."""

    tone: str
    start: float
    length: float


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


def stacked(minutes: Iterable[Minute]) -> tuple[int, tuple[datetime, ...], dict[str, list[int]]]:
    """The minutes as at most `BARS_MAX` standing bars without a gap: (minutes in a bar, where each begins, heights by tone in the fixed order)."""
    found = list(minutes)
    if not found:
        return 1, (), {tone: [] for tone in TONE_ORDER}
    span_min = int((found[-1].at - found[0].at).total_seconds() // 60) + 1
    step = next((step for step in STEPS_MIN if -(-span_min // step) < BARS_MAX), STEPS_MIN[-1])
    last = _floor(found[-1].at, step)
    first = max(_floor(found[0].at, step), last - timedelta(minutes=step * (BARS_MAX - 1)))
    total = int((last - first).total_seconds() // 60) // step + 1
    heights = {tone: [0] * total for tone in TONE_ORDER}
    for one in found:
        place = int((_floor(one.at, step) - first).total_seconds() // 60) // step
        for name, count in one.counts.items() if place >= 0 else ():
            heights[TONES[name]][place] += count
    return step, tuple(first + timedelta(minutes=step * index) for index in range(total)), heights


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
