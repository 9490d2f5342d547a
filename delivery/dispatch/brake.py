"""The brake: only what is failing is held back, until somebody lets it go.

A brake names a port, a handset class, a variant or a batch of one dispatch; the batches that
it fits do not leave (`Batch.held`), all others do. It is pulled by what was measured
(`delivery.dispatch.vitals`), by a bad seed, or by the duty editor. However many are
pulled in a dispatch, one alarm stands open for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from content.models import Variant
from delivery import lifecycle
from delivery.lifecycle import SYSTEM
from delivery.models import Batch, Brake, Dispatch, Port
from delivery.sending import stages
from delivery.sending.waiting import enqueue_ready
from huabao import alarms, audit
from huabao.errors import StoreError, UsageError

PORT, HANDSET_CLASS, VARIANT, BATCH = "port", "handset_class", "variant", "batch"
SCOPES = (PORT, HANDSET_CLASS, VARIANT, BATCH)
"""What a brake may hold, the broadest first."""

ALARM = "delivery.brake"

HELD_CHARS_MAX = 200

_OPEN = Batch.state.in_(("ready", "claimed"))


def pull(session: Session, dispatch: Dispatch, scope: str, key: str, *, reason: str, by: str, at: datetime) -> Brake:
    """Hold back what `scope` and `key` name in a locked dispatch; the brake that does, possibly an older one.

    Where the system pulls, a person is called.
    """
    found = session.scalars(select(Brake).where(Brake.dispatch_id == dispatch.id, Brake.scope == scope, Brake.key == key, Brake.released_at.is_(None))).first()
    if found is not None:
        return found
    made = Brake(dispatch_id=dispatch.id, scope=scope, key=key, reason=reason, readers=readers_left(session, dispatch, scope, key), at=at, by=by)
    session.add(made)
    session.flush()
    apply(session, made)
    lifecycle.note(session, dispatch, by=by, at=at, reason=f"{name_of(made)} held, {made.readers:,} readers: {reason}")
    if by == SYSTEM:
        stages.warn(session, ALARM, str(dispatch.id), _summary(session, dispatch.id), now=at)
    return made


def apply(session: Session, brake: Brake) -> None:
    """Hold the open batches that the brake fits and nobody holds yet."""
    text = f"brake {brake.id}: {brake.reason}"[:HELD_CHARS_MAX]
    session.execute(update(Batch).where(Batch.dispatch_id == brake.dispatch_id, _OPEN, Batch.held.is_(None), _fits(brake.scope, brake.key)).values(held=text))


def apply_all(session: Session, dispatch_id: int) -> None:
    """Hold what came under an open brake since, e.g. batches that moved to another port."""
    for brake in open_brakes(session, dispatch_id):
        apply(session, brake)


def release(session: Session, brake_id: int, *, by: str, at: datetime, reason: str) -> Brake:
    """Let go what a brake holds; another brake that fits the same batches goes on holding them.

    Raises:
        UsageError: there is no such brake.
        StoreError: it was released already.
    """
    found = _lock(session, brake_id)
    dispatch = lifecycle.lock_dispatch(session, found.dispatch_id)
    session.execute(update(Batch).where(Batch.dispatch_id == found.dispatch_id, Batch.held.like(f"brake {found.id}:%")).values(held=None))
    _end(session, dispatch, found, "released", by=by, at=at, reason=reason)
    apply_all(session, found.dispatch_id)
    enqueue_ready(session, now=at, dispatch_id=found.dispatch_id)
    return found


def drop(session: Session, brake_id: int, *, by: str, at: datetime, reason: str) -> int:
    """Give up sending to whom a brake holds: they become cancelled; how many batches.

    Raises:
        UsageError: there is no such brake.
        StoreError: it was released already, or a worker has some of it in hand.
    """
    found = _lock(session, brake_id)
    dispatch = lifecycle.lock_dispatch(session, found.dispatch_id)
    held = session.scalars(select(Batch).where(Batch.dispatch_id == found.dispatch_id, _OPEN, Batch.held.like(f"brake {found.id}:%")).with_for_update()).all()
    if any(batch.state != "ready" for batch in held):
        raise StoreError(f"a worker has some of what brake {brake_id} holds in hand and is just letting go; try again in a few seconds")
    for batch in held:
        stages.cancel_batch(session, batch, now=at)
    _end(session, dispatch, found, "given up", by=by, at=at, reason=reason)
    return len(held)


def _lock(session: Session, brake_id: int) -> Brake:
    found = session.scalars(select(Brake).where(Brake.id == brake_id).with_for_update()).first()
    if found is None:
        raise UsageError(f"there is no brake {brake_id}; `huabao dispatch brake list` shows them")
    if found.released_at is not None:
        raise StoreError(f"brake {brake_id} was released already, by {found.released_by}: {found.release_reason}")
    return found


def _end(session: Session, dispatch: Dispatch, brake: Brake, what: str, *, by: str, at: datetime, reason: str) -> None:
    brake.released_at, brake.released_by, brake.release_reason = at, by, reason
    audit.record(session, actor=by, action="brake.release", object_kind="brake", object_id=brake.id, at=at, dispatch=dispatch.id, what=what, reason=reason)
    lifecycle.note(session, dispatch, by=by, at=at, reason=f"{name_of(brake)} {what}: {reason}")
    session.flush()
    if not any(one.by == SYSTEM for one in open_brakes(session, dispatch.id)):
        close_alarm(session, dispatch.id, at=at)


def close_alarm(session: Session, dispatch_id: int, *, at: datetime) -> None:
    """The dispatch has nothing held any more that somebody should look at."""
    alarms.close_alarm(session, ALARM, str(dispatch_id), at=at)


def open_brakes(session: Session, dispatch_id: int) -> Sequence[Brake]:
    """Brakes of the dispatch that hold something, the oldest first."""
    return session.scalars(select(Brake).where(Brake.dispatch_id == dispatch_id, Brake.released_at.is_(None)).order_by(Brake.id)).all()


def all_brakes(session: Session, dispatch_id: int | None = None, *, only_open: bool = False) -> Sequence[Brake]:
    """Brakes, the newest first; of one dispatch, or of all."""
    wanted = select(Brake).order_by(Brake.id.desc()).limit(200)
    if dispatch_id is not None:
        wanted = wanted.where(Brake.dispatch_id == dispatch_id)
    return session.scalars(wanted.where(Brake.released_at.is_(None)) if only_open else wanted).all()


def held_classes(session: Session, dispatch_id: int) -> set[str]:
    """Handset classes that are held now."""
    return {one.key for one in open_brakes(session, dispatch_id) if one.scope == HANDSET_CLASS}


def ever_held_classes(session: Session, dispatch_id: int) -> set[str]:
    """Handset classes that are held, or were until a person let them go."""
    return set(session.scalars(select(Brake.key).where(Brake.dispatch_id == dispatch_id, Brake.scope == HANDSET_CLASS)))


def readers_left(session: Session, dispatch: Dispatch, scope: str, key: str) -> int:
    """Readers in open batches that a brake of this scope and key would hold; of a batch that is leaving, all."""
    return int(session.scalar(select(func.coalesce(func.sum(Batch.size), 0)).where(Batch.dispatch_id == dispatch.id, _OPEN, _fits(scope, key))) or 0)


def classes_left(session: Session, dispatch_id: int) -> dict[str, int]:
    """Readers in open batches by handset class."""
    rows = session.execute(select(Batch.handset_class, func.sum(Batch.size)).where(Batch.dispatch_id == dispatch_id, _OPEN).group_by(Batch.handset_class))
    return {name: int(readers) for name, readers in rows}


def block(session: Session, dispatch: Dispatch, handset_class: str, *, by: str, at: datetime, reason: str) -> Brake:
    """Hold a handset class of a locked dispatch because a person says so.

    Raises:
        UsageError: nobody of that class is left to send to.
        StoreError: nothing of the dispatch may leave any more.
    """
    if dispatch.state not in lifecycle.UNSENT:
        raise StoreError(f"dispatch {dispatch.id} is {dispatch.state}: nothing of it is left to hold back")
    left = classes_left(session, dispatch.id)
    if handset_class not in left:
        there = ", ".join(f"{name} ({readers:,} readers)" for name, readers in sorted(left.items())) or "nobody"
        raise UsageError(f"nobody of handset class {handset_class!r} is left to send to in dispatch {dispatch.id}; there is {there}")
    return pull(session, dispatch, HANDSET_CLASS, handset_class, reason=reason, by=by, at=at)


def name_of(brake: Brake) -> str:
    """What a brake holds, in words."""
    return f"{brake.scope.replace('_', ' ')} {brake.key}"


def _summary(session: Session, dispatch_id: int) -> str:
    held = [f"{name_of(one)} ({one.readers:,} readers): {one.reason}" for one in open_brakes(session, dispatch_id)]
    return f"dispatch {dispatch_id}: held back {'; '.join(held)}. The rest goes on; `huabao dispatch brake release ID --reason TEXT` lets it go"


def _fits(scope: str, key: str) -> ColumnElement[bool]:
    """The condition on batches that a brake holds."""
    if scope == PORT:
        return Batch.port_id.in_(select(Port.id).where(Port.name == key))
    if scope == HANDSET_CLASS:
        return Batch.handset_class == key
    if scope == BATCH:
        return Batch.id == int(key)
    assert scope == VARIANT, scope
    version = select(Dispatch.edition_version_id).where(Dispatch.id == Batch.dispatch_id).correlate(Batch).scalar_subquery()
    return Batch.variant_id.in_(select(Variant.id).where(Variant.name == key, Variant.edition_version_id == version))
