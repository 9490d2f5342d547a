"""The board of refunds: what waits, for whom, and for how long."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from reconciliation.charges.models import APPROVED, ASKED, HANDED, Refund
from reconciliation.refunds.settings import DUE_H

OPEN_STATES = (ASKED, APPROVED, HANDED)


def listed(session: Session, state: str, *, city: str = "", after: tuple[datetime, int] | None = None, limit: int) -> Sequence[Refund]:
    """Refunds of one state: open ones the oldest first, others the newest first.

    Args:
        after: (asked_at, id) of the last one of the page before.
    """
    c = Refund
    wanted = select(c).where(c.state == state)
    if city:
        wanted = wanted.where(c.city == city)
    key = tuple_(c.asked_at, c.id)
    if state in OPEN_STATES:
        wanted = wanted.order_by(c.asked_at, c.id)
        return session.scalars((wanted if after is None else wanted.where(key > tuple_(*after))).limit(limit)).all()
    wanted = wanted.order_by(c.asked_at.desc(), c.id.desc())
    return session.scalars((wanted if after is None else wanted.where(key < tuple_(*after))).limit(limit)).all()


def counts(session: Session, now: datetime, *, city: str = "") -> tuple[dict[str, tuple[int, int]], int]:
    """Of the open states how many and their fen; and how many of those that were asked for are past their time. Read along `ix_refunds_state`."""
    c = Refund
    mine = [c.city == city] if city else []
    open_ = (c.state == ASKED) | (c.state == APPROVED) | (c.state == HANDED)
    rows = session.execute(select(c.state, func.count(), func.sum(c.amount_fen)).where(open_, *mine).group_by(c.state))
    found = {state: (int(count), int(fen)) for state, count, fen in rows}
    before = now - timedelta(hours=DUE_H.get(session))
    late = session.scalar(select(func.count()).select_from(c).where(c.state == ASKED, c.asked_at < before, *mine)) or 0
    return found, int(late)


def of_reader(session: Session, ids: Sequence[int], *, limit: int = 20) -> Sequence[Refund]:
    """A reader's refunds, the newest first."""
    return session.scalars(select(Refund).where(Refund.reader_id.in_(ids)).order_by(Refund.id.desc()).limit(limit)).all()
