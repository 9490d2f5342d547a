"""A dispatch's own rate: what it may take of its ports at most, and how a person changes it.

Two things keep it. Each sender asks a bucket of the dispatch for what it sends
(`delivery.throttle.own_limit`), so that over all workers and ports no second has more
than the rate; it learns of another rate with its next transaction. And batches are
spread over time (`Batch.paced_at`): what would only wait in a worker's hands waits in
the table, and whoever shares the ports has them in between. Whenever the dispatch
goes on (it opens, it is resumed, its rate changes) the rest is spread anew from then on, so
that what was missed does not come in a rush.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from delivery import lifecycle
from delivery.dispatch.carriers import begins, carriers, finish
from delivery.models import Batch, Dispatch
from delivery.sending import waiting
from huabao.errors import StoreError, UsageError

STEP_S = 5.0
"""A batch holds what its dispatch may send in so many seconds."""

RATE_MAX = 1_000_000

OF_PORTS = "that of its ports"
"""How the journal calls the rate of a dispatch that has none of its own."""


@dataclass(frozen=True)
class Effect:
    """What another rate would do.

    Attributes:
        readers: who are still to be sent to.
        carried_per_s: recipients a second that its ports let through now; the rate that counts is the smaller one.
        before_at, after_at: when the last of them will be sent to, as things are and at the other rate; None where nobody knows.
    """

    readers: int
    carried_per_s: float
    before_at: datetime | None
    after_at: datetime | None


def batch_readers(rate: float | None, readers_max: int) -> int:
    """Most readers of one batch of a dispatch that may send `rate` a second."""
    return readers_max if rate is None else max(1, min(readers_max, math.ceil(rate * STEP_S)))


def spread(session: Session, dispatch: Dispatch, *, start: datetime) -> None:
    """Give the ready batches of the dispatch their times by its rate; none where it has none, nor to those that are held: nobody waits for them."""
    if dispatch.rate is None:
        session.execute(update(Batch).where(Batch.dispatch_id == dispatch.id, Batch.paced_at.is_not(None)).values(paced_at=None))
        return
    at, times = start, []
    for batch_id, size, held in session.execute(
        select(Batch.id, Batch.size, Batch.held).where(Batch.dispatch_id == dispatch.id, Batch.state == "ready").order_by(Batch.position)
    ).all():
        times.append({"id": batch_id, "paced_at": at if held is None else None})
        at += timedelta(seconds=0 if held else size / dispatch.rate)
    if times:
        session.execute(update(Batch), times)


def effect(session: Session, dispatch: Dispatch, rate: float | None, now: datetime) -> Effect:
    """What it would do to the dispatch to have that rate, None for as much as its ports carry."""
    begin = begins(session, dispatch, now)
    found = carriers(session, dispatch, now, begin)
    readers, by_ports = sum(one.waiting for one in found), finish(found, begin)
    before, after = (finish(found, begin, one) for one in (dispatch.rate, rate))
    seconds = 0.0 if by_ports is None else (by_ports - begin).total_seconds()
    return Effect(readers, readers / seconds if seconds > 0 else 0.0, before, after)


def checked_rate(rate: float) -> float:
    """A rate that a dispatch can have.

    Raises:
        UsageError: it is none.
    """
    if not 0 < rate <= RATE_MAX:  # not a number compares as neither
        raise UsageError(f"a rate is a number of recipients a second above 0 and up to {RATE_MAX:,}")
    return rate


def change_rate(session: Session, dispatch: Dispatch, rate: float | None, *, by: str, at: datetime, reason: str) -> None:
    """Give a locked dispatch another rate, None for as much as its ports carry; its senders keep to it within a second.

    Raises:
        UsageError: a rate that none can have.
        StoreError: nothing of it is left to send.
    """
    if rate is not None:
        checked_rate(rate)
    if dispatch.state not in lifecycle.UNSENT:
        raise StoreError(f"dispatch {dispatch.id} is {dispatch.state}: nothing of it is left to send")
    before, dispatch.rate = dispatch.rate, rate
    session.flush()
    waiting.withdraw(session, dispatch_id=dispatch.id)
    spread(session, dispatch, start=at)
    said = f"rate from {_text(before)} to {_text(rate)}: {reason}"
    lifecycle.note(session, dispatch, by=by, at=at, reason=said, action="dispatch.rate", before=before, after=rate)
    waiting.enqueue_ready(session, now=at, dispatch_id=dispatch.id)
    session.flush()


def _text(rate: float | None) -> str:
    return OF_PORTS if rate is None else f"{rate:g}/s"
