"""What changes that are still awaited will have made of an order by an instant, as SQL over a reader and his subscription."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, or_, select, tuple_

from subscribers.orders.fields import ORDER_STATE
from subscribers.orders.models import AwaitedChange

_ENDS = ("closed", "transfer")
"""They end every order under the number."""

_STATES = {**ORDER_STATE, **dict.fromkeys(_ENDS, "cancelled"), "barred": "paused"}


def is_awaited(msisdn: Any, service_id: Any, at: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    """A change of his order will take effect by `at`; the set is made once, so that asking it of every reader costs nothing."""
    c = AwaitedChange
    orders = select(c.msisdn, c.service_id).where(c.due_at <= at, c.event.in_(ORDER_STATE), c.service_id.is_not(None))
    numbers = select(c.msisdn).where(c.due_at <= at, c.event.in_((*_ENDS, "barred")))
    return or_(tuple_(msisdn, service_id).in_(orders), msisdn.in_(numbers))


def awaited_state(msisdn: Any, service_id: Any, at: datetime | ColumnElement[datetime]) -> ColumnElement[Any]:
    """The state that the last of them makes; where `is_awaited` holds."""
    c = AwaitedChange
    mine = or_(c.service_id == service_id, c.service_id.is_(None))
    last = select(case(_STATES, value=c.event)).where(c.msisdn == msisdn, mine, c.due_at <= at, c.event.in_(_STATES)).order_by(c.due_at.desc(), c.id.desc()).limit(1)
    return last.correlate_except(c).scalar_subquery()
