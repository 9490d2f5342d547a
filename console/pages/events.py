"""The event stream of a page (`console.live`)."""

from __future__ import annotations

from starlette.responses import Response

from console.live import PART_CHARS_MAX, PARTS_MAX, Live
from console.settings import LIVE_STREAMS_MAX, LIVE_STREAMS_PER_ACCOUNT_MAX
from console.visit import Refused, Visit

AGAIN_S = "10"


def events(visit: Visit) -> Response:
    """The parts that the address names (`part=`), each whenever it changes; `last` or `Last-Event-ID` is the newest event that the page has."""
    live: Live = visit.request.app.state.live
    asked = visit.request.query_params.getlist("part")
    if visit.who is None or not 0 < len(asked) <= PARTS_MAX or any(len(one) > PART_CHARS_MAX for one in asked):
        raise Refused(400, "bad")
    parts = tuple(found for one in dict.fromkeys(asked) if (found := live.part(one)) is not None and visit.may(found.right.name))
    if len(parts) < len(set(asked)):
        raise Refused(403, "forbidden")
    with visit.runtime.transaction(read_only=True) as session:
        most, per_account = LIVE_STREAMS_MAX.get(session), LIVE_STREAMS_PER_ACCOUNT_MAX.get(session)
    if len(live.streams) >= most:
        return Response(status_code=503, headers={"Retry-After": AGAIN_S, "Cache-Control": "no-store"})
    headers = visit.request.headers
    last_id = headers.get("last-event-id") or visit.request.query_params.get("last", "")
    answer = live.listen(visit.who, visit.language, parts, last_id[:60])
    answer.per_account = per_account
    return answer
