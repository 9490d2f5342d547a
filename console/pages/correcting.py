"""Correcting an edition that is out: whom it reaches is counted in a job, and the button carries the count."""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.responses import Response

from console.confirmed import REASON_CHARS_MAX, number_of
from console.edition_desk import Seen, ask, not_now, seen, shared
from console.visit import Visit
from content.workflow import lifecycle
from content.works import services as works
from content.works.models import DeskWork
from delivery.tasks import CORRECT, COUNT_CORRECTION, DESK_WORK


def correct(visit: Visit, problem: str = "", reason: str = "") -> Response:
    """The page."""
    with visit.runtime.transaction(read_only=True) as session:
        found = seen(visit, session)
        counted = works.latest(session, found.view.edition.id, COUNT_CORRECTION)
        fresh = _fresh(session, found)
    impossible = _not_now(visit, found)
    return visit.page(
        "correct.html", **shared(visit, found, "edition"), counted=counted, fresh=fresh, problem=problem or impossible, possible=not impossible,
        reason=reason, reason_chars_max=REASON_CHARS_MAX,
    )  # fmt: skip


def correct_count_act(visit: Visit) -> Response:
    """Have it counted."""
    with visit.runtime.transaction() as session:
        found = seen(visit, session)
        problem = _not_now(visit, found)
        if not problem:
            ask(visit, session, DESK_WORK, found.view.edition, COUNT_CORRECTION)
    return correct(visit, problem) if problem else visit.go(f"{found.path}/correct")


def correct_act(visit: Visit) -> Response:
    """Correct for whom was counted."""
    reason = visit.form.get("reason", "").strip()[:REASON_CHARS_MAX]
    with visit.runtime.transaction() as session:
        found = seen(visit, session)
        fresh = _fresh(session, found)
        problem = _not_now(visit, found) or _problem(visit, fresh, reason)
        if not problem:
            assert fresh is not None, "it was counted"
            args = {"reason": reason, "replacing": visit.form.get("replacing", "")[:1], "confirmed": str(fresh.result["planned"])}
            ask(visit, session, DESK_WORK, found.view.edition, CORRECT, **args)
    return correct(visit, problem, reason) if problem else visit.go(found.path)


def _fresh(session: Session, found: Seen) -> DeskWork | None:
    """The last count, if it is of the present version and nothing was corrected since."""
    edition_id = found.view.edition.id
    counted, done = works.latest(session, edition_id, COUNT_CORRECTION), works.latest(session, edition_id, CORRECT)
    if counted is None or counted.state != works.DONE or counted.edition_version_id != found.view.version.id or (done is not None and done.id > counted.id):
        return None
    return counted


def _not_now(visit: Visit, found: Seen) -> str:
    state = found.view.edition.state
    return "" if lifecycle.CORRECT in lifecycle.possible(state) else not_now(visit, state, f"issue_verb.{lifecycle.CORRECT}")


def _problem(visit: Visit, fresh: DeskWork | None, reason: str) -> str:
    """Why what was confirmed is not what would be done, or ""."""
    if not reason:
        return visit.say("steer.reason_missing")
    if fresh is None or visit.form.get("counted") != str(fresh.id):
        return visit.say("resending.other")
    confirmed = number_of(visit.form.get("count", ""))
    return "" if confirmed == fresh.result["planned"] else visit.say("steer.moved", before=confirmed or 0, n=fresh.result["planned"])
