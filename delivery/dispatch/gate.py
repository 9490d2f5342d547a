"""The gate between a plan and the readers: seeds first, then the release, then the window.

`watch` looks every second at what is not sent yet. A planned dispatch with seeds
begins with them in good time; the rest is held until their reports say enough
(`delivery.dispatch.verdict`). A dispatch that was released leaves when its start
has come and its window is open, and waits again when the window shuts. A person
with the right may release, hold or stop it at any point.

What happened on the way is kept in `Dispatch.gate`: `seeds` (how many),
`seeding_at`, `stage_at` (when the present step was let out), `ramp` (it was cut into
steps), `forced` (the seeds were silent: in steps whatever its size), `waits` (it was
held for want of reports, and goes on by itself when they come).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery import kinds, lifecycle
from delivery.dispatch import brake, closing, pacing, preflight, seeds, windows
from delivery.dispatch.snapshot import LAST_STAGE
from delivery.dispatch.thresholds import (
    RAMP_READERS_MIN,
    SEED_BEFORE_S,
    SEED_CLASS_RETRIEVED_MIN,
    SEED_LEAD_S,
    SEED_MISSING_OTHERS,
    SEED_MISSING_PAPER,
    SEED_SHARE,
    SEED_WAIT_S,
)
from delivery.dispatch.verdict import GO, HOLD, RAMP, WAIT, SeedRule, Verdict, judge
from delivery.lifecycle import HELD, PLANNED, RELEASED, SEEDING, SENDING, SYSTEM
from delivery.models import Dispatch
from delivery.sending.waiting import enqueue_ready
from huabao import alarms
from huabao.clock import shanghai_text
from huabao.errors import StoreError, UsageError
from huabao.runtime import Runtime

ALARM = "delivery.gate"
"""The alarm of a dispatch that is held."""

WATCHED = (PLANNED, SEEDING, HELD, RELEASED)
"""States that the gate looks at; the window also at `sending`."""


# --- what lets a dispatch go -----------------------------------------------------------------------------------------


def release(session: Session, dispatch: Dispatch, *, by: str, at: datetime, reason: str = "", forced: bool = False) -> None:
    """Let a locked dispatch leave: at its start where this is the system's doing, now where it is a person's; its window binds both.

    Args:
        forced: in steps, whatever its size.

    Raises:
        StoreError: it cannot be released in its state.
    """
    lifecycle.act(session, dispatch, "release", by=by, at=at, reason=reason)
    if by != SYSTEM:
        dispatch.start_at = min(dispatch.start_at, at)
    small = dispatch.planned < RAMP_READERS_MIN.get(session) and not forced
    dispatch.stage = LAST_STAGE if small or not dispatch.gate.get("ramp") else 1
    dispatch.gate = {**dispatch.gate, "waits": False, "forced": forced}
    alarms.close_alarm(session, ALARM, str(dispatch.id), at=at)
    open_if_due(session, dispatch, at=at)


def resume(session: Session, dispatch: Dispatch, *, by: str, at: datetime, reason: str = "") -> None:
    """Let a locked, paused dispatch go on; while its window is shut it waits for it.

    Raises:
        StoreError: it cannot be resumed in its state.
    """
    start = windows.may_start(windows.publication_of(session, dispatch), dispatch, at)
    lifecycle.act(session, dispatch, "wait" if not start.may and dispatch.state == lifecycle.PAUSED else "resume", by=by, at=at, reason=reason)
    pacing.spread(session, dispatch, start=at)
    enqueue_ready(session, now=at, dispatch_id=dispatch.id)


def hold(session: Session, dispatch: Dispatch, *, by: str, at: datetime, reason: str = "") -> None:
    """Keep a locked dispatch from leaving until a person releases it.

    Raises:
        StoreError: it cannot be held in its state.
    """
    lifecycle.act(session, dispatch, "hold", by=by, at=at, reason=reason)
    dispatch.gate = {**dispatch.gate, "waits": False}


def stop(session: Session, dispatch: Dispatch, verb: str, *, by: str, at: datetime, reason: str = "") -> None:
    """Cancel or kill a locked dispatch and what belongs to it.

    Raises:
        StoreError: it cannot be done in its state.
    """
    lifecycle.act(session, dispatch, verb, by=by, at=at, reason=reason)
    alarms.close_alarm(session, ALARM, str(dispatch.id), at=at)
    brake.close_alarm(session, dispatch.id, at=at)
    companion = seeds.companion_of(session, dispatch.id)
    if companion is not None and companion.state in lifecycle.UNSENT:
        lifecycle.act(session, lifecycle.lock_dispatch(session, companion.id), verb, by=by, at=at, reason=reason)


def open_if_due(session: Session, dispatch: Dispatch, *, at: datetime) -> bool:
    """Let a locked dispatch that was released send, where its start has come and its window is open."""
    if dispatch.state != RELEASED or not windows.may_start(windows.publication_of(session, dispatch), dispatch, at).may:
        return False
    lifecycle.act(session, dispatch, "open", by=SYSTEM, at=at, reason="")
    if "stage_at" not in dispatch.gate:
        dispatch.gate = {**dispatch.gate, "stage_at": at.isoformat()}
    pacing.spread(session, dispatch, start=at)
    enqueue_ready(session, now=at, dispatch_id=dispatch.id)
    return True


def open_window(session: Session, dispatch_id: int, until: datetime, *, by: str, at: datetime, reason: str) -> str:
    """Let a dispatch send until that instant, whatever its window says; its state afterwards.

    Raises:
        UsageError: there is no such dispatch, or the instant is past.
        StoreError: nothing of it is left to send.
    """
    dispatch = lifecycle.lock_dispatch(session, dispatch_id)
    if until <= at:
        raise UsageError(f"{shanghai_text(until)} is past; give a later --until")
    if dispatch.state not in lifecycle.UNSENT:
        raise StoreError(f"dispatch {dispatch_id} is {dispatch.state}: nothing of it is left to send")
    dispatch.gate = {**dispatch.gate, windows.ANY_TIME: until.isoformat()}
    closing.let_go(session, dispatch_id, at=at)
    lifecycle.note(session, dispatch, by=by, at=at, reason=f"may send until {shanghai_text(until)}, whatever its window: {reason}")
    if not open_if_due(session, dispatch, at=at):
        enqueue_ready(session, now=at, dispatch_id=dispatch_id)
    return dispatch.state


def begin_seeding(session: Session, dispatch: Dispatch, *, at: datetime) -> None:
    """Let the seeds of a locked dispatch have it."""
    lifecycle.act(session, dispatch, "seed", by=SYSTEM, at=at, reason=f"seed group {dispatch.seed_group}")
    dispatch.stage = 0
    dispatch.gate = {**dispatch.gate, "seeding_at": at.isoformat()}
    companion = seeds.companion_of(session, dispatch.id)
    if companion is not None:
        locked = lifecycle.lock_dispatch(session, companion.id)
        locked.start_at = at
        release(session, locked, by=SYSTEM, at=at, reason=f"seeds of dispatch {dispatch.id}")
    enqueue_ready(session, now=at, dispatch_id=dispatch.id)


def start_now_or_later(session: Session, dispatch: Dispatch, *, by: str, at: datetime) -> None:
    """Begin with a dispatch that was just planned, where its time has come."""
    if seeds_due(session, dispatch, at):
        begin_seeding(session, dispatch, at=at)
    elif dispatch.seed_group is None and dispatch.start_at <= at:
        release(session, dispatch, by=by, at=at)


def seeds_due(session: Session, dispatch: Dispatch, at: datetime) -> bool:
    """Whether it is time for the seeds of a planned dispatch."""
    return dispatch.seed_group is not None and dispatch.kind != kinds.SEED and at >= dispatch.start_at - timedelta(seconds=SEED_BEFORE_S.get(session))


# --- what is looked at every second ----------------------------------------------------------------------------------


def watch(runtime: Runtime) -> None:
    """Let go what is due, judge the seeds, keep to the windows."""
    now = runtime.now()
    with runtime.transaction(read_only=True) as session:
        unsent = session.scalars(select(Dispatch.id).where(Dispatch.state.in_(WATCHED), Dispatch.kind != kinds.SEED).order_by(Dispatch.id)).all()
    for dispatch_id in unsent:
        preflight.look_again(runtime, dispatch_id)
    with runtime.transaction(read_only=True) as session:
        found = session.scalars(select(Dispatch).where(Dispatch.state.in_((*WATCHED, SENDING)), Dispatch.kind != kinds.SEED).order_by(Dispatch.id)).all()
        wanted = [one.id for one in found if _has_to_do(session, one, now)]
    for dispatch_id in wanted:
        with runtime.transaction() as session:
            _look(session, lifecycle.lock_dispatch(session, dispatch_id), now)


def _has_to_do(session: Session, dispatch: Dispatch, now: datetime) -> bool:
    """Whether `_look` would change something; asked without a lock."""
    if dispatch.state == PLANNED:
        return seeds_due(session, dispatch, now) or (dispatch.seed_group is None and dispatch.start_at <= now)
    start = windows.may_start(windows.publication_of(session, dispatch), dispatch, now)
    if dispatch.state in (RELEASED, SENDING):
        return start.may == (dispatch.state == RELEASED) or bool(_bad_classes(session, dispatch))
    if dispatch.state == HELD and not dispatch.gate.get("waits"):
        return False
    verdict = verdict_of(session, dispatch, now)
    return verdict.action != (HOLD if dispatch.state == HELD else WAIT) or bool(_bad_classes(session, dispatch))


def _look(session: Session, dispatch: Dispatch, now: datetime) -> None:
    if dispatch.state == PLANNED:
        start_now_or_later(session, dispatch, by=SYSTEM, at=now)
        return
    for handset_class in sorted(_bad_classes(session, dispatch)):
        brake.pull(session, dispatch, "handset_class", handset_class, reason=seeds.bad_reason(session, dispatch, handset_class), by=SYSTEM, at=now)
    if dispatch.state == RELEASED:
        open_if_due(session, dispatch, at=now)
    elif dispatch.state == SENDING:
        _shut(session, dispatch, now)
    elif dispatch.state == SEEDING or (dispatch.state == HELD and dispatch.gate.get("waits")):
        _decide(session, dispatch, now)


def _shut(session: Session, dispatch: Dispatch, now: datetime) -> None:
    start = windows.may_start(windows.publication_of(session, dispatch), dispatch, now)
    if not start.may:
        lifecycle.act(session, dispatch, "shut", by=SYSTEM, at=now, reason=start.why)
        closing.note_shut(session, dispatch, at=now)


def _decide(session: Session, dispatch: Dispatch, now: datetime) -> None:
    verdict = verdict_of(session, dispatch, now)
    if verdict.action in (GO, RAMP):
        release(session, dispatch, by=SYSTEM, at=now, reason=verdict.why, forced=verdict.action == RAMP)
    elif verdict.action == HOLD and dispatch.state == SEEDING:
        hold(session, dispatch, by=SYSTEM, at=now, reason=verdict.why)
        dispatch.gate = {**dispatch.gate, "waits": True}
        what = f"dispatch {dispatch.id} is held: {verdict.why}. Release it, stop the handset class, or wait for the reports"
        alarms.raise_alarm(session, ALARM, str(dispatch.id), what, at=now, lacking=sorted(verdict.lacking), bad=sorted(verdict.bad))


def verdict_of(session: Session, dispatch: Dispatch, now: datetime) -> Verdict:
    """What the seeds of the dispatch mean at `now`."""
    facts = [(line.handset_class, line.verdict) for line in seeds.board(session, dispatch) if line.counts]
    return judge(facts, rule_of(session, dispatch), over=now >= decision_at(session, dispatch), blocked=brake.held_classes(session, dispatch.id))


def rule_of(session: Session, dispatch: Dispatch) -> SeedRule:
    """What the seeds of the dispatch must show, as it is set now."""
    publication = windows.publication_of(session, dispatch)
    paper = publication.kind != "magazine" and publication.klass != "activity"
    missing = publication.seed_missing or (SEED_MISSING_PAPER if paper else SEED_MISSING_OTHERS).get(session)
    return SeedRule(SEED_SHARE.get(session), missing, SEED_CLASS_RETRIEVED_MIN.get(session))


def decision_at(session: Session, dispatch: Dispatch) -> datetime:
    """When silence counts: a while before the start, but not before the seeds had their time."""
    seeding = datetime.fromisoformat(dispatch.gate["seeding_at"]) if "seeding_at" in dispatch.gate else dispatch.start_at
    return max(dispatch.start_at - timedelta(seconds=SEED_LEAD_S.get(session)), seeding + timedelta(seconds=SEED_WAIT_S.get(session)))


def waits_for(session: Session, dispatch: Dispatch, now: datetime) -> str:
    """What a dispatch that is not sending waits for, in words; empty where it waits for nothing."""
    if dispatch.state == SEEDING:
        return f"the seeds' reports, until {shanghai_text(decision_at(session, dispatch))}"
    if dispatch.state == RELEASED:
        return windows.may_start(windows.publication_of(session, dispatch), dispatch, now).why
    return ""


def _bad_classes(session: Session, dispatch: Dispatch) -> frozenset[str]:
    """Handset classes with a bad seed that were not held for it yet."""
    if dispatch.seed_group is None or dispatch.state == PLANNED or (dispatch.state == SENDING and dispatch.stage >= LAST_STAGE):
        return frozenset()
    bad = {line.handset_class for line in seeds.board(session, dispatch) if line.verdict == "bad"}
    return frozenset(bad - brake.ever_held_classes(session, dispatch.id)) if bad else frozenset()
