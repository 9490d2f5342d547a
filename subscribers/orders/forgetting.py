"""What is kept of a person beside his orders, removed when he is forgotten."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, delete, or_, select, union, update
from sqlalchemy.orm import Session

from subscribers.models import Subscription, SubscriptionEvent
from subscribers.orders.models import AppliedTransaction, AwaitedChange, ReaderNumber


def forget(session: Session, reader_id: int, msisdn: str) -> dict[str, int]:
    """Remove his numbers and what is awaited of him; how many rows, by table.

    He is taken out of orders that he pays for others. The ids of his transactions stay, with
    nobody's name on them, so that a message that comes twice does not bring him back.
    """
    awaited, numbers, transactions = AwaitedChange, ReaderNumber, AppliedTransaction
    gone = {
        awaited.__tablename__: _rows(session, delete(awaited).where(or_(awaited.msisdn == msisdn, awaited.new_msisdn == msisdn))),
        numbers.__tablename__: _rows(session, delete(numbers).where(or_(numbers.reader_id == reader_id, and_(numbers.reader_id.is_(None), numbers.msisdn == msisdn)))),
    }
    _rows(session, update(transactions).where(transactions.reader_id == reader_id).values(reader_id=None, before=None))
    forget_payer(session, msisdn)
    return gone


def forget_payer(session: Session, msisdn: str) -> int:
    """Take him out of what others have: they pay for themselves; how many orders and words of their history changed."""
    transactions, awaited = AppliedTransaction, AwaitedChange
    paid = union(*(select(one.reader_id).where(one.fee_msisdn == msisdn) for one in (Subscription, SubscriptionEvent)))
    for one in session.scalars(select(transactions).where(transactions.reader_id.in_(paid), transactions.before.is_not(None))):
        if one.before is not None and (one.before.get("payer") or [None])[0] == msisdn:
            one.before = {**one.before, "payer": [None, *one.before["payer"][1:]]}
    changed = sum(_rows(session, update(payer).where(payer.fee_msisdn == msisdn).values(fee_msisdn=None)) for payer in (Subscription, SubscriptionEvent))
    return changed + _rows(session, update(awaited).where(awaited.fee_msisdn == msisdn).values(fee_msisdn=awaited.msisdn))


def _rows(session: Session, statement: Any) -> int:
    return int(session.execute(statement, execution_options={"synchronize_session": False}).rowcount)  # type: ignore[attr-defined]  # a cursor's result
