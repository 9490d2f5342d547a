"""A batch's readers, numbers and orders out of the database, locked in a fixed order, and back into it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, String, any_, func, literal, or_, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from huabao.db import UTCDateTime, in_ids, is_postgres
from subscribers.models import Reader, Subscription, SubscriptionEvent
from subscribers.orders.change import ACCOUNT_EVENTS, IDENTITY_EVENTS, Change
from subscribers.orders.fields import ACCOUNT_STATE, EVER, NORMAL, ORDER_STATE, Known
from subscribers.orders.holder import Holder, Order
from subscribers.orders.models import AppliedTransaction, ReaderNumber
from subscribers.orders.numbers import Book, Stretch

_READER = (Reader.id, Reader.msisdn, Reader.account_state, Reader.account_at, Reader.account_source, Reader.opened_at)


def in_texts(session: Session, column: Any, values: Collection[str]) -> ColumnElement[bool]:
    """`column` is one of `values`, however many."""
    if is_postgres(session):
        return column == any_(literal(list(values), ARRAY(String)))  # type: ignore[no-any-return]
    return column.in_(select(text("value")).select_from(func.json_each(json.dumps(list(values)))))  # type: ignore[no-any-return]


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
    """Lock and read whoever has or had the numbers of a batch; numbers that nobody has get a spare row."""
    numbers = {one.msisdn for one in changes} | {one.new_msisdn for one in changes if one.new_msisdn}
    coming = {one.msisdn for one in changes if one.event not in IDENTITY_EVENTS and one.effective_at <= now}
    readers, spare = _readers(session, numbers, coming, now)
    stretches = _stretches(session, numbers, readers)
    past = {one.reader_id for one in stretches if one.reader_id is not None} - readers.keys()
    if past:
        readers |= lock_readers(session, in_ids(session, Reader.id, sorted(past)))
    book = Book({one.msisdn: one for one in readers.values() if one.msisdn is not None}, spare=spare)
    for one in stretches:
        book.add(Stretch(readers.get(one.reader_id or 0), one.msisdn, one.since, one.until, one.why, one.source, one.id))
    load_orders(session, readers)
    return Loaded(book, readers, _seen(session, changes, readers))


def _readers(session: Session, numbers: set[str], coming: set[str], now: datetime) -> tuple[dict[int, Holder], dict[str, int]]:
    found = lock_readers(session, in_texts(session, Reader.msisdn, sorted(numbers)))
    missing = coming - {one.msisdn for one in found.values()}
    if not missing:
        return found, {}
    made = postgresql.insert(Reader) if is_postgres(session) else sqlite.insert(Reader)
    rows = [{"msisdn": number, "topics": [], "attributes": {}, "created_at": now, "updated_at": now} for number in sorted(missing)]
    statement = made.values(rows) if len(rows) == 1 else made
    done = session.execute(statement.on_conflict_do_nothing(index_elements=["msisdn"]).returning(Reader.id, Reader.msisdn), rows if len(rows) > 1 else {})
    spare = {msisdn: reader_id for reader_id, msisdn in done}
    if len(spare) < len(missing):  # somebody else made them a moment ago
        found |= lock_readers(session, in_texts(session, Reader.msisdn, sorted(missing - spare.keys())))
    return found, spare


def lock_readers(session: Session, which: ColumnElement[bool]) -> dict[int, Holder]:
    """Readers by id, locked in the order of their ids: whoever changes an order has its reader first."""
    rows = session.execute(select(*_READER).where(which).order_by(Reader.id).with_for_update(key_share=True))
    return {
        row.id: Holder(row.id, row.msisdn if row.msisdn[0] == "1" else None, Known(row.account_state, row.account_at or EVER, row.account_source), row.opened_at) for row in rows
    }


def _stretches(session: Session, numbers: set[str], readers: Iterable[int]) -> Sequence[ReaderNumber]:
    of_readers = in_ids(session, ReaderNumber.reader_id, sorted(readers))
    first = session.scalars(select(ReaderNumber).where(or_(in_texts(session, ReaderNumber.msisdn, sorted(numbers)), of_readers)).order_by(ReaderNumber.id)).all()
    others = {one.reader_id for one in first if one.reader_id is not None} - set(readers)
    if not others:
        return first
    more = session.scalars(select(ReaderNumber).where(in_ids(session, ReaderNumber.reader_id, sorted(others))).order_by(ReaderNumber.id)).all()
    return [*first, *(one for one in more if one not in first)]


def numbers_since(session: Session, numbers: Any) -> dict[str, datetime]:
    """Of the numbers (a selection) that changed hands, from when each is his who has it now, or nobody's."""
    c = ReaderNumber
    at = func.max(func.coalesce(c.until, c.since), type_=UTCDateTime())
    return {msisdn: since for msisdn, since in session.execute(select(c.msisdn, at).where(c.msisdn.in_(numbers)).group_by(c.msisdn)) if since is not None}


def load_orders(session: Session, readers: dict[int, Holder]) -> None:
    """Give readers all their orders."""
    if not readers:
        return
    c = Subscription
    columns = (c.id, c.reader_id, c.service_id, c.state, c.effective_at, c.order_state, c.order_at, c.order_source)
    terms = (c.fee_msisdn, c.payer_at, c.payer_source, c.price_fen, c.price_at, c.price_source)
    for row in session.execute(select(*columns, *terms).where(in_ids(session, c.reader_id, sorted(readers)))):
        order = Known(row.state, row.effective_at) if row.order_at is None else Known(row.order_state, row.order_at, row.order_source)
        payer, price = Known(row.fee_msisdn, row.payer_at or EVER, row.payer_source), Known(row.price_fen, row.price_at or EVER, row.price_source)
        readers[row.reader_id].orders[row.service_id] = Order(row.id, order, payer, price)


def _seen(session: Session, changes: Sequence[Change], readers: dict[int, Holder]) -> dict[tuple[str, str], Holder | None]:
    ids: dict[str, list[str]] = {}
    for one in changes:
        ids.setdefault(one.source, []).append(one.transaction_id)
    found: dict[tuple[str, str], Holder | None] = {}
    c = AppliedTransaction
    for source, transactions in ids.items():
        for row in session.execute(select(c.transaction_id, c.reader_id).where(c.source == source, in_texts(session, c.transaction_id, transactions))):
            found[source, row.transaction_id] = readers.get(row.reader_id or 0)
    return found


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
