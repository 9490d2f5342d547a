"""The cause that is likely by what is known of a reader now: the first that holds."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from care.complaints.causes import DISAGREED, HANDSET, NETWORK, STOPPED, UNKNOWN
from delivery.models import Outcome
from delivery.resend.copies import NEEDS_A_WORD, latest_copies
from huabao.clock import business_day
from reconciliation.runs.models import ReconcileDifference
from reconciliation.stop_send.causes import HANDSET_CAUSES
from subscribers.models import Reader, Subscription

DAYS = 7
"""A copy that is older explains nothing."""

COPIES = 3


def likely_cause(session: Session, reader: Reader, *, now: datetime) -> str:
    """Of `CAUSES`: he is stopped, the systems disagree about him, or his newest copy failed and its code says by whose fault."""
    if session.scalar(select(exists().where(Subscription.reader_id == reader.id, Subscription.stop_state != "sending"))):
        return STOPPED
    if session.scalar(select(exists().where(ReconcileDifference.msisdn == reader.msisdn, ReconcileDifference.closed_at.is_(None)))):
        return DISAGREED
    for one in latest_copies(session, reader.id, since=business_day(now) - timedelta(days=DAYS), limit=COPIES):
        if one.copy.outcome is Outcome.RETRIEVED:
            return UNKNOWN
        if one.copy.outcome in NEEDS_A_WORD and one.copy.meaning is not None:
            return HANDSET if one.copy.meaning.stop in HANDSET_CAUSES or one.copy.meaning.cause == "handset" else NETWORK
    return UNKNOWN
