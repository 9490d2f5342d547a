"""Resends that people asked for and that did not arrive: somebody calls the reader back, or tries another way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, and_, exists, func, select
from sqlalchemy.orm import Session, aliased

from content.models import Edition, Publication
from delivery.models import Dispatch, Outcome, Resend, deliveries
from delivery.resend.settings import RESEND_FOLLOWED_DAYS
from huabao import audit
from huabao.errors import UsageError
from subscribers.models import Reader

FAILED: Final = (int(Outcome.REJECTED), int(Outcome.EXPIRED), int(Outcome.FAILED))
BEFORE: Final = timedelta(days=8)
"""So long before a resend the copy may have left that arrived after all."""


@dataclass(frozen=True)
class Unarrived:
    """A resend that failed, its reader (the number is whole) and its edition."""

    resend: Resend
    msisdn: str
    city: str
    title: str
    number: str
    outcome: Outcome
    outcome_at: datetime | None


def unarrived(session: Session, now: datetime, *, city: str = "", reader_id: int | None = None, limit: int) -> Sequence[Unarrived]:
    """The newest first: resends to single readers that failed for good, whose reader has no other copy of the edition, and that nobody has settled."""
    columns = (Resend, Reader.msisdn, func.coalesce(Reader.city, ""), Publication.title, Edition.number, deliveries.c.outcome, deliveries.c.outcome_at)
    joined = _failed(session, now, city, columns).join(Edition, Edition.id == Resend.edition_id).join(Publication, Publication.id == Edition.publication_id)
    joined = joined if reader_id is None else joined.where(Resend.reader_id == reader_id)
    rows = session.execute(joined.order_by(Resend.requested_at.desc(), Resend.id.desc()).limit(limit))
    return [Unarrived(row, msisdn, his, title, number, Outcome(outcome), at) for row, msisdn, his, title, number, outcome, at in rows]


def count_unarrived(session: Session, now: datetime, *, city: str = "") -> int:
    """How many there are."""
    return int(session.scalar(_failed(session, now, city, (func.count(),))) or 0)


def _failed(session: Session, now: datetime, city: str, columns: Sequence[Any]) -> Select[Any]:
    c, d = deliveries.c, Dispatch
    other, its = aliased(Dispatch), deliveries.alias()
    # One row for each dispatch: who pressed twice has two requests that name the same one.
    same = aliased(Resend)
    first = ~exists().where(same.dispatch_id == Resend.dispatch_id, same.reader_id == Resend.reader_id, same.id < Resend.id, same.edition_id == Resend.edition_id)
    arrived = exists().where(
        its.c.reader_id == Resend.reader_id, its.c.day >= (now - _kept(session) - BEFORE).date(), its.c.outcome == int(Outcome.RETRIEVED), other.id == its.c.dispatch_id,
        other.day == its.c.day, other.edition_id == Resend.edition_id,
    )  # fmt: skip
    found = (
        select(*columns)
        .select_from(Resend)
        .join(d, d.id == Resend.dispatch_id)
        .join(deliveries, and_(c.day == d.day, c.dispatch_id == d.id, c.reader_id == Resend.reader_id))
        .join(Reader, Reader.id == Resend.reader_id)
        .where(Resend.requested_at > now - _kept(session), Resend.followed_at.is_(None), c.outcome.in_(FAILED), first, ~arrived)
    )
    return found.where(Reader.city == city) if city else found


def _kept(session: Session) -> timedelta:
    return timedelta(days=RESEND_FOLLOWED_DAYS.get(session))


def follow(session: Session, resend_id: int, *, city: str = "", note: str, by: str, at: datetime) -> Resend:
    """Somebody has looked after it.

    Raises:
        UsageError: there is no such resend of a reader (of that city), or somebody has.
    """
    row = session.get(Resend, resend_id, with_for_update=True) if 0 < resend_id < 2**63 else None
    reader = None if row is None or row.reader_id is None else session.get(Reader, row.reader_id)
    if row is None or reader is None or (city and reader.city != city) or row.followed_at is not None:
        raise UsageError("there is no such resend to look after any more")
    row.followed_at, row.followed_by = at, by
    audit.record(session, actor=by, action="resend.followed", object_kind="resend", object_id=row.id, at=at, reader_id=reader.id, note=note)
    session.flush()
    return row
