"""Any slide of a message as its handset shows it: of one that is kept, or of one that arrived at a rehearsal."""

from __future__ import annotations

from starlette.responses import Response

from console import store
from console.slides import slide_png
from console.visit import Refused, Visit
from huabao.errors import HuabaoError
from huabao.log import get_logger

log = get_logger("web")


def slide_n(visit: Visit) -> Response:
    """One slide of a variant, by its number from 1."""
    with visit.runtime.transaction(read_only=True) as session:
        found = store.variant_payload(session, visit.request.path_params["variant_id"])
    if found is None:
        raise Refused(404, "not_found")
    return drawn(visit, *found)


def drawn(visit: Visit, handset_class: str, sha256: str, mime: bytes) -> Response:
    """The slide that the address names, of these bytes.

    Raises:
        Refused: there is none, or it cannot be drawn.
    """
    number = int(visit.request.path_params["number"])
    headers = {"ETag": f'"{sha256}-{number}"', "Cache-Control": "private, max-age=86400"}
    if visit.request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    try:
        png = slide_png(mime, handset_class, number)
    except HuabaoError as error:
        log.warning("slide cannot be drawn", path=visit.request.url.path, error=str(error))
        raise Refused(404, "not_found") from error
    if png is None:
        raise Refused(404, "not_found")
    return Response(png, headers=headers, media_type="image/png")
