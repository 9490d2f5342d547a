"""Preflight before a send: a message that fails on its readers' handsets does not leave unless a person blocks that class.

A rare handset must not stop the paper: the duty editor names the failing class, which is held from the start with the
count shown, and everybody else is sent to. What is held is rerouted (link, text), let go or given up like any brake.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from content.models import Publication
from content.preflight.checking import Outcome, check_stored, summary
from delivery import lifecycle
from delivery.dispatch import brake
from huabao.errors import UsageError
from huabao.runtime import Runtime
from subscribers.handset_classes import handset_class

WAY_OUT = (
    "`huabao edition check` shows every slide; `--block-class CLASS` holds a class back and sends to all others, "
    "`huabao dispatch reroute` then sends those a link or a text; `huabao handsets import` gives a model another class"
)

REASON_CHARS_MAX = 150


def look(runtime: Runtime, publication: Publication, variants: Iterable[int], blocked: Sequence[str] = ()) -> Outcome:
    """Try the variants of a send on its readers' handsets.

    Raises:
        UsageError: a class that is to be blocked is none.
    """
    for name in blocked:
        handset_class(name)
    return check_stored(runtime, publication, variants)


def problem(found: Outcome, blocked: Sequence[str] = ()) -> str | None:
    """What keeps the send from being made, with the ways out; None where nothing does."""
    failing = {name: readers for name, readers in found.failing_classes().items() if name not in blocked}
    return f"preflight: {summary(found, failing)}. {WAY_OUT}" if failing else None


def refuse(found: Outcome, blocked: Sequence[str]) -> None:
    """Refuse a send that fails on a class which nobody blocked.

    Raises:
        UsageError: it does; the message names class, readers, handset, slide and reason.
    """
    said = problem(found, blocked)
    if said is not None:
        raise UsageError(said)


def reasons(found: Outcome, blocked: Sequence[str]) -> dict[str, str]:
    """Why each class that is blocked is, in words."""
    failing = found.failing_classes()
    said = {name: summary(found, {name: readers}) for name, readers in failing.items() if name in blocked}
    return {name: f"preflight: {said.get(name, 'blocked at the start')}"[:REASON_CHARS_MAX] for name in blocked}


def hold(session: Session, dispatch_id: int, blocked: Mapping[str, str], *, by: str, at: datetime) -> None:
    """Hold the classes that were blocked, of a dispatch that was just made; a class of which nobody is planned needs none."""
    if not blocked:
        return
    dispatch = lifecycle.lock_dispatch(session, dispatch_id)
    left = brake.classes_left(session, dispatch_id)
    for name, reason in blocked.items():
        if name in left:
            brake.pull(session, dispatch, brake.HANDSET_CLASS, name, reason=reason, by=by, at=at)
