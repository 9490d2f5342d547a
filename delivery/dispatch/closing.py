"""What is left when a window shuts, and when an edition grows too old: held, said aloud, and cancelled at last.

Nothing is dropped in silence. Readers who were not sent to when the window shut wait
for its next opening, with an alarm that says how many. Once the edition is stale they
are withdrawn, each with the reason, and the dispatch goes on to its end.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from content.models import Edition, EditionVersion, Publication
from delivery import kinds, lifecycle
from delivery.dispatch import windows
from delivery.dispatch.audience import stale_at
from delivery.dispatch.carriers import waiting_readers
from delivery.models import Batch, Dispatch
from delivery.sending import journal
from delivery.sending.claims import lost_readers, open_batches
from huabao import alarms
from huabao.alarms import Alarm
from huabao.clock import shanghai_text
from huabao.ids import unpack_ids
from huabao.runtime import Runtime

WINDOW_ALARM, DEADLINE_ALARM, STALE_ALARM = "delivery.window", "delivery.deadline", "delivery.stale"

STALE = "stale_edition"

SHUT = "the window shut"
"""How the reason begins for which a batch is held that its window left behind."""

BATCHES_AT_ONCE = 50

AGEING = (lifecycle.PLANNED, lifecycle.HELD, lifecycle.RELEASED, lifecycle.PAUSED, lifecycle.SENDING)
"""States in which an edition may grow too old; seeds are judged first."""


def left_over(session: Session, dispatch: Dispatch) -> int:
    """Readers of the dispatch who are still to be sent to."""
    return waiting_readers(session, dispatch).total()


def note_shut(session: Session, dispatch: Dispatch, *, at: datetime) -> None:
    """Say how many readers are left as the window of a dispatch shuts."""
    number = left_over(session, dispatch)
    if not number:
        return
    publication, stale = windows.publication_of(session, dispatch), _stale_at(session, dispatch)
    again = windows.opening(publication, dispatch, at)
    fate = f"they wait until {shanghai_text(again)}" if stale is None or again < stale else f"the edition is stale from {shanghai_text(stale)}: they are cancelled then"
    text = f"dispatch {dispatch.id}: the window {publication.send_window} shut with {number:,} readers not sent to; {fate}. `huabao dispatch open-window` lets them go now"
    alarms.raise_alarm(session, WINDOW_ALARM, str(dispatch.id), text, at=at, readers=number)


def let_go(session: Session, dispatch_id: int, *, at: datetime) -> None:
    """Hold nothing of the dispatch any more for a window that shut."""
    session.execute(update(Batch).where(Batch.dispatch_id == dispatch_id, Batch.held.like(f"{SHUT}%")).values(held=None))
    alarms.close_alarm(session, WINDOW_ALARM, str(dispatch_id), at=at)


def watch(runtime: Runtime) -> None:
    """Hold what a window leaves behind beside later hours, say whose deadline is over, withdraw what grew stale, close alarms that are over."""
    now = runtime.now()
    with runtime.transaction(read_only=True) as session:
        found = session.scalars(select(Dispatch).where(Dispatch.state.in_(AGEING)).order_by(Dispatch.id)).all()
        stale = [one.id for one in found if (limit := _stale_at(session, one)) is not None and limit <= now]
        late = [one.id for one in found if one.state == lifecycle.SENDING and windows.LATE in one.gate and windows.is_late(windows.publication_of(session, one), one, now)]
        said = session.execute(select(Alarm.kind, Alarm.key).where(Alarm.kind.in_((WINDOW_ALARM, DEADLINE_ALARM)), Alarm.closed_at.is_(None))).all()
        over = [(kind, key) for kind, key in said if not left_over(session, lifecycle.find_dispatch(session, int(key)))]
        known = {int(key) for _, key in said}
        missed = [one.id for one in found if one.state == lifecycle.SENDING and one.deadline_at is not None and one.deadline_at <= now and one.id not in known]
    for dispatch_id in stale:
        _expire(runtime, dispatch_id)
    for dispatch_id in late:
        with runtime.transaction() as session:
            _hold_late(session, lifecycle.lock_dispatch(session, dispatch_id), now)
    if over or missed:
        with runtime.transaction() as session:
            for kind, key in over:
                alarms.close_alarm(session, kind, key, at=now)
            for dispatch_id in missed:
                _note_missed(session, lifecycle.find_dispatch(session, dispatch_id), now)


def _note_missed(session: Session, dispatch: Dispatch, now: datetime) -> None:
    """A deadline without a window holds nothing back: the rest goes on, and a person knows."""
    number = left_over(session, dispatch)
    if number and dispatch.deadline_at is not None:
        text = f"dispatch {dispatch.id}: its deadline {shanghai_text(dispatch.deadline_at)} is over with {number:,} readers not sent to; they still go"
        alarms.raise_alarm(session, DEADLINE_ALARM, str(dispatch.id), text, at=now, readers=number)


def _hold_late(session: Session, dispatch: Dispatch, now: datetime) -> None:
    """Hold the batches that the window should have carried, while those of later hours still go."""
    shut = windows.shut_at(windows.publication_of(session, dispatch), now)
    mine = (Batch.dispatch_id == dispatch.id, Batch.state.in_(("ready", "claimed")), Batch.held.is_(None), or_(Batch.not_before.is_(None), Batch.not_before < shut))
    held = session.execute(update(Batch).where(*mine).values(held=f"{SHUT} at {shanghai_text(shut)}").returning(Batch.id)).all()
    if held:
        note_shut(session, dispatch, at=now)


def _expire(runtime: Runtime, dispatch_id: int) -> None:
    """Withdraw whoever waits in a stale dispatch; it goes on to its end."""
    total = 0
    while True:
        now = runtime.now()
        with runtime.transaction() as session:
            dispatch = lifecycle.lock_dispatch(session, dispatch_id)
            if dispatch.state not in AGEING:
                return
            ready = select(Batch).where(Batch.dispatch_id == dispatch_id, Batch.state == "ready").order_by(Batch.id).limit(BATCHES_AT_ONCE)
            batches = session.scalars(ready.with_for_update(skip_locked=True)).all()
            total += sum(_withdraw(session, batch, now) for batch in batches)
            if len(batches) == BATCHES_AT_ONCE:
                continue
            session.flush()
            if dispatch.state != lifecycle.SENDING and not open_batches(session, dispatch_id):  # what a worker has in hand comes back first
                lifecycle.act(session, dispatch, "expire", by=lifecycle.SYSTEM, at=now, reason=f"the edition is stale; {total:,} readers were not sent to")
            if total:
                text = f"dispatch {dispatch_id}: the edition grew stale before {total:,} readers were sent to; they are cancelled"
                alarms.raise_alarm(session, STALE_ALARM, str(dispatch_id), text, at=now, readers=total)
            return


def _withdraw(session: Session, batch: Batch, now: datetime) -> int:
    batch.fence += 1
    session.flush()
    lost_readers(session, batch, now=now)
    number = journal.cancel(session, batch, unpack_ids(batch.reader_ids), at=now, reason=STALE)
    batch.state = "done"
    return number


def _stale_at(session: Session, dispatch: Dispatch) -> datetime | None:
    if dispatch.kind in (kinds.RESEND, kinds.SERIAL, kinds.PROBE):
        return None
    edition = session.get_one(Edition, dispatch.edition_id)
    return stale_at(session.get_one(Publication, edition.publication_id), edition, session.get_one(EditionVersion, dispatch.edition_version_id), start=dispatch.start_at)
