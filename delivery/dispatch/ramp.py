"""The ramp: one reader in a hundred, one in ten, everybody; each step when the one before looks healthy.

A step is a run of readers from every variant on every port, cut at the snapshot
(`Batch.stage`). It is over when all of it has left that can leave; then what was
measured of it is judged once more (`delivery.dispatch.vitals`), what fails is held,
and the next step goes.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from delivery import lifecycle
from delivery.dispatch import vitals
from delivery.dispatch.seeds import Cast
from delivery.dispatch.snapshot import LAST_STAGE, Steps
from delivery.dispatch.thresholds import RAMP_FIRST_SHARE, RAMP_READERS_MIN, RAMP_SECOND_SHARE, RAMP_WAIT_S
from delivery.lanes import URGENT
from delivery.lifecycle import SENDING, SYSTEM
from delivery.models import Batch, Dispatch, Port
from delivery.sending.waiting import enqueue_ready
from huabao.runtime import Runtime


def steps_of(session: Session, dispatch: Dispatch, cast: Cast) -> Steps:
    """How a new dispatch is cut; it remembers in `gate` whether it ramps, and begins with the first stage that it has.

    One with seeds is cut into steps whatever its size: silent seeds lead into the first.
    """
    first, second = RAMP_FIRST_SHARE.get(session), RAMP_SECOND_SHARE.get(session)
    large = dispatch.seed_group is not None or dispatch.planned >= RAMP_READERS_MIN.get(session)
    steps = Steps(cast.members, first, second) if large and dispatch.lane not in URGENT else Steps(cast.members)
    dispatch.gate = {**dispatch.gate, "ramp": steps.ramps, "seeds": len(cast.members) + len(cast.tests)}
    dispatch.stage = 0 if dispatch.seed_group is not None else 1 if steps.ramps else LAST_STAGE
    return steps


def climb(runtime: Runtime) -> None:
    """Let out the next step of every ramp whose present step is over and looks healthy."""
    with runtime.transaction(read_only=True) as session:
        found = session.scalars(select(Dispatch).where(Dispatch.state == SENDING, Dispatch.stage < LAST_STAGE).order_by(Dispatch.id)).all()
        ready = [one.id for one in found if _is_over(session, one, runtime.now())]
    for dispatch_id in ready:
        with runtime.transaction() as session:
            dispatch = lifecycle.lock_dispatch(session, dispatch_id)
            if dispatch.state == SENDING and _is_over(session, dispatch, runtime.now()):
                vitals.judge(session, dispatch, now=runtime.now())
                _step(session, dispatch, runtime.now())


def _is_over(session: Session, dispatch: Dispatch, now: datetime) -> bool:
    """Whether the present step was out for long enough and nothing of it can leave any more."""
    let_out = datetime.fromisoformat(dispatch.gate["stage_at"]) if "stage_at" in dispatch.gate else dispatch.started_at
    if let_out is not None and now < let_out + timedelta(seconds=RAMP_WAIT_S.get(session)):
        return False
    waits = select(Batch.id).join(Port, Port.id == Batch.port_id).where(Batch.dispatch_id == dispatch.id, Batch.stage <= dispatch.stage, _leaves(now))
    return session.scalar(waits.limit(1)) is None


def _leaves(now: datetime) -> ColumnElement[bool]:
    """The batch is leaving, or may: nobody holds it, its hour has come, its port works."""
    may = Batch.held.is_(None) & or_(Batch.not_before.is_(None), Batch.not_before <= now) & (Port.state == "up") & (Port.breaker != "open")
    return (Batch.state == "claimed") | ((Batch.state == "ready") & may)


def _step(session: Session, dispatch: Dispatch, now: datetime) -> None:
    sent = func.coalesce(func.sum(Batch.size), 0)
    readers = session.scalar(select(sent).where(Batch.dispatch_id == dispatch.id, Batch.stage <= dispatch.stage, Batch.state == "done"))
    before, dispatch.stage = dispatch.stage, dispatch.stage + 1
    dispatch.gate = {**dispatch.gate, "stage_at": now.isoformat()}
    reason = f"step {before} of {LAST_STAGE} is out, {readers:,} readers; step {dispatch.stage} goes"
    lifecycle.note(session, dispatch, by=SYSTEM, at=now, reason=reason)
    enqueue_ready(session, now=now, dispatch_id=dispatch.id)
