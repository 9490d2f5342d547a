"""What a reader holds and may give up, and the request to end his order, which goes out with the others.

How he leaves stands in `reconciliation.ordering.leaving`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Select, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from huabao import audit
from subscribers.models import Subscription
from subscribers.offers import store
from subscribers.offers.models import CANCEL, OPEN_STATES, ServiceOrder


def subscriptions_of(session: Session, reader_id: int, limit: int) -> list[Subscription]:
    """What a reader holds, by service id."""
    wanted = select(Subscription).where(Subscription.reader_id == reader_id, Subscription.state.in_(store.HOLDING_STATES))
    return list(session.scalars(wanted.order_by(Subscription.service_id).limit(limit)))


def _requested(session: Session, reader_id: int, service_id: str) -> tuple[str, Select[int]]:
    """How his request to end that service calls it, and the one that is open."""
    known = store.current(session).catalogue.by_service_id().get(service_id)
    service, c = known.slug if known else service_id, ServiceOrder
    return service, select(c.id).where(c.reader_id == reader_id, c.service == service, c.kind == CANCEL, c.state.in_(OPEN_STATES))


def is_ending(session: Session, reader_id: int, service_id: str) -> bool:
    """Whether his order of that service is being cancelled already."""
    return session.scalar(_requested(session, reader_id, service_id)[1].limit(1)) is not None


def may_end(session: Session, row: Subscription) -> bool:
    """Whether an order holds and is not being cancelled already."""
    return row.state in store.HOLDING_STATES and not is_ending(session, row.reader_id, row.service_id)


def request_end(session: Session, reader_id: int, service_id: str, *, channel: str, at: datetime) -> int | None:
    """Record that a reader wants his order to end; the id of the open request, which may have been there."""
    service, open_one = _requested(session, reader_id, service_id)
    if session.scalar(open_one) is None:
        values = {"reader_id": reader_id, "service_id": service_id, "service": service, "kind": CANCEL, "channel": channel, "recorded_at": at}
        try:
            with session.begin_nested():
                session.execute(insert(ServiceOrder).values(**values))
        except IntegrityError:  # the same request came at the same instant
            pass
    return session.scalar(open_one)


def end_for(session: Session, row: Subscription, *, channel: str, by: str, reason: str, at: datetime) -> int | None:
    """Ask in somebody's name that an order end; the id of the request, or None where the order does not hold or is ending already."""
    if not may_end(session, row):
        return None
    order_id = request_end(session, row.reader_id, row.service_id, channel=channel, at=at)
    audit.record(session, actor=by, action="subscription.end", object_kind="reader", object_id=row.reader_id, at=at, service_id=row.service_id, reason=reason, order_id=order_id)
    return order_id
