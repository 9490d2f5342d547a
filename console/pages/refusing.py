"""Never again: a reader wants nothing of us any more, or takes that back; and resends that failed are looked after."""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.responses import Response

from console.confirmed import REASON_CHARS_MAX
from console.pages.readers import asked
from console.reader_view import titles_of
from console.visit import Refused, Visit
from delivery.resend import following
from huabao.errors import UsageError
from huabao.msisdn import MSISDN
from subscribers import refusing
from subscribers.models import HOLDING_STATES, Reader
from subscribers.store import subscriptions_of

CHANNEL = "desk"


def never(visit: Visit) -> Response:
    """The sheet: what it ends, or, where he is on a blacklist, how he comes off."""
    return _shown(visit)


def never_act(visit: Visit) -> Response:
    """The act, and back to the reader."""
    reason, now = visit.form.get("reason", "").strip()[:REASON_CHARS_MAX], visit.runtime.now()
    if not reason:
        return _shown(visit, problem=visit.say("steer.reason_missing"))
    lift = visit.form.get("verb") == "lift"
    try:
        with visit.runtime.transaction() as session:
            reader = asked(visit, session)
            if lift:
                refusing.allow(session, reader, by=visit.actor, reason=reason, at=now)
            else:
                refusing.refuse(session, reader, channel=CHANNEL, by=visit.actor, reason=reason, at=now)
            reader_id = reader.id
    except UsageError:
        return _shown(visit, problem=visit.say("never.gone"), reason=reason)
    return visit.go(f"/readers/{reader_id}?done={'allowed' if lift else 'never'}")


def _shown(visit: Visit, *, problem: str = "", reason: str = "") -> Response:
    with visit.runtime.transaction(read_only=True) as session:
        reader = asked(visit, session)
        template = "_never_sheet.html" if visit.fragment else "never_sheet.html"
        return visit.page(
            template, reader_id=reader.id, number=MSISDN(reader.msisdn).masked, titles=_held(session, reader), lists=refusing.entries_of(session, reader.id), problem=problem,
            reason=reason, possible=reader.msisdn.isdigit(), reason_chars_max=REASON_CHARS_MAX,
        )  # fmt: skip


def _held(session: Session, reader: Reader) -> list[str]:
    titles = titles_of(session)
    return [titles.get(row.service_id, row.service_id) for row in subscriptions_of(session, reader) if row.state in HOLDING_STATES]


def followed_act(visit: Visit) -> Response:
    """Somebody has looked after a resend that failed."""
    try:
        with visit.runtime.transaction() as session:
            row = following.follow(
                session, int(visit.request.path_params["resend_id"]), city=visit.city, note=visit.form.get("note", "").strip()[:REASON_CHARS_MAX], by=visit.actor,
                at=visit.runtime.now(),
            )  # fmt: skip
            reader_id = row.reader_id
    except UsageError as error:
        raise Refused(404, "not_found") from error
    return visit.go(f"/readers/{reader_id}?done=followed" if visit.form.get("back") == "reader" else "/readers#unarrived")
