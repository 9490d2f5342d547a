"""Stops that others begin or end: the account's bar and its lifting, an order made anew, an order that ended. Outside the recovery rate."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, func, literal, literal_column, or_, select
from sqlalchemy.orm import Session

from huabao.db import UTCDateTime
from huabao.runtime import Runtime
from reconciliation.stop_send.causes import BARRED
from reconciliation.stop_send.deciding import end_stops, stop_rows
from reconciliation.stop_send.models import DeliveryStop
from subscribers import stops
from subscribers.models import Reader, Subscription

ACCOUNT = "account"
UNBARRED, ORDER, LEFT = "unbarred", "order", "left"
_NOT_NORMAL = Reader.account_state != literal_column("'normal'")
"""Said as the index says it."""


def follow(runtime: Runtime) -> dict[str, int]:
    """Follow what others did to stopped subscriptions; how many of each."""
    with runtime.transaction() as session:
        now = runtime.now()
        return {ORDER: _ordered_anew(session, now), LEFT: _left(session, now), BARRED: _barred(session, now), UNBARRED: _unbarred(session, now)}


def _barred(session: Session, now: datetime) -> int:
    """A barred account is not sent to: its subscriptions are stopped since it was barred."""
    at = Reader.account_at
    rows = (
        select(Subscription.reader_id, Subscription.service_id, literal(BARRED).label("cause"), _known(now).label("failing_since"), _known(now).label("at"))
        .join(Reader, Reader.id == Subscription.reader_id)
        .where(_NOT_NORMAL, Reader.account_state == "barred", Subscription.order_state == "active", or_(at.is_(None), at <= now))
    )
    return stop_rows(session, rows, by=ACCOUNT, now=now)


def _known(now: datetime) -> ColumnElement[datetime]:
    return func.coalesce(Reader.account_at, literal(now, UTCDateTime))


def _unbarred(session: Session, now: datetime) -> int:
    """An account that is normal again is sent to at once."""
    one = DeliveryStop
    rows = (
        select(one.reader_id, one.service_id)
        .join(Reader, Reader.id == one.reader_id)
        .where(one.ended_at.is_(None), one.cause == BARRED, Reader.account_state == "normal", or_(Reader.account_at > one.stopped_at, one.by == ACCOUNT))
    )
    number = stops.resume(session, rows, source=ACCOUNT, reason=UNBARRED, now=now)
    end_stops(session, rows, ended_by=UNBARRED, now=now)
    return number


def _ordered_anew(session: Session, now: datetime) -> int:
    """Sent to again because he ordered anew, or somebody else said so."""
    one = DeliveryStop
    his = (Subscription.reader_id == one.reader_id, Subscription.service_id == one.service_id)
    stopped = select(literal(1)).where(*his, stops.NOT_SENDING).correlate(one).exists()
    # Each looks for its own order; asked as "exists", all orders would be read beside.
    there = select(func.min(Subscription.id)).where(*his).correlate(one).scalar_subquery().is_not(None)
    rows = select(one.reader_id, one.service_id).where(one.ended_at.is_(None), ~stopped, there)
    return end_stops(session, rows, ended_by=ORDER, now=now)


def _left(session: Session, now: datetime) -> int:
    """An order that ended needs no stop any more; the state goes with it."""
    one = DeliveryStop
    gone = select(one.reader_id, one.service_id).join(Subscription, (Subscription.reader_id == one.reader_id) & (Subscription.service_id == one.service_id))
    return end_stops(session, gone.where(one.ended_at.is_(None), stops.NOT_SENDING, Subscription.state == "cancelled"), ended_by=LEFT, now=now)
