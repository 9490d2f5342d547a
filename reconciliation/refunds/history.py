"""What one reader was charged, month by month, beside what reached him and what he got back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from huabao.clock import business_day
from huabao.db import in_ids
from reconciliation.charges.bills import charged, is_billed
from reconciliation.charges.models import Refund
from reconciliation.feeds.checking import month_span
from reconciliation.refunds.rules import Charged, add_months, held_within
from reconciliation.stop_send.models import RecoveryCredit
from subscribers.models import ReaderServiceMonth, Subscription, SubscriptionEvent

MONTHS_SHOWN = 12
EVENTS_MAX = 500
"""Changes of one reader's orders that are looked at, the newest; more nobody has."""


@dataclass(frozen=True)
class MonthLine:
    """One month of one service.

    Attributes:
        payer: 11 digits of who pays where it is not himself, or None.
        refund: the newest that was asked for, or None.
    """

    charged: Charged
    payer: str | None
    refund: Refund | None


def months_of(session: Session, ids: Sequence[int], now: datetime, *, months: int = MONTHS_SHOWN) -> list[MonthLine]:
    """The months of a reader, the newest first; only those of which there is something to say.

    Args:
        ids: his own id first, then those under which he was known before.
    """
    this = business_day(now).replace(day=1)
    since = add_months(this, 1 - months)
    billed = charged(session, ids, since=since)
    served = _served(session, ids, [add_months(since, number) for number in range(months)])
    credited = _credited(session, ids, since)
    refunds = _refunds(session, ids, since)
    orders = {row.service_id: row for row in session.scalars(select(Subscription).where(Subscription.reader_id == ids[0]))}
    events = _events(session, ids)
    services = sorted({*orders, *(service for _, _, service in billed), *(service for _, service in served)})
    lines = []
    for back in range(months):
        month = add_months(this, -back)
        begins, ends = month_span(month)
        for service in services:
            mine = [one for one in events if one.service_id == service]
            row = orders.get(service)
            fen = sum(value for (one, _, of), value in billed.items() if (one, of) == (month, service))
            known = (month, service) in {(one, of) for one, _, of in billed} or is_billed(session, month, service)
            retrieved, failed = served.get((month, service), (0, 0))
            line = Charged(
                month, service, fen if known else None, _price(mine, row, ends), held_within(_changes(mine, row), begins, min(ends, now)),
                credited.get((month, service), 0), retrieved, failed,
            )  # fmt: skip
            if line.held or line.billed_fen or retrieved or failed:
                lines.append(MonthLine(line, None if row is None else row.fee_msisdn, refunds.get((month, service))))
    return lines


def one_of(session: Session, ids: Sequence[int], month: date, service_id: str, now: datetime) -> MonthLine | None:
    """The line of one month and service, where there is one."""
    this = business_day(now).replace(day=1)
    months = (this.year - month.year) * 12 + this.month - month.month + 1
    if not 0 < months <= 240:
        return None
    return next((one for one in months_of(session, ids, now, months=months) if (one.charged.month, one.charged.service_id) == (month, service_id)), None)


def _served(session: Session, ids: Sequence[int], months: Sequence[date]) -> dict[tuple[date, str], tuple[int, int]]:
    c = ReaderServiceMonth
    wanted = select(c.month, c.service_id, func.sum(c.retrieved), func.sum(c.failed)).where(in_ids(session, c.reader_id, list(ids)), c.month.in_(months))
    return {(month, service): (int(retrieved), int(failed)) for month, service, retrieved, failed in session.execute(wanted.group_by(c.month, c.service_id))}


def _credited(session: Session, ids: Sequence[int], since: date) -> dict[tuple[date, str], int]:
    c = RecoveryCredit
    wanted = select(c.month, c.service_id, func.sum(c.credit_fen)).where(in_ids(session, c.reader_id, list(ids)), c.month >= since)
    return {(month, service): int(fen or 0) for month, service, fen in session.execute(wanted.group_by(c.month, c.service_id))}


def _refunds(session: Session, ids: Sequence[int], since: date) -> dict[tuple[date, str], Refund]:
    rows = session.scalars(select(Refund).where(in_ids(session, Refund.reader_id, list(ids)), Refund.month >= since).order_by(Refund.id))
    return {(row.month, row.service_id): row for row in rows}


def _events(session: Session, ids: Sequence[int]) -> list[SubscriptionEvent]:
    e = SubscriptionEvent
    wanted = select(e).where(in_ids(session, e.reader_id, list(ids)), e.field.in_(("order", "terms"))).order_by(e.effective_at.desc(), e.id.desc())
    return sorted(session.scalars(wanted.limit(EVENTS_MAX)), key=lambda one: (one.effective_at, one.id))


def _changes(events: Sequence[SubscriptionEvent], row: Subscription | None) -> list[tuple[datetime, str]]:
    """His orders and cancellations; of an order that was imported without its past, what its row says."""
    found = [(one.effective_at, one.state) for one in events if one.field == "order"]
    return found or ([] if row is None else [(row.order_at or row.effective_at, row.order_state)])


def _price(events: Sequence[SubscriptionEvent], row: Subscription | None, ends: datetime) -> int | None:
    told = [one.price_fen for one in events if one.price_fen is not None and one.effective_at < ends]
    if told:
        return told[-1]
    return None if row is None or (row.price_at is not None and row.price_at >= ends) else row.price_fen
