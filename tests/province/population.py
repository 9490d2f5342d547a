"""Readers as they were before the first day, written in bulk: what a simulation begins with is not what it looks at."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from huabao.db import bulk_insert, is_postgres
from subscribers.models import Reader, Subscription, SubscriptionEvent
from tests.province.world import SERVICES, Key


def settle_in(session: Session, numbers: Collection[str], orders: Sequence[tuple[Key, datetime, datetime | None]], *, now: datetime) -> None:
    """Write new readers, and orders of readers who are there, each with when it began and perhaps ended."""
    readers = [{"msisdn": number, "topics": [], "attributes": {}, "created_at": now, "updated_at": now} for number in numbers]
    if readers:
        bulk_insert(session, Reader, readers, columns=list(readers[0]))
    ids: dict[str, int] = {row.msisdn: row.id for row in session.execute(select(Reader.msisdn, Reader.id))}
    rows, history = [], []
    for (number, service), began, ended in orders:
        rows.append(_order(ids[number], service, ended or began, "active" if ended is None else "cancelled", now))
        history.append(_event(ids[number], service, "order", "active", began))
        if ended is not None:
            history.append(_event(ids[number], service, "cancel", "cancelled", ended))
    bulk_insert(session, Subscription, rows, columns=list(rows[0]))
    bulk_insert(session, SubscriptionEvent, history, columns=list(history[0]))
    if is_postgres(session):
        session.execute(text("ANALYZE"))


def _order(reader: int, service: str, at: datetime, state: str, now: datetime) -> dict[str, Any]:
    told = {"state": state, "effective_at": at, "order_state": state, "order_at": at, "order_source": "misc"}
    terms = {"fee_msisdn": None, "payer_at": at, "payer_source": "misc", "price_fen": SERVICES[service], "price_at": at, "price_source": "misc"}
    return {"reader_id": reader, "service_id": service, "stop_state": "sending", "updated_at": now, **told, **terms}


def _event(reader: int, service: str, event: str, state: str, at: datetime) -> dict[str, Any]:
    about = {"reader_id": reader, "service_id": service, "event": event, "state": state, "source": "misc", "field": "order"}
    return {**about, "transaction_id": f"p{reader}.{service}.{event}", "reason": "", "price_fen": SERVICES[service], "effective_at": at, "recorded_at": at}
