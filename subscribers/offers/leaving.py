"""A reader gives up a service: his subscription ends here at once, and the request to end his order goes out with the others.

The order itself is BOSS's and MISC's to end (they are told by the file of orders, and by
their interfaces where those run); until they answer, the request stays open.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from subscribers.models import Subscription, SubscriptionEvent
from subscribers.offers import store
from subscribers.offers.models import CANCEL, OPEN_STATES, ServiceOrder


def subscriptions_of(session: Session, reader_id: int, limit: int) -> list[Subscription]:
    """What a reader holds, by service id."""
    wanted = select(Subscription).where(Subscription.reader_id == reader_id, Subscription.state.in_(store.HOLDING_STATES))
    return list(session.scalars(wanted.order_by(Subscription.service_id).limit(limit)))


def leave(session: Session, subscription: Subscription, *, channel: str, at: datetime) -> bool:
    """End a subscription as its reader asks; False where it has ended before.

    Args:
        channel: `wap`, `sms` or `mms`; kept as the event's source.
    """
    if subscription.state not in store.HOLDING_STATES:
        return False
    subscription.state, subscription.effective_at, subscription.updated_at = "cancelled", at, at
    about = {"reader_id": subscription.reader_id, "service_id": subscription.service_id}
    session.add(SubscriptionEvent(**about, event="cancel", state="cancelled", source=channel, effective_at=at, recorded_at=at))
    session.flush()
    _request(session, about, channel, at)
    return True


def _request(session: Session, about: dict[str, object], channel: str, at: datetime) -> None:
    known = store.current(session).catalogue.by_service_id().get(str(about["service_id"]))
    values = {**about, "service": known.slug if known else about["service_id"], "kind": CANCEL, "channel": channel, "recorded_at": at}
    open_one = select(ServiceOrder.id).where(
        ServiceOrder.reader_id == about["reader_id"], ServiceOrder.service == values["service"], ServiceOrder.kind == CANCEL, ServiceOrder.state.in_(OPEN_STATES)
    )
    if session.scalar(open_one) is None:
        try:
            with session.begin_nested():
                session.execute(insert(ServiceOrder).values(**values))
        except IntegrityError:  # the same request came at the same instant
            return
