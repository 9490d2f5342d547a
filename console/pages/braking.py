"""Holding a handset class back, and letting go what a brake holds: a sheet with the count, then the act.

The count is taken when the sheet opens and again when the button is pressed; where
more readers than confirmed (by over 1 %) would be touched, the sheet comes back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session
from starlette.responses import Response

from console.confirmed import MOVED_SHARE, REASON_CHARS_MAX, number_of
from console.visit import Refused, Visit
from delivery import lifecycle
from delivery.dispatch import brake as brakes
from delivery.dispatch import steering
from delivery.models import Brake
from huabao.errors import HuabaoError, UsageError


@dataclass(frozen=True)
class Sheet:
    """What a sheet is about.

    Attributes:
        act: block or release, of the texts `gate.<act>_what`.
        count: readers whom it touches at this second.
        problem: why it cannot be done, or "".
    """

    act: str
    dispatch_id: int
    title: str
    path: str
    count: int
    problem: str = ""


def block(visit: Visit) -> Response:
    """The sheet that holds a handset class back."""
    with visit.runtime.transaction(read_only=True) as session:
        return _shown(visit, _class_sheet(visit, session))


def block_act(visit: Visit) -> Response:
    """The act, and back to where the sheet was opened."""
    with visit.runtime.transaction(read_only=True) as session:
        sheet = _class_sheet(visit, session)
    return _done(visit, sheet, lambda reason: steering.block(visit.runtime, sheet.dispatch_id, _class(visit), by=visit.actor, reason=reason), "gate.nobody")


def brake(visit: Visit) -> Response:
    """The sheet that lets go what a brake holds."""
    with visit.runtime.transaction(read_only=True) as session:
        return _shown(visit, _brake_sheet(visit, session))


def brake_act(visit: Visit) -> Response:
    """The act, and back to where the sheet was opened."""
    with visit.runtime.transaction(read_only=True) as session:
        sheet = _brake_sheet(visit, session)
    brake_id = int(visit.request.path_params["brake_id"])
    return _done(visit, sheet, lambda reason: steering.let_go(visit.runtime, brake_id, by=visit.actor, reason=reason), "gate.gone")


def _class(visit: Visit) -> str:
    return str(visit.request.path_params["handset_class"])


def _class_sheet(visit: Visit, session: Session) -> Sheet:
    dispatch_id, name = int(visit.request.path_params["dispatch_id"]), _class(visit)
    try:
        dispatch = lifecycle.find_dispatch(session, dispatch_id)
    except UsageError as error:
        raise Refused(404, "not_found") from error
    count = brakes.readers_left(session, dispatch, brakes.HANDSET_CLASS, name)
    held = name in brakes.held_classes(session, dispatch_id)
    possible = count > 0 and not held and dispatch.state in lifecycle.UNSENT
    path = f"/dispatches/{dispatch_id}/classes/{name}/block"
    return Sheet("block", dispatch_id, visit.say("gate.block_title", name=name), path, count, "" if possible else visit.say("gate.nobody"))


def _brake_sheet(visit: Visit, session: Session) -> Sheet:
    found = session.get(Brake, int(visit.request.path_params["brake_id"]))
    if found is None:
        raise Refused(404, "not_found")
    dispatch = lifecycle.find_dispatch(session, found.dispatch_id)
    what = visit.say("gate." + {"handset_class": "class"}.get(found.scope, found.scope), name=found.key)
    count = brakes.readers_left(session, dispatch, found.scope, found.key)
    return Sheet("release", dispatch.id, visit.say("gate.release_title", name=what), f"/brakes/{found.id}/release", count, visit.say("gate.gone") if found.released_at else "")


def _done(visit: Visit, sheet: Sheet, act: Callable[[str], object], refused: str) -> Response:
    reason = visit.form.get("reason", "").strip()[:REASON_CHARS_MAX]
    problem = sheet.problem or _problem(visit, sheet, reason)
    if not problem:
        try:
            act(reason)
        except HuabaoError:
            problem = visit.say(refused)  # somebody else was quicker
    if problem:
        return _shown(visit, sheet, problem=problem, reason=reason)
    return visit.go(visit.back(f"/dispatches/{sheet.dispatch_id}"))


def _problem(visit: Visit, sheet: Sheet, reason: str) -> str:
    if not reason:
        return visit.say("steer.reason_missing")
    confirmed = number_of(visit.form.get("count", ""))
    if confirmed is None or sheet.count > confirmed * (1 + MOVED_SHARE):
        return visit.say("steer.moved", before=confirmed or 0, n=sheet.count)
    return ""


def _shown(visit: Visit, sheet: Sheet, *, problem: str = "", reason: str = "") -> Response:
    template = "_brake_sheet.html" if visit.fragment else "brake_sheet.html"
    return visit.page(
        template, act=sheet.act, dispatch_id=sheet.dispatch_id, title=sheet.title, path=sheet.path, count=sheet.count, problem=problem or sheet.problem,
        possible=not sheet.problem, reason=reason, reason_chars_max=REASON_CHARS_MAX,
    )  # fmt: skip
