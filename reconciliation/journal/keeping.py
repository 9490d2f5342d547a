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


def reword(session: Session, message_id: int, reader_id: int, content: bytes, *, at: datetime) -> None:
    """Keep other words for a message, in our own form, as `reader_id`'s: its own held the number of somebody who is forgotten."""
    _keep(session, message_id, store.keys_of(session, [reader_id], now=at)[reader_id], content)
    session.execute(update(ExchangeMessage).where(ExchangeMessage.id == message_id).values(codec=OWN))


def _keep(session: Session, message_id: int, key: store.Key, content: bytes) -> None:
    sealed = seal(key.key, message_id, content)
    session.execute(update(ExchangeMessage).where(ExchangeMessage.id == message_id).values(key_id=key.id, content=sealed))
