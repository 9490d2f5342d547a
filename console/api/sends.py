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
    with call.runtime.transaction(read_only=True) as session:
        if query.before is not None:
            wanted = wanted.where(Dispatch.id < query.before)
        if query.kind is not None:
            wanted = wanted.where(Dispatch.kind == query.kind)
        if query.state is not None:
            wanted = wanted.where(Dispatch.state == query.state)
        if query.edition is not None:
            wanted = wanted.where(Dispatch.edition_id == find_edition(session, query.edition).id)
        found = session.execute(wanted.limit(query.limit + 1)).all()
    page = [_line(dispatch, f"{slug}/{number}") for dispatch, slug, number in found[: query.limit]]
    return Reply(200, DispatchPage(dispatches=page, next_before=page[-1].dispatch_id if len(found) > query.limit else None))


def show_dispatch(call: Call) -> Reply:
    """A dispatch and its count at this moment."""
    dispatch_id = call.path["dispatch_id"]
    with call.runtime.transaction(read_only=True) as session:
        dispatch = session.get(Dispatch, dispatch_id)
        if dispatch is None:
            raise Problem("not-found", f"there is no dispatch {dispatch_id}")
        edition = session.get_one(Edition, dispatch.edition_id)
        slug = session.get_one(Publication, edition.publication_id).slug
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


def list_ports(call: Call) -> Reply:
    """Every port as it stands."""
    now = call.runtime.now()
    with call.runtime.transaction(read_only=True) as session:
        documents = [ports.to_document(port, now=now) for port in ports.list_ports(session)]
    wanted = PortDocument.model_fields
    return Reply(200, PortList(ports=[PortDocument.model_validate({name: one[name] for name in wanted}) for one in documents]))


def _line(dispatch: Dispatch, edition: str) -> DispatchDocument:
    return DispatchDocument(dispatch_id=dispatch.id, edition=edition, **{name: getattr(dispatch, name) for name in COLUMNS})
