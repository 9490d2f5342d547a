"""Who is on a blacklist: a number is listed, and it binds whoever had it then, whatever number he has now, and nobody after him."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, and_, false, or_, select
from sqlalchemy.orm import Session

from subscribers.models import NO_NUMBER, BlacklistEntry, Reader
from subscribers.orders.as_of import reader_at
from subscribers.orders.models import ReaderNumber
from subscribers.orders.owners import is_present_owners, is_readers
from subscribers.orders.store import in_texts


def blacklisted_sql(kinds: tuple[str, ...]) -> ColumnElement[bool]:
    """`Reader` is on one of these blacklists: by his number, or by one that he had when it was listed."""
    if not kinds:
        return false()
    b, c = BlacklistEntry, ReaderNumber
    here = select(b.msisdn).where(b.kind.in_(kinds), b.msisdn == Reader.msisdn, is_present_owners(b.msisdn, b.recorded_at))
    # Of few readers another number is known, so these are asked for once and not of every reader.
    before = select(c.reader_id).join(b, and_(b.msisdn == c.msisdn, b.kind.in_(kinds), c.until > b.recorded_at, or_(c.since.is_(None), c.since <= b.recorded_at)))
    return or_(here.correlate(Reader).exists(), Reader.id.in_(before.where(c.reader_id.is_not(None))))


def hand_on(session: Session, kind: str, numbers: Collection[str], *, at: datetime) -> None:
    """Make room on a list for whoever has these numbers now: what its owner before him wished stands under the number that he has now, and is gone where he has none."""
    b = BlacklistEntry
    stale = session.scalars(select(b).where(b.kind == kind, in_texts(session, b.msisdn, numbers), ~is_present_owners(b.msisdn, b.recorded_at))).all()
    for entry in stale:
        reader_id = reader_at(session, entry.msisdn, entry.recorded_at)
        his = session.scalar(select(Reader.msisdn).where(Reader.id == reader_id)) if reader_id is not None else None
        if his is not None and his[0] != NO_NUMBER and session.get(b, (kind, his)) is None:
            session.add(b(kind=kind, msisdn=his, reason=entry.reason, recorded_at=at))
        session.delete(entry)
    session.flush()


def kinds_of(session: Session, reader_id: int) -> list[str]:
    """The kinds of blacklist that a reader is on, by name, see `blacklisted_sql`."""
    b = BlacklistEntry
    wanted = select(b.kind).join(Reader, Reader.id == reader_id).where(is_readers(b.msisdn, b.recorded_at))
    return sorted(set(session.scalars(wanted)))
