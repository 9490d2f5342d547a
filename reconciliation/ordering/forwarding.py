"""Whether one peer hears of what another made effective: never the one who said it, and BOSS of MISC's orders only where it wants to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from reconciliation.ordering.settings import BOSS_HEARS_MISC, DIRECTION
from reconciliation.outbox import Request, enqueue
from subscribers.offers import store
from subscribers.orders.change import ORDER_EVENTS, Change, Result

MISC: Final = "misc"


ACCOUNT_EVENTS: Final = ("barred", "unbarred", "closed")
"""What BOSS has a message for."""


def tell_boss(session: Session, changes: Sequence[Change], results: Sequence[Result], *, now: datetime) -> int:
    """Have BOSS told of what MISC made effective, of orders and of accounts; how many requests that makes.

    Only where the setting says so: as a rule MISC tells BOSS itself. What BOSS said is never told back.
    """
    effective = [(change, result) for change, result in zip(changes, results, strict=True) if change.source == MISC and result.verdict == "applied"]
    if not effective or not BOSS_HEARS_MISC.get(session):
        return 0
    known, default, told = store.current(session).catalogue.by_service_id(), DIRECTION.get(session), 0
    for change, result in effective:
        service = known.get(change.service_id or "")
        if change.event in ACCOUNT_EVENTS:
            request = _of_account(change, result)
        elif change.event in ORDER_EVENTS and ((service.direction if service else "") or default) == "to-boss":
            request = _of_order(change, result)
        else:
            continue
        enqueue(session, request, now=now)
        told += 1
    return told


def _of_order(change: Change, result: Result) -> Request:
    payload = {"fee_msisdn": change.fee_msisdn, "price_fen": change.price_fen, "effective_at": change.effective_at.isoformat(), "reason": MISC}
    return Request("boss", change.event, f"{MISC}:{change.transaction_id}", result.reader_id, service_id=change.service_id, payload=payload)


def _of_account(change: Change, result: Result) -> Request:
    """Who is closed has no number any more, so BOSS is told of the number."""
    closed = change.event == "closed"
    payload = {"state": change.event, "effective_at": change.effective_at.isoformat(), "reason": MISC}
    return Request("boss", "account", f"{MISC}:{change.transaction_id}", None if closed else result.reader_id, change.msisdn if closed else None, payload=payload)
