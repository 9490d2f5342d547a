"""When a dispatch may send: the publication's window, and what its end means.

A title with a window (`06:30-08:00`, Asia/Shanghai) is sent in it and waits
outside of it; nothing is dropped. What is urgent by its lane (a resend, seeds, a
first copy, a special edition) is not bound. The deadline is the dispatch's own,
or else the end of the window that its start falls into. What is left at the end of
the window is held (`delivery.dispatch.closing`), and staleness decides about it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from content.models import Edition, Publication
from delivery.lanes import URGENT
from delivery.models import Dispatch
from huabao.clock import shanghai_text
from huabao.hours import ALWAYS, Hours

ANY_TIME = "any_time"
"""Key in `Dispatch.gate`: a person let it go whatever the window says, until this ISO instant."""

UNBOUND_FOR = timedelta(days=30)
"""How long no window binds what somebody asked for now."""

LATE = "late_until"
"""Key in `Dispatch.gate`: some readers asked for an hour that comes after the window; it sends to them until this ISO instant."""

LATE_FOR = timedelta(hours=1)
"""How long after the last hour asked for a dispatch goes on sending."""


@dataclass(frozen=True)
class Start:
    """Whether a dispatch may send now.

    Attributes:
        may: it may.
        at: otherwise, when it may.
        why: otherwise, in words.
    """

    may: bool
    at: datetime | None = None
    why: str = ""


def publication_of(session: Session, dispatch: Dispatch) -> Publication:
    """The title whose window counts."""
    return session.scalars(select(Publication).join(Edition, Edition.publication_id == Publication.id).where(Edition.id == dispatch.edition_id)).one()


def may_start(publication: Publication, dispatch: Dispatch, now: datetime) -> Start:
    """Whether the dispatch may send at `now`: its start has come and its window is open (or does not bind it)."""
    if now < dispatch.start_at:
        return Start(False, opening(publication, dispatch, dispatch.start_at), f"its start is {shanghai_text(dispatch.start_at)}")
    at = opening(publication, dispatch, now)
    if at <= now:
        return Start(True)
    return Start(False, at, f"its window {publication.send_window} opens at {shanghai_text(at)}")


def opening(publication: Publication, dispatch: Dispatch, at: datetime) -> datetime:
    """`at` where the window is open then, or does not bind; else the instant at which it opens next."""
    hours = window_of(publication, dispatch, at)
    return hours.opens_at(at)


def window_of(publication: Publication, dispatch: Dispatch, at: datetime) -> Hours:
    """The window that binds the dispatch at that instant; always, where none does."""
    waived = dispatch.gate.get(ANY_TIME)
    free = dispatch.lane in URGENT or (isinstance(waived, str) and at < datetime.fromisoformat(waived))
    return ALWAYS if free or is_late(publication, dispatch, at) else Hours.parse(publication.send_window)


def unbound(at: datetime) -> dict[str, str]:
    """What `Dispatch.gate` says of one that somebody asked for now: no window binds it."""
    return {ANY_TIME: (at + UNBOUND_FOR).isoformat()}


def is_late(publication: Publication, dispatch: Dispatch, at: datetime) -> bool:
    """Whether the window is over and the dispatch still sends to those who asked for a later hour."""
    late = dispatch.gate.get(LATE)
    hours = Hours.parse(publication.send_window)
    if not isinstance(late, str) or at >= datetime.fromisoformat(late) or hours.is_open(at):
        return False
    shut = hours.last_close(at)
    return shut is not None and shut > dispatch.start_at


def shut_at(publication: Publication, at: datetime) -> datetime:
    """When the window shut last; `at` where it never does."""
    return Hours.parse(publication.send_window).last_close(at) or at


def late_until(send_window: str, opens: datetime, last_hour: datetime | None) -> str | None:
    """The value of `LATE`: where the last hour that a reader asked for comes after the window that opens at `opens`."""
    shut = Hours.parse(send_window).closes_at(opens)
    return None if last_hour is None or shut is None or last_hour < shut else (last_hour + LATE_FOR).isoformat()


def deadline_of(send_window: str, start: datetime, asked: datetime | None, *, lane: str = "bulk") -> datetime | None:
    """When the last reader must have been sent to: as asked, or the end of the window of `start`; None where neither says."""
    if asked is not None or lane in URGENT:
        return asked
    hours = Hours.parse(send_window)
    return hours.closes_at(hours.opens_at(start))
