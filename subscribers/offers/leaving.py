"""A reader gives up a service: his subscription ends here at once, and the request to end his order goes out with the others.

The order itself is BOSS's and MISC's to end (they are told by the file of orders, and by
their interfaces where those run); until they answer, the request stays open.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from subscribers.models import Reader, Subscription
from subscribers.offers import store
from subscribers.offers.models import CANCEL, OPEN_STATES, ServiceOrder
from subscribers.orders.change import Change
from subscribers.orders.services import apply


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
    msisdn = session.scalar(select(Reader.msisdn).where(Reader.id == subscription.reader_id))
    assert msisdn is not None, "an order has a reader"
    about = {"reader_id": subscription.reader_id, "service_id": subscription.service_id}
    name = f"leave {subscription.id} {at.isoformat()}"
    told = Change(msisdn, "cancel", channel, name, at, subscription.service_id, reason="by the reader")
    done = apply(session, [told], now=at)[0]
    if done.verdict != "applied" or done.before not in store.HOLDING_STATES:
        return False
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
