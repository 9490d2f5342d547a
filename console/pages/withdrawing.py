"""Correcting an edition that is out, and killing one: a sheet with the count, then the act in a job."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from console.confirmed import MOVED_SHARE, REASON_CHARS_MAX, number_of
from console.edition_desk import Seen, ask, refusal, seen, shared
from console.visit import Visit
from content.workflow import lifecycle
from delivery.dispatch import correction, killing
from delivery.dispatch.planning import Request
from delivery.tasks import CORRECT, DESK_WORK, KILL
from huabao.errors import HuabaoError
from monitoring.recallable import Recallable, recallable


@dataclass(frozen=True)
class Sheet:
    """What a sheet is about.

    Attributes:
        verb: kill or correct.
        count: readers whom it touches at this second.
        waiting: of a correction, those who still wait for an older version.
        reach: what lies with peers, and as of when.
        problem: why it cannot be done, or "".
    """

    verb: str
    found: Seen
    count: int = 0
    waiting: int = 0
    reach: Recallable | None = None
    problem: str = ""


def kill(visit: Visit) -> Response:
    """The sheet."""
    return _shown(visit, _asked(visit, lifecycle.KILL))


def kill_act(visit: Visit) -> Response:
    """The act."""
    return _act(visit, lifecycle.KILL)


def correct(visit: Visit) -> Response:
    """The sheet."""
    return _shown(visit, _asked(visit, lifecycle.CORRECT))


def correct_act(visit: Visit) -> Response:
    """The act."""
    return _act(visit, lifecycle.CORRECT)


def _asked(visit: Visit, verb: str) -> Sheet:
    with visit.runtime.transaction(read_only=True) as session:
        found = seen(visit, session)
    edition = found.view.edition
    if verb not in lifecycle.possible(edition.state):
        return Sheet(verb, found, problem=visit.say("desk_act.not_now", state=visit.say(f"issue_state.{edition.state}"), verb=visit.say(f"issue_verb.{verb}")))
    try:
        if verb == lifecycle.KILL:
            return _killing(visit, found)
        corrected = correction.preview(visit.runtime, Request(str(edition.id)))
        reach = Recallable(corrected.reach.readers, corrected.reach.beyond)
        return Sheet(verb, found, corrected.count.planned, corrected.waiting, reach)
    except HuabaoError as error:
        return Sheet(verb, found, problem=refusal(visit, error))


def _killing(visit: Visit, found: Seen) -> Sheet:
    with visit.runtime.transaction(read_only=True) as session:
        sent = killing.dispatches_of(session, found.view.edition.id)
        return Sheet(lifecycle.KILL, found, correction.pending_readers(session, sent), reach=recallable(session, sent))


def _act(visit: Visit, verb: str) -> Response:
    sheet = _asked(visit, verb)
    reason = visit.form.get("reason", "").strip()[:REASON_CHARS_MAX]
    problem = sheet.problem or _problem(visit, sheet, reason)
    if problem:
        return _shown(visit, sheet, problem, reason)
    args = {"reason": reason, "recalling": visit.form.get("recalling", "")[:1], "replacing": visit.form.get("replacing", "")[:1]}
    with visit.runtime.transaction() as session:
        ask(visit, session, DESK_WORK, sheet.found.view.edition, KILL if verb == lifecycle.KILL else CORRECT, **args)
    return visit.go(sheet.found.path)


def _problem(visit: Visit, sheet: Sheet, reason: str) -> str:
    if not reason:
        return visit.say("steer.reason_missing")
    confirmed = number_of(visit.form.get("count", ""))
    if confirmed is None or sheet.count > confirmed * (1 + MOVED_SHARE):
        return visit.say("steer.moved", before=confirmed or 0, n=sheet.count)
    typed = number_of(visit.form.get("typed", ""))
    return visit.say("steer.count_wrong") if sheet.verb == lifecycle.KILL and typed != confirmed else ""


def _shown(visit: Visit, sheet: Sheet, problem: str = "", reason: str = "") -> Response:
    return visit.page(
        "_withdraw_sheet.html" if visit.fragment else "withdraw_sheet.html", **shared(visit, sheet.found, "edition"), sheet=sheet, problem=problem or sheet.problem,
        possible=not sheet.problem, reason=reason, reason_chars_max=REASON_CHARS_MAX,
    )  # fmt: skip
