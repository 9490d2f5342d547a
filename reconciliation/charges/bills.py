"""A month's bill kept by reader, so that his page can say what he was charged; and what was asked back of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from huabao.db import in_ids
from reconciliation.charges.models import OVER, BillCharge, Refund
from subscribers.models import Reader

AT_ONCE = 2000
Key = tuple[int, str]
"""A reader's service."""


def keep(session: Session, month: date, charges: Iterable[tuple[int, str, int]], *, run_id: int, keep_months: int) -> int:
    """Keep the charges (reader, service, fen) of a month in place of those that were known of it; how many. What is older than `keep_months` goes."""
    oldest = (month - timedelta(days=31 * keep_months)).replace(day=1)
    session.execute(delete(BillCharge).where(BillCharge.month == month))
    session.execute(delete(BillCharge).where(BillCharge.month < oldest))
    rows: list[dict[str, Any]] = []
    number = 0
    for reader_id, service_id, fen in charges:
        rows.append({"month": month, "reader_id": reader_id, "service_id": service_id, "amount_fen": fen, "run_id": run_id})
        number += 1
        if len(rows) == AT_ONCE:
            session.execute(insert(BillCharge), rows)
            rows = []
    if rows:
        session.execute(insert(BillCharge), rows)
    return number


def is_billed(session: Session, month: date, service_id: str) -> bool:
    """Whether a bill of that month with that service was read."""
    return session.scalar(select(BillCharge.id).where(BillCharge.month == month, BillCharge.service_id == service_id).limit(1)) is not None


def charged(session: Session, readers: Collection[int], *, since: date) -> Mapping[tuple[date, int, str], int]:
    """Fen by month, reader and service, of the bills that were read."""
    c = BillCharge
    found = select(c.month, c.reader_id, c.service_id, func.sum(c.amount_fen)).where(in_ids(session, c.reader_id, sorted(readers)), c.month >= since)
    rows = session.execute(found.group_by(c.month, c.reader_id, c.service_id))
    return {(month, reader, service): int(fen) for month, reader, service, fen in rows}


def asked_back(session: Session, month: date, readers: Collection[int]) -> Mapping[Key, int]:
    """Fen of refunds of that month, by reader and service; none that came to nothing."""
    c = Refund
    rows = session.execute(select(c.reader_id, c.service_id, c.amount_fen).where(in_ids(session, c.reader_id, sorted(readers)), c.month == month, c.state.not_in(OVER)))
    return {(reader, service): fen for reader, service, fen in rows if reader is not None}


def sums(session: Session, month: date) -> Mapping[str, tuple[int, int]]:
    """Of the refunds of a charged month by state: how many, and the fen."""
    rows = session.execute(select(Refund.state, func.count(), func.sum(Refund.amount_fen)).where(Refund.month == month).group_by(Refund.state))
    return {state: (int(count), int(fen or 0)) for state, count, fen in rows}


def forget_number(session: Session, msisdn: str) -> Mapping[str, int]:
    """Take the person (11 digits) out of bills and refunds; a refund still counts and says nothing of him."""
    his = select(Reader.id).where(Reader.msisdn == msisdn)
    bills = session.execute(delete(BillCharge).where(BillCharge.reader_id.in_(his)))
    c = Refund
    changed = 0
    for row in session.scalars(select(c).where(c.reader_id.in_(his) | (c.payer == msisdn))):
        row.reader_id, row.payer, row.text, row.note, row.complaint_id = None, None, "", "", None
        changed += 1
    session.flush()
    return {"bill_charges": int(bills.rowcount), "refunds": changed}  # type: ignore[attr-defined]  # a cursor's result
