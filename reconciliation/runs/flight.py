"""Keys that are changing while the sides are compared: what one side knows already another may hear of only later."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from reconciliation.outbox.models import ASKING, UNKNOWN, WAITING, OutboundRequest
from subscribers.models import Reader, Subscription, SubscriptionEvent
from subscribers.orders.models import AwaitedChange


def in_flight_keys(session: Session, as_of: datetime, *, now: datetime) -> set[tuple[str, str]]:
    """(number, service) of what changed after `as_of`, or is on its way to a peer, or was answered by one since."""
    return _changed(session, as_of) | _asked(session, as_of) | _awaited(session, as_of, now)


def _changed(session: Session, as_of: datetime) -> set[tuple[str, str]]:
    e = SubscriptionEvent
    after = select(e.reader_id, e.service_id).where(e.effective_at > as_of, e.field != "stop").distinct()
    found = session.execute(after).all()
    keys: set[tuple[str, str]] = set()
    for start in range(0, len(found), 500):
        keys |= _named(session, [(row.reader_id, row.service_id) for row in found[start : start + 500]])
    return keys


def _named(session: Session, found: list[tuple[int, str]]) -> set[tuple[str, str]]:
    ids = sorted({reader for reader, _ in found})
    numbers = {row.id: row.msisdn for row in session.execute(select(Reader.id, Reader.msisdn).where(Reader.id.in_(ids)))}
    of_all = {reader for reader, service in found if not service}
    keys = {(numbers[reader], service) for reader, service in found if service and reader in numbers}
    if of_all:
        c = Subscription
        keys |= {
            (numbers[row.reader_id], row.service_id)
            for row in session.execute(select(c.reader_id, c.service_id).where(c.reader_id.in_(sorted(of_all))))
            if row.reader_id in numbers
        }
    return {key for key in keys if key[0][0] == "1"}


def _asked(session: Session, as_of: datetime) -> set[tuple[str, str]]:
    c = OutboundRequest
    wanted = select(c.payload, c.service_id, Reader.msisdn).outerjoin(Reader, Reader.id == c.reader_id)
    rows = session.execute(wanted.where(c.service_id.is_not(None), or_(c.state.in_((WAITING, ASKING, UNKNOWN)), c.answered_at > as_of)))
    keys = {(str(payload.get("msisdn") or number or ""), str(service)) for payload, service, number in rows}
    return {key for key in keys if len(key[0]) == 11 and key[0].isdigit()}


def _awaited(session: Session, as_of: datetime, now: datetime) -> set[tuple[str, str]]:
    """Changes that were due in between and have not been let in yet."""
    c = AwaitedChange
    rows = session.execute(select(c.msisdn, c.service_id).where(c.due_at <= now, c.service_id.is_not(None)))
    return {(msisdn, str(service)) for msisdn, service in rows}
