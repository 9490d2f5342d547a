"""Today: every dispatch, newest first, live."""

from __future__ import annotations

from starlette.responses import Response

from console.charts import lying_bar
from console.visit import Visit
from delivery import lifecycle
from monitoring.measures import recent_dispatches

PAGE_LENGTH = 20


def today(visit: Visit) -> Response:
    """The list of dispatches."""
    return _list(visit, "today.html")


def today_live(visit: Visit) -> Response:
    """The same, without the frame."""
    return _list(visit, "_today.html")


def _list(visit: Visit, template: str) -> Response:
    before = visit.request.query_params.get("before", "")
    before_id = int(before) if before.isdecimal() and len(before) < 18 else None
    now = visit.runtime.now()
    with visit.runtime.transaction(read_only=True) as session:
        found = recent_dispatches(session, now, before_id=before_id, limit=PAGE_LENGTH + 1)
    lines = found[:PAGE_LENGTH]
    older = lines[-1].dispatch.id if len(found) > PAGE_LENGTH else None
    bars = {line.dispatch.id: lying_bar(line.progress.outcomes, line.progress.planned) for line in lines}
    open_ages = [(now - line.progress.measured_at).total_seconds() for line in lines if line.dispatch.state != lifecycle.CLOSED]
    answer = visit.page(template, lines=lines, bars=bars, older=older, before=before_id)
    answer.headers["Age"] = f"{max(open_ages, default=0.0):.0f}"
    return answer
