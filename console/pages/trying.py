"""To my phone, now: a kept version sent to the phone of the account that asks."""

from __future__ import annotations

from starlette.responses import Response

from console.models import User
from console.pages.writing import edition_of
from console.visit import Visit
from content.models import EditionVersion
from delivery.dispatch import trying
from huabao.errors import UsageError
from huabao.ids import new_token
from huabao.msisdn import MSISDN, parse_msisdn
from subscribers.handset_classes import handset_classes


def try_sheet(visit: Visit) -> Response:
    """The sheet."""
    return _sheet(visit)


def try_act(visit: Visit) -> Response:
    """Send it; the same sheet sends once."""
    phone, name = _phone(visit), visit.form.get("handset_class", "")
    if phone is None:
        return _sheet(visit)
    key = f"console:{visit.actor}:{visit.form.get('key', '')[:40]}"
    ask = trying.Ask(str(visit.request.path_params["edition_id"]), phone, name if name in handset_classes() else None, visit.form.get("signature", trying.OWN), str(phone), key)
    if ask.signature not in trying.SIGNATURES:
        return _sheet(visit)
    try:
        made = trying.send(visit.runtime, ask, by=visit.actor)
    except UsageError as error:
        return _sheet(visit, problem=visit.why(error))
    return _sheet(visit, made=made)


def _phone(visit: Visit) -> MSISDN | None:
    if visit.who is None:
        return None
    with visit.runtime.transaction(read_only=True) as session:
        number = session.get_one(User, visit.who.user_id).msisdn
    return parse_msisdn(number) if number else None


def _sheet(visit: Visit, *, problem: str = "", made: trying.Tried | None = None) -> Response:
    phone = _phone(visit)
    with visit.runtime.transaction(read_only=True) as session:
        edition = edition_of(visit, session)
        version = session.get(EditionVersion, edition.current_version_id or 0)
        number, edition_id = version.version if version else None, edition.id
    values = {"classes": list(handset_classes()), "signatures": trying.SIGNATURES, "key": new_token(12), "masked": phone.masked if phone else ""}
    template = "_try_sheet.html" if visit.fragment else "try_sheet.html"
    return visit.page(template, 200, edition_id=edition_id, version=number, problem=problem, made=made, **values)
