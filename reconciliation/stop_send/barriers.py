"""Who may have no text now, and why: contact limits, what he had lately, the blacklist, and what he fetched before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, literal, select
from sqlalchemy.orm import Session

from huabao.clock import business_day
from huabao.db import in_ids
from reconciliation.stop_send.models import RecoveryAttempt
from reconciliation.stop_send.settings import RECEIVED, RECOVERY_TIP_DAYS, RECOVERY_TIP_PAST, RECOVERY_TIP_PAST_MONTHS
from reconciliation.stop_send.streaks import months_between
from subscribers.blacklists import blacklisted_sql
from subscribers.contacts import CONTACTS_DAYS, CONTACTS_MAX, addressed_often_sql
from subscribers.models import Contact, Reader, ReaderServiceMonth

EVERYBODY: Final = "all"


def barriers(session: Session, rows: Sequence[RecoveryAttempt], purpose: str, now: datetime) -> dict[int, str]:
    """Readers who may not have another message of that purpose now, and why."""
    lately = select(Contact.id).where(Contact.reader_id == Reader.id, Contact.purpose == purpose, Contact.at > now - timedelta(days=RECOVERY_TIP_DAYS.get(session)))
    return _why_not(session, rows, ((lately.correlate(Reader).exists(), "he had one lately"), (blacklisted_sql(("marketing",)), "he is on the blacklist")))


def tip_barriers(session: Session, rows: Sequence[RecoveryAttempt], purpose: str, now: datetime) -> dict[int, str]:
    """The same for a tip, which also asks how often he was addressed of late, and whether he ever fetched a message (`recovery_tip_past`).

    Who never fetched one may have a handset that cannot: a tip does not help him.
    """
    often = addressed_often_sql(CONTACTS_MAX.get(session), now - timedelta(days=CONTACTS_DAYS.get(session)))
    found = _why_not(session, rows, (*_past(session, now), (often, "he was addressed often of late")))
    return found | barriers(session, rows, purpose, now)


def _past(session: Session, now: datetime) -> tuple[tuple[ColumnElement[bool], str], ...]:
    wanted, number = RECOVERY_TIP_PAST.get(session), RECOVERY_TIP_PAST_MONTHS.get(session)
    if wanted == EVERYBODY:
        return ()
    months = months_between(business_day(now - timedelta(days=31 * number)), now)
    month = ReaderServiceMonth
    before = select(literal(1)).where(month.month.in_(months), month.reader_id == Reader.id, month.retrieved > 0).correlate(Reader).exists()
    if wanted == RECEIVED:
        return ((~before, f"he fetched nothing in {number} months (recovery_tip_past)"),)
    return ((before, f"he fetched something in {number} months (recovery_tip_past)"),)


def _why_not(session: Session, rows: Sequence[RecoveryAttempt], conditions: Sequence[tuple[ColumnElement[bool], str]]) -> dict[int, Any]:
    ids = in_ids(session, Reader.id, sorted({row.reader_id for row in rows}))
    found: dict[int, str] = {}
    for condition, why in conditions:
        found |= dict.fromkeys(session.scalars(select(Reader.id).where(ids, condition)), why)
    return found
