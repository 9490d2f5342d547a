"""How late readers had it, and why: from minutes of sending and of retrieving, counted together.

Late is who retrieved after the promised time. His minutes are given to what would have
to go for him to be in time, the last of his causes first:

- handset: how much longer his handset took than half of those who were sent to by the same port in the same minute (off, out of reach, full);
- mmsc: what that half took;
- editorial: by how much sending began later than it was to begin;
- queue: the rest, for he waited for his turn.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

EDITORIAL, QUEUE, MMSC, HANDSET = "editorial", "queue", "mmsc", "handset"
CAUSES = (EDITORIAL, QUEUE, MMSC, HANDSET)


@dataclass(frozen=True)
class Arrival:
    """Readers of one port who were sent to in the minute `sent` and retrieved in the minute `got`."""

    port_id: int
    sent: datetime
    got: datetime
    readers: int


@dataclass(frozen=True)
class Lateness:
    """Readers by whole minutes after the promised time (0: in time), and reader-minutes by cause; these add up to all minutes of lateness."""

    minutes: Mapping[int, int]
    causes: Mapping[str, int]


Usual = Mapping[tuple[int, datetime], int]
"""Minutes that half of those took at most who were sent to by one port in one minute."""


def usual_of(arrivals: Iterable[Arrival]) -> Usual:
    """What was usual, by port and minute of sending."""
    groups: dict[tuple[int, datetime], list[Arrival]] = {}
    for one in arrivals:
        groups.setdefault((one.port_id, one.sent), []).append(one)
    return {sent: percentile(_histogram(group), 0.5) or 0 for sent, group in groups.items()}


def lateness(arrivals: Sequence[Arrival], *, start: datetime, began: datetime, promised: datetime, usual: Usual | None = None) -> Lateness:
    """What `arrivals` say; sending was to begin at `start` and began at `began`.

    Args:
        usual: what all readers say is usual, where `arrivals` are a part of them (those of a city).
    """
    known = usual_of(arrivals) if usual is None else usual
    late_start = max(0, _minutes(start, began))
    minutes: dict[int, int] = {}
    causes = dict.fromkeys(CAUSES, 0)
    for one in arrivals:
        late = max(0, _minutes(promised, one.got))
        minutes[late] = minutes.get(late, 0) + one.readers
        for cause, part in _shared(late, max(0, _minutes(one.sent, one.got)), known.get((one.port_id, one.sent), 0), late_start):
            causes[cause] += part * one.readers
    return Lateness(minutes, causes)


def _shared(late: int, took: int, usual: int, late_start: int) -> Iterable[tuple[str, int]]:
    left = late
    for cause, most in ((HANDSET, max(0, took - usual)), (MMSC, min(took, usual)), (EDITORIAL, late_start), (QUEUE, late)):
        part = min(left, most)
        left -= part
        yield cause, part


def _histogram(group: Iterable[Arrival]) -> dict[int, int]:
    found: dict[int, int] = {}
    for one in group:
        took = max(0, _minutes(one.sent, one.got))
        found[took] = found.get(took, 0) + one.readers
    return found


def _minutes(earlier: datetime, later: datetime) -> int:
    return int((later - earlier).total_seconds() // 60)


def percentile(histogram: Mapping[int, int], share: float) -> int | None:
    """The smallest value that `share` of the counted do not exceed; None where nobody was counted. Histograms are merged, percentiles never averaged."""
    whole = sum(histogram.values())
    if not whole:
        return None
    reached = 0
    for value in sorted(histogram):
        reached += histogram[value]
        if reached >= share * whole:
            return value
    raise AssertionError("shares end at 1")


def merged(histograms: Iterable[Mapping[int, int]]) -> dict[int, int]:
    """The counts of all of them together."""
    found: dict[int, int] = {}
    for one in histograms:
        for value, count in one.items():
            found[value] = found.get(value, 0) + count
    return found
