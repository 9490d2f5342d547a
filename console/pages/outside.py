"""What machines ask: life signs and metrics."""

from __future__ import annotations

from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse, Response

from console import schema
from console.metrics import exposition
from console.visit import Visit

NO_STORE = {"Cache-Control": "no-store"}


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
