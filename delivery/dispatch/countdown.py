"""The countdown to the last approval: how long the desk has for today's paper, and how many readers would be late after it.

The audience and what the ports carry are those of `foresight`; the send is taken
to begin with the approval, or with the window where that opens later. Seeds and their
wait are not counted: they run before the window, or beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from content.models import Edition, EditionVersion, Publication
from content.services import find_publication
from content.workflow import standing
from delivery.dispatch.foresight import Window, look_ahead
from delivery.dispatch.reserve import opens_today
from huabao.clock import business_day
from huabao.errors import UsageError
from huabao.hours import Hours

STEPS_MIN = (0, 5, 15, 30, 60)
"""So long from now the readers who would be late are counted."""


@dataclass(frozen=True)
class Countdown:
    """How long there is.

    Attributes:
        approved: the day's edition has an approval that stands; editions of that day are `editions` (reference, state).
        last_at: approved by then, nobody is late; None where somebody is late even if it is sent from the window's beginning, or from now.
        late: (instant of the approval, readers who would be late).
    """

    slug: str
    window: Window
    readers: int
    approved: bool
    editions: tuple[tuple[str, str], ...]
    last_at: datetime | None
    late: tuple[tuple[datetime, int], ...]

    def to_document(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {
            "publication": self.slug, "opens_at": self.window.begin.isoformat(), "closes_at": self.window.end.isoformat(), "readers": self.readers, "approved": self.approved,
            "editions": [{"edition": name, "state": state} for name, state in self.editions], "last_approval_at": None if self.last_at is None else self.last_at.isoformat(),
            "late": [{"approved_at": at.isoformat(), "readers": readers} for at, readers in self.late],
        }  # fmt: skip


def countdown(session: Session, slug: str, now: datetime) -> Countdown:
    """How long the desk has for the paper of today's window.

    Raises:
        UsageError: there is no such publication, it has no window, or today's is over.
    """
    publication = find_publication(session, slug)
    window = _todays(publication, now)
    plan = look_ahead(session, slug, now=now, window=window)
    readers = plan.present + plan.gain
    late_at = partial(_late, session, slug, now, window, readers)
    approved, editions = _editions(session, publication, now)
    moments = [now + timedelta(minutes=minutes) for minutes in STEPS_MIN]
    return Countdown(slug, window, readers, approved, editions, _last(late_at, now, window), tuple((at, late_at(at)) for at in moments))


def _todays(publication: Publication, now: datetime) -> Window:
    hours = Hours.parse(publication.send_window)
    if hours.always:
        raise UsageError(f"{publication.slug} has no window, so nobody is late; `huabao publication set {publication.slug} --window 06:30-08:00`")
    begin = opens_today(publication, now)
    end = hours.closes_at(begin)
    assert end is not None, "hours that open close too"
    if now >= end:
        raise UsageError(f"today's window of {publication.slug} is over; `huabao dispatch status` shows what became of its paper")
    return Window(begin, end)


def _late(session: Session, slug: str, now: datetime, window: Window, readers: int, at: datetime) -> int:
    begin = max(at, window.begin)
    return readers if begin >= window.end else look_ahead(session, slug, now=now, window=Window(begin, window.end), readers=readers, gain=0).alone.short


def _last(late_at: partial[int], now: datetime, window: Window) -> datetime | None:
    """The last whole minute from now, or from the window's beginning, at which an approval makes nobody late."""
    first = max(now, window.begin)
    if late_at(first):
        return None
    low, high = 0, int((window.end - first).total_seconds() // 60)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if not late_at(first + timedelta(minutes=middle)) else (low, middle - 1)
    return first + timedelta(minutes=low)


def _editions(session: Session, publication: Publication, now: datetime) -> tuple[bool, tuple[tuple[str, str], ...]]:
    wanted = (
        select(Edition)
        .join(EditionVersion, EditionVersion.id == Edition.current_version_id)
        .where(Edition.publication_id == publication.id, EditionVersion.issue_date == business_day(now))
        .order_by(Edition.id)
    )
    found = session.scalars(wanted).all()
    return any(standing.standing(session, one.id) is not None for one in found), tuple((f"{publication.slug}/{one.number}", one.state) for one in found)
