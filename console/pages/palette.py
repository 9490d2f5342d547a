"""Ctrl/⌘ K: places, editions, dispatches, ports, settings, and the reader of a whole number.

What is typed is posted, for it may be a number: it stands in no address and in no log.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy.orm import Session
from starlette.responses import Response

from console import registry, rights
from console.desks import DESKS
from console.rendering import named
from console.rights import right
from console.visit import Visit
from huabao.msisdn import find_msisdn
from monitoring.finding import find_dispatches, find_editions, find_ports
from subscribers.store import find_reader

TYPED_CHARS_MAX = 60
OF_A_KIND = 6


@dataclass(frozen=True)
class Found:
    """One line: where it leads, its shape, what it is and what is said beside it."""

    path: str
    icon: str
    text: str
    aside: str = ""


def palette_act(visit: Visit) -> Response:
    """The lines for what was typed; all places where nothing was."""
    typed = visit.form.get("typed", "").strip()[:TYPED_CHARS_MAX]
    number = find_msisdn(typed)
    with visit.runtime.transaction(read_only=True) as session:
        lines = list(_reader(visit, session, typed)) if number is not None else [*_places(visit, typed), *(_things(visit, session, typed) if typed else ())]
    return visit.page("_palette.html", lines=lines, typed=bool(typed), is_number=number is not None)


def _places(visit: Visit, typed: str) -> Iterator[Found]:
    for desk in DESKS:
        if visit.may(desk.right) and all(word.casefold() in visit.say(desk.text).casefold() for word in typed.split()):
            yield Found(right(desk.right).path, desk.icon, visit.say(desk.text), visit.say("palette.place"))


def _things(visit: Visit, session: Session, typed: str) -> Iterator[Found]:
    if visit.may("dispatch"):
        for one in find_dispatches(session, typed, OF_A_KIND, city=(visit.who.city if visit.who else None) or ""):
            name = f"{one.publication} {visit.say('dispatch.number', n=one.number)}"
            yield Found(f"/dispatches/{one.dispatch_id}", "today", name, f"{visit.say('dispatch.id', n=str(one.dispatch_id))} · {named(visit.language, 'state', one.state)}")
    if visit.may("edition"):
        for edition in find_editions(session, typed, OF_A_KIND):
            name = f"{edition.publication} {visit.say('dispatch.number', n=edition.number)}"
            yield Found(f"/editions/{edition.edition_id}", "editions", name, visit.say("palette.edition"))
    if visit.may("port"):
        for port in find_ports(session, typed, OF_A_KIND):
            yield Found(f"/ports/{port}", "ports", port, visit.say("palette.port"))
    if visit.may("settings"):
        found = [one for one in registry.settings() if all(word.casefold() in one.name for word in typed.split())]
        for setting in found[:OF_A_KIND]:
            yield Found(f"/settings?q={setting.name}", "settings", setting.name, visit.say("palette.setting"))


def _reader(visit: Visit, session: Session, typed: str) -> Iterator[Found]:
    number = find_msisdn(typed)
    if number is None or visit.who is None or not visit.may("reader"):
        return
    found = find_reader(session, number)
    if found is not None and rights.in_reach(visit.who.city, found.city):
        yield Found(f"/readers/{found.id}", "readers", number.masked, visit.say("palette.reader"))
