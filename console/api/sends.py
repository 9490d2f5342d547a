"""Operations on dispatches and ports: looking only."""

from __future__ import annotations

from sqlalchemy import select

from console.api.calls import Call, Reply
from console.api.problems import Problem
from console.api.schemas import DispatchDocument, DispatchPage, DispatchProgress, DispatchQuery, PortDocument, PortList
from content.models import Edition, Publication
from content.services import find_edition
from delivery.dispatch.progress import progress
from delivery.models import Dispatch
from delivery.ports import services as ports
from monitoring.cities import CityTally, DispatchCity, city_tallies, city_tally
from monitoring.city_progress import city_progress
from monitoring.measures import Progress

COLUMNS = (
    "kind", "lane", "parent_id", "edition_id", "state", "day", "audience", "planned", "start_at", "deadline_at", "started_at", "sent_at", "closed_at", "created_at",
    "created_by",
)  # fmt: skip


def list_dispatches(call: Call) -> Reply:
    """Dispatches, the newest first."""
    query = call.query
    assert isinstance(query, DispatchQuery)
    wanted = (
        select(Dispatch, Publication.slug, Edition.number)
        .join(Edition, Edition.id == Dispatch.edition_id)
        .join(Publication, Publication.id == Edition.publication_id)
        .order_by(Dispatch.id.desc())
    )
    city = call.client.city or ""
    with call.runtime.transaction(read_only=True) as session:
        if city:
            wanted = wanted.join(DispatchCity, DispatchCity.dispatch_id == Dispatch.id).where(DispatchCity.city == city)
        if query.before is not None:
            wanted = wanted.where(Dispatch.id < query.before)
        if query.kind is not None:
            wanted = wanted.where(Dispatch.kind == query.kind)
        if query.state is not None:
            wanted = wanted.where(Dispatch.state == query.state)
        if query.edition is not None:
            wanted = wanted.where(Dispatch.edition_id == find_edition(session, query.edition).id)
        found = session.execute(wanted.limit(query.limit + 1)).all()
        tallies = city_tallies(session, [dispatch.id for dispatch, _, _ in found], city) if city else {}
    page = [_line(dispatch, f"{slug}/{number}", tallies.get(dispatch.id)) for dispatch, slug, number in found[: query.limit]]
    return Reply(200, DispatchPage(dispatches=page, next_before=page[-1].dispatch_id if len(found) > query.limit else None))


def show_dispatch(call: Call) -> Reply:
    """A dispatch and its count at this moment."""
    dispatch_id = call.path["dispatch_id"]
    with call.runtime.transaction(read_only=True) as session:
        dispatch = session.get(Dispatch, dispatch_id)
        mine = city_tally(session, dispatch_id, call.client.city) if call.client.city else None
        if dispatch is None or (call.client.city and mine is None):
            raise Problem("not-found", f"there is no dispatch {dispatch_id}")
        edition = session.get_one(Edition, dispatch.edition_id)
        slug = session.get_one(Publication, edition.publication_id).slug
        if mine is not None:
            return _in_city(dispatch, f"{slug}/{edition.number}", mine, city_progress(session, dispatch, mine, call.runtime.now()))
        found = progress(session, dispatch_id, now=call.runtime.now())
        line = _line(dispatch, f"{slug}/{edition.number}").model_dump()
    numbers = found.counts
    return Reply(
        200,
        DispatchProgress(
            **line, excluded=dict(numbers.excluded), outcomes=dict(numbers.outcomes), late=numbers.late, rate_per_s=found.rate_per_s,
            forecast_finish_at=found.forecast_finish_at, reason=found.reason,
        ),
    )  # fmt: skip


def _in_city(dispatch: Dispatch, edition: str, mine: CityTally, found: Progress) -> Reply:
    """As its last count has the city; why a dispatch stands may be said with counts of all cities, so it is not."""
    line = _line(dispatch, edition, mine).model_dump()
    return Reply(
        200,
        DispatchProgress(
            **line, excluded=dict(mine.reasons), outcomes=dict(found.outcomes), late=None, rate_per_s=None, forecast_finish_at=found.forecast_finish_at, reason="",
            counted_at=mine.at,
        ),
    )  # fmt: skip


def list_ports(call: Call) -> Reply:
    """Every port as it stands."""
    now = call.runtime.now()
    with call.runtime.transaction(read_only=True) as session:
        documents = [ports.to_document(port, now=now) for port in ports.list_ports(session)]
    wanted = PortDocument.model_fields
    return Reply(200, PortList(ports=[PortDocument.model_validate({name: one[name] for name in wanted}) for one in documents]))


def _line(dispatch: Dispatch, edition: str, mine: CityTally | None = None) -> DispatchDocument:
    values = {name: getattr(dispatch, name) for name in COLUMNS}
    if mine is not None:
        values |= {"audience": mine.audience, "planned": mine.planned}
    return DispatchDocument(dispatch_id=dispatch.id, edition=edition, **values)
