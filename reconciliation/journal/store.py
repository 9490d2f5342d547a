"""Keys and ids of the journal. Whoever reserves ids has the journal's turn until his transaction ends."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import String, bindparam, func, select, text, update
from sqlalchemy.orm import Session

from huabao.db import bound_ids, bulk_insert, in_bound_ids, in_ids, is_postgres
from huabao.quick import Quick, ask
from reconciliation.journal.models import ExchangeMessage, MessageKey
from reconciliation.journal.sealing import new_key

_TURN: Final = 0x68756162616F01
"""Of PostgreSQL's advisory locks: the journal's."""


_LOCK: Final = Quick(lambda _: text("SELECT pg_advisory_xact_lock(:turn)"))
# After the lock, in a statement of its own: only then it sees what the one before committed.
_IDS: Final = Quick(lambda _: text("SELECT setval('exchange_messages_id_seq', nextval('exchange_messages_id_seq') + :more)"))
_KEPT: Final = Quick(lambda _: text("SELECT seq FROM sqlite_sequence WHERE name = 'exchange_messages'"))
_NEWEST: Final = Quick(lambda _: select(ExchangeMessage.received_at).order_by(ExchangeMessage.id.desc()).limit(1))


def _keys_of(postgres: bool) -> Any:
    return select(MessageKey.reader_id, MessageKey.id, MessageKey.key).where(in_bound_ids(MessageKey.reader_id, bindparam("ids", type_=String), postgres=postgres))


_KEYS_OF: Final = Quick(_keys_of)


class Key(NamedTuple):
    """A key and its row."""

    id: int
    key: bytes


def take_ids(session: Session, count: int) -> tuple[range, datetime | None]:
    """Ids for the next messages, above all that are there, and the instant of the newest of those, None where there is none.

    Nobody else gets any until this transaction ends.
    """
    if is_postgres(session):
        _, ((last,),), newest = ask(session, _LOCK(turn=_TURN), _IDS(more=count - 1), _NEWEST())
    else:  # one writer at a time: the transaction has begun IMMEDIATE
        kept, newest = ask(session, _KEPT(), _NEWEST())
        last = (kept[0][0] or 0 if kept else 0) + count
    return range(last - count + 1, last + 1), newest[0][0] if newest else None


def keys_of(session: Session, reader_ids: Collection[int], *, now: datetime) -> dict[int, Key]:
    """The keys of these readers, made where there is none; for a destroyed one another is made."""
    wanted = list(dict.fromkeys(reader_ids))
    if not wanted:
        return {}
    (rows,) = ask(session, _KEYS_OF(ids=bound_ids(wanted, postgres=is_postgres(session))))
    found = {reader_id: Key(key_id, key) for reader_id, key_id, key in rows if reader_id is not None and key is not None}
    new = {one: new_key() for one in wanted if one not in found}
    if new:
        bulk_insert(session, MessageKey, [{"reader_id": one, "key": key, "made_at": now} for one, key in new.items()], columns=("reader_id", "key", "made_at"))
        (rows,) = ask(session, _KEYS_OF(ids=bound_ids(new, postgres=is_postgres(session))))
        found |= {reader_id: Key(key_id, key) for reader_id, key_id, key in rows}
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


def key_of_entry(session: Session, *, now: datetime) -> Key:
    """A key of one entry alone."""
    row = MessageKey(key=new_key(), made_at=now)
    session.add(row)
    session.flush()
    assert row.key is not None, "it was made here"
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
