"""What a dispatch sent lately: its submissions of some minutes, however many there are before them.

No index leads to them by time. Ids and times grow together, so a few steps of bisection
find the first, and the key of the table the others: the cost is that of what is looked at.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from delivery.models import Submission

SUBMISSIONS_MAX = 10_000
"""Most submissions of one look, the latest."""

READERS_MAX = 5_000
"""Readers whose reports are counted in one look, about; of more, each k-th submission."""


POINTS_MAX = 4_000
"""Submissions whose time a process remembers."""


@dataclass(frozen=True)
class Span:
    """Submissions of a dispatch, by id.

    Attributes:
        first, last: ids, both included.
        thin: each submission whose id is a multiple of it has its reports counted.
    """

    dispatch_id: int
    first: int
    last: int
    thin: int = 1

    @property
    def sql(self) -> tuple[Any, ...]:
        """The condition on submissions; + 0 keeps the planner from looking all of the dispatch's up."""
        return (Submission.dispatch_id + 0 == self.dispatch_id, Submission.id >= self.first, Submission.id <= self.last)


def thinned(session: Session, span: Span) -> Span:
    """The same submissions, or as many of them as are enough to judge by."""
    readers = session.scalar(select(func.sum(Submission.recipients)).where(*span.sql)) or 0
    return Span(span.dispatch_id, span.first, span.last, max(1, int(readers) // READERS_MAX))


def span_between(session: Session, dispatch_id: int, since: datetime, until: datetime, *, most: int = SUBMISSIONS_MAX) -> Span | None:
    """The submissions of a dispatch that were written from `since` until `until`, the latest `most`; None where there are none."""
    newest = session.scalar(select(func.max(Submission.id)))
    if newest is None:
        return None
    last = first_id(session, until, newest) - 1
    first = max(first_id(session, since, newest), last - most + 1)
    span = Span(dispatch_id, first, last)
    there = select(Submission.id).where(*span.sql).limit(1)
    return span if first <= last and session.scalar(there) is not None else None


def first_id(session: Session, at: datetime, newest: int) -> int:
    """The id of the first submission written at `at` or later, `newest + 1` where there is none; by bisection over ids, which grow with time."""
    known = _points.setdefault(session.get_bind(), _Points())
    low, high = known.around(at, newest)
    while low < high:
        middle = (low + high) // 2
        row = session.execute(select(Submission.id, Submission.written_at).where(Submission.id >= middle).order_by(Submission.id).limit(1)).one_or_none()
        if row is None:
            high = middle
            continue
        known.add(row.id, row.written_at)
        if row.written_at >= at:
            high = middle
        else:
            low = row.id + 1
    return low


class _Points:
    """Submissions whose time this process knows: looks follow one another, and each begins where the last one was."""

    def __init__(self) -> None:
        self._found: list[tuple[datetime, int]] = []
        self._lock = threading.Lock()

    def around(self, at: datetime, newest: int) -> tuple[int, int]:
        """Between which ids the first one at `at` or later is."""
        with self._lock:
            place = bisect_left(self._found, (at, 0))
            low = self._found[place - 1][1] + 1 if place else 1
            high = self._found[place][1] if place < len(self._found) else newest + 1
        return (low, high) if low <= high else (1, newest + 1)

    def add(self, submission_id: int, written_at: datetime) -> None:
        """Remember one; the older half goes where there are too many."""
        with self._lock:
            place = bisect_left(self._found, (written_at, submission_id))
            if place == len(self._found) or self._found[place] != (written_at, submission_id):
                self._found.insert(place, (written_at, submission_id))
            if len(self._found) > POINTS_MAX:
                del self._found[: POINTS_MAX // 2]


_points: WeakKeyDictionary[Any, _Points] = WeakKeyDictionary()
