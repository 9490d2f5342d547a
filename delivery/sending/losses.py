"""Batches that were lost with their worker: ready again, or held where they may be what ends workers.

A worker that died in the middle of a batch usually died of something else, so the
batch goes on at once. What was lost with several workers in a row, none of which
got an answer for it, waits for a person, and everything else goes on. One process
has several batches in hand: the last chance is given to one of them at a time, so
that the guilty one is found and bystanders are not held for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from delivery import lifecycle
from delivery.dispatch import brake
from delivery.lifecycle import SYSTEM
from delivery.models import Batch
from delivery.settings import BATCH_LOSSES_MAX
from huabao.leases import is_over


def make_ready(session: Session, dispatch_ids: Sequence[int], *, now: datetime, in_hand: Set[int] = frozenset(), in_doubt: Callable[[], bool] = lambda: False) -> int:
    """Make the batches of these dispatches ready whose worker fell silent, or hold them; how many.

    Args:
        in_hand: batches that threads of this process send; they live, whatever their leases say.
        in_doubt: asked once silent ones are found: whether the clock was just set, so that nobody is judged.
    """
    silent = select(Batch).where(Batch.dispatch_id.in_(dispatch_ids), Batch.state == "claimed", is_over(Batch.lease_until, now)).order_by(Batch.id)
    found = [batch for batch in session.scalars(silent.with_for_update(skip_locked=True)) if batch.id not in in_hand]
    if found and in_doubt():  # asked now: who wrote a lease by a clock that was set saw it before us
        return 0
    losses_max = BATCH_LOSSES_MAX.get(session) if found else 0
    taken = _last_chances(session, dispatch_ids, now, losses_max) if found and losses_max > 1 else set()
    done, to_hold = 0, []
    for batch in found:
        losses, place = batch.losses + 1, (batch.dispatch_id, batch.port_id)
        if losses == losses_max - 1 and place in taken:
            continue
        if losses >= losses_max:
            to_hold.append(batch)
        elif losses == losses_max - 1:
            taken.add(place)
        batch.state, batch.owner, batch.lease_until, batch.losses = "ready", None, None, losses
        done += 1
    session.flush()
    for batch in to_hold:
        _hold(session, batch, now)
    return done


def _last_chances(session: Session, dispatch_ids: Sequence[int], now: datetime, losses_max: int) -> set[tuple[int, int]]:
    """(dispatch, port) of the batches with one chance left that leave now or soon."""
    in_hand = (Batch.state == "claimed") & ~is_over(Batch.lease_until, now)
    due = (Batch.state == "ready") & Batch.held.is_(None) & or_(Batch.not_before.is_(None), Batch.not_before <= now)
    wanted = select(Batch.dispatch_id, Batch.port_id).where(Batch.dispatch_id.in_(dispatch_ids), Batch.losses >= losses_max - 1, in_hand | due)
    return {(row.dispatch_id, row.port_id) for row in session.execute(wanted)}


def _hold(session: Session, batch: Batch, now: datetime) -> None:
    """Hold the batch until a person releases its brake; then it has all its chances again."""
    dispatch = lifecycle.lock_dispatch(session, batch.dispatch_id)
    reason = f"{batch.losses} workers in a row fell silent with it and got no answer"
    batch.losses = 0
    brake.pull(session, dispatch, brake.BATCH, str(batch.id), reason=reason, by=SYSTEM, at=now)
