"""A reader's own WAP pages: his package, what he holds, the quiz, leaving.

He is known by a token of his own, which names a row and no number, or by the number that
the operator's WAP gateway writes into its requests: it is believed from the gateway's
addresses only, and changed at once into such a token. Nothing that is asked for by GET
changes anything; a form carries a token that counts once (`content.wap.models.WapForm`).
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from console import wap_acts, wap_sheets
from console.visit import Visit
from console.wap_answers import HEADERS, NO_STORE, ServedHrefs, asking, notice, number_in, own_page, picture_answer
from content.models import WapPage
from content.wap.browsers import step_of
from content.wap.documents import PAGE_TYPE, PageDocument, read_page
from content.wap.keeping import versions_of
from content.wap.keys import wap_address_of
from content.wap.settings import WAP_GATEWAYS, WAP_NUMBER_HEADERS, WAP_VISIT_S, networks
from content.wap.tokens import Ticket, WapAddress
from huabao.msisdn import find_msisdn
from subscribers.models import Reader
from subscribers.store import find_reader


def enter(visit: Visit) -> Response:
    """From a page that everybody has to his own: a reader whom the gateway names goes on with a token of his own."""
    if visit.request.query_params.get("w"):
        return _band(visit)
    now = visit.runtime.now()
    with visit.runtime.transaction(read_only=True) as session:
        address = wap_address_of(session, visit.runtime.config)
        reader = _named_by_gateway(visit, session)
        if reader is None:
            return notice(visit, 403, "own")
        purpose, version_id = _from(visit, session, address)
        ticket = Ticket(reader.id, purpose, version_id, now + timedelta(seconds=WAP_VISIT_S.get(session)))
    return RedirectResponse(address.at(address.personal_token(ticket)), 303, {**HEADERS, **NO_STORE})


def _named_by_gateway(visit: Visit, session: Session) -> Reader | None:
    """The reader whose number stands in a header, where the request comes from a gateway and the headers agree."""
    client = visit.request.client
    try:
        sender = ipaddress.ip_address(client.host) if client else None
    except ValueError:
        return None
    if sender is None or not any(sender in network for network in networks(WAP_GATEWAYS.get(session))):
        return None
    for name in WAP_NUMBER_HEADERS.get(session).split(","):
        said = {one.strip() for one in visit.request.headers.getlist(name.strip().lower()) if one.strip()}
        if said:
            number = find_msisdn(said.pop()) if len(said) == 1 else None
            return find_reader(session, number) if number is not None else None
    return None


def _from(visit: Visit, session: Session, address: WapAddress) -> tuple[str, int]:
    """What the page that he comes from is for, and the version that it is of."""
    name = address.page_name(visit.request.query_params.get("from", ""))
    found = session.get(WapPage, name) if name is not None else None
    if found is None or found.media_type != PAGE_TYPE:
        return "package", 0
    newest = max(session.scalars(versions_of(found.token)))
    return "quiz" if read_page(found.body).kind == "quiz" else "package", newest


def _band(visit: Visit) -> Response:
    """The picture at the head of the package page."""
    width_px = step_of(number_in(visit, "w", 240))
    return picture_answer(visit, wap_sheets.band_png(width_px), "image/png", age_s=86_400)


@dataclass(frozen=True)
class _Known:
    """Who asks, and what his token says."""

    address: WapAddress
    ticket: Ticket


def _known(visit: Visit, session: Session, token: str) -> _Known | Response:
    """Who holds `token`, or what he is told instead."""
    address = wap_address_of(session, visit.runtime.config)
    ticket = address.ticket(token)
    if ticket is None or ticket.purpose == "form":
        return notice(visit, 404, "wrong")
    if ticket.ends_at <= visit.runtime.now() or session.get(Reader, ticket.reader_id) is None:
        return notice(visit, 410, "ended")
    return _Known(address, ticket)


def page(visit: Visit, token: str) -> Response:
    """One of a reader's own pages: the one that `v` names, else the one that his token is for."""
    with visit.runtime.transaction(read_only=True) as session:
        known = _known(visit, session, token)
        if isinstance(known, Response):
            return known
        query = visit.request.query_params
        browser = asking(visit, session)
        form = _form_token(visit, session, known)
        sheet = wap_sheets.Sheet(session, known.ticket.reader_id, token, known.ticket.about, form, visit.runtime.now(), wml=browser.markup == "wml")
        view = query.get("v", "")
        document = wap_sheets.document(sheet, view if view in wap_sheets.VIEWS else known.ticket.purpose, query.get("n", "")[:60])
        hrefs = ServedHrefs(known.address, _place(token, view, query.get("n", "")[:60]))
        return own_page(visit, document, browser, hrefs)


def _place(token: str, view: str, about: str) -> str:
    """The page's own address, for its further pages."""
    known = view if view in wap_sheets.VIEWS else ""
    return wap_sheets.place(token, known, about if re.fullmatch("[a-z0-9-]{1,60}", about) else "")


def _form_token(visit: Visit, session: Session, known: _Known) -> str:
    ends_at = visit.runtime.now() + timedelta(seconds=WAP_VISIT_S.get(session))
    return known.address.personal_token(Ticket(known.ticket.reader_id, "form", secrets.randbits(32), ends_at))


def act(visit: Visit) -> Response:
    """A form that a reader sent: done once, however often it comes."""
    token = visit.request.path_params["token"]
    now = visit.runtime.now()
    with visit.runtime.transaction() as session:
        known = _known(visit, session, token)
        if isinstance(known, Response):
            return known
        form = known.address.ticket(visit.form.get("form", ""))
        if form is None or form.purpose != "form" or form.reader_id != known.ticket.reader_id or form.ends_at <= now:
            return notice(visit, 403, "form", back=token)
        seal = hashlib.sha256(visit.form["form"].encode()).hexdigest()
        answer = wap_acts.done(session, seal, known.ticket.reader_id, visit.form, now)
        browser = asking(visit, session)
    document: PageDocument = wap_sheets.told(answer, token)
    return own_page(visit, document, browser, ServedHrefs(known.address, token))
