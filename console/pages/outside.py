"""What machines ask: life signs, metrics, and the WAP pages of handsets."""

from __future__ import annotations

from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse, Response

from console import schema
from console.metrics import exposition
from console.visit import Refused, Visit
from content.models import WapPage

NO_STORE = {"Cache-Control": "no-store"}
WAP_KEPT = "public, max-age=604800, immutable"
"""A token is made of the page's content: what it names never changes."""

WAP_POLICY = "default-src 'none'; img-src 'self'; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'"
"""Handset pages carry their few styles with them and run nothing."""


def healthz(_visit: Visit) -> Response:
    """The process answers."""
    return JSONResponse({"status": "ok"}, headers=NO_STORE)


def readyz(visit: Visit) -> Response:
    """The database answers and has this release's schema: 200, else 503."""
    head = schema.head_revision()
    try:
        current = schema.current_revision(visit.runtime)
    except SQLAlchemyError:
        return JSONResponse({"status": "database unreachable"}, 503, NO_STORE)
    if current != head:
        return JSONResponse({"status": "schema differs", "current": current, "wanted": head}, 503, NO_STORE)
    return JSONResponse({"status": "ok", "schema": current}, headers=NO_STORE)


def metrics(visit: Visit) -> Response:
    """Prometheus' text form."""
    return Response(exposition(visit.runtime, visit.registry), headers={**NO_STORE, "Content-Type": CONTENT_TYPE_LATEST})


def wap(visit: Visit) -> Response:
    """A page (or picture) behind a link of a message; anybody who has the link may read it, and nobody is known by it."""
    token = visit.request.path_params["token"]
    with visit.runtime.transaction(read_only=True) as session:
        page = session.get(WapPage, token) if len(token) <= 40 else None
    if page is None:
        raise Refused(404, "not_found")
    etag = f'"{token}"'
    headers = {"Cache-Control": WAP_KEPT, "ETag": etag, "Content-Security-Policy": WAP_POLICY, "Content-Type": page.media_type, "Cross-Origin-Resource-Policy": "cross-origin"}
    if visit.request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return Response(page.body, headers=headers)
