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


def tell_boss(session: Session, changes: Sequence[Change], results: Sequence[Result], *, now: datetime) -> int:
    """Have BOSS told of the orders, ends and pauses that MISC made effective; how many.

    Only where the setting says so: as a rule MISC tells BOSS itself. What BOSS said is never told back.
    """
    effective = [
        (change, result) for change, result in zip(changes, results, strict=True) if change.source == MISC and change.event in ORDER_EVENTS and result.verdict == "applied"
    ]
    if not effective or not BOSS_HEARS_MISC.get(session):
        return 0
    known, default, told = store.current(session).catalogue.by_service_id(), DIRECTION.get(session), 0
    for change, result in effective:
        service = known.get(change.service_id or "")
        if ((service.direction if service else "") or default) != "to-boss":
            continue
        payload = {"fee_msisdn": change.fee_msisdn, "price_fen": change.price_fen, "effective_at": change.effective_at.isoformat(), "reason": MISC}
        key = f"{MISC}:{change.transaction_id}"
        enqueue(session, Request("boss", change.event, key, result.reader_id, service_id=change.service_id, payload=payload), now=now)
        told += 1
    return told
