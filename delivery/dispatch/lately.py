"""What a dispatch sent lately: its submissions of some minutes, however many there are before them.

No index leads to them by time. Ids and times grow together, so a few steps of bisection
find the first, and the key of the table the others: the cost is that of what is looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from delivery.models import Submission

SUBMISSIONS_MAX = 10_000
"""Most submissions of one look, the latest."""

READERS_MAX = 5_000
"""Readers whose reports are counted in one look, about; of more, each k-th submission."""


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
    low, high = 1, newest + 1
    while low < high:
        middle = (low + high) // 2
        row = session.execute(select(Submission.id, Submission.written_at).where(Submission.id >= middle).order_by(Submission.id).limit(1)).one_or_none()
        if row is None or row.written_at >= at:
            high = middle
        else:
            low = row.id + 1
    return low
