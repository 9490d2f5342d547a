"""An order is cancelled for its reader, who asked for it: the same request that he makes by a text, in the agent's name."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session
from starlette.responses import Response

from console.confirmed import REASON_CHARS_MAX
from console.pages.readers import asked
from console.reader_view import titles_of
from console.visit import Refused, Visit
from huabao.msisdn import MSISDN
from subscribers.models import Subscription
from subscribers.offers.leaving import end_for, may_end

CHANNEL = "desk"


@dataclass(frozen=True)
class Ending:
    """What the sheet is about.

    Attributes:
        possible: the order holds and is not being cancelled already.
    """

    reader_id: int
    number: str
    subscription_id: int
    title: str
    possible: bool


def end_order(visit: Visit) -> Response:
    """The sheet."""
    return _shown(visit)


def end_order_act(visit: Visit) -> Response:
    """The act, and back to the reader."""
    reason, now = visit.form.get("reason", "").strip()[:REASON_CHARS_MAX], visit.runtime.now()
    if not reason:
        return _shown(visit, problem=visit.say("steer.reason_missing"))
    with visit.runtime.transaction() as session:
        row = _asked_order(visit, session)
        asked_for = end_for(session, row, channel=CHANNEL, by=visit.actor, reason=reason, at=now)
        reader_id = row.reader_id
    return _shown(visit, reason=reason) if asked_for is None else visit.go(f"/readers/{reader_id}?done=ending")


def _asked_order(visit: Visit, session: Session) -> Subscription:
    reader = asked(visit, session)
    row = session.get(Subscription, int(visit.request.path_params["subscription_id"]))
    if row is None or row.reader_id != reader.id:
        raise Refused(404, "not_found")
    return row


def _shown(visit: Visit, *, problem: str = "", reason: str = "") -> Response:
    with visit.runtime.transaction(read_only=True) as session:
        reader, row = asked(visit, session), _asked_order(visit, session)
        ending = Ending(reader.id, MSISDN(reader.msisdn).masked, row.id, titles_of(session).get(row.service_id, row.service_id), may_end(session, row))
    template = "_end_sheet.html" if visit.fragment else "end_sheet.html"
    said = problem or ("" if ending.possible else visit.say("complaint.end_gone"))
    return visit.page(template, ending=ending, problem=said, reason=reason, reason_chars_max=REASON_CHARS_MAX)
