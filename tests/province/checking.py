"""What a run says held against a recount, and what a second run of a day may not change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from reconciliation.outbox.models import OutboundRequest
from reconciliation.reports.figures import Report
from reconciliation.runs.models import ReconcileDifference, ReconcileRepair
from subscribers.models import Subscription, SubscriptionEvent
from tests.province.recount import Recount
from tests.province.world import BUNDLED, FREE, Key

if TYPE_CHECKING:
    from tests.province.days import DayResult


def differ(run: DayResult, names: Mapping[Key, tuple[str, int]], counted: Recount, report: Report) -> Iterator[str]:
    """What is not as it was counted: matches, each difference with its money, and the report's figures of both."""
    if (run.compared, run.matched) != (counted.compared, counted.matched):
        yield f"{run.matched} of {run.compared} match, counted {counted.matched} of {counted.compared}"
    if names.items() - counted.differing.items():
        yield f"{len(names.items() - counted.differing.items())} differences are not as they were counted"
    if len(counted.differing.keys() - names.keys()) != run.in_flight:
        yield f"{len(counted.differing.keys() - names.keys())} differences are not told, {run.in_flight} are said to be in flight"
    money: dict[str, int] = {}
    for name, fen in names.values():
        money[name] = money.get(name, 0) + fen
    said = {one.name: one.money_fen for one in report.classes}
    if money != said or money != run.money_fen:
        yield f"money {run.money_fen}, in the report {said}, counted {money}"
    explained = sum(name == "effective" or (key[1] in (FREE, BUNDLED) and name == "xaa") for key, (name, _) in names.items())
    if report.rate != (counted.matched + explained) / counted.compared:
        yield f"the report's match rate is {report.rate}, counted {counted.matched} and {explained} explained of {counted.compared}"


def fingerprint(session: Session) -> dict[str, Any]:
    """What a second run could change: subscriptions and their history, differences, repairs, requests to peers."""
    s, e, d, r, o = Subscription, SubscriptionEvent, ReconcileDifference, ReconcileRepair, OutboundRequest
    states = session.execute(select(s.state, func.count()).group_by(s.state).order_by(s.state)).all()
    repairs = session.execute(select(r.action, r.state, r.outcome, func.count()).group_by(r.action, r.state, r.outcome).order_by(r.action, r.state, r.outcome)).all()
    return {
        "subscriptions": [tuple(row) for row in states],
        "changed": session.scalar(select(func.max(s.updated_at))),
        "history": session.scalar(select(func.max(e.id))),
        "differences": tuple(session.execute(select(func.count(), func.sum(d.tries), func.count().filter(d.closed_at.is_(None)))).one()),
        "repairs": [tuple(row) for row in repairs],
        "requests": session.scalar(select(func.count()).select_from(o)),
    }
