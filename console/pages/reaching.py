"""What is done for one reader: his copy sent again, an attempt to reach him begun, sending resumed. A sheet says what will happen, then the act."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import Response

from console.confirmed import REASON_CHARS_MAX
from console.pages.readers import asked
from console.reader_view import titles_of
from console.visit import Refused, Visit
from content.models import Edition, EditionVersion, Publication, Variant, VariantPayload
from delivery.resend import rules, services
from huabao.errors import StoreError, UsageError
from huabao.ids import new_token
from huabao.msisdn import MSISDN
from reconciliation.stop_send import looking, told
from reconciliation.stop_send.causes import NAMES, PERSON, plan
from reconciliation.stop_send.models import DeliveryStop
from reconciliation.stop_send.settings import RECOVERY_HOURS
from subscribers.models import Reader


@dataclass(frozen=True)
class Sheet:
    """What a sheet is about.

    Attributes:
        act: resend, reach or release, of the texts `reach.<act>_…`.
        problem: why it cannot be done, or "".
        more: what the sheet shows beside.
    """

    act: str
    reader_id: int
    number: str
    path: str
    title: str
    problem: str
    more: dict[str, Any]


# --- his copy once more ----------------------------------------------------------------------------------------------


def resend(visit: Visit) -> Response:
    """The sheet, with a picture of what he would get."""
    return _shown(visit, _resend_sheet(visit), reason=visit.say("reach.resend_reason"))


def resend_act(visit: Visit) -> Response:
    """The act: two presses of one sheet send once."""
    reason = visit.form.get("reason", "").strip()[:REASON_CHARS_MAX]
    if not reason:
        return _shown(visit, _resend_sheet(visit), problem=visit.say("steer.reason_missing"))
    with visit.runtime.transaction(read_only=True) as session:
        reader = asked(visit, session)
        reader_id, number = reader.id, MSISDN(reader.msisdn)
    key = visit.form.get("key", "")[:60]
    ask = services.Ask(number, _edition(visit), reason, f"console:{key}" if key else None, visit.form.get("again") == "1")
    try:
        answer = services.resend(visit.runtime, ask, actor=visit.actor)
    except (UsageError, StoreError) as error:
        return _shown(visit, _resend_sheet(visit), problem=visit.why(error), reason=reason)
    if answer.state != services.SENT:
        return _shown(visit, _resend_sheet(visit), reason=reason)
    return visit.go(f"/readers/{reader_id}?done=resend")


def _edition(visit: Visit) -> str:
    return str(visit.request.path_params["edition_id"])


def _resend_sheet(visit: Visit) -> Sheet:
    with visit.runtime.transaction(read_only=True) as session:
        reader = asked(visit, session)
        reader_id, number = reader.id, MSISDN(reader.msisdn)
        edition = session.get(Edition, int(_edition(visit)))
        if edition is None:
            raise Refused(404, "not_found")
        title = session.get_one(Publication, edition.publication_id).title
        name = edition.number
    try:
        answer = services.look_only(visit.runtime, services.Ask(number, _edition(visit), "look"), actor=visit.actor)
    except UsageError as error:
        raise Refused(404, "not_found") from error
    lately = answer.refusal == rules.RESENT_LATELY
    problem = visit.say(f"refusal.{answer.refusal}") if answer.refusal else ""
    if lately:
        answer = services.look_only(visit.runtime, services.Ask(number, _edition(visit), "look", again=True), actor=visit.actor)
    more = {"lately": lately, "key": new_token(12), "variant_id": _variant_id(visit, answer), "handset_class": answer.variant, "possible": answer.refusal is None}
    path = f"/readers/{reader_id}/editions/{_edition(visit)}/resend"
    return Sheet("resend", reader_id, number.masked, path, f"{title} {visit.say('dispatch.number', n=name)}", problem, more)


def _variant_id(visit: Visit, answer: services.Answer) -> int | None:
    """The variant that he would get, where it is built already and can be shown."""
    with visit.runtime.transaction(read_only=True) as session:
        versions = select(EditionVersion.id).where(EditionVersion.edition_id == answer.edition_id)
        wanted = select(Variant.id).join(VariantPayload, VariantPayload.variant_id == Variant.id).where(Variant.name == answer.variant, Variant.edition_version_id.in_(versions))
        return session.scalar(wanted.order_by(Variant.edition_version_id.desc()).limit(1))


# --- a stopped reader ------------------------------------------------------------------------------------------------


def reach(visit: Visit) -> Response:
    """The sheet that begins an attempt."""
    return _shown(visit, _stop_sheet(visit, "reach"))


def reach_act(visit: Visit) -> Response:
    """The act, and back to the reader."""

    def begin(session: Session, stop: DeliveryStop, _: Reader, reason: str) -> None:
        told.reach(session, stop, by=visit.actor, reason=reason, now=visit.runtime.now())

    return _act(visit, "reach", begin)


def let_go(visit: Visit) -> Response:
    """The sheet that sends to him again without an attempt."""
    return _shown(visit, _stop_sheet(visit, "release"))


def let_go_act(visit: Visit) -> Response:
    """The act, and back to the reader."""

    def release(session: Session, stop: DeliveryStop, reader: Reader, reason: str) -> None:
        looking.release(session, reader.msisdn, stop.service_id, by=visit.actor, reason=reason, now=visit.runtime.now())

    return _act(visit, "release", release)


def _act(visit: Visit, act: str, do: Callable[[Session, DeliveryStop, Reader, str], None]) -> Response:
    """Do it to the stop while that lasts; the sheet again where a reason is missing or somebody else was quicker."""
    sheet = _stop_sheet(visit, act)
    reason = visit.form.get("reason", "").strip()[:REASON_CHARS_MAX]
    problem = sheet.problem or ("" if reason else visit.say("steer.reason_missing"))
    if not problem and not _done(visit, do, reason):
        problem = visit.say(f"reach.{act}_gone")
    if problem:
        return _shown(visit, sheet, problem=problem, reason=reason)
    return visit.go(f"/readers/{sheet.reader_id}?done={act}")


def _done(visit: Visit, do: Callable[[Session, DeliveryStop, Reader, str], None], reason: str) -> bool:
    """Whether it was done; not where the stop ended meanwhile."""
    try:
        with visit.runtime.transaction() as session:
            reader = asked(visit, session)
            stop = told.find_open(session, reader.id, int(visit.request.path_params["stop_id"]))
            if stop is None:
                return False
            do(session, stop, reader, reason)
    except UsageError:
        return False
    return True


def _stop_sheet(visit: Visit, act: str) -> Sheet:
    with visit.runtime.transaction(read_only=True) as session:
        reader = asked(visit, session)
        stop = session.get(DeliveryStop, int(visit.request.path_params["stop_id"]))
        if stop is None or stop.reader_id != reader.id:
            raise Refused(404, "not_found")
        running = any(one.stop.id == stop.id and one.running is not None for one in told.stories(session, reader.id, visit.runtime.now()))
        gone = stop.ended_at is not None or (act == "reach" and running)
        more = {"steps": plan(stop.cause, PERSON), "cause": NAMES.get(stop.cause, NAMES["unknown"]), "hours": RECOVERY_HOURS.get(session), "possible": not gone}
        title, number = titles_of(session).get(stop.service_id, stop.service_id), MSISDN(reader.msisdn).masked
        path = f"/readers/{reader.id}/stops/{stop.id}/{act}"
        return Sheet(act, reader.id, number, path, title, visit.say(f"reach.{act}_gone") if gone else "", more)


def _shown(visit: Visit, sheet: Sheet, *, problem: str = "", reason: str = "") -> Response:
    template = "_reach_sheet.html" if visit.fragment else "reach_sheet.html"
    return visit.page(template, sheet=sheet, problem=problem or sheet.problem, reason=reason, reason_chars_max=REASON_CHARS_MAX, **sheet.more)
