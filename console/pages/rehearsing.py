"""The rehearsal of an edition, and a virtual handset that shows what arrived, out of the bytes that arrived."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.responses import Response

from console.edition_desk import ask, edition_id, seen, shared
from console.pages.slides import drawn
from console.rehearsal.tasks import REHEARSAL, REHEARSE
from console.visit import Refused, Visit
from content.codecs.mime import decode_entity
from content.draw.stored import StoredSlide, stored_slides
from content.works import services as works
from content.works.models import DeskFile
from huabao.errors import CodecError
from subscribers.handset_classes import HandsetClass, handset_class

TEXT_SHOWN = 2000


@dataclass(frozen=True)
class Arrived:
    """A message as it lies in the peer's hands.

    Attributes:
        parts: (name, type, bytes) of its parts, as they came.
        problem: why it cannot be shown, or "".
    """

    file: DeskFile
    handset: HandsetClass
    slides: Sequence[StoredSlide] = ()
    parts: Sequence[tuple[str, str, int]] = ()
    problem: str = ""

    @property
    def seconds(self) -> float:
        """How long all slides together stay."""
        return sum(one.duration_ms for one in self.slides) / 1000


def rehearsal(visit: Visit) -> Response:
    """The page."""
    with visit.runtime.transaction(read_only=True) as session:
        found = seen(visit, session)
        last = works.latest(session, found.view.edition.id, REHEARSE)
        files = works.files_of(session, last.id) if last is not None else ()
        chosen = _chosen(visit, files)
        shown = None if chosen is None else _opened(chosen)
    number = None if last is None else found.view.number_of(last.edition_version_id)
    return visit.page("rehearsal.html", **shared(visit, found, "rehearsal"), last=last, files=files, shown=shown, number=number, text_shown=TEXT_SHOWN)


def rehearsal_act(visit: Visit) -> Response:
    """Have it played."""
    with visit.runtime.transaction() as session:
        found = seen(visit, session)
        ask(visit, session, REHEARSAL, found.view.edition, REHEARSE)
    return visit.go(f"{found.path}/rehearsal")


def arrived_slide(visit: Visit) -> Response:
    """One slide of a message that arrived, drawn out of its bytes."""
    with visit.runtime.transaction(read_only=True) as session:
        found = works.file_of(session, edition_id(visit), int(visit.request.path_params["file_id"]))
        if found is None or "handset_class" not in found.about:
            raise Refused(404, "not_found")
        name, sha256, data = str(found.about["handset_class"]), found.sha256, found.data
    return drawn(visit, name, sha256, data)


def _chosen(visit: Visit, files: Sequence[DeskFile]) -> DeskFile | None:
    wanted = visit.request.query_params.get("message", "")
    return next((one for one in files if str(one.id) == wanted), next(iter(files), None))


def _opened(file: DeskFile) -> Arrived:
    handset = handset_class(str(file.about["handset_class"]))
    try:
        parts = [(part.content_location or part.content_id or "", part.content_type, len(part.body)) for part in decode_entity(file.data).parts]
        return Arrived(file, handset, stored_slides(file.data), parts)
    except CodecError as error:
        return Arrived(file, handset, problem=str(error))
