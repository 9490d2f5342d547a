"""A chunk of orders into the database: the field `order` of `subscribers.orders`, by the same rule, in bulk.

A row whose time has not come is kept among the awaited changes; see `subscribers.orders.due`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, MetaData, String, Table, and_, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from huabao.db import Document, UTCDateTime, bulk_insert, is_postgres
from subscribers.imports import awaited_orders
from subscribers.imports.records import Record
from subscribers.imports.subscription_rules import Order, event_of, judge
from subscribers.models import Reader, Subscription, SubscriptionEvent
from subscribers.orders.fields import EVER, Known, derive
from subscribers.orders.store import numbers_since
from subscribers.staging import staged

SOURCE = "import"
"""Who says so, where an order keeps it."""

_NUMBERS = Table("import_numbers", MetaData(), Column("msisdn", String(11), primary_key=True), prefixes=["TEMPORARY"])
_CHANGES = Table(
    "import_orders",
    MetaData(),
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("state", String(10)),
    Column("effective_at", UTCDateTime),
    Column("order_state", String(10)),
    Column("order_at", UTCDateTime),
    Column("anew", Boolean),
    prefixes=["TEMPORARY"],
)


@dataclass(frozen=True, slots=True)
class ToldOrder:
    """One row of the file."""

    msisdn: str
    service_id: str
    state: str
    effective_at: datetime
    record: Record


@dataclass
class Applied:
    """What a chunk did.

    Attributes:
        contradictions: rows, each with the state that is known.
        told: the rows that did something.
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    superseded: int = 0
    readers_created: int = 0
    contradictions: list[tuple[ToldOrder, str]] = field(default_factory=list)
    told: list[ToldOrder] = field(default_factory=list)


@dataclass
class _Loaded:
    """What is known of the readers and orders of a chunk.

    Attributes:
        readers: ids by number.
        accounts: by reader's id, those that are not normal.
        ids: of the orders' rows, by reader and service.
        orders: as they are, likewise.
        since: of numbers that changed hands, from when they are his who has them now.
    """

    readers: dict[str, int]
    accounts: dict[int, Known]
    ids: dict[tuple[int, str], int]
    orders: dict[tuple[int, str], Order]
    since: dict[str, datetime]


def apply(session: Session, orders: Sequence[ToldOrder], *, source: str, now: datetime) -> Applied:
    """Apply the orders in their order; readers, subscriptions and events are written in bulk."""
    done = Applied()
    known = _load(session, orders, now, done)
    coming = [one for one in orders if one.effective_at > now]
    awaited = awaited_orders.load(session, coming) if coming else awaited_orders.Awaited()
    present = dict(known.orders)
    events: list[dict[str, Any]] = []
    for told in orders:
        key, order = (known.readers[told.msisdn], told.service_id), Order(told.state, told.effective_at)
        had = present.get(key)
        if told.effective_at > now:
            kept = awaited.keep(told.msisdn, told.service_id, order)
            if kept.verdict == "new":
                done.told.append(told)
            _count(done, told, had, judge(had, order), kept)
            continue
        another = told.effective_at < known.since.get(told.msisdn, EVER)
        verdict = "superseded" if another else judge(had, order)
        if another or verdict in ("added", "changed", "confirmed"):
            done.told.append(told)
        if verdict in ("added", "changed", "confirmed"):
            present[key] = order
        if verdict in ("added", "changed"):
            events.append(_event(key, had, order, _state(order, known.accounts.get(key[0]))[0], source, now))
        _count(done, told, had, verdict, None)
    _write(session, {key: order for key, order in present.items() if known.orders.get(key) != order}, known, now)
    if events:
        bulk_insert(session, SubscriptionEvent, events, columns=list(events[0]))
    awaited.write(session, now)
    return done


def _count(done: Applied, told: ToldOrder, had: Order | None, verdict: str, kept: awaited_orders.Kept | None) -> None:
    if kept is not None and kept.verdict != "new":
        verdict, had = kept.verdict, kept.order
    if verdict == "contradicts":
        assert had is not None, "something was contradicted"
        done.contradictions.append((told, had.state))
        return
    name = "unchanged" if verdict == "confirmed" else verdict
    setattr(done, name, getattr(done, name) + 1)


def _state(order: Order, account: Known | None) -> tuple[str, datetime]:
    return (order.state, order.effective_at) if account is None else derive(Known(order.state, order.effective_at), account)


def _event(key: tuple[int, str], had: Order | None, order: Order, state: str, source: str, now: datetime) -> dict[str, Any]:
    return {
        "reader_id": key[0],
        "service_id": key[1],
        "event": event_of(had, order),
        "state": state,
        "source": source,
        "effective_at": order.effective_at,
        "recorded_at": now,
    }


def _load(session: Session, orders: Sequence[ToldOrder], now: datetime, done: Applied) -> _Loaded:
    numbers = [{"msisdn": number} for number in sorted({one.msisdn for one in orders})]
    c = Subscription
    with staged(session, _NUMBERS, numbers) as staging:
        at = literal(now, UTCDateTime)
        missing = (
            select(staging.c.msisdn, literal([], Document), literal({}, Document), at, at)
            .select_from(staging.outerjoin(Reader, Reader.msisdn == staging.c.msisdn))
            .where(Reader.id.is_(None))
            .order_by(staging.c.msisdn)
        )
        inserted = postgresql.insert(Reader) if is_postgres(session) else sqlite.insert(Reader)
        statement = inserted.from_select(["msisdn", "topics", "attributes", "created_at", "updated_at"], missing, include_defaults=False)
        made = session.execute(statement.on_conflict_do_nothing(index_elements=["msisdn"]), execution_options={"preserve_rowcount": True})
        done.readers_created = int(made.rowcount)  # type: ignore[attr-defined]  # a cursor's result
        joined = select(Reader.msisdn, Reader.id, Reader.account_state, Reader.account_at, Reader.account_source).join(staging, staging.c.msisdn == Reader.msisdn)
        # Whoever changes an order has its reader first, in the order of their ids.
        rows = session.execute(joined.order_by(Reader.id).with_for_update(key_share=True, of=Reader)).all()
        services = sorted({one.service_id for one in orders})
        wanted = select(c.id, c.reader_id, c.service_id, c.state, c.effective_at, c.order_state, c.order_at).join(Reader, Reader.id == c.reader_id)
        wanted = wanted.join(staging, staging.c.msisdn == Reader.msisdn)
        if len(services) <= 100:
            wanted = wanted.where(c.service_id.in_(services))
        ids, known = {}, {}
        for row in session.execute(wanted):
            ids[row.reader_id, row.service_id] = row.id
            order = Order(row.state, row.effective_at) if row.order_at is None else Order(row.order_state, row.order_at)
            if order.effective_at > EVER:
                known[row.reader_id, row.service_id] = order
        since = numbers_since(session, select(staging.c.msisdn))
    accounts = {row.id: Known(row.account_state, row.account_at or EVER, row.account_source) for row in rows if row.account_state != "normal"}
    return _Loaded({row.msisdn: row.id for row in rows}, accounts, ids, known, since)


def _write(session: Session, changed: dict[tuple[int, str], Order], known: _Loaded, now: datetime) -> None:
    new, old = [], []
    for key, order in changed.items():
        state, at = _state(order, known.accounts.get(key[0]))
        values = {"state": state, "effective_at": at, "order_state": order.state, "order_at": order.effective_at}
        had = known.orders.get(key)
        if key not in known.ids:
            new.append({"reader_id": key[0], "service_id": key[1], **values, "order_source": SOURCE, "stop_state": "sending", "updated_at": now})
        else:
            anew = (had is None or had.state == "cancelled") and order.state != "cancelled"
            old.append({"id": known.ids[key], **values, "anew": anew})
    if new:
        bulk_insert(session, Subscription, new, columns=list(new[0]))
    if old:
        with staged(session, _CHANGES, old) as staging:
            names = ("state", "effective_at", "order_state", "order_at")
            statement = update(Subscription).where(Subscription.id == staging.c.id).values(**{name: staging.c[name] for name in names}, order_source=SOURCE, updated_at=now)
            session.execute(statement, execution_options={"synchronize_session": False})
            # Ordered anew: what stopped the sending of the order before does not bind this one.
            again = update(Subscription).where(and_(Subscription.id == staging.c.id, staging.c.anew, Subscription.stop_state != "sending"))
            session.execute(again.values(stop_state="sending", stop_cause=None, stopped_at=None), execution_options={"synchronize_session": False})
