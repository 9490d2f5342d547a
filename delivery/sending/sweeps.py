"""What heals by itself: silent workers, lost jobs, starts that are due, reports that never came, dispatches to close.

A worker is judged by its lease, that is by silence since its last transaction,
never by how long a batch takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import Session

from delivery import lifecycle, partitions
from delivery.dispatch import curves, gate
from delivery.lanes import RESEND
from delivery.ledger import proof
from delivery.models import Batch, Dispatch, Outcome, deliveries
from delivery.sending import losses, open_outcomes, stages, unknowns
from delivery.sending.claims import BATCHES
from delivery.sending.waiting import enqueue_ready
from delivery.settings import REPORT_WAIT_S
from huabao import alarms, tracing
from huabao.alarms import Alarm
from huabao.db import UTCDateTime, in_ids
from huabao.log import get_logger
from huabao.runtime import Runtime

log = get_logger("sweeps")

VERIFY_AGAIN_S = 60.0
"""How soon a ledger that did not balance is recounted."""

BATCHES_AT_ONCE = 50
"""Ready batches that one transaction cancels."""

READERS_AT_ONCE = 20_000
"""Overdue deliveries that one transaction gives up."""


def requeue_silent(runtime: Runtime) -> None:
    """Make ready the batches whose worker fell silent, and give every ready batch that may leave a job."""
    now = runtime.now()
    with runtime.transaction(read_only=True) as session:
        found = session.scalars(select(Dispatch.id).where(Dispatch.closed_at.is_(None), Dispatch.state.in_((*lifecycle.UNSENT, *lifecycle.ENDED)))).all()
        if not found or session.scalar(select(Batch.id).where(Batch.dispatch_id.in_(found), Batch.state.in_(("ready", "claimed"))).limit(1)) is None:
            return
    with runtime.transaction() as session:
        silent = losses.make_ready(session, found, now=now, in_hand=BATCHES.of(runtime.engine), in_doubt=lambda: runtime.in_doubt)
        enqueue_ready(session, now=now)
    if silent:
        log.warning("batches of silent workers are queued again", batches=silent)


def start_due(runtime: Runtime) -> None:
    """Let go what is due: seeds, planned dispatches, released ones whose window opens; judge the seeds."""
    gate.watch(runtime)


def advance(runtime: Runtime) -> None:
    """Move every open dispatch as far as it can go: drained, its waits over, verified, closed."""
    with runtime.transaction(read_only=True) as session:
        found = session.execute(_OPEN).all()
        only_wait = _those_that_only_wait(session, runtime, found)
    for dispatch_id, state, *_ in found:
        if dispatch_id in only_wait:
            continue
        if state == lifecycle.SENDING:
            with runtime.transaction() as session:
                stages.drain(session, dispatch_id, now=runtime.now())
        if state in lifecycle.ENDED:
            cancel_pending(runtime, dispatch_id)
        if state not in (lifecycle.DRAFT, lifecycle.PLANNED, lifecycle.HELD):
            give_up_waiting(runtime, dispatch_id)
        if state in (lifecycle.DRAINING, lifecycle.VERIFIED, *lifecycle.ENDED):
            close(runtime, dispatch_id)


_OPEN = (
    select(Dispatch.id, Dispatch.state, Dispatch.lane, Dispatch.day, Dispatch.sent_at, func.coalesce(Dispatch.started_at, Dispatch.created_at, type_=UTCDateTime).label("began_at"))
    .where(Dispatch.closed_at.is_(None))
    .order_by(Dispatch.id)
)


def _those_that_only_wait(session: Session, runtime: Runtime, found: Sequence[Any]) -> set[int]:
    """Dispatches that left lately and miss nothing but reports: an idle look costs a question for each, and no transaction."""
    left = [one for one in found if one.state == lifecycle.DRAINING]
    if not left:
        return set()
    before = _overdue_before(session, runtime)
    only_wait = _single_ones_that_wait(session, before) if any(one.lane == RESEND for one in left) else set()
    return only_wait | {one.id for one in left if one.lane != RESEND and one.began_at > before and open_outcomes.waits(session, one.id, one.day, one.sent_at)}


def _single_ones_that_wait(session: Session, before: datetime) -> set[int]:
    """Single resends of which nothing but the report is missing: there may be thousands, and one question is enough for all."""
    reported = exists().where(deliveries.c.day == Dispatch.day, deliveries.c.dispatch_id == Dispatch.id, deliveries.c.outcome == int(Outcome.SUBMITTED))
    wanted = select(Dispatch.id).where(
        Dispatch.closed_at.is_(None), Dispatch.state == lifecycle.DRAINING, Dispatch.lane == RESEND, Dispatch.started_at > before, reported.correlate(Dispatch)
    )
    return set(session.scalars(wanted))


def _overdue_before(session: Session, runtime: Runtime) -> datetime:
    """Whose report is awaited since before that instant is called no_report."""
    wait_s = runtime.config.report_wait_s
    return runtime.now() - timedelta(seconds=REPORT_WAIT_S.get(session) if wait_s is None else wait_s)


def cancel_pending(runtime: Runtime, dispatch_id: int) -> int:
    """Cancel what waits in the ready batches of a dispatch that was cancelled or killed; how many batches.

    A claimed batch is its worker's: he sees the state and cancels what he has left.
    """
    total = 0
    while True:
        with runtime.transaction() as session:
            done = _cancel_some(session, dispatch_id, runtime)
        total += done
        if done < BATCHES_AT_ONCE:
            return total


def _cancel_some(session: Session, dispatch_id: int, runtime: Runtime) -> int:
    now = runtime.now()
    wanted = select(Batch).where(Batch.dispatch_id == dispatch_id, Batch.state == "ready").order_by(Batch.id).limit(BATCHES_AT_ONCE)
    batches = session.scalars(wanted.with_for_update(skip_locked=True)).all()
    for batch in batches:
        stages.cancel_batch(session, batch, now=now)
    return len(batches)


def give_up_waiting(runtime: Runtime, dispatch_id: int) -> int:
    """Call deliveries no_report whose report is overdue; how many."""
    now, total, last = runtime.now(), 0, -1
    with runtime.transaction(read_only=True) as session:
        found = lifecycle.find_dispatch(session, dispatch_id)
        cutoff = _overdue_before(session, runtime)
        if (found.started_at or found.created_at) > cutoff:
            return 0
    c = deliveries.c
    overdue = (c.day == found.day, c.dispatch_id == found.id, c.outcome == int(Outcome.SUBMITTED), c.submitted_at <= cutoff)
    while True:
        with runtime.transaction(read_only=True) as session:
            readers = session.scalars(select(c.reader_id).where(*overdue, c.reader_id > last).order_by(c.reader_id).limit(READERS_AT_ONCE)).all()
        if not readers:
            return total
        with runtime.transaction() as session:
            given_up = update(deliveries).where(*overdue, in_ids(session, c.reader_id, readers)).values(outcome=int(Outcome.NO_REPORT), outcome_at=now)
            total += int(getattr(session.connection().execute(given_up), "rowcount", 0))
        last = readers[-1]


def close(runtime: Runtime, dispatch_id: int) -> bool:
    """Verify and close a dispatch in which no outcome is open; True when it is closed.

    One that does not balance stays open, with an alarm.
    """
    with runtime.transaction(read_only=True) as session:
        found = lifecycle.find_dispatch(session, dispatch_id)
        if open_outcomes.waits(session, found.id, found.day, found.sent_at) or _failed_lately(session, dispatch_id, runtime):
            return False
        if found.state == lifecycle.DRAINING and unknowns.is_awaited(session, found, now=runtime.now()):
            return False
    with tracing.span("dispatch.verify", lambda: _trace(runtime, dispatch_id), dispatch=dispatch_id):
        return _verify_and_close(runtime, dispatch_id)


def _trace(runtime: Runtime, dispatch_id: int) -> str:
    with runtime.transaction(read_only=True) as session:
        return tracing.kept(session, tracing.DISPATCH, dispatch_id)


def _verify_and_close(runtime: Runtime, dispatch_id: int) -> bool:
    with runtime.transaction(read_only=True, still=True) as session:
        verification = proof.verify(session, dispatch_id)
        curve = curves.of_closed(session, lifecycle.find_dispatch(session, dispatch_id))
    now = runtime.now()
    with runtime.transaction() as session:
        found = lifecycle.lock_dispatch(session, dispatch_id)
        if not verification.balanced:
            stages.warn(session, "ledger.unbalanced", str(dispatch_id), f"dispatch {dispatch_id} does not balance: {verification.problems[0]}", now=now)
            return False
        alarms.close_alarm(session, "ledger.unbalanced", str(dispatch_id), at=now)
        curves.remember(found, curve)
        if found.state in lifecycle.ENDED:
            lifecycle.close_ended(session, found, by=lifecycle.SYSTEM, at=now)
            return True
        if found.state == lifecycle.DRAINING:
            lifecycle.act(session, found, "verify", by=lifecycle.SYSTEM, at=now, reason="the ledger balances")
        if found.state == lifecycle.VERIFIED:
            lifecycle.act(session, found, "close", by=lifecycle.SYSTEM, at=now)
        return found.closed_at is not None


def keep_partitions(runtime: Runtime) -> None:
    """Make the partitions of the days to come and drop those past retention."""
    with runtime.transaction() as session:
        partitions.make_ahead(session, now=runtime.now())
    with runtime.transaction() as session:
        dropped = partitions.drop_old(session, now=runtime.now())
    if dropped:
        log.info("deliveries past retention dropped", days=[day.isoformat() for day in dropped])


def _failed_lately(session: Session, dispatch_id: int, runtime: Runtime) -> bool:
    since = runtime.now() - timedelta(seconds=VERIFY_AGAIN_S)
    seen = select(Alarm.id).where(Alarm.kind == "ledger.unbalanced", Alarm.key == str(dispatch_id), Alarm.closed_at.is_(None), Alarm.last_seen_at > since)
    return session.scalar(seen) is not None
