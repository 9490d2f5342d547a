"""The guard: what would move too many at once waits until two people agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from huabao import audit
from huabao.errors import UsageError
from reconciliation.runs.models import PLANNED, PLANNING, ReconcileRepair, ReconcileRun
from reconciliation.runs.policy import ASK
from reconciliation.runs.settings import GUARD_FLOOR, SERVE_COUNT, SERVE_SHARE, STOP_COUNT, STOP_SHARE
from reconciliation.runs.steps import TELL_MISC

PEOPLE: Final = 2


@dataclass(frozen=True, slots=True)
class Limits:
    """Above which count or share a class is held; `floor` is never held by its share."""

    count: int
    share: float
    floor: int

    def hold(self, repairs: int, compared: int) -> bool:
        """Whether so many are too many."""
        return repairs > self.count or (repairs > self.floor and repairs > self.share * compared)


def held_by(counts: Mapping[tuple[str, bool], int], compared: int, serve: Limits, stop: Limits) -> dict[str, int]:
    """Pure: the classes that are held with how many of their repairs, from counts by (class, whether it stops)."""
    names = {name for (name, stops), count in counts.items() if (stop if stops else serve).hold(count, compared)}
    return {name: sum(counts.get((name, stops), 0) for stops in (False, True)) for name in sorted(names)}


def held(session: Session, run: ReconcileRun) -> dict[str, int]:
    """The classes of a run that wait for two people, with how many repairs; those that were agreed to are not in it."""
    if len(agreed(run)) >= PEOPLE:
        return {}
    r = ReconcileRepair
    rows = session.execute(select(r.name, r.stops, func.count()).where(r.run_id == run.id, r.state == PLANNED, r.action.not_in((ASK, TELL_MISC))).group_by(r.name, r.stops))
    floor = GUARD_FLOOR.get(session)
    serve = Limits(SERVE_COUNT.get(session), SERVE_SHARE.get(session), floor)
    stop = Limits(STOP_COUNT.get(session), STOP_SHARE.get(session), floor)
    return held_by({(name, stops): count for name, stops, count in rows}, run.compared, serve, stop)


def agreed(run: ReconcileRun) -> Sequence[str]:
    """Who agreed to what the run would do now."""
    return sorted({one["by"].casefold() for one in run.approvals if one["plan"] == run.plan})


def check_planned(run: ReconcileRun) -> None:
    """Of a run whose plan is not whole nothing is agreed to and nothing done.

    Raises:
        UsageError: it is being planned, or that was cut short.
    """
    if run.state == PLANNING:
        raise UsageError(f"the plan of run {run.id} is being made, or was cut short: give its files again, which begins where nothing is lost")


def approve(session: Session, run_id: int, *, by: str, at: datetime) -> ReconcileRun:
    """Agree to what is held of a run.

    Raises:
        UsageError: there is no such run, nothing of it is held, or the same person agreed before.
    """
    run = session.get(ReconcileRun, run_id, with_for_update=True)
    if run is None:
        raise UsageError(f"there is no run {run_id}; `huabao reconcile runs` shows them all")
    check_planned(run)
    if by.casefold() in agreed(run):
        raise UsageError(f"{by} agreed to run {run_id} already: another person must (--as)")
    c = ReconcileRun
    later = session.scalar(select(c.id).where(c.kind == run.kind, c.day > run.day, c.plan != "").order_by(c.id.desc()).limit(1))
    if later is not None:
        raise UsageError(f"run {later} looked at a later day since, so nothing of run {run_id} is done any more: look at that one")
    waiting = held(session, run)
    if not waiting:
        raise UsageError(f"nothing of run {run_id} is held, so nobody need agree")
    entry: dict[str, Any] = {"by": by, "at": at.isoformat(), "plan": run.plan, "held": waiting}
    run.approvals = [*run.approvals, entry]
    audit.record(session, actor=by, action="reconcile.approve", object_kind="reconcile_run", object_id=run.id, at=at, held=waiting)
    session.flush()
    return run
