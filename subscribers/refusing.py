"""Never again: a reader wants nothing of us any more. He stands on every blacklist, and his orders are ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from huabao import audit
from huabao.errors import UsageError
from subscribers.blacklists import hand_on
from subscribers.models import BLACKLIST_KINDS, HOLDING_STATES, BlacklistEntry, Reader, Subscription
from subscribers.offers.leaving import end_for
from subscribers.orders.owners import is_readers


def entries_of(session: Session, reader_id: int) -> Sequence[BlacklistEntry]:
    """What binds a reader, by kind."""
    b = BlacklistEntry
    wanted = select(b).join(Reader, Reader.id == reader_id).where(is_readers(b.msisdn, b.recorded_at))
    return session.scalars(wanted.order_by(b.kind, b.recorded_at)).all()


def refuse(session: Session, reader: Reader, *, channel: str, by: str, reason: str, at: datetime) -> int:
    """List his number on every blacklist and ask for the end of all his orders; of how many.

    Raises:
        UsageError: he has no number, or is on every list and holds nothing.
    """
    if not reader.msisdn.isdigit():
        raise UsageError("he has no number any more")
    listed = sum(_list(session, kind, reader.msisdn, reason, at) for kind in BLACKLIST_KINDS)
    rows = session.scalars(select(Subscription).where(Subscription.reader_id == reader.id, Subscription.state.in_(HOLDING_STATES)).order_by(Subscription.id)).all()
    ended = sum(end_for(session, row, channel=channel, by=by, reason=reason, at=at) is not None for row in rows)
    if not listed and not ended:
        raise UsageError("he is on every blacklist already, and no order is left to end")
    audit.record(session, actor=by, action="reader.refuse", object_kind="reader", object_id=reader.id, at=at, reason=reason, orders=ended)
    return ended


def _list(session: Session, kind: str, msisdn: str, reason: str, at: datetime) -> bool:
    hand_on(session, kind, [msisdn], at=at)
    if session.get(BlacklistEntry, (kind, msisdn)) is not None:
        return False
    session.add(BlacklistEntry(kind=kind, msisdn=msisdn, reason=reason, recorded_at=at))
    session.flush()
    return True


def allow(session: Session, reader: Reader, *, by: str, reason: str, at: datetime) -> int:
    """Take him off every blacklist, since he wishes it; his orders stay ended. How many entries went.

    Raises:
        UsageError: he is on none.
    """
    found = entries_of(session, reader.id)
    if not found:
        raise UsageError("he is on no blacklist")
    for entry in found:
        session.delete(entry)
    session.flush()
    audit.record(session, actor=by, action="reader.allow", object_kind="reader", object_id=reader.id, at=at, reason=reason, lists=sorted({one.kind for one in found}))
    return len(found)
