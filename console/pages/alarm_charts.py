"""The chart under an alarm: what was measured against its threshold, around the incident."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy.orm import Session
from starlette.responses import Response

from care.complaints.counting import by_hour
from care.settings import BURST_MIN, BURST_TIMES
from console.graphs import BARS, CLOCK, DAYS, Graph, Rule, Series, asked_graph, graph_answer, seconds
from console.pages.dispatch_charts import pace_graph
from console.visit import Refused, Visit
from delivery.dispatch.thresholds import BRAKE_REJECTED_SHARE
from huabao.alarms import Alarm
from huabao.clock import SHANGHAI
from monitoring.alarms import evidence
from monitoring.measures import dispatch_progress
from monitoring.pace import course
from reconciliation.runs.settings import SERVE_COUNT, STOP_COUNT

DAY_S = 86_400.0
HOUR = timedelta(hours=1)


def alarm_chart(visit: Visit) -> Response:
    """Its data, or the file."""
    now = visit.runtime.now()
    with visit.runtime.transaction(read_only=True) as session:
        found = session.get(Alarm, int(visit.request.path_params["alarm_id"]))
        name = "" if found is None else evidence.evidence_of(session, found, now).chart
        if found is None or not name or name != asked_graph(visit):
            raise Refused(404, "not_found")
        graph = GRAPHS[name](visit, session, found, now)
    return graph_answer(visit, graph, f"alarm-{found.id}-{name}")


def _course(visit: Visit, session: Session, alarm: Alarm, now: datetime) -> Graph:
    dispatch = evidence.dispatch_of(session, alarm)
    assert dispatch is not None
    graph = pace_graph(visit, course(session, dispatch, dispatch_progress(session, dispatch.id, now), now))
    return Graph(graph.kind, graph.unit, graph.x, graph.series, [*graph.rules, _opened(visit, alarm)])


def _failing(visit: Visit, session: Session, alarm: Alarm, now: datetime) -> Graph:
    by_minute = dispatch_progress(session, int(alarm.key), now).by_minute
    shares = [_share(one.counts) for one in by_minute]
    limit = BRAKE_REJECTED_SHARE.get(session)
    rules = [Rule(visit.say("alarms.chart_brake"), y=limit, tone="failed"), _opened(visit, alarm)]
    return Graph(CLOCK, visit.say("alarms.chart_share"), [seconds(one.at) for one in by_minute], [Series(visit.say("alarms.chart_refused"), "failed", shares)], rules, share=True)


def _share(counts: Mapping[str, int]) -> float | None:
    settled = sum(counts.get(name, 0) for name in ("retrieved", "rejected", "failed"))
    return (settled - counts.get("retrieved", 0)) / settled if settled else None


def _port(visit: Visit, session: Session, alarm: Alarm, now: datetime) -> Graph:
    known = {one.minute: one for one in evidence.minutes(session, alarm, now)}
    begin, end = evidence.around(alarm, now)
    ground = [begin + timedelta(minutes=number) for number in range(int((end - begin) / timedelta(minutes=1)) + 1)]
    rows: list[Any] = [known.get(at) for at in ground]
    taken = [0 if one is None else one.submissions - one.refused - one.deferred - one.unknown for one in rows]
    series = [Series(visit.say("alarms.chart_taken"), "delivered", taken, BARS)]
    for name, tone in (("refused", "failed"), ("deferred", "held"), ("unknown", "unknown")):
        series.append(Series(visit.say(f"submission.{name}"), tone, [0 if one is None else getattr(one, name) for one in rows], BARS))
    return Graph(CLOCK, visit.say("alarms.chart_requests"), [seconds(at) for at in ground], series, [_opened(visit, alarm)])


def _burst(visit: Visit, session: Session, alarm: Alarm, now: datetime) -> Graph:
    end = min(alarm.closed_at or now, alarm.first_seen_at + timedelta(days=2))
    begin = (alarm.first_seen_at - timedelta(days=1)).replace(minute=0, second=0, microsecond=0)
    counts = by_hour(session, begin, end)
    ground = [begin + number * HOUR for number in range(int((end - begin) / HOUR) + 1)]
    usual = float(alarm.detail.get("usual", 0.0))
    limit = max(float(BURST_MIN.get(session)), BURST_TIMES.get(session) * usual)
    rules = [Rule(visit.say("alarms.chart_usual"), y=usual), Rule(visit.say("alarms.chart_limit"), y=limit, tone="failed"), _opened(visit, alarm)]
    series = [Series(visit.say("alarms.chart_complaints"), "held", [counts.get(at, 0) for at in ground], BARS)]
    return Graph(CLOCK, visit.say("alarms.chart_an_hour"), [seconds(at) for at in ground], series, rules, step=HOUR.total_seconds())


def _runs(visit: Visit, session: Session, alarm: Alarm, now: datetime) -> Graph:
    found = evidence.runs(session, alarm)
    ground = [seconds(datetime.combine(day, time.min, SHANGHAI)) for day, _ in found]
    series = [Series(visit.say("alarms.chart_class"), "accent", [count for _, count in found], BARS)]
    limits = (("alarms.chart_serve", SERVE_COUNT.get(session)), ("alarms.chart_stop", STOP_COUNT.get(session)))
    return Graph(DAYS, visit.say("alarms.chart_differences"), ground, series, [Rule(visit.say(name), y=float(limit), tone="failed") for name, limit in limits], step=DAY_S)


def _opened(visit: Visit, alarm: Alarm) -> Rule:
    return Rule(visit.say("alarms.chart_opened"), x=seconds(alarm.first_seen_at), tone="failed")


GRAPHS: Mapping[str, Callable[[Visit, Session, Alarm, datetime], Graph]] = {
    evidence.COURSE: _course, evidence.FAILING: _failing, evidence.PORT: _port, evidence.BURST: _burst, evidence.RUNS: _runs,
}  # fmt: skip
"""By the name that the chart has in its address."""
