"""The charts of a dispatch: its course against the deadline, outcomes by minute, the same age on earlier weekdays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import accumulate

from sqlalchemy.orm import Session
from starlette.responses import Response

from console.charts import TONE_ORDER, stacked
from console.graphs import BARS, CLOCK, HIGH, LOW, MINUTES, Graph, Rule, Series, asked_graph, graph_answer, seconds
from console.visit import Refused, Visit
from delivery.lifecycle import find_dispatch
from delivery.models import Dispatch
from huabao.errors import UsageError
from monitoring.city_progress import city_line
from monitoring.measures import Summary, dispatch_progress
from monitoring.pace import Course, course
from monitoring.tallies import Minute
from monitoring.weekdays import same_age


def dispatch_chart(visit: Visit) -> Response:
    """One chart, as data or as a file."""
    name, now = asked_graph(visit), visit.runtime.now()
    if visit.city:
        return _of_city(visit, name, now)
    draw = GRAPHS.get(name)
    if draw is None:
        raise Refused(404, "not_found")
    with visit.runtime.transaction(read_only=True) as session:
        try:
            found = find_dispatch(session, int(visit.request.path_params["dispatch_id"]))
        except UsageError as error:
            raise Refused(404, "not_found") from error
        graph = draw(visit, session, found, now)
    return graph_answer(visit, graph, f"dispatch-{found.id}-{name}")


def _outcomes(visit: Visit, session: Session, found: Dispatch, now: datetime) -> Graph:
    return outcomes_graph(visit, dispatch_progress(session, found.id, now).by_minute)


def outcomes_graph(visit: Visit, minutes: Sequence[Minute]) -> Graph:
    """Readers by the minute of their last change, standing upon each other."""
    step, times, heights = stacked(minutes)
    series = [Series(visit.say(f"dispatch_chart.{tone}"), tone, heights[tone], BARS) for tone in TONE_ORDER]
    unit = visit.say("dispatch_chart.a_minute") if step == 1 else visit.say("dispatch_chart.a_step", n=step)
    return Graph(CLOCK, unit, [seconds(at) for at in times], series, step=step * 60.0)


def _pace(visit: Visit, session: Session, found: Dispatch, now: datetime) -> Graph:
    return pace_graph(visit, course(session, found, dispatch_progress(session, found.id, now), now))


def pace_graph(visit: Visit, way: Course) -> Graph:
    """Sent so far, the forecast with its band, what the deadline needs."""
    sent: dict[float, float] = {seconds(at): count for at, count in way.past}
    ahead = {seconds(one.at): one for one in way.ahead}
    x = sorted({*sent, *ahead, *((seconds(way.at), seconds(way.deadline_at)) if way.needed is not None and way.deadline_at is not None and sent else ())})
    needed = [_needed(way, at) for at in x]
    series = [
        Series(visit.say("dispatch_chart.sent"), "accent", [sent.get(at) for at in x]),
        Series(visit.say("dispatch_chart.low"), "accent", [ahead[at].low if at in ahead else None for at in x], LOW),
        Series(visit.say("dispatch_chart.high"), "accent", [ahead[at].high if at in ahead else None for at in x], HIGH),
        Series(visit.say("dispatch_chart.forecast"), "accent", [round(ahead[at].middle) if at in ahead else None for at in x], dash=True),
        Series(visit.say("dispatch_chart.needed"), "quiet", needed, dash=True),
    ]
    rules = [Rule(visit.say("dispatch_chart.planned"), y=float(way.planned))] if x else []
    if x and way.deadline_at is not None:
        rules.append(Rule(visit.say("dispatch_chart.deadline"), x=seconds(way.deadline_at), tone="held"))
    if x and way.ahead:
        rules.append(Rule(visit.say("dispatch_chart.now"), x=seconds(way.at)))
    return Graph(CLOCK, visit.say("dispatch_chart.readers"), x, series, rules)


def _needed(way: Course, at: float) -> float | None:
    """Readers who must have been sent to at an instant, on the straight way from now to the deadline."""
    if way.needed is None or way.deadline_at is None or not way.past:
        return None
    begin, sent = seconds(way.at), way.past[-1][1]
    return round(sent + way.needed * (at - begin)) if begin <= at <= seconds(way.deadline_at) else None


def _age(visit: Visit, session: Session, found: Dispatch, now: datetime) -> Graph:
    seen = same_age(session, found, now)
    earlier = [Series(visit.say("dispatch_chart.earlier", day=f"{day:%m-%d}"), "quiet", list(shares)) for day, shares in reversed(seen.earlier)]
    today = Series(visit.say("dispatch_chart.this_day", day=f"{found.day:%m-%d}"), "accent", list(seen.today))
    return Graph(MINUTES, visit.say("dispatch_chart.share"), seen.minutes, [*earlier, today], step=5.0, share=True)


def _of_city(visit: Visit, name: str, now: datetime) -> Response:
    """Of one city only its own course is drawn: no rate of a port, no forecast, no other day of all cities."""
    dispatch_id = int(visit.request.path_params["dispatch_id"])
    with visit.runtime.transaction(read_only=True) as session:
        found = city_line(session, dispatch_id, visit.city, now)
    if found is None or name not in ("outcomes", "pace"):
        raise Refused(404, "not_found")
    line, _ = found
    graph = outcomes_graph(visit, line.progress.by_minute) if name == "outcomes" else retrieved_graph(visit, line)
    return graph_answer(visit, graph, f"dispatch-{dispatch_id}-{name}")


def retrieved_graph(visit: Visit, line: Summary) -> Graph:
    """Readers who have it so far, against the deadline."""
    found = [(one.at, one.counts.get("retrieved", 0)) for one in line.progress.by_minute]
    x = [seconds(at) for at, _ in found]
    rules = [Rule(visit.say("dispatch_chart.planned"), y=float(line.progress.planned))] if x else []
    if x and line.dispatch.deadline_at is not None:
        rules.append(Rule(visit.say("dispatch_chart.deadline"), x=seconds(line.dispatch.deadline_at), tone="held"))
    values = list(accumulate(count for _, count in found))
    return Graph(CLOCK, visit.say("dispatch_chart.readers"), x, [Series(visit.say("dispatch_chart.delivered"), "accent", values)], rules)


GRAPHS = {"outcomes": _outcomes, "pace": _pace, "age": _age}
