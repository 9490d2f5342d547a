"""A dispatch as an account of one city is shown it: that city's readers alone, from what was counted of them."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import Response

from console.breakdown import cells_of, late_of
from console.charts import ORDER, lying_bar
from console.visit import Refused, Visit
from content.models import Variant
from delivery.models import DispatchTransition
from monitoring.cities import CityTally
from monitoring.city_progress import city_breakdown, city_line
from monitoring.measures import Summary
from monitoring.tallies import VARIANT

VARIANTS_SHOWN = 12
CHANGES_SHOWN = 20


def dispatch_in_city(visit: Visit, template: str) -> Response:
    """The page or its live part; a dispatch without readers in the city is not there."""
    now = visit.runtime.now()
    with visit.runtime.transaction(read_only=True) as session:
        found = city_line(session, int(visit.request.path_params["dispatch_id"]), visit.city, now)
        if found is None:
            raise Refused(404, "not_found")
        line, counted = found
        variants = _variants(session, line, counted)
        changes = _changes(session, line.dispatch.id)
    tally = city_breakdown(counted)
    progress = line.progress
    finish, deadline = progress.forecast_finish_at, line.dispatch.deadline_at
    margin = deadline - finish if deadline is not None and finish is not None else None
    answer = visit.page(
        "_dispatch_city.html" if template.startswith("_") else template,
        line=line,
        progress=progress,
        counted=counted,
        tally=tally,
        view=line,
        cells=cells_of(line.dispatch.id, tally),
        late=late_of(tally),
        order=ORDER,
        pieces=lying_bar(progress.outcomes, progress.planned),
        sent=progress.planned - progress.outcomes["pending"] - progress.outcomes["cancelled"],
        margin=margin,
        in_time=margin is None or margin >= timedelta(0),
        variants=variants[:VARIANTS_SHOWN],
        changes=changes,
    )
    answer.headers["Age"] = f"{max(0.0, (now - counted.at).total_seconds()):.0f}"
    return answer


def _variants(session: Session, line: Summary, counted: CityTally) -> list[tuple[Variant, int]]:
    """Those that readers of the city get, with how many of them."""
    readers = {name: sum(outcomes.values()) for name, outcomes in counted.cells.get(VARIANT, {}).items()}
    wanted = select(Variant).where(Variant.edition_version_id == line.dispatch.edition_version_id, Variant.name.in_(readers))
    return sorted(((one, readers[one.name]) for one in session.scalars(wanted)), key=lambda pair: (-pair[1], pair[0].name)) if readers else []


def _changes(session: Session, dispatch_id: int) -> list[DispatchTransition]:
    """States and their instants; the reasons may hold counts of all cities."""
    wanted = select(DispatchTransition).where(DispatchTransition.dispatch_id == dispatch_id).order_by(DispatchTransition.id.desc())
    return list(session.scalars(wanted.limit(CHANGES_SHOWN)))
