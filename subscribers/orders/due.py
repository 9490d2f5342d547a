"""Changes whose time has come take effect; until then they are kept in `awaited_changes`, and nothing of them holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, tuple_
from sqlalchemy.orm import Session

from huabao.db import in_ids
from subscribers.models import Reader
from subscribers.orders.change import Change
from subscribers.orders.models import AppliedTransaction, AwaitedChange
from subscribers.orders.store import in_texts, lock_readers
from subscribers.orders.writing import change_of

AT_ONCE = 1000


def is_any_due(session: Session, now: datetime) -> bool:
    """Whether a change is due; cheap."""
    return session.scalar(select(AwaitedChange.id).where(AwaitedChange.due_at <= now).limit(1)) is not None


def take_due(session: Session, *, now: datetime, limit: int = AT_ONCE) -> list[Change]:
    """Take what is due, the earliest first, to be applied in this transaction; empty where nothing is.

    The readers are locked before the changes are taken: a change of number takes those of
    its reader along, and holds its reader too.
    """
    due = session.execute(select(AwaitedChange.id, AwaitedChange.msisdn).where(AwaitedChange.due_at <= now).order_by(AwaitedChange.due_at, AwaitedChange.id).limit(limit)).all()
    if not due:
        return []
    lock_readers(session, in_texts(session, Reader.msisdn, sorted({one.msisdn for one in due})))
    wanted = select(AwaitedChange).where(in_ids(session, AwaitedChange.id, [one.id for one in due])).order_by(AwaitedChange.due_at, AwaitedChange.id)
    rows = session.scalars(wanted.with_for_update(skip_locked=True), execution_options={"populate_existing": True}).all()
    changes = [change_of(one) for one in rows]
    session.execute(delete(AwaitedChange).where(in_ids(session, AwaitedChange.id, [one.id for one in rows])))
    _forget_claims(session, [(one.source, one.transaction_id) for one in changes])
    return changes


def _forget_claims(session: Session, keys: Sequence[tuple[str, str]]) -> None:
    """Their transactions were noted when they were told, and are again now that they do something."""
    c = AppliedTransaction
    for start in range(0, len(keys), 500):
        session.execute(delete(c).where(tuple_(c.source, c.transaction_id).in_(keys[start : start + 500])))
