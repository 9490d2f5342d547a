"""What is too old is removed, with the keys that hold nothing any more."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from huabao.queues import Periodic
from huabao.runtime import Runtime
from reconciliation.journal.models import DUE, ExchangeMessage, MessageKey
from reconciliation.journal.settings import KEEP_DAYS, STRAYS_KEEP_DAYS

_CHUNK = 5000


def tidy(runtime: Runtime) -> None:
    """Remove messages and keys, a few thousand a transaction."""
    now = runtime.now()
    with runtime.transaction(read_only=True) as session:
        oldest, oldest_stray = (now - timedelta(days=one.get(session)) for one in (KEEP_DAYS, STRAYS_KEEP_DAYS))
    # What says that changes took effect is nobody's, and a replay of the others needs it.
    strays = ExchangeMessage.key_id.in_(select(MessageKey.id).where(MessageKey.day.is_not(None))) & (ExchangeMessage.codec != DUE)
    for condition in (ExchangeMessage.received_at < oldest, (ExchangeMessage.received_at < oldest_stray) & strays):
        while True:
            with runtime.transaction() as session:
                old = select(ExchangeMessage.id).where(condition).limit(_CHUNK)
                gone = session.execute(delete(ExchangeMessage).where(ExchangeMessage.id.in_(old)))
            if gone.rowcount < _CHUNK:  # type: ignore[attr-defined]  # a cursor's result
                break
    with runtime.transaction() as session:
        _drop_keys(session, oldest_stray.date())


def _drop_keys(session: Session, before: date) -> None:
    unused = ~exists().where(ExchangeMessage.key_id == MessageKey.id)
    session.execute(delete(MessageKey).where(unused, (MessageKey.key.is_(None)) | (MessageKey.day < before) | (MessageKey.reader_id.is_(None) & MessageKey.day.is_(None))))


TIDY_JOURNAL = Periodic("reconciliation.tidy_journal", tidy, 3600.0)
