"""Approved refunds as a list that BOSS's people pay by: each stands in one list and no other.

No form of an operator's BOSS for refunds was found in a source, so there is no message
of the outbox for one; people carry the list.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from huabao import audit
from huabao.clock import business_day
from huabao.errors import UsageError
from huabao.msisdn import MSISDN
from reconciliation.charges.models import APPROVED, HANDED, Refund
from reconciliation.feeds.checking import month_span
from reconciliation.refunds.rules import REASONS
from reconciliation.refunds.settings import HAND_MAX
from subscribers.models import Reader
from subscribers.orders.as_of import number_since

COLUMNS = ("refund_id", "msisdn", "service_id", "month", "amount_fen", "why", "approved_by", "batch")


@dataclass(frozen=True)
class BatchView:
    """A list that was handed over.

    Attributes:
        open: of its refunds, those of which nobody said yet that they were paid or sent back.
    """

    name: str
    refunds: int
    fen: int
    open: int
    by: str
    at: datetime


def waiting(session: Session) -> tuple[int, int]:
    """How many are approved and in no list yet, and their fen."""
    count, fen = session.execute(select(func.count(), func.sum(Refund.amount_fen)).where(Refund.state == APPROVED, Refund.reader_id.is_not(None))).one()
    return int(count), int(fen or 0)


def hand_over(session: Session, *, by: str, now: datetime) -> BatchView:
    """Put all that are approved into one list; from now on they are handed over.

    Raises:
        UsageError: none waits.
    """
    rows = session.scalars(select(Refund).where(Refund.state == APPROVED, Refund.reader_id.is_not(None)).order_by(Refund.id).limit(HAND_MAX.get(session)).with_for_update()).all()
    if not rows:
        raise UsageError("no approved refund waits for a list", word="refund.none_waits")
    name = f"{business_day(now):%Y%m%d}-{rows[0].id}"  # its first refund stands in no other list
    for row in rows:
        row.state, row.batch, row.handed_by, row.handed_at = HANDED, name, by[:80], now
    session.flush()
    fen = sum(row.amount_fen for row in rows)
    audit.record(session, actor=by, action="refund.handed", object_kind="refund_batch", object_id=name, at=now, refunds=len(rows), fen=fen)
    return BatchView(name, len(rows), fen, len(rows), by, now)


def batches(session: Session, *, limit: int) -> list[BatchView]:
    """The lists, the newest first."""
    c = Refund
    still = func.count().filter(c.state == HANDED)
    wanted = select(c.batch, func.count(), func.sum(c.amount_fen), still, func.max(c.handed_by), func.max(c.handed_at)).where(c.batch != "")
    rows = session.execute(wanted.group_by(c.batch).order_by(func.max(c.id).desc()).limit(limit))
    return [BatchView(name, int(count), int(fen), int(left), by or "", at) for name, count, fen, left, by, at in rows if at is not None]


def rows_of(session: Session, name: str) -> Iterator[tuple[object, ...]]:
    """The lines of a list, with whole numbers: of who was charged; "" of somebody who was forgotten, and where the number that paid is another's by now."""
    found = session.execute(select(Refund, Reader.msisdn).outerjoin(Reader, Reader.id == Refund.reader_id).where(Refund.batch == name).order_by(Refund.id))
    for row, own in found:
        number = (_payer(session, row) if row.payer else own) or ""
        yield (row.id, number if MSISDN(number).isdigit() else "", row.service_id, f"{row.month:%Y-%m}", row.amount_fen, REASONS[row.why][1], row.decided_by or "", row.batch)


def _payer(session: Session, row: Refund) -> str:
    """The number that paid, while it is in the hands that it was in during the month."""
    since = number_since(session, row.payer or "", row.handed_at or row.asked_at)
    return row.payer or "" if since is None or since < month_span(row.month)[0] else ""
