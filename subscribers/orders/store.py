"""A batch's readers, numbers and orders out of the database, locked in a fixed order, and back into it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, String, any_, bindparam, func, literal, or_, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from huabao.db import UTCDateTime, bound_ids, in_bound_ids, is_postgres
from huabao.quick import Quick, ask, bound_texts, in_bound_texts
from subscribers.models import Reader, Subscription, SubscriptionEvent
from subscribers.orders.change import ACCOUNT_EVENTS, IDENTITY_EVENTS, Change
from subscribers.orders.fields import ACCOUNT_STATE, EVER, NORMAL, ORDER_STATE, Known
from subscribers.orders.holder import Holder, Order
from subscribers.orders.models import AppliedTransaction, ReaderNumber
from subscribers.orders.numbers import Book, Stretch

_READER = (Reader.id, Reader.msisdn, Reader.account_state, Reader.account_at, Reader.account_source, Reader.opened_at, Reader.joined_id)
_STRETCH = (ReaderNumber.id, ReaderNumber.reader_id, ReaderNumber.msisdn, ReaderNumber.since, ReaderNumber.until, ReaderNumber.why, ReaderNumber.source)
_ORDER = (
    Subscription.id, Subscription.reader_id, Subscription.service_id, Subscription.state, Subscription.effective_at, Subscription.order_state,
    Subscription.order_at, Subscription.order_source, Subscription.fee_msisdn, Subscription.payer_at, Subscription.payer_source, Subscription.price_fen,
    Subscription.price_at, Subscription.price_source,
)  # fmt: skip


def in_texts(session: Session, column: Any, values: Collection[str]) -> ColumnElement[bool]:
    """`column` is one of `values`, however many."""
    if is_postgres(session):
        return column == any_(literal(list(values), ARRAY(String)))  # type: ignore[no-any-return]
    return column.in_(select(text("value")).select_from(func.json_each(json.dumps(list(values)))))  # type: ignore[no-any-return]


def _locking(which: ColumnElement[bool]) -> Any:
    return select(*_READER).where(which).order_by(Reader.id).with_for_update(key_share=True)


def _among(column: Any, ids: Any, *, postgres: bool) -> ColumnElement[bool]:
    """`column` is one of a selection of ids, looked up by its index also beside another condition."""
    return column == any_(func.array(ids.scalar_subquery())) if postgres else column.in_(ids)  # type: ignore[no-any-return]


def _of_numbers(postgres: bool) -> Any:
    return select(Reader.id).where(in_bound_texts(Reader.msisdn, "numbers", postgres=postgres))


def _stretches_of_numbers(postgres: bool) -> Any:
    by_reader = _among(ReaderNumber.reader_id, _of_numbers(postgres), postgres=postgres)
    return select(*_STRETCH).where(or_(in_bound_texts(ReaderNumber.msisdn, "numbers", postgres=postgres), by_reader)).order_by(ReaderNumber.id)


def _ids(column: Any, *, postgres: bool) -> ColumnElement[bool]:
    return in_bound_ids(column, bindparam("ids", type_=String), postgres=postgres)


_READERS_OF_NUMBERS = Quick(lambda postgres: _locking(in_bound_texts(Reader.msisdn, "numbers", postgres=postgres)))
_STRETCHES_OF_NUMBERS = Quick(_stretches_of_numbers)
_ORDERS_OF_NUMBERS = Quick(lambda postgres: select(*_ORDER).where(_among(Subscription.reader_id, _of_numbers(postgres), postgres=postgres)))
_SEEN = Quick(
    lambda postgres: select(AppliedTransaction.transaction_id, AppliedTransaction.reader_id).where(
        AppliedTransaction.source == bindparam("source", type_=String), in_bound_texts(AppliedTransaction.transaction_id, "transactions", postgres=postgres)
    )
)
_READERS = Quick(lambda postgres: _locking(_ids(Reader.id, postgres=postgres)))
_STRETCHES = Quick(lambda postgres: select(*_STRETCH).where(_ids(ReaderNumber.reader_id, postgres=postgres)).order_by(ReaderNumber.id))
_ORDERS = Quick(lambda postgres: select(*_ORDER).where(_ids(Subscription.reader_id, postgres=postgres)))


@dataclass(slots=True)
class Loaded:
    """What a batch speaks of, locked.

    Attributes:
        readers: by id.
        seen: transactions of the batch that were here before.
    """

    book: Book
    readers: dict[int, Holder]
    seen: dict[tuple[str, str], Holder | None]


def load(session: Session, changes: Sequence[Change], now: datetime) -> Loaded:
    """Lock and read whoever has or had the numbers of a batch; numbers that nobody has get a spare row.

    What belongs to the readers is read by their numbers in the same round trip, after they are locked.
    """
    postgres = is_postgres(session)
    numbers = {one.msisdn for one in changes} | {one.new_msisdn for one in changes if one.new_msisdn}
    coming = {one.msisdn for one in changes if one.event not in IDENTITY_EVENTS and one.effective_at <= now}
    wanted = bound_texts(sorted(numbers), postgres=postgres)
    told = _told(changes)
    looked = (_READERS_OF_NUMBERS(numbers=wanted), _STRETCHES_OF_NUMBERS(numbers=wanted), _ORDERS_OF_NUMBERS(numbers=wanted))
    rows, stretches, orders, *seen = ask(session, *looked, *(_SEEN(source=source, transactions=bound_texts(ids, postgres=postgres)) for source, ids in told.items()))
    readers = _holders(rows)
    missing = coming - {one.msisdn for one in readers.values()}
    spare = _make_spare(session, missing, now)
    if len(spare) < len(missing):  # somebody else made them a moment ago
        rows, stretches, orders = ask(session, *looked)
        readers = _holders(rows)
    _give_orders(readers, orders)
    stretches = [*stretches, *_of_others(session, stretches, readers)]
    book = Book({one.msisdn: one for one in readers.values() if one.msisdn is not None}, spare=spare)
    for stretch_id, reader_id, msisdn, since, until, why, source in stretches:
        book.add(Stretch(readers.get(reader_id or 0), msisdn, since, until, why, source, stretch_id))
    return Loaded(book, readers, {(source, one): readers.get(reader_id or 0) for source, found in zip(told, seen, strict=True) for one, reader_id in found})


def _told(changes: Sequence[Change]) -> dict[str, list[str]]:
    ids: dict[str, list[str]] = {}
    for one in changes:
        ids.setdefault(one.source, []).append(one.transaction_id)
    return ids


def _make_spare(session: Session, missing: Collection[str], now: datetime) -> dict[str, int]:
    """Rows for numbers that nobody has; fewer than asked for where somebody has one by now."""
    if not missing:
        return {}
    made = postgresql.insert(Reader) if is_postgres(session) else sqlite.insert(Reader)
    rows = [{"msisdn": number, "topics": [], "attributes": {}, "created_at": now, "updated_at": now} for number in sorted(missing)]
    statement = made.values(rows) if len(rows) == 1 else made
    done = session.execute(statement.on_conflict_do_nothing(index_elements=["msisdn"]).returning(Reader.id, Reader.msisdn), rows if len(rows) > 1 else {})
    return {msisdn: reader_id for reader_id, msisdn in done}


def _of_others(session: Session, stretches: Sequence[tuple[Any, ...]], readers: dict[int, Holder]) -> list[tuple[Any, ...]]:
    """Stretches of whoever else had one of the numbers; he is locked, read and added to `readers`."""
    others = {reader_id for _, reader_id, *_ in stretches if reader_id is not None} - readers.keys()
    if not others:
        return []
    ids = bound_ids(sorted(others), postgres=is_postgres(session))
    rows, more, orders = ask(session, _READERS(ids=ids), _STRETCHES(ids=ids), _ORDERS(ids=ids))
    found = _holders(rows)
    _give_orders(found, orders)
    readers |= found
    known = {stretch_id for stretch_id, *_ in stretches}
    return [one for one in more if one[0] not in known]


def lock_readers(session: Session, which: ColumnElement[bool]) -> dict[int, Holder]:
    """Readers by id, locked in the order of their ids: whoever changes an order has its reader first."""
    return _holders([tuple(row) for row in session.execute(_locking(which))])


def _holders(rows: Iterable[tuple[Any, ...]]) -> dict[int, Holder]:
    return {
        reader_id: Holder(reader_id, msisdn if msisdn[0] == "1" else None, Known(state, account_at or EVER, account_source), opened_at, joined_id=joined_id)
        for reader_id, msisdn, state, account_at, account_source, opened_at, joined_id in rows
    }


def numbers_since(session: Session, numbers: Any) -> dict[str, datetime]:
    """Of the numbers (a selection) that changed hands, from when each is his who has it now, or nobody's."""
    c = ReaderNumber
    at = func.max(func.coalesce(c.until, c.since), type_=UTCDateTime())
    return {msisdn: since for msisdn, since in session.execute(select(c.msisdn, at).where(c.msisdn.in_(numbers)).group_by(c.msisdn)) if since is not None}


def load_orders(session: Session, readers: dict[int, Holder]) -> None:
    """Give readers all their orders."""
    if readers:
        (orders,) = ask(session, _ORDERS(ids=bound_ids(sorted(readers), postgres=is_postgres(session))))
        _give_orders(readers, orders)


def _give_orders(readers: dict[int, Holder], orders: Iterable[tuple[Any, ...]]) -> None:
    for row_id, reader_id, service_id, state, at, order_state, order_at, order_source, payer, payer_at, payer_source, price, price_at, price_source in orders:
        holder = readers.get(reader_id)
        if holder is not None:
            order = Known(state, at) if order_at is None else Known(order_state, order_at, order_source)
            holder.orders[service_id] = Order(row_id, order, Known(payer, payer_at or EVER, payer_source), Known(price, price_at or EVER, price_source))


@dataclass(frozen=True, slots=True)
class WrittenPast:
    """The history in the database."""

    session: Session

    def order(self, holder: Holder, service_id: str, at: datetime) -> Order:
        """One of his orders as it was at `at`."""
        was = Order()
        for row in self._rows(holder, service_id, at):
            if row.field == "order":
                was.order = Known(ORDER_STATE.get(row.event, "cancelled"), row.effective_at, row.source[:10])
            if row.field in ("order", "terms"):
                was.payer = Known(row.fee_msisdn, row.effective_at, row.source[:10])
                was.price = Known(row.price_fen, row.effective_at, row.source[:10])
        return was

    def account(self, holder: Holder, at: datetime) -> Known:
        """His account as it was at `at`."""
        was = NORMAL
        for row in self._rows(holder, "", at):
            if row.event in ACCOUNT_EVENTS:
                was = Known(ACCOUNT_STATE[row.event], row.effective_at, row.source[:10])
        return was

    def _rows(self, holder: Holder, service_id: str, at: datetime) -> Sequence[SubscriptionEvent]:
        c = SubscriptionEvent
        wanted = select(c).where(c.reader_id == holder.id, c.service_id == service_id, c.effective_at <= at)
        return self.session.scalars(wanted.order_by(c.effective_at, c.recorded_at, c.id)).all() if holder.id is not None else ()
