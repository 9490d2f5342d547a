"""Days on which a publication appears without colour."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from content.workflow.models import GreyDay
from huabao import audit
from huabao.errors import UsageError


def is_grey(session: Session, publication_id: int, day: date) -> bool:
    """Whether that publication appears without colour that day."""
    mine = or_(GreyDay.publication_id.is_(None), GreyDay.publication_id == publication_id)
    return session.scalar(select(GreyDay.id).where(GreyDay.day == day, mine).limit(1)) is not None


def listed(session: Session, first: date) -> Sequence[GreyDay]:
    """The days from `first` on, in order."""
    return session.scalars(select(GreyDay).where(GreyDay.day >= first).order_by(GreyDay.day, GreyDay.id)).all()


def declare(session: Session, day: date, publication_id: int | None, *, reason: str, by: str, at: datetime) -> GreyDay:
    """Let a publication, or all (None), appear without colour that day; said twice it holds once.

    Raises:
        UsageError: there is no reason.
    """
    if not reason.strip():
        raise UsageError("say why: --reason TEXT")
    found = _found(session, day, publication_id)
    if found is None:
        found = GreyDay(day=day, publication_id=publication_id, reason=reason.strip(), by=by[:80], at=at)
        session.add(found)
        _note(session, "grey_day.declare", day, publication_id, reason, by, at)
        session.flush()
    return found


def revoke(session: Session, day: date, publication_id: int | None, *, reason: str, by: str, at: datetime) -> None:
    """Take that back.

    Raises:
        UsageError: nobody declared it.
    """
    found = _found(session, day, publication_id)
    if found is None:
        raise UsageError(f"{day} was not declared a day without colour" + (" for this publication; perhaps for all" if publication_id else ""))
    session.delete(found)
    _note(session, "grey_day.revoke", day, publication_id, reason, by, at)
    session.flush()


def _found(session: Session, day: date, publication_id: int | None) -> GreyDay | None:
    mine = GreyDay.publication_id.is_(None) if publication_id is None else GreyDay.publication_id == publication_id
    return session.scalar(select(GreyDay).where(GreyDay.day == day, mine).with_for_update())


def _note(session: Session, action: str, day: date, publication_id: int | None, reason: str, by: str, at: datetime) -> None:
    kind, name = ("publication", publication_id) if publication_id is not None else ("day", day.isoformat())
    audit.record(session, actor=by, action=action, object_kind=kind, object_id=name, at=at, day=day.isoformat(), reason=reason)
