"""What a person does about a run: agrees to what the guard holds, or has the rest repaired. The repairs themselves are a job."""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.responses import Response

from console.agreeing import asked_run, others
from console.confirmed import number_of
from console.pages.reconcile import dressing
from console.settlement import GONE, VERBS, Standing, standing
from console.settlement import settle as do
from console.visit import Refused, Visit
from huabao.errors import UsageError
from reconciliation.runs import guard


def settle(visit: Visit) -> Response:
    """The sheet."""
    return _sheet(visit)


def settle_act(visit: Visit) -> Response:
    """The act, and back to the run."""
    run_id, verb = asked_run(visit, VERBS)
    try:
        with visit.runtime.transaction() as session:
            found = _standing(session, visit, run_id, verb)
            problem, confirmed = _why_not(visit, found), number_of(visit.form.get("count", ""))
            if problem or confirmed != found.count:
                return _sheet(visit, problem=problem or visit.say("steer.moved", before=confirmed or 0, n=found.count))
            do(session, run_id, verb, by=visit.actor, now=visit.runtime.now())
    except UsageError:
        return _sheet(visit, problem=visit.say("settle.gone"))
    return visit.go(f"/reconcile/runs/{run_id}?done={verb}")


def _standing(session: Session, visit: Visit, run_id: int, verb: str) -> Standing:
    found = standing(session, run_id, verb, by=visit.actor)
    if found is None:
        raise Refused(404, "not_found")
    return found


def _why_not(visit: Visit, found: Standing) -> str:
    return found.why_not and visit.say("settle.gone" if found.why_not == GONE else "agree.twice")


def _sheet(visit: Visit, *, problem: str = "") -> Response:
    run_id, verb = asked_run(visit, VERBS)
    with visit.runtime.transaction(read_only=True) as session:
        found = _standing(session, visit, run_id, verb)
        why_not, agreed = _why_not(visit, found), guard.agreed(found.run)
        return visit.page(
            "_settle_sheet.html" if visit.fragment else "settle_sheet.html",
            run=found.run, verb=verb, count=found.count, agreed=agreed, held=guard.held(session, found.run), possible=not why_not, problem=problem or why_not,
            seconds=[one for one in others(session, "settle_act", agreed) if one.casefold() != visit.actor.casefold()], **dressing(visit),
        )  # fmt: skip
