"""One edition: its state, its versions, who works on it, how long there is, what comes next."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import Response

from console.edition_desk import edition_id, seen, shared
from console.visit import Refused, Visit, local_path
from content.works import services as works
from content.works.models import DeskWork
from delivery.dispatch.of_edition import countdown_of, dispatches_of
from monitoring.cities import city_tallies

ACTS = ("approve", "reapprove", "schedule", "correct", "kill")
"""Works that change an edition."""


def edition(visit: Visit) -> Response:
    """The page."""
    with visit.runtime.transaction(read_only=True) as session:
        found = seen(visit, session)
        dispatches = dispatches_of(session, found.view.edition.id)
        planned = {one.id: one.planned for one in dispatches}
        if visit.city:  # what a work came to may be said with counts of all cities
            planned = {number: one.planned for number, one in city_tallies(session, list(planned), visit.city).items()}
        last = None if visit.city else _last([works.latest(session, found.view.edition.id, kind) for kind in ACTS])
    return visit.page("edition.html", **shared(visit, found, "edition"), dispatches=[one for one in dispatches if one.id in planned], planned=planned, last=last)


def _last(found: Sequence[DeskWork | None]) -> DeskWork | None:
    """What was asked for last, where it came to nothing."""
    finished = [one for one in found if one is not None and one.state not in works.OPEN]
    newest = max(finished, key=lambda one: one.id, default=None)
    return newest if newest is not None and (newest.problem or newest.result.get("hindrances")) else None


def edition_countdown(visit: Visit) -> Response:
    """How long the desk has, counted now."""
    with visit.runtime.transaction(read_only=True) as session:
        found = countdown_of(session, edition_id(visit), visit.runtime.now())
    return visit.page("_countdown.html", countdown=found)


def edition_work(visit: Visit) -> Response:
    """How far the work is; once it is done, on to the page that it was asked on."""
    with visit.runtime.transaction(read_only=True) as session:
        found = seen(visit, session)
    if found.work is None and visit.fragment:
        return visit.go(_page_of(visit, found.path))
    return visit.page("_work.html", **shared(visit, found, "edition"))


def _page_of(visit: Visit, path: str) -> str:
    """The page of this edition that asks, else the edition's own."""
    shown = visit.request.headers.get("hx-current-url", "")
    tail = local_path("/" + shown.split("//", 1)[-1].partition("/")[2].partition("#")[0])
    return tail if tail == path or tail.startswith((f"{path}/", f"{path}?")) else path


def edition_file(visit: Visit) -> Response:
    """A file that a work of this edition made."""
    with visit.runtime.transaction(read_only=True) as session:
        found = works.file_of(session, edition_id(visit), int(visit.request.path_params["file_id"]))
        if found is None:
            raise Refused(404, "not_found")
        name, media_type, data = found.name, found.media_type, found.data
    plain = "".join(char if char.isascii() and (char.isalnum() or char in "-_.") else "-" for char in name)
    return Response(data, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{plain}"', "Cache-Control": "no-store"})
