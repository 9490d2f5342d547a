"""Preflight before a send: a message that fails on its readers' handsets does not leave unless a person blocks that class.

A rare handset must not stop the paper: the duty editor names the failing class, which is held from the start with the
count shown, and everybody else is sent to. What is held is rerouted (link, text), let go or given up like any brake.

A dispatch that waits for its hour is looked at again when the records of handsets change
meanwhile: a class that fails by now is held, unless it was held before and somebody let it go.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from content.models import Edition, Publication, Variant
from content.preflight.checking import Outcome as Tried
from content.preflight.checking import check_reader, check_stored, summary
from content.preflight.panel import Panel, panel_among
from delivery import lifecycle
from delivery.dispatch import brake
from delivery.models import Batch, Dispatch, Outcome, deliveries
from huabao.audit import AuditEntry
from huabao.errors import UsageError
from huabao.runtime import Runtime
from subscribers.handset_classes import handset_class
from subscribers.models import Reader

WAY_OUT = (
    "`huabao edition check` shows every slide; `--block-class CLASS` holds a class back and sends to all others, "
    "`huabao dispatch reroute` then sends those a link or a text; `huabao handsets import` gives a model another class"
)

REASON_CHARS_MAX = 150

SEEN = "handsets_seen"
"""In `Dispatch.gate`: the last change of the handset records that was looked at."""


def look(runtime: Runtime, publication: Publication, variants: Iterable[int], blocked: Sequence[str] = ()) -> Tried:
    """Try the variants of a send on its readers' handsets.

    Raises:
        UsageError: a class that is to be blocked is none.
    """
    for name in blocked:
        handset_class(name)
    return check_stored(runtime, publication, variants)


def problem(found: Tried, blocked: Sequence[str] = ()) -> str | None:
    """What keeps the send from being made, with the ways out; None where nothing does."""
    failing = {name: readers for name, readers in found.failing_classes().items() if name not in blocked}
    return f"preflight: {summary(found, failing)}. {WAY_OUT}" if failing else None


def refuse(found: Tried, blocked: Sequence[str]) -> None:
    """Refuse a send that fails on a class which nobody blocked.

    Raises:
        UsageError: it does; the message names class, readers, handset, slide and reason.
    """
    said = problem(found, blocked)
    if said is not None:
        raise UsageError(said)


def reasons(found: Tried, blocked: Sequence[str]) -> dict[str, str]:
    """Why each class that is blocked is, in words."""
    failing = found.failing_classes()
    said = {name: summary(found, {name: readers}) for name, readers in failing.items() if name in blocked}
    return {name: f"preflight: {said.get(name, 'blocked at the start')}"[:REASON_CHARS_MAX] for name in blocked}


def misfits_of(session: Session, reader_id: int, variant_id: int) -> tuple[str, ...]:
    """Why one message fails on the handset that one reader has, in words with its model; nothing where it does not, or nobody knows."""
    model, found = check_reader(session, reader_id, variant_id)
    said: dict[str, list[int]] = {}
    for one in found:
        if one.level == "fail":
            said.setdefault(one.reason, []).extend([one.slide] if one.slide else [])
    return tuple(f"{model}{f', slide {slides[0]}' if slides else ''}: {reason}" for reason, slides in said.items())


def look_again(runtime: Runtime, dispatch_id: int) -> None:
    """Try what waits once more on its readers' handsets, where their records changed since, and hold the classes that fail by now."""
    with runtime.transaction(read_only=True) as session:
        dispatch = lifecycle.find_dispatch(session, dispatch_id)
        change = _changed_since(session, dispatch)
        if change is None:
            return
        publication = session.scalars(select(Publication).join(Edition, Edition.publication_id == Publication.id).where(Edition.id == dispatch.edition_id)).one()
        variants = set(session.scalars(select(Batch.variant_id).where(Batch.dispatch_id == dispatch_id, Batch.state == "ready")))
    found = check_stored(runtime, publication, variants, lambda session: _panel(session, dispatch))
    with runtime.transaction() as session:
        locked, now = lifecycle.lock_dispatch(session, dispatch_id), runtime.now()
        known, left = brake.ever_held_classes(session, dispatch_id), brake.classes_left(session, dispatch_id)
        for name, reason in reasons(found, list(found.failing_classes())).items():
            if name in left and name not in known:
                brake.pull(session, locked, brake.HANDSET_CLASS, name, reason=reason, by=lifecycle.SYSTEM, at=now)
        locked.gate = {**locked.gate, SEEN: change}


def _changed_since(session: Session, dispatch: Dispatch) -> int | None:
    """The newest change of the records since the dispatch was made, by its line in the audit trail; None where it was looked at already."""
    changes = select(func.max(AuditEntry.id)).where(
        AuditEntry.object_kind.in_(("file", "handsets")), AuditEntry.action.in_(("handsets.import", "handsets.classify")), AuditEntry.at >= dispatch.created_at
    )
    found = session.scalar(changes)
    return found if found is not None and found > dispatch.gate.get(SEEN, 0) else None


def _panel(session: Session, dispatch: Dispatch) -> Panel:
    """The handsets of those who still wait, in the class that their message was made for."""
    waiting = (deliveries.c.day == dispatch.day, deliveries.c.dispatch_id == dispatch.id, deliveries.c.outcome == int(Outcome.PENDING))
    rows = session.execute(
        select(Variant.handset_class, Reader.handset_model, func.count())
        .select_from(deliveries)
        .join(Variant, Variant.id == deliveries.c.variant_id)
        .join(Reader, Reader.id == deliveries.c.reader_id)
        .where(*waiting, Variant.channel == "mms")
        .group_by(Variant.handset_class, Reader.handset_model)
    )
    readers: dict[str, dict[str | None, int]] = {}
    for name, model, count in rows:
        readers.setdefault(name, {})[model] = count
    return panel_among(session, readers)


def hold(session: Session, dispatch_id: int, blocked: Mapping[str, str], *, by: str, at: datetime) -> None:
    """Hold the classes that were blocked, of a dispatch that was just made; a class of which nobody is planned needs none."""
    if not blocked:
        return
    dispatch = lifecycle.lock_dispatch(session, dispatch_id)
    left = brake.classes_left(session, dispatch_id)
    for name, reason in blocked.items():
        if name in left:
            brake.pull(session, dispatch, brake.HANDSET_CLASS, name, reason=reason, by=by, at=at)
