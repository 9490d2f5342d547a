"""Alarms: those that are open, silenced or closed; one with what it means, what to do and what happened; and what a person does with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session
from starlette.responses import Response

from console.visit import Refused, Visit
from huabao.alarms import SYSTEM, Alarm
from huabao.errors import UsageError
from monitoring.alarms import city, handling
from monitoring.alarms.evidence import evidence_of
from monitoring.alarms.kinds import kind_of

PAGE_ROWS = 50
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

SPANS = {"for_quarter": 900, "for_hour": 3600, "for_shift": 28_800, "for_day": 86_400}
"""How long one may silence with a click, in seconds, by the name of its text."""

VERBS = ("silence", "close", "announce")
"""Acts that ask for something first."""

SEVERITY_TONES = {"critical": "failed", "warning": "held", "info": "neutral"}

FACTS_MAX = 12


def incident(visit: Visit) -> Response:
    """The strip that every desk shows on top while somebody announced an alarm."""
    with visit.runtime.transaction(read_only=True) as session:
        known = handling.known(session)
    return replace(visit, incidents=known).page("_incident.html")


def alarms(visit: Visit) -> Response:
    """The list, by state."""
    return _list(visit, "alarms.html")


def alarms_live(visit: Visit) -> Response:
    """Its live part."""
    return _list(visit, "_alarms.html")


def _list(visit: Visit, template: str) -> Response:
    now = visit.runtime.now()
    asked = visit.request.query_params.get("state", "")
    state = asked if asked in handling.STATES else handling.OPEN
    older = ""
    with visit.runtime.transaction(read_only=True) as session:
        if visit.city:
            return _of_city(visit, session, state, template)
        if state == handling.CLOSED:
            found = list(handling.closed(session, after=_after(visit), limit=PAGE_ROWS + 1))
            if len(found) > PAGE_ROWS:
                older = _cursor(found[PAGE_ROWS - 1])
            found = found[:PAGE_ROWS]
        else:
            found = handling.current(session, state, now)
        counts = handling.counts(session, now)
    after = visit.request.query_params.get("after", "") if state == handling.CLOSED else ""
    return visit.page(
        template,
        state=state,
        states=handling.STATES,
        lines=found,
        counts=counts,
        older=older,
        first=not after,
        kind_of=kind_of,
        tones=SEVERITY_TONES,
        address=_address(state, after),
    )


def _of_city(visit: Visit, session: Session, state: str, template: str) -> Response:
    """What concerns the city; of closed ones the newest, without older pages."""
    now = visit.runtime.now()
    by_state = {one: city.listed(session, visit.city, one, now) for one in handling.STATES if one in (state, handling.OPEN, handling.SILENCED)}
    lines = by_state[state] if state == handling.CLOSED else city.worst_first(by_state[state])
    counts = {one: len(by_state[one]) for one in (handling.OPEN, handling.SILENCED)}
    shown: dict[str, Any] = {"older": "", "first": True, "kind_of": kind_of, "tones": SEVERITY_TONES, "address": _address(state, "")}
    return visit.page(template, state=state, states=handling.STATES, lines=lines, counts=counts, **shown)


def _address(state: str, after: str) -> str:
    return f"/alarms/live?state={state}" + (f"&after={after}" if _parsed(after) is not None else "")


def alarm(visit: Visit) -> Response:
    """One incident."""
    return _one(visit, "alarm.html")


def alarm_live(visit: Visit) -> Response:
    """Its live part."""
    return _one(visit, "_alarm.html")


def _one(visit: Visit, template: str) -> Response:
    now = visit.runtime.now()
    with visit.runtime.transaction(read_only=True) as session:
        found = _found(visit, session)
        if visit.city:
            if not city.concerning(session, [found], visit.city):
                raise Refused(404, "not_found")
            shown = "_alarm_city.html" if template.startswith("_") else template
            return visit.page(shown, alarm=found, kind=kind_of(found.kind), state=handling.state_of(found, now), tones=SEVERITY_TONES)
        return visit.page(
            template,
            alarm=found,
            kind=kind_of(found.kind),
            state=handling.state_of(found, now),
            evidence=evidence_of(session, found, now),
            history=handling.history(session, found.id),
            earlier=handling.earlier(session, found),
            facts=list(found.detail.items())[:FACTS_MAX],
            tones=SEVERITY_TONES,
            system=SYSTEM,
        )


def _found(visit: Visit, session: Session) -> Alarm:
    found = session.get(Alarm, int(visit.request.path_params["alarm_id"]))
    if found is None:
        raise Refused(404, "not_found")
    return found


# --- acts ------------------------------------------------------------------------------------------------------------


def alarm_sheet(visit: Visit) -> Response:
    """What one is asked before it is silenced, closed or told to all."""
    return _sheet(visit)


def alarm_act(visit: Visit) -> Response:
    """The act, and back to the alarm."""
    verb, alarm_id = visit.request.path_params["verb"], int(visit.request.path_params["alarm_id"])
    form, by, now = visit.form, visit.actor, visit.runtime.now()
    reason = form.get("reason", "")
    acts: dict[str, Callable[[Session], Any]] = {
        "take": lambda session: handling.take(session, alarm_id, by=by, now=now),
        "hear": lambda session: handling.hear(session, alarm_id, by=by, now=now),
        "silence": lambda session: handling.silence(session, alarm_id, SPANS.get(form.get("span", ""), SPANS["for_hour"]), reason, by=by, now=now),
        "close": lambda session: handling.close(session, alarm_id, reason, by=by, now=now),
        "announce": lambda session: handling.announce(session, alarm_id, reason, by=by, now=now),
    }
    if verb not in acts:
        raise Refused(404, "not_found")
    if verb in ("silence", "close") and not reason.strip():
        return _sheet(visit, problem=visit.say("alarms.missing_reason"))
    try:
        with visit.runtime.transaction() as session:
            _found(visit, session)
            acts[verb](session)
    except UsageError as error:
        if verb in VERBS:
            return _sheet(visit, problem=visit.why(error), reason=reason)
    return visit.go(f"/alarms/{alarm_id}")


def _sheet(visit: Visit, *, problem: str = "", reason: str = "") -> Response:
    verb = visit.request.path_params["verb"]
    if verb not in VERBS:
        raise Refused(404, "not_found")
    with visit.runtime.transaction(read_only=True) as session:
        found = _found(visit, session)
    possible = found.closed_at is None
    return visit.page(
        "_alarm_sheet.html" if visit.fragment else "alarm_sheet.html",
        alarm=found,
        kind=kind_of(found.kind),
        verb=verb,
        possible=possible,
        problem=problem if possible else visit.say("alarms.gone"),
        reason=reason or (found.notice if verb == "announce" else ""),
        spans=tuple(SPANS),
        chars_max=handling.NOTICE_CHARS_MAX if verb == "announce" else handling.REASON_CHARS_MAX,
    )


# --- paging ----------------------------------------------------------------------------------------------------------


def _cursor(one: Alarm) -> str:
    assert one.closed_at is not None, "only closed alarms are paged"
    return f"{(one.closed_at - EPOCH) // timedelta(microseconds=1)}-{one.id}"


def _after(visit: Visit) -> tuple[datetime, int] | None:
    return _parsed(visit.request.query_params.get("after", ""))


def _parsed(cursor: str) -> tuple[datetime, int] | None:
    """Behind which row a page begins; what is no cursor is the beginning."""
    micros, dash, alarm_id = cursor.partition("-")
    if not dash or not (micros + alarm_id).isascii() or not (micros.isdecimal() and alarm_id.isdecimal()) or len(micros) > 17 or len(alarm_id) > 18:
        return None
    return EPOCH + timedelta(microseconds=int(micros)), int(alarm_id)
