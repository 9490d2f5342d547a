"""Today: the day's figures, the course of what is being sent, every dispatch, ports and feeds; live. An account of one city is shown that city."""

from __future__ import annotations

from starlette.responses import Response

from console.charts import lying_bar
from console.visit import Visit
from content.feeds import arrivals
from delivery import lifecycle
from monitoring import ports
from monitoring.city_progress import city_lines
from monitoring.measures import recent_dispatches
from monitoring.morning import morning

PAGE_LENGTH = 20


def today(visit: Visit) -> Response:
    """The page."""
    return _list(visit, "today.html")


def today_live(visit: Visit) -> Response:
    """The same, without the frame."""
    return _list(visit, "_today.html")


def _list(visit: Visit, template: str) -> Response:
    before = visit.request.query_params.get("before", "")
    before_id = int(before) if before.isdecimal() and len(before) < 18 else None
    now = visit.runtime.now()
    with visit.runtime.transaction(read_only=True) as session:
        if visit.city:
            found = city_lines(session, visit.city, now, before_id=before_id, limit=PAGE_LENGTH + 1)
        else:
            found = recent_dispatches(session, now, before_id=before_id, limit=PAGE_LENGTH + 1)
        lines = found[:PAGE_LENGTH]
        first = before_id is None
        answer = visit.page(
            template,
            morning=morning(session, lines, now, city=visit.city) if first else None,
            lines=lines,
            bars={line.dispatch.id: lying_bar(line.progress.outcomes, line.progress.planned) for line in lines},
            older=lines[-1].dispatch.id if len(found) > PAGE_LENGTH else None,
            before=before_id,
            city=visit.city,
            ports=ports.board(session, now).ports if first and visit.may("ports") else (),
            feeds=[(slug, source, arrival) for slug, source, arrival in arrivals.board(session, now) if arrival.state] if first else [],
        )
    ages = [(now - line.progress.measured_at).total_seconds() for line in lines if line.dispatch.state != lifecycle.CLOSED]
    answer.headers["Age"] = f"{max(ages, default=0.0):.0f}"
    return answer
