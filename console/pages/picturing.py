"""Pictures of a draft, and the draft as a handset shows it."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from sqlalchemy.orm import Session
from starlette.responses import Response

from console.pages.writing import answer, edition_of, lines_of, problem
from console.visit import Refused, Visit
from console.wording import said
from content.adapt import PictureError
from content.adapt.opening import FILE_BYTES_MAX
from content.drafts import pictures, saving
from content.drafts.looking import Look, Wish, looks_of
from content.drafts.settings import PREVIEW_WAIT_S
from huabao import audit
from huabao.errors import HuabaoError, UsageError
from huabao.msisdn import parse_msisdn
from subscribers.handset_classes import handset_classes
from subscribers.models import Reader
from subscribers.store import find_reader

UPLOAD_BYTES_MAX = FILE_BYTES_MAX
SMALL_PX = (160, 640, 1280)
"""Sizes at which a picture is shown."""

FOLDERS = ("images", "pages", "panels")
KEEP = "private, max-age=86400, immutable"
TEXT_CHARS = 90
"""Of a slide's text beside the handset, for who cannot see the picture."""


def picture_act(visit: Visit) -> Response:
    """Take in a picture; its name comes in a header, percent-encoded."""
    folder = visit.request.query_params.get("folder", FOLDERS[0])
    name = unquote(visit.request.headers.get("x-huabao-file", ""))[:200]
    try:
        with visit.runtime.transaction() as session:
            edition_of(visit, session)
            made = pictures.take(session, getattr(visit.request.state, "body", b""), name, folder if folder in FOLDERS else FOLDERS[0])
    except PictureError as error:
        return problem(422, said(f"{name}: {error}" if name else str(error), visit.language), "picture")
    return answer(made.to_document())


def cut_act(visit: Visit) -> Response:
    """Cut a picture."""
    form = visit.form
    try:
        box = tuple(int(form.get(side, "")) for side in ("x", "y", "width", "height"))
    except ValueError:
        return problem(422, visit.say("write.cut_numbers"), "picture")
    folder, _, file = form.get("name", "").rpartition("/")
    try:
        with visit.runtime.transaction() as session:
            edition_of(visit, session)
            made = pictures.cut(session, form.get("sha256", ""), (box[0], box[1], box[2], box[3]), file, folder if folder in FOLDERS else FOLDERS[0])
    except (PictureError, UsageError) as error:
        return problem(422, visit.why(error), "picture")
    return answer(made.to_document())


def picture(visit: Visit) -> Response:
    """A picture of the draft, small enough for the page."""
    sha256, width = visit.request.path_params["sha256"], visit.request.query_params.get("px", "")
    size = int(width) if width in map(str, SMALL_PX) else SMALL_PX[1]
    try:
        with visit.runtime.transaction(read_only=True) as session:
            data = pictures.small(session, sha256, size)
    except UsageError as error:
        raise Refused(404, "not_found") from error
    return Response(data, media_type="image/jpeg", headers={"Cache-Control": KEEP})


def picture_size(visit: Visit) -> Response:
    """Width and height of a picture of the draft."""
    try:
        with visit.runtime.transaction(read_only=True) as session:
            row = pictures.find(session, visit.request.path_params["sha256"])
            return answer({"size": [row.width_px, row.height_px]})
    except UsageError as error:
        return problem(422, visit.why(error), "picture")


def panels(visit: Visit) -> Response:
    """The panels that are found on a page of a comic."""
    reading = visit.request.query_params.get("reading", "ltr")
    try:
        with visit.runtime.transaction(read_only=True) as session:
            row = pictures.find(session, visit.request.path_params["sha256"])
            size = [row.width_px, row.height_px]
            found = pictures.panels_of(session, row.sha256, reading if reading in ("ltr", "rtl", "vertical") else "ltr")
    except (PictureError, UsageError) as error:
        return problem(422, visit.why(error), "picture")
    return answer({"panels": found, "size": size})


def look_act(visit: Visit) -> Response:
    """The draft on a handset: its slides where it is composed already, else that it is being made."""
    form = visit.form
    with visit.runtime.transaction() as session:
        edition = edition_of(visit, session)
        found = saving.current(session, edition)
        wait_s = PREVIEW_WAIT_S.get(session)
        reader, told = _reader(visit, session, edition.id, form.get("number", "").strip())
    if told:
        return answer({"problem": told, "kind": "reader", "revision": found.revision})
    name = form.get("handset_class", "")
    wish = Wish(name if name in handset_classes() else "", form.get("segment", ""), reader.id if reader else None)
    try:
        key, made = looks_of(visit.runtime).ask(visit.runtime, edition.id, found.document, wish, wait_s)
    except HuabaoError as error:
        lines = lines_of(visit, error)
        return answer({"problem": "\n".join(lines), "problems": lines, "kind": "unready", "revision": found.revision})
    document: dict[str, Any] = {"key": key, "revision": found.revision, "ready": made is not None, "as": f"{reader.masked} · {reader.model}" if reader else ""}
    document |= _told(made) if made is not None else {}
    if visit.city and made is not None:
        document["readers"] = None  # how many they are is counted over all cities
    return answer(document)


def look_slide(visit: Visit) -> Response:
    """A slide of a look that was made here."""
    key = visit.request.path_params["key"]
    made = looks_of(visit.runtime).kept(key) if key.startswith(f"{visit.request.path_params['edition_id']}-") else None
    if made is None:
        raise Refused(404, "not_found")
    try:
        data = made.drawn(visit.request.path_params["number"])
    except UsageError as error:
        raise Refused(404, "not_found") from error
    return Response(data, media_type="image/png", headers={"Cache-Control": KEEP})


class _Seen:
    """A reader whose handset is looked at; his number masked."""

    def __init__(self, row: Reader, masked: str) -> None:
        self.id, self.masked, self.model = row.id, masked, row.handset_model or row.handset_class or "—"


def _reader(visit: Visit, session: Session, edition_id: int, number: str) -> tuple[_Seen | None, str]:
    """Who has that number, or why nobody is looked at; a look as a reader is kept in the audit trail."""
    if not number:
        return None, ""
    try:
        msisdn = parse_msisdn(number)
    except HuabaoError:
        return None, visit.say("write.number_wrong")
    row = find_reader(session, msisdn)
    if row is None or (visit.city and row.city != visit.city):
        return None, visit.say("write.number_unknown")
    audit.record(session, actor=visit.actor, action="edition.preview", object_kind="edition", object_id=edition_id, at=visit.runtime.now(), msisdn=msisdn.masked, draft=True)
    return _Seen(row, msisdn.masked), ""


def _told(made: Look) -> dict[str, Any]:
    message = made.message
    return {
        "handset_class": message.handset.name, "width": message.handset.width_px, "height": message.handset.height_px,
        "slides": [{"ms": slide.duration_ms, "text": slide.text[:TEXT_CHARS]} for slide in made.slides],
        "size": message.size_bytes, "budget": message.handset.budget_bytes, "readers": made.readers, "items": list(made.items),
        "moved": [{"item": one["item"], "title": made.titles.get(one["item"], one["item"]), "what": one["what"]} for one in message.moved],
    }  # fmt: skip
