"""The reconciliation board: three totals and the agreed one, what differs by class, the runs, and what waits for two people."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy.orm import Session
from starlette.responses import Response

from console.agreeing import others
from console.drawing import trend, waterfall
from console.visit import Refused, Visit
from huabao.clock import business_day
from reconciliation.diff import CLASSES
from reconciliation.reports import files
from reconciliation.reports.figures import Report
from reconciliation.reports.gathering import TREND_DAYS, gather
from reconciliation.reports.paper import action_words
from reconciliation.reports.wording import say, share
from reconciliation.reports.wording import words as report_words
from reconciliation.runs import guard
from reconciliation.runs.boards import latest_runs, newest_plans, open_classes
from reconciliation.runs.models import APPLIED, DAILY, PLANNED, PLANNING, ReconcileRun
from reconciliation.runs.running import summary

RUNS_SHOWN = 14
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def reconcile(visit: Visit) -> Response:
    """The board; who has a city finds what is open there, for the figures are the province's."""
    if visit.city:
        return visit.go("/reconcile/open")
    with visit.runtime.transaction(read_only=True) as session:
        runs = latest_runs(session, RUNS_SHOWN)
        until = max((run.day for run in runs if run.kind == DAILY), default=business_day(visit.runtime.now()))
        found = _report(visit, session, until - timedelta(days=TREND_DAYS - 1), until)
        plans = [(run, guard.held(session, run)) for run in newest_plans(session) if run.state != APPLIED]
        classes = open_classes(session)
        return visit.page(
            "reconcile.html",
            report=found,
            newest=found.waterfall_of,
            drawing=waterfall(found.waterfall_of) if found.waterfall_of else None,
            trend=trend(found.trend, until, TREND_DAYS),
            open=classes,
            runs=runs,
            held=[(run, held, guard.agreed(run), others(session, "settle_act", guard.agreed(run))) for run, held in plans if held],
            today=business_day(visit.runtime.now()),
            may_settle=visit.may("settle_act"),
            until=until,
            **dressing(visit),
        )


def reconcile_run(visit: Visit) -> Response:
    """One run: what it compared, what was refused, what is planned, what is held and who agreed."""
    with visit.runtime.transaction(read_only=True) as session:
        run = session.get(ReconcileRun, int(visit.request.path_params["run_id"]))
        if run is None:
            raise Refused(404, "not_found")
        found = summary(session, run.id)
        newest = any(one.id == run.id for one in newest_plans(session))
        agreed = guard.agreed(run)
        return visit.page(
            "reconcile_run.html",
            run=run,
            found=found,
            newest=newest,
            agreed=agreed,
            approvals=[one for one in run.approvals if one["plan"] == run.plan],
            seconds=others(session, "settle_act", agreed),
            planned=found.states.get(PLANNED, 0),
            done=visit.request.query_params.get("done", "") in ("agree", "apply"),
            may_settle=visit.may("settle_act") and newest and run.state not in (PLANNING, APPLIED),
            mine=visit.actor.casefold() in agreed,
            **dressing(visit),
        )


def report_file(visit: Visit) -> Response:
    """The report of a day as a workbook; numbers masked."""
    given = visit.request.query_params.get("day", "")
    try:
        day = date.fromisoformat(given)
    except ValueError as error:
        raise Refused(404, "not_found") from error
    with visit.runtime.transaction(read_only=True, still=True) as session, TemporaryDirectory() as folder:
        out = Path(folder) / "report.xlsx"
        files.write(session, gather(session, day, day, kind=DAILY, made_at=visit.runtime.now(), masked=True), out, visit.language)
        body = out.read_bytes()
    return Response(body, media_type=XLSX, headers={"Content-Disposition": f'attachment; filename="reconcile-{day}.xlsx"', "Cache-Control": "no-store"})


def dressing(visit: Visit) -> dict[str, Any]:
    """What the templates of this desk say things with."""
    language = visit.language
    return {
        "reported": partial(say, language),
        "rate_words": lambda rate: share(rate, language),
        "action_words": lambda action: action_words(action, language),
        "class_words": lambda name: (CLASSES[name].zh if language == "zh" else CLASSES[name].en) if name in CLASSES else name,
        "direction_of": lambda name: CLASSES[name].direction if name in CLASSES else "none",
        "has_words": lambda name: name in report_words(),
        "instant": datetime.fromisoformat,
    }


def _report(visit: Visit, session: Session, since: date, until: date) -> Report:
    return gather(session, since, until, kind=DAILY, made_at=visit.runtime.now(), masked=True, listed_max=0)
