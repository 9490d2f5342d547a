"""What a fold made of a batch, written in bulk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from secrets import token_hex
from typing import Any

from sqlalchemy import String, bindparam, delete, insert, or_, update
from sqlalchemy.orm import Session

from huabao.db import bound_ids, bulk_insert, in_bound_ids, in_ids, is_postgres
from huabao.quick import Asked, Quick, ask, insert_rows, update_rows
from subscribers.models import NO_NUMBER, Reader, Subscription, SubscriptionEvent
from subscribers.orders.change import REASON_LENGTH_MAX, Change
from subscribers.orders.fields import EVER, Known, derive
from subscribers.orders.fold import Fold, Happened, Outcome
from subscribers.orders.holder import Holder, Order
from subscribers.orders.models import AppliedTransaction, AwaitedChange, ReaderNumber
from subscribers.orders.numbers import Stretch

_ORDER = (
    "state", "effective_at", "order_state", "order_at", "order_source", "fee_msisdn", "payer_at", "payer_source", "price_fen", "price_at", "price_source",
    "updated_at",
)  # fmt: skip
_CHANGE = ("msisdn", "event", "source", "transaction_id", "service_id", "fee_msisdn", "price_fen", "new_msisdn", "message_id")


_EVENT = (
    "reader_id", "service_id", "event", "state", "source", "field", "transaction_id", "reason", "fee_msisdn", "price_fen", "message_id", "effective_at",
    "recorded_at",
)  # fmt: skip
_TRANSACTION = ("source", "transaction_id", "event", "verdict", "reader_id", "service_id", "effective_at", "recorded_at", "before", "why")
_NEW_ORDERS = insert_rows(Subscription, ("reader_id", "service_id", "stop_state", *_ORDER))
_OLD_ORDERS = update_rows(Subscription, "id", _ORDER)
_HISTORY = insert_rows(SubscriptionEvent, _EVENT)
_TRANSACTIONS = insert_rows(AppliedTransaction, _TRANSACTION)
_FRESH = Quick(
    lambda postgres: (
        update(Subscription)
        .where(in_bound_ids(Subscription.id, bindparam("ids", type_=String), postgres=postgres), Subscription.stop_state != "sending")
        .values(stop_state="sending", stop_cause=None, stopped_at=None)
    )
)


def write(session: Session, fold: Fold, readers: Iterable[Holder]) -> None:
    """Write a fold down; new readers have their ids afterwards."""
    book, now = fold.book, fold.now
    known = [*{id(one): one for one in (*readers, *book.present.values(), *book.made)}.values()]
    if book.spare:
        session.execute(delete(Reader).where(in_ids(session, Reader.id, sorted(book.spare.values()))))
    write_readers(session, known, now)
    for holder, later, after in book.moves:
        if holder.id is not None:
            c = SubscriptionEvent
            t = AppliedTransaction
            session.execute(update(c).where(c.reader_id == holder.id, c.effective_at > after).values(reader_id=later.id))
            session.execute(update(t).where(t.reader_id == holder.id, t.effective_at > after).values(reader_id=later.id))
    for past, holder in book.joins:
        session.execute(update(Reader).where(or_(Reader.id == past.id, Reader.joined_id == past.id)).values(joined_id=holder.id, updated_at=now))
    _write_stretches(session, [one for one in book.stretches if one.changed], now)
    _write_awaited(session, fold)
    asked = [*_orders(session, known, now), *_transactions(fold.outcomes, now)]
    if fold.history:
        asked.append(_HISTORY.over([row_of(one, now) for one in fold.history]))
    ask(session, *asked)


def write_readers(session: Session, known: Sequence[Holder], now: datetime) -> None:
    """Numbers and accounts; numbers are taken from all who lose theirs before the first is given."""
    connection = session.connection()
    gone = [{"row": one.id, "number": f"{NO_NUMBER}{one.id}"} for one in known if one.number_changed and one.id is not None]
    if gone:
        connection.execute(update(Reader).where(Reader.id == bindparam("row")).values(msisdn=bindparam("number"), updated_at=now), gone)
    for one in known:
        if one.id is None:
            values = {"topics": [], "attributes": {}, "created_at": now, "updated_at": now, **_account(one)}
            one.id = session.scalar(insert(Reader).values(msisdn=one.msisdn or f"{NO_NUMBER}n{token_hex(4)}", **values).returning(Reader.id))
            one.number_changed = one.msisdn is None
    there = [{"row": one.id, "number": one.msisdn or f"{NO_NUMBER}{one.id}"} for one in known if one.number_changed]
    if there:
        connection.execute(update(Reader).where(Reader.id == bindparam("row")).values(msisdn=bindparam("number"), updated_at=now), there)
    changed = [{"row": one.id, **_account(one)} for one in known if one.changed]
    if changed:
        values = {name: bindparam(name) for name in ("account_state", "account_at", "account_source", "opened_at")}
        connection.execute(update(Reader).where(Reader.id == bindparam("row")).values(**values, updated_at=now), changed)


def _account(one: Holder) -> dict[str, Any]:
    at = None if one.account.at == EVER else one.account.at
    return {"account_state": one.account.value, "account_at": at, "account_source": one.account.source, "opened_at": one.opened_at}


def write_orders(session: Session, known: Sequence[Holder], now: datetime) -> None:
    """Orders, each with the state that derives from it and the account."""
    ask(session, *_orders(session, known, now))


def _orders(session: Session, known: Sequence[Holder], now: datetime) -> list[Asked]:
    changed = [(holder, service_id, one) for holder in known for service_id, one in holder.orders.items() if one.changed]
    new = [{"reader_id": holder.id, "service_id": service_id, "stop_state": "sending", **_order(holder, one, now)} for holder, service_id, one in changed if one.id is None]
    old = [{"id": one.id, **_order(holder, one, now)} for holder, _, one in changed if one.id is not None]
    fresh = [one.id for _, _, one in changed if one.fresh and one.id is not None]
    asked = [quick.over(rows) for quick, rows in ((_NEW_ORDERS, new), (_OLD_ORDERS, old)) if rows]
    return [*asked, _FRESH(ids=bound_ids(fresh, postgres=is_postgres(session)))] if fresh else asked


def _order(holder: Holder, one: Order, now: datetime) -> dict[str, Any]:
    state, at = derive(one.order, holder.account)
    values = (state, at, one.order.value, one.order.at, one.order.source, *_terms(one.payer), *_terms(one.price), now)
    return dict(zip(_ORDER, values, strict=True))


def _terms(known: Known) -> tuple[Any, datetime | None, str]:
    return known.value, None if known.at == EVER else known.at, known.source


def _write_stretches(session: Session, changed: Sequence[Stretch], now: datetime) -> None:
    rows = [{"msisdn": one.msisdn, "recorded_at": now, **_stretch(one)} for one in changed if one.id is None]
    if rows:
        bulk_insert(session, ReaderNumber, rows, columns=list(rows[0]))
    for one in changed:
        if one.id is not None:
            session.execute(update(ReaderNumber).where(ReaderNumber.id == one.id).values(**_stretch(one)))


def _stretch(one: Stretch) -> dict[str, Any]:
    return {"reader_id": None if one.holder is None else one.holder.id, "since": one.since, "until": one.until, "why": one.why, "source": one.source}


def row_of(one: Happened, now: datetime) -> dict[str, Any]:
    """The history's row."""
    change = one.change
    return {
        "reader_id": one.holder.id, "service_id": one.service_id, "event": one.event or change.event, "state": one.state, "source": change.source, "field": one.field,
        "transaction_id": change.transaction_id, "reason": change.reason[:REASON_LENGTH_MAX], "fee_msisdn": one.fee_msisdn, "price_fen": one.price_fen,
        "message_id": change.message_id, "effective_at": change.effective_at, "recorded_at": now,
    }  # fmt: skip


def _write_awaited(session: Session, fold: Fold) -> None:
    rows = [
        {**{name: getattr(one, name) for name in _CHANGE}, "reason": one.reason[:REASON_LENGTH_MAX], "due_at": one.effective_at, "recorded_at": fold.now} for one in fold.awaited
    ]
    if rows:
        bulk_insert(session, AwaitedChange, rows, columns=list(rows[0]))
    for msisdn, at, new in fold.book.awaited:
        c = AwaitedChange
        his = (c.msisdn == msisdn, c.due_at > at, c.recorded_at <= at)
        session.execute(delete(c).where(*his) if new is None else update(c).where(*his).values(msisdn=new))


def change_of(row: AwaitedChange) -> Change:
    """The change that was kept."""
    return Change(effective_at=row.due_at, reason=row.reason, **{name: getattr(row, name) for name in _CHANGE})


def _transactions(outcomes: Iterable[Outcome], now: datetime) -> list[Asked]:
    """Remember the transactions."""
    rows = [
        {
            "source": one.change.source, "transaction_id": one.change.transaction_id, "event": one.change.event, "verdict": one.verdict,
            "reader_id": None if one.holder is None else one.holder.id, "service_id": one.change.service_id, "effective_at": one.change.effective_at,
            "recorded_at": now, "before": None if one.was is None else {name: document_of(known) for name, known in one.was.items()}, "why": one.why,
        }
        for one in outcomes
        if one.verdict not in ("repeated", "refused")
    ]  # fmt: skip
    return [_TRANSACTIONS.over(rows)] if rows else []


def document_of(known: Known) -> list[Any]:
    """What was known of a field, as a document."""
    return [known.value, known.at.isoformat(), known.source]


def known_of(document: Sequence[Any]) -> Known:
    """And back."""
    return Known(document[0], datetime.fromisoformat(document[1]), document[2])
