"""Killing an edition: a sheet with the count, then the act in a job."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from console.confirmed import MOVED_SHARE, REASON_CHARS_MAX, number_of
from console.edition_desk import Seen, ask, not_now, refusal, seen, shared
from console.visit import Visit
from content.workflow import lifecycle
from delivery.dispatch import correction, killing
from delivery.tasks import DESK_WORK, KILL
from huabao.errors import HuabaoError
from monitoring.recallable import Recallable, recallable


@dataclass(frozen=True)
class Sheet:
    """What the sheet is about.

    Attributes:
        count: readers whom it touches at this second.
        reach: what lies with peers, and as of when.
        problem: why it cannot be done, or "".
    """

    found: Seen
    count: int = 0
    reach: Recallable | None = None
    problem: str = ""


def kill(visit: Visit) -> Response:
    """The sheet."""
    return _shown(visit, _asked(visit))


def kill_act(visit: Visit) -> Response:
    """The act."""
    sheet = _asked(visit)
    reason = visit.form.get("reason", "").strip()[:REASON_CHARS_MAX]
    problem = sheet.problem or _problem(visit, sheet, reason)
    if problem:
        return _shown(visit, sheet, problem, reason)
    with visit.runtime.transaction() as session:
        ask(visit, session, DESK_WORK, sheet.found.view.edition, KILL, reason=reason, recalling=visit.form.get("recalling", "")[:1])
    return visit.go(sheet.found.path)


def _asked(visit: Visit) -> Sheet:
    with visit.runtime.transaction(read_only=True) as session:
        found = seen(visit, session)
        state = found.view.edition.state
        if lifecycle.KILL not in lifecycle.possible(state):
            return Sheet(found, problem=not_now(visit, state, "issue_verb.kill"))
        try:
            sent = killing.dispatches_of(session, found.view.edition.id)
            return Sheet(found, correction.pending_readers(session, sent), recallable(session, sent))
        except HuabaoError as error:
            return Sheet(found, problem=refusal(visit, error))


def _problem(visit: Visit, sheet: Sheet, reason: str) -> str:
    if not reason:
        return visit.say("steer.reason_missing")
    confirmed = number_of(visit.form.get("count", ""))
    if confirmed is None or sheet.count > confirmed * (1 + MOVED_SHARE):
        return visit.say("steer.moved", before=confirmed or 0, n=sheet.count)
    return "" if number_of(visit.form.get("typed", "")) == confirmed else visit.say("steer.count_wrong")


def _shown(visit: Visit, sheet: Sheet, problem: str = "", reason: str = "") -> Response:
    return visit.page(
        "_kill_sheet.html" if visit.fragment else "kill_sheet.html", **shared(visit, sheet.found, "edition"), sheet=sheet, problem=problem or sheet.problem,
        possible=not sheet.problem, reason=reason, reason_chars_max=REASON_CHARS_MAX,
    )  # fmt: skip
