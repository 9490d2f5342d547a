"""Keys and ids of the journal. Whoever reserves ids has the journal's turn until his transaction ends."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Final, NamedTuple

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from huabao.db import bulk_insert, in_ids, is_postgres
from reconciliation.journal.models import ExchangeMessage, MessageKey
from reconciliation.journal.sealing import new_key

_TURN: Final = 0x68756162616F01
"""Of PostgreSQL's advisory locks: the journal's."""


_LOCK: Final = text("SELECT pg_advisory_xact_lock(:turn)")
# After the lock, in a statement of its own: only then it sees what the one before committed.
_IDS: Final = text("SELECT setval('exchange_messages_id_seq', nextval('exchange_messages_id_seq') + :more)")
_KEPT: Final = text("SELECT seq FROM sqlite_sequence WHERE name = 'exchange_messages'")
_NEWEST: Final = select(ExchangeMessage.received_at).order_by(ExchangeMessage.id.desc()).limit(1)


class Key(NamedTuple):
    """A key and its row."""

    id: int
    key: bytes


def take_ids(session: Session, count: int) -> range:
    """Ids for the next messages, above all that are there; nobody else gets any until this transaction ends."""
    connection = session.connection()
    if is_postgres(connection):
        connection.execute(_LOCK, {"turn": _TURN})
        last = connection.execute(_IDS, {"more": count - 1}).scalar_one()
        return range(last - count + 1, last + 1)
    # One writer at a time: the transaction has begun IMMEDIATE.
    kept = connection.execute(_KEPT).scalar() or 0
    return range(kept + 1, kept + count + 1)


def newest_instant(session: Session) -> datetime | None:
    """The instant of the newest message, or None where there is none."""
    return session.connection().execute(_NEWEST).scalar()


def keys_of(session: Session, reader_ids: Collection[int], *, now: datetime) -> dict[int, Key]:
    """The keys of these readers, made where there is none; for a destroyed one another is made."""
    wanted = list(dict.fromkeys(reader_ids))
    if not wanted:
        return {}
    connection = session.connection()
    statement = select(MessageKey.reader_id, MessageKey.id, MessageKey.key).where(in_ids(session, MessageKey.reader_id, wanted))
    found = {reader_id: Key(key_id, key) for reader_id, key_id, key in connection.execute(statement) if reader_id is not None and key is not None}
    new = {one: new_key() for one in wanted if one not in found}
    if new:
        bulk_insert(session, MessageKey, [{"reader_id": one, "key": key, "made_at": now} for one, key in new.items()], columns=("reader_id", "key", "made_at"))
        made = select(MessageKey.reader_id, MessageKey.id).where(in_ids(session, MessageKey.reader_id, list(new)))
        found |= {reader_id: Key(key_id, new[reader_id]) for reader_id, key_id in connection.execute(made) if reader_id is not None}
    return found


def key_of_day(session: Session, day: date, *, now: datetime) -> Key:
    """The key of what belongs to nobody known that day."""
    row = session.scalar(select(MessageKey).where(MessageKey.day == day))
    if row is None:
        row = MessageKey(day=day, key=new_key(), made_at=now)
        session.add(row)
        session.flush()
    assert row.key is not None, "a day's key is never destroyed, it goes with its messages"
    return Key(row.id, row.key)


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
