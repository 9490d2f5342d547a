"""The editor's desk: editions as a list or a calendar, new ones, and how long the desk has for today's papers."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session
from starlette.responses import Response

from console.visit import Visit
from content.drafts import listing, starting
from content.drafts.listing import Filter, Line
from content.models import Publication
from content.workflow.lifecycle import STATES
from delivery.dispatch.countdown import Countdown, countdown
from huabao.clock import business_day
from huabao.errors import UsageError
from huabao.hours import Hours

PAGE_LENGTH = 50
MONTH_MAX = 600
"""Editions of one month that a calendar shows."""

LIST, CALENDAR = "list", "calendar"


@dataclass(frozen=True)
class Day:
    """One day of the calendar."""

    day: date
    in_month: bool
    lines: tuple[Line, ...]


def editions(visit: Visit) -> Response:
    """Editions by day, publication and state."""
    asked = visit.request.query_params
    shape = CALENDAR if asked.get("view") == CALENDAR else LIST
    today = business_day(visit.runtime.now())
    state = asked.get("state", "") if asked.get("state") in STATES else ""
    with visit.runtime.transaction(read_only=True) as session:
        titles = listing.publications(session)
        slug = asked.get("publication", "") if any(one.slug == asked.get("publication") for one in titles) else ""
        wanted = Filter(slug, state, before=_before(asked.get("before", "")))
        values = _month(visit, session, wanted, today) if shape == CALENDAR else _list(visit, session, wanted)
    filters = {name: value for name, value in (("view", shape), ("publication", slug), ("state", state)) if value}
    newspapers = [one for one in titles if one.kind == "newspaper" and (not slug or one.slug == slug)]
    return visit.page("editions.html", shape=shape, titles=titles, slug=slug, state=state, states=STATES, today=today, filters=filters, newspapers=newspapers, **values)


def editions_countdown(visit: Visit) -> Response:
    """How long there is till the last approval of each paper that has a window today; counted now, so it is asked for by itself."""
    now = visit.runtime.now()
    with visit.runtime.transaction(read_only=True) as session:
        found = [(one, _countdown(visit, session, one)) for one in listing.publications(session) if one.kind == "newspaper" and not Hours.parse(one.send_window).always]
    return visit.page("_editions_countdown.html", papers=[(one, left) for one, left in found if left is not None], at=now)


def edition_new(visit: Visit) -> Response:
    """The form for a new edition."""
    return _new(visit, {})


def edition_new_act(visit: Visit) -> Response:
    """Begin it, and on to writing."""
    form = visit.form
    try:
        day = date.fromisoformat(form.get("day", ""))
    except ValueError:
        return _new(visit, form, visit.say("editions.day_wrong"))
    wish = starting.Wish(form.get("publication", ""), form.get("number", "").strip(), day, from_before=form.get("from") == "before")
    try:
        with visit.runtime.transaction() as session:
            begun = starting.begin(session, wish, by=visit.actor, now=visit.runtime.now(), city=visit.city)
    except UsageError as error:
        return _new(visit, form, visit.why(error))
    return visit.go(f"/editions/{begun.edition_id}/write")


def _countdown(visit: Visit, session: Session, publication: Publication) -> Countdown | None:
    try:
        return countdown(session, publication.slug, visit.runtime.now())
    except UsageError:  # its window of today is over
        return None


def _new(visit: Visit, form: Any, problem: str = "") -> Response:
    asked = {**visit.request.query_params, **form}
    now = visit.runtime.now()
    with visit.runtime.transaction(read_only=True) as session:
        titles = listing.publications(session)
        chosen = next((one for one in titles if one.slug == asked.get("publication")), titles[0] if titles else None)
        day = asked.get("day") or (business_day(now) + timedelta(days=1)).isoformat()
        number = asked.get("number", "")
        if not number and chosen is not None:
            number = starting.next_number(session, chosen, _day_or(day, business_day(now)))
    from_before = asked.get("from", "before") == "before"
    return visit.page("edition_new.html", titles=titles, chosen=chosen, on=day, number=number, from_before=from_before, problem=problem)


def _list(visit: Visit, session: Session, wanted: Filter) -> dict[str, Any]:
    found = listing.lines(session, wanted, visit.runtime.now(), PAGE_LENGTH + 1)
    last = found[PAGE_LENGTH - 1] if len(found) > PAGE_LENGTH else None
    return {"lines": found[:PAGE_LENGTH], "older": f"{last.day.isoformat()}.{last.edition_id}" if last else "", "begun": wanted.before is None}


def _month(visit: Visit, session: Session, wanted: Filter, today: date) -> dict[str, Any]:
    month = _day_or(f"{visit.request.query_params.get('month', '')}-01", today.replace(day=1))
    weeks = calendar.Calendar(firstweekday=0).monthdatescalendar(month.year, month.month)
    span = Filter(wanted.publication, wanted.state, weeks[0][0], weeks[-1][-1])
    by_day: dict[date, list[Line]] = {}
    for line in listing.lines(session, span, visit.runtime.now(), MONTH_MAX):
        by_day.setdefault(line.day, []).append(line)
    rows = [[Day(day, day.month == month.month, tuple(sorted(by_day.get(day, ()), key=lambda one: one.edition_id))) for day in week] for week in weeks]
    before, after = month - timedelta(days=1), month + timedelta(days=31)
    return {"month": month, "weeks": rows, "month_before": before.strftime("%Y-%m"), "month_after": after.strftime("%Y-%m")}


def _day_or(text: str, otherwise: date) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return otherwise
    return found if 1990 <= found.year <= 2099 else otherwise


def _before(text: str) -> tuple[date, int] | None:
    day, _, number = text.partition(".")
    found = _day_or(day, date.min)
    return (found, int(number)) if found != date.min and number.isascii() and number.isdecimal() and len(number) < 18 else None
