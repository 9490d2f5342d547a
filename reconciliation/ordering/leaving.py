"""A reader gives up a service: his subscription ends here at once, and BOSS and MISC are asked to end his order.

They are told by their interfaces, or by the file of orders where those do not run; until they answer, the request stays open.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from reconciliation.intake.own import apply_own
from subscribers.models import Reader, Subscription
from subscribers.offers.leaving import request_end
from subscribers.offers.store import HOLDING_STATES
from subscribers.orders.change import Change


def leave(session: Session, subscription: Subscription, *, channel: str, at: datetime) -> bool:
    """End a subscription as its reader asks; False where it has ended before.

    Args:
        channel: `wap`, `sms` or `mms`; kept as the event's source.
    """
    reader_id, service_id = subscription.reader_id, subscription.service_id
    if subscription.state not in HOLDING_STATES:
        return False
    msisdn = session.scalar(select(Reader.msisdn).where(Reader.id == reader_id))
    assert msisdn is not None, "an order has a reader"
    told = Change(msisdn, "cancel", channel, f"leave {subscription.id} {at.isoformat()}", at, service_id, reason="by the reader")
    done = apply_own(session, [told], now=at)[0]
    if done.verdict != "applied" or done.before not in HOLDING_STATES:
        return False
    request_end(session, reader_id, service_id, channel=channel, at=at)
    return True
