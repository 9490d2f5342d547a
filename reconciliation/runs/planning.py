"""What a comparison found goes into the ledger, and what is done about it is planned: some differences at a time, each lot a transaction of its own.

While it lasts the run is `planning`, and nothing of it is agreed to or carried out. Whoever
plans is named in the run: of two at once the first one stops. A plan that was cut short is made
anew from its beginning when the same files are given again; that changes nothing more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from secrets import token_hex
from typing import Any, Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from huabao import alarms
from huabao.errors import UsageError
from huabao.runtime import Runtime
from reconciliation.diff import ATTRIBUTES, SIDES, Difference, Outcome, read_differences
from reconciliation.runs import guard
from reconciliation.runs.facts import offering
from reconciliation.runs.ledger import Context, Planned, chunks, close_unseen, enter, give_up
from reconciliation.runs.models import COMPARED, PLANNED, PLANNING, ReconcileRepair, ReconcileRun
from reconciliation.runs.policy import NONE, policy_in, rule_of
from reconciliation.runs.settings import TRIES_MAX

HELD_ALARM: Final = "reconcile.held"
_PLANNER: Final = "planner"
_KEPT: Final = ("lists", "left_out", "bill", "gaps")


@dataclass(frozen=True, slots=True)
class Found:
    """What a comparison gave.

    Attributes:
        file: of the differences.
        flight: keys that were changing.
    """

    outcome: Outcome
    file: Path
    flight: set[tuple[str, str]]


def keep(runtime: Runtime, run_id: int, found: Found) -> None:
    """Keep what was found, and plan; nothing where something of the run was done already.

    Raises:
        UsageError: another process began to plan the run meanwhile.
    """
    now, me = runtime.now(), token_hex(8)
    with runtime.transaction() as session:
        begun = _begin(session, runtime, run_id, found, me, now)
    if begun is None:
        return
    context, later = begun
    more: dict[str, Any] = {} if later is None else {"later_run": later}
    plan = ""
    if context is not None:
        more, plan = _plan(runtime, context, found, me)
    with _mine(runtime, run_id, me) as (session, run):
        figures = _figures(found.outcome) | {name: run.figures[name] for name in _KEPT if name in run.figures} | more
        figures.setdefault("explained", _explained_by_class(runtime, found.outcome))
        run.figures, run.plan, run.state, run.compared_at = figures, plan, COMPARED, now
        _call(session, run, now)


def _begin(session: Session, runtime: Runtime, run_id: int, found: Found, me: str, now: datetime) -> tuple[Context | None, int | None] | None:
    """The run becomes mine; what the plan needs to know, None where none is made, and the later run that knows more."""
    run = session.get_one(ReconcileRun, run_id, with_for_update=True)
    if run.state not in (COMPARED, PLANNING):
        return None
    outcome = found.outcome
    instants = {name: report.as_of for name, report in outcome.sides.items()}
    run.boss_as_of, run.misc_as_of, run.platform_as_of = (instants.get(name) for name in SIDES)
    run.compared, run.matched, run.differences_file = outcome.compared, outcome.matched, str(found.file)
    run.state, run.plan = PLANNING, ""
    run.figures = {**run.figures, _PLANNER: me}
    r = ReconcileRepair
    session.execute(delete(r).where(r.run_id == run.id, r.state == PLANNED), execution_options={"synchronize_session": False})
    if run.refused or not all(name in outcome.sides for name in SIDES):
        return None, None
    later = _later_run(session, run)
    return (None, later) if later is not None else (Context(run, policy_in(runtime.config.data_dir), offering(session), TRIES_MAX.get(session), now), None)


@contextmanager
def _mine(runtime: Runtime, run_id: int, me: str) -> Iterator[tuple[Session, ReconcileRun]]:
    """A transaction in which the run is still mine."""
    with runtime.transaction() as session:
        run = session.get_one(ReconcileRun, run_id, with_for_update=True)
        if run.figures.get(_PLANNER) != me:
            raise UsageError(f"another process plans run {run_id}; `huabao reconcile runs` shows when it is through")
        yield session, run


def _plan(runtime: Runtime, context: Context, found: Found, me: str) -> tuple[dict[str, Any], str]:
    """Enter the differences and what is to be done about them; figures, and the digest of the plan."""
    planned, run_id = Planned(), context.run.id
    for some in chunks(one for one in read_differences(found.file) if _is_decided(one)):
        with _mine(runtime, run_id, me) as (session, _):
            enter(session, context, some, planned)
    closed = _close(runtime, context, planned, found.flight | set(found.outcome.undecided), me)
    with _mine(runtime, run_id, me) as (session, _):
        given_up = give_up(session, context)
    marks = {name: count for name, count in planned.marks.items() if name}
    figures = {"marks": marks, "actions": dict(planned.actions), "closed": closed, "given_up": given_up, "explained": planned.actions[NONE]}
    return figures, planned.digest.hexdigest()


def _is_decided(one: Difference) -> bool:
    """Whether enough sides are known: of price and payer BOSS, whose word is taken over, of the letters all three."""
    if one.name in ATTRIBUTES:
        return one.name == "effective" or one.states[0] != "unknown"
    return "unknown" not in one.states


def _close(runtime: Runtime, context: Context, planned: Planned, undecided: Collection[tuple[str, str]], me: str) -> dict[str, int]:
    """Close what is there no more, some at a time; how many by outcome."""
    counts: dict[str, int] = {}
    seen, after = planned.ids(), None
    while True:
        with _mine(runtime, context.run.id, me) as (session, _):
            closed, after = close_unseen(session, context, seen, undecided, after=after)
        for name, count in closed.items():
            counts[name] = counts.get(name, 0) + count
        if after is None:
            return counts


def _figures(outcome: Outcome) -> dict[str, Any]:
    return {
        "differences": {name: tally.count for name, tally in outcome.classes.items()},
        "money_fen": {name: tally.money_fen for name, tally in outcome.classes.items()},
        "equal": dict(outcome.equal),
        "in_flight": outcome.in_flight,
        "unknown": outcome.unknown,
        "records": {name: report.records for name, report in outcome.sides.items()},
        "faults": {name: dict(report.faults) for name, report in outcome.sides.items()},
    }


def _call(session: Session, run: ReconcileRun, now: datetime) -> None:
    """Call people where the guard holds something."""
    held = guard.held(session, run)
    if not held:
        alarms.close_alarm(session, HELD_ALARM, run.kind, at=now)
        return
    words = ", ".join(f"{count:,} of {name}" for name, count in held.items())
    said = f"run {run.id} of {run.day} would repair {words}: two people look at it and agree (`huabao reconcile daily --approve {run.id}`)"
    alarms.raise_alarm(session, HELD_ALARM, run.kind, said, at=now)


def _later_run(session: Session, run: ReconcileRun) -> int | None:
    """The run of a later day that knew all three sides."""
    c = ReconcileRun
    return session.scalar(select(c.id).where(c.kind == run.kind, c.day > run.day, c.plan != "").order_by(c.day.desc(), c.id.desc()).limit(1))


def _explained_by_class(runtime: Runtime, outcome: Outcome) -> int:
    """Where nothing is planned: the differences of classes about which the policy does nothing."""
    policy = policy_in(runtime.config.data_dir)
    rules = {name: rule_of(policy, name, ()) for name in outcome.classes}
    return sum(tally.count for name, tally in outcome.classes.items() if (rule := rules[name]) is not None and rule.to == NONE)
