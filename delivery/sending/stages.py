"""How a batch leaves a worker's hands, and what that means for its dispatch and the next worker."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from delivery import lifecycle
from delivery.models import Batch, Outcome, deliveries
from delivery.sending import claims, journal
from delivery.sending.claims import ClaimedBatch, Standing
from delivery.sending.waiting import enqueue_batch
from huabao import alarms
from huabao.db import in_ids
from huabao.ids import unpack_ids

SYSTEM = "huabao"
"""Who acts where no person did."""

PORT_PAUSE_S = 5.0
"""When a batch of a paused port is looked at again."""


def leave(session: Session, batch: ClaimedBatch, waiting: Sequence[int], standing: Standing, *, now: datetime, deferred: bool = False) -> None:
    """Let go of a batch in which nothing is in flight; `waiting` are its readers who were not sent to."""
    if standing.ended and waiting:
        journal.cancel(session, batch, waiting, at=now)
        claims.give_back(session, batch, "cancelled")
    elif waiting:
        _wait_again(session, batch, now=now, deferred=deferred)
    else:
        claims.give_back(session, batch, "done")
        drain(session, batch.dispatch_id, now=now)


def _wait_again(session: Session, batch: ClaimedBatch, *, now: datetime, deferred: bool) -> None:
    claims.give_back(session, batch, "ready", deferred=deferred)
    standing = claims.standing(session, batch.dispatch_id, batch.port_id)
    if standing.dispatch_state == lifecycle.SENDING:
        delay_s = PORT_PAUSE_S if standing.port_state != "up" else standing.pause_s(now)
        enqueue_batch(session, batch.batch_id, batch.fence, now=now, delay_s=delay_s)


def cancel_batch(session: Session, batch: Batch, *, now: datetime) -> None:
    """Cancel whoever waits in a ready batch of a dispatch that was cancelled or killed.

    What an earlier claim may have sent becomes unknown first.
    """
    batch.fence += 1
    session.flush()
    claims.lost_readers(session, batch, now=now)
    session.connection().execute(
        update(deliveries)
        .where(
            deliveries.c.day == batch.day,
            deliveries.c.dispatch_id == batch.dispatch_id,
            in_ids(session, deliveries.c.reader_id, unpack_ids(batch.reader_ids)),
            deliveries.c.outcome == int(Outcome.PENDING),
        )
        .values(outcome=int(Outcome.CANCELLED), outcome_at=now)
    )
    batch.state = "cancelled"


def drain(session: Session, dispatch_id: int, *, now: datetime) -> bool:
    """Move a dispatch on whose last batch is done; True when it moved."""
    if claims.ready_batches(session, dispatch_id):
        return False  # whoever ends the last of them drains; the sweep sees to it where two end at one instant
    dispatch = lifecycle.lock_dispatch(session, dispatch_id)
    if dispatch.state != lifecycle.SENDING or claims.open_batches(session, dispatch_id):
        return False
    lifecycle.act(session, dispatch, "sent", by=SYSTEM, at=now)
    return True


def pause_for_fault(session: Session, dispatch_id: int, fault: str, *, now: datetime) -> None:
    """Stop a dispatch that cannot go on without a person, and call one."""
    dispatch = lifecycle.lock_dispatch(session, dispatch_id)
    if dispatch.state == lifecycle.SENDING:
        lifecycle.act(session, dispatch, "pause", by=SYSTEM, at=now, reason=fault)
    warn(session, "delivery.paused", str(dispatch_id), f"dispatch {dispatch_id} was paused: {fault}", now=now)


def warn(session: Session, kind: str, key: str, message: str, *, now: datetime) -> None:
    """Raise an alarm without risking the transaction: another worker may raise the same at this instant."""
    try:
        with session.begin_nested():
            alarms.raise_alarm(session, kind, key, message, at=now)
    except IntegrityError:
        return
