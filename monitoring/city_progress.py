"""How far a dispatch is in one city: what an account of that city is shown of Today and of a dispatch.

From `monitoring.cities` alone, as old as its last count. When a dispatch as a whole ends is said of no reader, and is the same for every city.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from delivery.models import Dispatch, Outcome
from monitoring.cities import CityTally, DispatchCity, city_tallies, city_tally
from monitoring.measures import LINES, Progress, Summary, dispatch_progress
from monitoring.tallies import CITY, Minute, Tally


def city_lines(session: Session, city: str, now: datetime, *, before_id: int | None = None, limit: int = 20) -> list[Summary]:
    """The newest dispatches that have readers in the city, newest first; those with an id below `before_id` where one is given."""
    wanted = LINES.join(DispatchCity, DispatchCity.dispatch_id == Dispatch.id).where(DispatchCity.city == city)
    if before_id is not None:
        wanted = wanted.where(DispatchCity.dispatch_id < before_id)
    rows = session.execute(wanted.order_by(DispatchCity.dispatch_id.desc()).limit(limit)).all()
    tallies = city_tallies(session, [row[0].id for row in rows], city)
    return [Summary(dispatch, publication, number, title, city_progress(session, dispatch, tallies[dispatch.id], now)) for dispatch, publication, number, title in rows]


def city_line(session: Session, dispatch_id: int, city: str, now: datetime) -> tuple[Summary, CityTally] | None:
    """One dispatch in the city; None where it is none of those above."""
    found = city_tally(session, dispatch_id, city)
    row = None if found is None else session.execute(LINES.where(Dispatch.id == dispatch_id)).one_or_none()
    if found is None or row is None:
        return None
    dispatch, publication, number, title = row
    return Summary(dispatch, publication, number, title, city_progress(session, dispatch, found, now)), found


def city_progress(session: Session, dispatch: Dispatch, found: CityTally, now: datetime) -> Progress:
    """How far it is in the city; its rate is that of a port, which no city has: 0."""
    return Progress(
        dispatch_id=dispatch.id,
        state=dispatch.state,
        audience=found.audience,
        planned=found.planned,
        excluded=found.excluded,
        outcomes={outcome.name.lower(): found.outcomes.get(outcome.name.lower(), 0) for outcome in Outcome},
        rate_per_s=0.0,
        forecast_finish_at=dispatch.sent_at or dispatch_progress(session, dispatch.id, now).forecast_finish_at,
        balanced=found.planned == sum(found.outcomes.values()),
        by_minute=tuple(Minute(at, counts) for at, counts in found.minutes.items()),
        measured_at=found.at,
    )


def city_breakdown(found: CityTally) -> Tally:
    """The same as a dispatch's breakdown, without one by city."""
    return Tally(found.at, {**found.cells, CITY: {}}, found.late, found.causes)
