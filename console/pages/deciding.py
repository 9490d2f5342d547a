"""Handing in, approving, approving again, returning: a sheet says which version, then the act.

The sheet carries the version that was looked at; where another came meanwhile nothing
is done. What builds messages goes on in a job.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session
from starlette.responses import Response

from console.confirmed import REASON_CHARS_MAX, number_of
from console.edition_desk import Seen, act_of, ask, not_now, refusal, seen, shared
from console.visit import Visit
from content.services import lock_edition
from content.workflow import approvals, lifecycle
from content.workflow.approvals import Obstacle
from content.workflow.difference import Difference
from content.works.tasks import APPROVE, DESK_WORK, REAPPROVE
from huabao.errors import StoreError, UsageError


@dataclass(frozen=True)
class Sheet:
    """What a sheet is about.

    Attributes:
        problem: why it cannot be done, or "".
        obstacles: what stands in the way of an approval.
        changes: what a second approval is for.
    """

    verb: str
    found: Seen
    problem: str = ""
    obstacles: tuple[Obstacle, ...] = ()
    changes: Difference | None = None


def submit(visit: Visit) -> Response:
    """The sheet."""
    return _sheet(visit, lifecycle.SUBMIT)


def submit_act(visit: Visit) -> Response:
    """Into review."""
    return _act(visit, lifecycle.SUBMIT)


def approve(visit: Visit) -> Response:
    """The sheet, with what stands in the way."""
    return _sheet(visit, lifecycle.APPROVE)


def approve_act(visit: Visit) -> Response:
    """Build and approve, in a job."""
    return _act(visit, lifecycle.APPROVE)


def reapprove(visit: Visit) -> Response:
    """The sheet, with nothing but the difference."""
    return _sheet(visit, lifecycle.REAPPROVE)


def reapprove_act(visit: Visit) -> Response:
    """Approve again, in a job."""
    return _act(visit, lifecycle.REAPPROVE)


def reject(visit: Visit) -> Response:
    """The sheet."""
    return _sheet(visit, lifecycle.REJECT)


def reject_act(visit: Visit) -> Response:
    """Back to the editors."""
    return _act(visit, lifecycle.REJECT)


def _sheet(visit: Visit, verb: str) -> Response:
    with visit.runtime.transaction(read_only=True) as session:
        return _shown(visit, _asked(visit, session, verb))


def _asked(visit: Visit, session: Session, verb: str) -> Sheet:
    found = seen(visit, session)
    edition = found.view.edition
    if verb not in lifecycle.possible(edition.state):
        return Sheet(verb, found, not_now(visit, edition.state, f"desk_act.{verb}"))
    if verb == lifecycle.APPROVE:
        in_the_way = approvals.obstacles(session, edition, act_of(visit), production=visit.runtime.config.production)
        return Sheet(verb, found, obstacles=tuple(in_the_way))
    if verb == lifecycle.REAPPROVE:
        try:
            return Sheet(verb, found, changes=approvals.check_small(session, edition, act_of(visit)))
        except (StoreError, UsageError) as error:
            return Sheet(verb, found, refusal(visit, error))
    return Sheet(verb, found)


def _act(visit: Visit, verb: str) -> Response:
    reason = visit.form.get("reason", "").strip()[:REASON_CHARS_MAX]
    with visit.runtime.transaction() as session:
        sheet = _asked(visit, session, verb)
        problem = sheet.problem or _problem(visit, sheet, reason)
        if not problem:
            problem = _do(visit, session, sheet, reason)
        if problem:
            return _shown(visit, sheet, problem=problem, reason=reason)
    return visit.go(sheet.found.path)


def _problem(visit: Visit, sheet: Sheet, reason: str) -> str:
    if number_of(visit.form.get("version", "")) != sheet.found.view.version.version:
        return visit.say("desk_act.moved_on")
    if sheet.verb == lifecycle.REJECT and not reason:
        return visit.say("steer.reason_missing")
    return visit.say("obstacle.title") if sheet.obstacles else ""


def _do(visit: Visit, session: Session, sheet: Sheet, reason: str) -> str:
    """Do it; why not, or ""."""
    edition, version = sheet.found.view.edition, str(sheet.found.view.version.version)
    if sheet.verb in (lifecycle.APPROVE, lifecycle.REAPPROVE):
        ask(visit, session, DESK_WORK, edition, APPROVE if sheet.verb == lifecycle.APPROVE else REAPPROVE, version=version, reason=reason)
        return ""
    service = approvals.submit if sheet.verb == lifecycle.SUBMIT else approvals.reject
    try:
        service(session, lock_edition(session, edition.id), act_of(visit, reason))
    except (StoreError, UsageError) as error:
        return refusal(visit, error)
    return ""


def _shown(visit: Visit, sheet: Sheet, *, problem: str = "", reason: str = "") -> Response:
    values: dict[str, Any] = {
        "sheet": sheet, "problem": problem or sheet.problem, "possible": not sheet.problem and not sheet.obstacles, "reason": reason, "reason_chars_max": REASON_CHARS_MAX,
    }  # fmt: skip
    return visit.page("_decide_sheet.html" if visit.fragment else "decide_sheet.html", **shared(visit, sheet.found, "review"), **values)
