"""Ids of transactions that no peer can send again are removed."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import and_, delete, exists, select, tuple_

from huabao.runtime import Runtime
from subscribers.orders.models import AppliedTransaction, AwaitedChange
from subscribers.orders.settings import TRANSACTIONS_KEEP_DAYS

_CHUNK = 5000


def tidy(runtime: Runtime) -> int:
    """Remove what was told and took effect long ago, some thousands a transaction; how many.

    What is awaited still stays, however long ago it was told.
    """
    with runtime.transaction(read_only=True) as session:
        before = runtime.now() - timedelta(days=TRANSACTIONS_KEEP_DAYS.get(session))
    c, w, removed = AppliedTransaction, AwaitedChange, 0
    awaited = exists().where(w.source == c.source, w.transaction_id == c.transaction_id)
    while True:
        with runtime.transaction() as session:
            old = select(c.source, c.transaction_id).where(and_(c.recorded_at < before, c.effective_at < before, ~awaited)).order_by(c.recorded_at).limit(_CHUNK)
            gone = session.execute(delete(c).where(tuple_(c.source, c.transaction_id).in_(old)), execution_options={"synchronize_session": False})
        removed += int(gone.rowcount)  # type: ignore[attr-defined]  # a cursor's result
        if gone.rowcount < _CHUNK:  # type: ignore[attr-defined]  # likewise
            return removed
