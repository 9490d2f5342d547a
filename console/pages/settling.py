"""What a person does about a run: agrees to what the guard holds, or has the rest repaired. The repairs themselves are a job."""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.responses import Response

from console.agreeing import asked_run, others
from console.pages.reconcile import dressing
from console.pages.steering import number_of
from console.visit import Refused, Visit
from huabao.errors import UsageError
from huabao.queues import enqueue
from reconciliation.runs import guard
from reconciliation.runs.applying import APPLY_RUN
from reconciliation.runs.boards import newest_plans
from reconciliation.runs.models import APPLIED, PLANNED, PLANNING, ReconcileRun
from reconciliation.runs.running import summary

VERBS = ("agree", "apply")


def settle(visit: Visit) -> Response:
    """The sheet."""
    return _sheet(visit)


def settle_act(visit: Visit) -> Response:
    """The act, and back to the run."""
    run_id, verb = asked_run(visit, VERBS)
    now = visit.runtime.now()
    try:
        with visit.runtime.transaction() as session:
            run, count, problem = _count(session, visit, run_id, verb)
            confirmed = number_of(visit.form.get("count", ""))
            if problem or confirmed != count:
                return _sheet(visit, problem=problem or visit.say("steer.moved", before=confirmed or 0, n=count))
            if verb == "agree":
                run = guard.approve(session, run_id, by=visit.actor, at=now)
            if verb == "apply" or len(guard.agreed(run)) >= guard.PEOPLE:
                enqueue(session, APPLY_RUN, {"run_id": run_id, "by": visit.actor}, now=now, unique_key=f"reconcile-apply:{run_id}")
    except UsageError:
        return _sheet(visit, problem=visit.say("settle.gone"))
    return visit.go(f"/reconcile/runs/{run_id}?done={verb}")


def _count(session: Session, visit: Visit, run_id: int, verb: str) -> tuple[ReconcileRun, int, str]:
    """The run, how many repairs the act touches at this second, and why it cannot be done, or ""."""
    run = session.get(ReconcileRun, run_id)
    if run is None:
        raise Refused(404, "not_found")
    found = summary(session, run_id)
    held = sum(found.held.values())
    count = held if verb == "agree" else found.states.get(PLANNED, 0) - held
    if run.state in (PLANNING, APPLIED) or all(one.id != run_id for one in newest_plans(session)) or count <= 0:
        return run, count, visit.say("settle.gone")
    if verb == "agree" and visit.actor.casefold() in guard.agreed(run):
        return run, count, visit.say("agree.twice")
    return run, count, ""


def _sheet(visit: Visit, *, problem: str = "") -> Response:
    run_id, verb = asked_run(visit, VERBS)
    with visit.runtime.transaction(read_only=True) as session:
        run, count, why_not = _count(session, visit, run_id, verb)
        agreed = guard.agreed(run)
        return visit.page(
            "_settle_sheet.html" if visit.fragment else "settle_sheet.html",
            run=run, verb=verb, count=count, agreed=agreed, held=guard.held(session, run), possible=not why_not, problem=problem or why_not,
            seconds=[one for one in others(session, "settle_act", agreed) if one.casefold() != visit.actor.casefold()], **dressing(visit),
        )  # fmt: skip
