"""Keys and ids of the journal. Whoever reserves ids has the journal's turn until his transaction ends."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Final

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from huabao.db import in_ids, is_postgres
from reconciliation.journal.models import ExchangeMessage, MessageKey
from reconciliation.journal.sealing import new_key

_TURN: Final = 0x68756162616F01
"""Of PostgreSQL's advisory locks: the journal's."""


def take_ids(session: Session, count: int) -> range:
    """Ids for the next messages, above all that are there; nobody else gets any until this transaction ends."""
    if is_postgres(session):
        session.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": _TURN})
        first = session.scalar(text("SELECT nextval('exchange_messages_id_seq')"))
        assert first is not None
        last = first + count - 1
        if count > 1:
            session.execute(text("SELECT setval('exchange_messages_id_seq', :last)"), {"last": last})
        return range(first, last + 1)
    # One writer at a time: the transaction has begun IMMEDIATE.
    kept = session.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = 'exchange_messages'")) or 0
    return range(kept + 1, kept + count + 1)


def newest_instant(session: Session) -> datetime | None:
    """The instant of the newest message, or None where there is none."""
    return session.scalar(select(ExchangeMessage.received_at).order_by(ExchangeMessage.id.desc()).limit(1))


def keys_of(session: Session, reader_ids: Collection[int], *, now: datetime) -> dict[int, MessageKey]:
    """The keys of these readers, made where there is none; for a destroyed one another is made."""
    wanted = list(dict.fromkeys(reader_ids))
    if not wanted:
        return {}
    rows = session.scalars(select(MessageKey).where(in_ids(session, MessageKey.reader_id, wanted)))
    found = {row.reader_id: row for row in rows if row.reader_id is not None}
    new = [MessageKey(reader_id=one, key=new_key(), made_at=now) for one in wanted if one not in found]
    session.add_all(new)
    session.flush()
    return found | {row.reader_id: row for row in new if row.reader_id is not None}


def key_of_day(session: Session, day: date, *, now: datetime) -> MessageKey:
    """The key of what belongs to nobody known that day."""
    found = session.scalar(select(MessageKey).where(MessageKey.day == day))
    if found is None:
        found = MessageKey(day=day, key=new_key(), made_at=now)
        session.add(found)
        session.flush()
    return found


def keys_by_id(session: Session, ids: Iterable[int]) -> dict[int, bytes | None]:
    """Keys by their id; None for one that is destroyed."""
    wanted = sorted(set(ids))
    return {row.id: row.key for row in session.execute(select(MessageKey.id, MessageKey.key).where(in_ids(session, MessageKey.id, wanted)))}


def destroy_key_of(session: Session, reader_id: int) -> tuple[int, int]:
    """Destroy a reader's key: (keys, messages that nobody can read any more)."""
    key_id = session.scalar(select(MessageKey.id).where(MessageKey.reader_id == reader_id))
    if key_id is None:
        return 0, 0
    sealed = session.scalar(select(func.count()).select_from(ExchangeMessage).where(ExchangeMessage.key_id == key_id)) or 0
    session.execute(update(MessageKey).where(MessageKey.id == key_id).values(key=None, reader_id=None))
    session.execute(update(ExchangeMessage).where(ExchangeMessage.key_id == key_id).values(content=None))
    return 1, sealed
