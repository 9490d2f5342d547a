"""Duty: who is there now and who comes, what is handed over, and what should have arrived today."""

from __future__ import annotations

from starlette.responses import Response

from console.rostering import people
from console.visit import Visit
from content.feeds.arrivals import LATE, board
from huabao.clock import parse_time
from huabao.errors import UsageError
from monitoring import handover, recipients
from reconciliation.feeds.standing import standing


def duty(visit: Visit) -> Response:
    """The page."""
    return _page(visit, "duty.html")


def duty_live(visit: Visit) -> Response:
    """What should have arrived, without the frame."""
    return _page(visit, "_arrivals.html")


def shift_act(visit: Visit) -> Response:
    """A shift onto the roster."""
    form = visit.form
    with visit.runtime.transaction() as session:
        problem, name = "", form.get("name", "").strip()
        if name not in people(session):
            problem = visit.say("duty.no_account")
        else:
            try:
                starts, ends = parse_time(form.get("starts", "")), parse_time(form.get("ends", ""))
                recipients.add_shift(session, name, starts, ends, form.get("note", ""), by=visit.actor, now=visit.runtime.now())
            except UsageError:
                problem = visit.say("duty.no_time")
    return _page(visit, "duty.html", problem=problem) if problem else visit.go("/duty")


def shift_end_act(visit: Visit) -> Response:
    """A shift off the roster; one that is gone already is no mistake."""
    with visit.runtime.transaction() as session:
        if any(one.id == visit.request.path_params["shift_id"] for one in recipients.roster(session, visit.runtime.now())):
            recipients.remove_shift(session, int(visit.request.path_params["shift_id"]), by=visit.actor, now=visit.runtime.now())
    return visit.go("/duty")


def note_act(visit: Visit) -> Response:
    """A note for whoever comes next."""
    try:
        with visit.runtime.transaction() as session:
            handover.write(session, visit.form.get("text", ""), by=visit.actor, now=visit.runtime.now())
    except UsageError:
        return _page(visit, "duty.html", problem=visit.say("duty.no_text"))
    return visit.go("/duty#handover")


def note_take_act(visit: Visit) -> Response:
    """A note taken over."""
    try:
        with visit.runtime.transaction() as session:
            handover.take(session, int(visit.request.path_params["note_id"]), by=visit.actor, now=visit.runtime.now())
    except UsageError:
        return _page(visit, "duty.html", problem=visit.say("duty.taken_before"))
    return visit.go("/duty#handover")


def _page(visit: Visit, template: str, *, problem: str = "") -> Response:
    now = visit.runtime.now()
    with visit.runtime.transaction(read_only=True) as session:
        whole = template == "duty.html"
        roster = recipients.roster(session, now) if whole else ()
        return visit.page(
            template,
            here=[one for one in roster if one.starts_at <= now < one.ends_at],
            roster=roster,
            notes=handover.notes(session, now) if whole else (),
            people=people(session) if whole else (),
            sources=[(slug, source, found) for slug, source, found in board(session, now) if found.state or source.failure],
            missing=LATE,
            files=standing(session, now) if visit.may("reconcile") else [],
            may_roster=visit.may("shift_act"),
            problem=problem,
            form=visit.form,
        )
