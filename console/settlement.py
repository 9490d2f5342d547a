"""What is done about a run of the reconciliation: agreed to by two, or the rest repaired. The page and the API ask here; the repairs are a job."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from huabao.queues import enqueue
from reconciliation.runs import guard
from reconciliation.runs.applying import APPLY_RUN
from reconciliation.runs.boards import newest_plans
from reconciliation.runs.models import APPLIED, PLANNED, PLANNING, ReconcileRun
from reconciliation.runs.running import summary

AGREE, APPLY = VERBS = ("agree", "apply")
GONE, TWICE = "gone", "twice"


@dataclass(frozen=True)
class Standing:
    """How a run stands to an act.

    Attributes:
        count: repairs that it touches at this second.
        why_not: "", or `GONE` (nothing is left to do), `TWICE` (the same person agreed before).
    """

    run: ReconcileRun
    count: int
    why_not: str


def standing(session: Session, run_id: int, verb: str, *, by: str) -> Standing | None:
    """How the run stands to what `by` wants to do; None where there is none."""
    run = session.get(ReconcileRun, run_id)
    if run is None:
        return None
    found = summary(session, run_id)
    held = sum(found.held.values())
    count = held if verb == AGREE else found.states.get(PLANNED, 0) - held
    if run.state in (PLANNING, APPLIED) or all(one.id != run_id for one in newest_plans(session)) or count <= 0:
        return Standing(run, count, GONE)
    return Standing(run, count, TWICE if verb == AGREE and by.casefold() in guard.agreed(run) else "")


def settle(session: Session, run_id: int, verb: str, *, by: str, now: datetime) -> bool:
    """Agree, or have the rest repaired; whether repairs were asked for.

    Raises:
        UsageError: the run is not there any more, nothing is held, or `by` agreed before.
    """
    run = guard.approve(session, run_id, by=by, at=now) if verb == AGREE else None
    if run is not None and len(guard.agreed(run)) < guard.PEOPLE:
        return False
    enqueue(session, APPLY_RUN, {"run_id": run_id, "by": by}, now=now, unique_key=f"reconcile-apply:{run_id}")
    return True
