"""A chunk of orders into the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, MetaData, String, Table, and_, insert, literal, select, update
from sqlalchemy.orm import Session

from huabao.db import Document, UTCDateTime, bulk_insert
from subscribers.imports.records import Record
from subscribers.imports.subscription_rules import Order, event_of, judge
from subscribers.models import Reader, Subscription, SubscriptionEvent
from subscribers.staging import staged

_NUMBERS = Table("import_numbers", MetaData(), Column("msisdn", String(11), primary_key=True), prefixes=["TEMPORARY"])
_CHANGES = Table(
    "import_orders",
    MetaData(),
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("state", String(10)),
    Column("effective_at", UTCDateTime),
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
    """What a chunk did; a contradiction holds the row and the state that is known."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    superseded: int = 0
    readers_created: int = 0
    contradictions: list[tuple[ToldOrder, str]] = field(default_factory=list)


def apply(session: Session, orders: Sequence[ToldOrder], *, source: str, now: datetime) -> Applied:
    """Apply the orders in their order; readers, subscriptions and events are written in bulk."""
    done = Applied()
    readers, known = _load(session, orders, now, done)
    ids = {key: row_id for key, (row_id, _) in known.items()}
    before = {key: order for key, (_, order) in known.items()}
    present = dict(before)
    events: list[dict[str, Any]] = []
    for told in orders:
        key, order = (readers[told.msisdn], told.service_id), Order(told.state, told.effective_at)
        had = present.get(key)
        verdict = judge(had, order)
        if verdict == "contradicts":
            assert had is not None
            done.contradictions.append((told, had.state))
            continue
        if verdict in ("unchanged", "superseded"):
            setattr(done, verdict, getattr(done, verdict) + 1)
            continue
        present[key] = order
        done.added += verdict == "added"
        done.changed += verdict == "changed"
        done.unchanged += verdict == "confirmed"
        if verdict != "confirmed":
            events.append(_event(key, had, order, source, now))
    _write(session, {key: order for key, order in present.items() if before.get(key) != order}, ids, events, now)
    return done


def _event(key: tuple[int, str], had: Order | None, order: Order, source: str, now: datetime) -> dict[str, Any]:
    return {
        "reader_id": key[0],
        "service_id": key[1],
        "event": event_of(had, order),
        "state": order.state,
        "source": source,
        "effective_at": order.effective_at,
        "recorded_at": now,
    }


def _load(session: Session, orders: Sequence[ToldOrder], now: datetime, done: Applied) -> tuple[dict[str, int], dict[tuple[int, str], tuple[int, Order]]]:
    numbers = [{"msisdn": number} for number in sorted({one.msisdn for one in orders})]
    with staged(session, _NUMBERS, numbers) as staging:
        at = literal(now, UTCDateTime)
        missing = (
            select(staging.c.msisdn, literal([], Document), literal({}, Document), at, at)
            .select_from(staging.outerjoin(Reader, Reader.msisdn == staging.c.msisdn))
            .where(Reader.id.is_(None))
        )
        statement = insert(Reader).from_select(["msisdn", "topics", "attributes", "created_at", "updated_at"], missing, include_defaults=False)
        made = session.execute(statement, execution_options={"preserve_rowcount": True})
        done.readers_created = int(made.rowcount)  # type: ignore[attr-defined]  # a cursor's result
        joined = select(Reader.msisdn, Reader.id).join(staging, staging.c.msisdn == Reader.msisdn)
        readers = {row.msisdn: row.id for row in session.execute(joined)}
        services = sorted({one.service_id for one in orders})
        wanted = (
            select(Subscription.id, Subscription.reader_id, Subscription.service_id, Subscription.state, Subscription.effective_at)
            .join(Reader, Reader.id == Subscription.reader_id)
            .join(staging, staging.c.msisdn == Reader.msisdn)
        )
        if len(services) <= 100:
            wanted = wanted.where(Subscription.service_id.in_(services))
        known = {(row.reader_id, row.service_id): (row.id, Order(row.state, row.effective_at)) for row in session.execute(wanted)}
    return readers, known


def _write(session: Session, changed: dict[tuple[int, str], Order], ids: dict[tuple[int, str], int], events: list[dict[str, Any]], now: datetime) -> None:
    new = [
        {"reader_id": key[0], "service_id": key[1], "state": order.state, "effective_at": order.effective_at, "stop_state": "sending", "updated_at": now}
        for key, order in changed.items()
        if key not in ids
    ]
    if new:
        bulk_insert(session, Subscription, new, columns=["reader_id", "service_id", "state", "effective_at", "stop_state", "updated_at"])
    old = [{"id": ids[key], "state": order.state, "effective_at": order.effective_at} for key, order in changed.items() if key in ids]
    if old:
        with staged(session, _CHANGES, old) as staging:
            found = and_(staging.c.id == Subscription.id)
            values = {
                name: select(staging.c[name]).where(found).correlate(Subscription).scalar_subquery() for name in ("state", "effective_at")
            }
            statement = update(Subscription).where(Subscription.id.in_(select(staging.c.id))).values(**values, updated_at=now)
            session.execute(statement, execution_options={"synchronize_session": False})
    if events:
        bulk_insert(session, SubscriptionEvent, events, columns=list(events[0]))
