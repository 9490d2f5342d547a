"""One dispatch, live, and the pictures of its variants."""

from __future__ import annotations

from datetime import timedelta

from starlette.responses import Response

from console import store
from console.breakdown import cells_of, late_of
from console.charts import ORDER, lying_bar
from console.pages.city import dispatch_in_city
from console.pages.steering import verbs_for
from console.slides import first_slide_png
from console.visit import Refused, Visit
from delivery import lifecycle
from huabao.errors import HuabaoError, UsageError
from huabao.log import get_logger
from monitoring.tallies import tally_of

log = get_logger("web")

VARIANTS_SHOWN = 12


def dispatch(visit: Visit) -> Response:
    """The whole page."""
    return _dispatch(visit, "dispatch.html")


def dispatch_live(visit: Visit) -> Response:
    """What changes on it."""
    return _dispatch(visit, "_dispatch.html")


def _dispatch(visit: Visit, template: str) -> Response:
    if visit.city:
        return dispatch_in_city(visit, template)
    now = visit.runtime.now()
    try:
        with visit.runtime.transaction(read_only=True) as session:
            view = store.dispatch_view(session, visit.request.path_params["dispatch_id"], now)
            tally = tally_of(session, view.dispatch.id)
    except UsageError as error:
        raise Refused(404, "not_found") from error
    progress = view.progress
    finish, deadline = progress.forecast_finish_at, view.dispatch.deadline_at
    margin = deadline - finish if deadline is not None and finish is not None else None
    answer = visit.page(
        template,
        view=view,
        progress=progress,
        tally=tally,
        cells=cells_of(view.dispatch.id, tally) if tally else {},
        late=late_of(tally) if tally else None,
        order=ORDER,
        pieces=lying_bar(progress.outcomes, progress.planned),
        sent=progress.planned - progress.outcomes["pending"] - progress.outcomes["cancelled"],
        margin=margin,
        in_time=margin is None or margin >= timedelta(0),
        may_block=visit.may("block_act") and view.dispatch.state in lifecycle.UNSENT,
        may_release=visit.may("brake_act"),
        may_change_rate=visit.may("dispatch_rate_act") and view.dispatch.state in lifecycle.UNSENT,
        blocked={one.key for one in view.gate.brakes if one.scope == "handset_class" and one.released_at is None},
        verbs=verbs_for(view.dispatch.state) if visit.may("steer_act") else (),
        shown=view.variants[:VARIANTS_SHOWN],
        more=view.variants[VARIANTS_SHOWN:],
    )
    answer.headers["Age"] = f"{max(0.0, (now - progress.measured_at).total_seconds()):.0f}"
    return answer


def codes(visit: Visit) -> Response:
    """What the peers said, code by code; counted now."""
    try:
        with visit.runtime.transaction(read_only=True) as session:
            found = store.codes_view(session, visit.request.path_params["dispatch_id"], visit.runtime.now())
    except UsageError as error:
        raise Refused(404, "not_found") from error
    return visit.page("codes.html", view=found)


def slide(visit: Visit) -> Response:
    """The first slide of a variant; nothing where there is none to draw."""
    with visit.runtime.transaction(read_only=True) as session:
        found = store.variant_payload(session, visit.request.path_params["variant_id"])
    if found is None:
        raise Refused(404, "not_found")
    handset_class, sha256, mime = found
    headers = {"ETag": f'"{sha256}"', "Cache-Control": "private, max-age=86400"}
    if visit.request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    try:
        return Response(first_slide_png(mime, handset_class), headers=headers, media_type="image/png")
    except HuabaoError as error:
        log.warning("first slide cannot be drawn", variant=visit.request.path_params["variant_id"], error=str(error))
        raise Refused(404, "not_found") from error
