"""What one transaction did, put back: MISC refused an order after it had called back to make it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from subscribers.models import Reader, SubscriptionEvent
from subscribers.orders.change import IDENTITY_EVENTS, REASON_LENGTH_MAX, Result, Verdict
from subscribers.orders.fields import Known
from subscribers.orders.holder import Holder, Order
from subscribers.orders.models import AppliedTransaction, AwaitedChange
from subscribers.orders.store import load_orders, lock_readers
from subscribers.orders.writing import known_of, write_orders, write_readers

EVENT_OF_STATE = {"active": "resume", "paused": "pause", "cancelled": "cancel"}
EVENT_OF_ACCOUNT = {"normal": "unbarred", "barred": "barred"}


def undo(session: Session, source: str, transaction_id: str, *, now: datetime, why: str) -> Result:
    """Put back what one transaction did, from the instant at which it took effect, as though it had never been.

    It is `late` where something newer came meanwhile, `repeated` where it was undone before, and
    `refused` where nobody knows it or it is one of identity, which a person has to settle.
    """
    session.flush()
    key = (source, transaction_id)
    reader_id = session.scalar(select(AppliedTransaction.reader_id).where(AppliedTransaction.source == source, AppliedTransaction.transaction_id == transaction_id))
    readers = lock_readers(session, Reader.id == reader_id) if reader_id is not None else {}
    one = session.get(AppliedTransaction, key, populate_existing=True, with_for_update=True)
    if one is None:
        return Result("refused", None, None, None, "no such transaction was here")
    holder = readers.get(one.reader_id or 0)
    load_orders(session, readers)
    before = None if holder is None else holder.state_of(one.service_id)
    verdict, said = _judge(session, one, holder)
    if verdict == "applied":
        one.undone_at = now
        if not session.execute(delete(AwaitedChange).where(AwaitedChange.source == source, AwaitedChange.transaction_id == transaction_id).returning(AwaitedChange.id)).all():
            assert holder is not None, "judged before"
            _put_back(session, one, holder, now, why)
        session.flush()
    after = None if holder is None else holder.state_of(one.service_id)
    return Result(verdict, one.reader_id, before, after, said)


def _judge(session: Session, one: AppliedTransaction, holder: Holder | None) -> tuple[Verdict, str]:
    if one.undone_at is not None:
        return "repeated", "it was undone before"
    if session.scalar(select(AwaitedChange.id).where(AwaitedChange.source == one.source, AwaitedChange.transaction_id == one.transaction_id)) is not None:
        return "applied", ""
    if one.event in IDENTITY_EVENTS and one.verdict == "applied":
        return "refused", "a number that went to another is not taken back by itself: a person has to settle it"
    if one.before is None:
        return "unchanged", "it had changed nothing"
    if holder is None or holder.msisdn is None or any(not _is_its(one, known) for known in _present(one, holder).values()) or not _is_last(session, one):
        return "late", "something newer came meanwhile"
    return "applied", ""


def _present(one: AppliedTransaction, holder: Holder) -> dict[str, Known]:
    """The fields that it changed, as they are now."""
    assert one.before is not None, "asked before"
    order = holder.orders.get(one.service_id or "", Order())
    return {name: holder.account if name == "account" else getattr(order, name) for name in one.before}


def _is_its(one: AppliedTransaction, known: Known) -> bool:
    return known.at == one.effective_at and known.source == one.source


def _is_last(session: Session, one: AppliedTransaction) -> bool:
    """Whether nothing else was told of the same instant after it."""
    c = SubscriptionEvent
    field = ("account",) if "account" in (one.before or {}) else ("order", "terms")
    wanted = select(c.transaction_id).where(c.reader_id == one.reader_id, c.service_id == (one.service_id or "" if field[0] == "order" else ""), c.field.in_(field))
    return session.scalar(wanted.order_by(c.effective_at.desc(), c.recorded_at.desc(), c.id.desc()).limit(1)) == one.transaction_id


def _put_back(session: Session, one: AppliedTransaction, holder: Holder, now: datetime, why: str) -> None:
    assert one.before is not None, "asked before"
    was = {name: Known(known_of(document).value, one.effective_at, one.source) for name, document in one.before.items()}
    about: dict[str, Any] = {"reader_id": holder.id, "source": one.source, "transaction_id": one.transaction_id, "reason": f"undone: {why}"[:REASON_LENGTH_MAX]}
    about |= {"effective_at": one.effective_at, "recorded_at": now}
    if "account" in was:
        holder.tell_account(was["account"])
        account = str(was["account"].value)
        session.add(SubscriptionEvent(service_id="", event=EVENT_OF_ACCOUNT[account], state=account, field="account", **about))
        write_readers(session, [holder], now)
    else:
        order = holder.orders[one.service_id or ""]
        for name, known in was.items():
            setattr(order, name, known)
        order.changed = True
        field = "order" if "order" in was else "terms"
        event = EVENT_OF_STATE[str(order.order.value)] if field == "order" else "terms"
        state = holder.state_of(one.service_id) or "cancelled"
        session.add(
            SubscriptionEvent(
                service_id=one.service_id, event=event, state=state, field=field, fee_msisdn=order.payer.value, price_fen=order.price.value, **about
            )
        )  # fmt: skip
    write_orders(session, [holder], now)
