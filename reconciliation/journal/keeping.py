"""A message under another key: of whom it concerns after all, or in other words where its own may not be kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from huabao.db import in_ids
from reconciliation.journal import store
from reconciliation.journal.models import OWN, ExchangeMessage
from reconciliation.journal.sealing import seal
from reconciliation.journal.services import opened


def give(session: Session, readers: Mapping[int, int], *, at: datetime) -> int:
    """Seal messages with the keys of readers; how many had another key until now.

    Args:
        readers: by message id; what is gone or cannot be read is passed over.
    """
    if not readers:
        return 0
    keys = store.keys_of(session, list(readers.values()), now=at)
    given = 0
    for one in opened(session, select(ExchangeMessage).where(in_ids(session, ExchangeMessage.id, sorted(readers)))):
        key = keys[readers[one.row.id]]
        if one.content is not None and one.row.key_id != key.id:
            _keep(session, one.row.id, key, one.content)
            given += 1
    return given


def reword(session: Session, message_id: int, content: bytes, *, at: datetime, reader_id: int | None = None) -> None:
    """Keep other words for a message, in our own form: its own held the number of somebody who is forgotten.

    Args:
        reader_id: whose it is from now on; None leaves it under the key that it has.
    """
    if reader_id is not None:
        key = store.keys_of(session, [reader_id], now=at)[reader_id]
    else:
        key_id = session.scalars(select(ExchangeMessage.key_id).where(ExchangeMessage.id == message_id)).one()
        sealed_with = store.keys_by_id(session, [key_id])[key_id]
        assert sealed_with is not None, "it was read a moment ago"
        key = store.Key(key_id, sealed_with)
    _keep(session, message_id, key, content)
    session.execute(update(ExchangeMessage).where(ExchangeMessage.id == message_id).values(codec=OWN))


def keep_again(session: Session, row: ExchangeMessage, content: bytes) -> None:
    """Keep other content of the same codec for a message, under the key that it has."""
    sealed_with = store.keys_by_id(session, [row.key_id])[row.key_id]
    assert sealed_with is not None, "it was read a moment ago"
    _keep(session, row.id, store.Key(row.key_id, sealed_with), content)


def _keep(session: Session, message_id: int, key: store.Key, content: bytes) -> None:
    sealed = seal(key.key, message_id, content)
    session.execute(update(ExchangeMessage).where(ExchangeMessage.id == message_id).values(key_id=key.id, content=sealed))
