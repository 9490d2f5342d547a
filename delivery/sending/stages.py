"""How a batch leaves a worker's hands, and what that means for its dispatch and the next worker."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from delivery import lifecycle
from delivery.models import Batch
from delivery.sending import claims, journal, waiting
from delivery.sending.claims import ClaimedBatch, Standing
from delivery.sending.prepared import port_settings
from huabao import alarms
from huabao.ids import unpack_ids


def leave(session: Session, batch: ClaimedBatch, readers: Sequence[int], standing: Standing, *, now: datetime, deferred: bool = False) -> None:
    """Let go of a batch in which nothing is in flight; `readers` are those who were not sent to."""
    if standing.ended and (readers or batch.asleep):
        journal.cancel(session, batch, [*readers, *batch.asleep], at=now)
        claims.give_back(session, batch, "cancelled")
    elif readers:
        _wait_again(session, batch, standing, now=now, deferred=deferred)
    elif batch.asleep:
        claims.give_back(session, batch, "ready", not_before=batch.wakes_at)
    else:
        claims.give_back(session, batch, "done")
        drain(session, batch.dispatch_id, now=now)


def _wait_again(session: Session, batch: ClaimedBatch, standing: Standing, *, now: datetime, deferred: bool) -> None:
    """Make the batch ready again; whatever keeps it from leaving takes the jobs of all whom it keeps too, so that their order stays."""
    claims.give_back(session, batch, "ready", deferred=deferred)
    clearance = port_settings(session, batch.port_id).may_send(now)
    if not clearance.allowed:
        waiting.withdraw(session, port_id=batch.port_id)
        if clearance.until is not None:
            waiting.wake_at(session, batch.port_id, clearance.until, now=now)
    elif not standing.let_go:
        if standing.held is None:
            waiting.withdraw(session, dispatch_id=batch.dispatch_id)
    else:
        waiting.enqueue_batch(session, batch.batch_id, now=now)


def cancel_batch(session: Session, batch: Batch, *, now: datetime) -> None:
    """Cancel whoever waits in a ready batch of a dispatch that was cancelled or killed.

    What an earlier claim may have sent becomes unknown first.
    """
    batch.fence += 1
    session.flush()
    claims.lost_readers(session, batch, now=now)
    journal.cancel(session, batch, unpack_ids(batch.reader_ids), at=now)
    batch.state = "cancelled"


def drain(session: Session, dispatch_id: int, *, now: datetime) -> bool:
    """Move a dispatch on whose last batch is done; True when it moved."""
    if claims.ready_batches(session, dispatch_id):
        return False  # whoever ends the last of them drains; the sweep sees to it where two end at one instant
    dispatch = lifecycle.lock_dispatch(session, dispatch_id)
    if dispatch.state != lifecycle.SENDING or claims.open_batches(session, dispatch_id):
        return False
    lifecycle.act(session, dispatch, "sent", by=lifecycle.SYSTEM, at=now)
    return True


def pause_for_fault(session: Session, dispatch_id: int, fault: str, *, now: datetime) -> None:
    """Stop a dispatch that cannot go on without a person, and call one."""
    dispatch = lifecycle.lock_dispatch(session, dispatch_id)
    verb = {lifecycle.SENDING: "pause", lifecycle.SEEDING: "hold"}.get(dispatch.state)
    if verb is not None:
        lifecycle.act(session, dispatch, verb, by=lifecycle.SYSTEM, at=now, reason=fault)
    warn(session, "delivery.paused", str(dispatch_id), f"dispatch {dispatch_id} was paused: {fault}", now=now)


def warn(session: Session, kind: str, key: str, message: str, *, now: datetime, **detail: Any) -> None:
    """Raise an alarm without risking the transaction: another worker may raise the same at this instant."""
    try:
        with session.begin_nested():
            alarms.raise_alarm(session, kind, key, message, at=now, **detail)
    except IntegrityError:
        return
