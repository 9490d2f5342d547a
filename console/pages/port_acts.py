"""What a person may do to a port: another rate, a pause, on again, from afresh, a question to its peer; a sheet with the count first.

The count is of readers who are still to be sent to there. It is taken when the
sheet opens and again when the button is pressed. A rate is confirmed only with what it
does to the ends of the dispatches before the person's eyes: where the rate in the
form is not the one that the sheet spoke of, the sheet comes back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session
from starlette.responses import Response

from console.confirmed import MOVED_SHARE, REASON_CHARS_MAX, number_of
from console.pages.ports import find
from console.visit import Refused, Visit
from delivery.models import Port
from delivery.ports import changes, services
from delivery.ports.contracts import Contract
from delivery.ports.probing import ask
from huabao.clock import parse_time
from huabao.errors import HuabaoError, UsageError
from monitoring import ports as measured

RATE, PAUSE, RESUME, RESET, TEST = VERBS = ("rate", "pause", "resume", "reset", "test")
WITH_REASON = (RATE, RESUME, RESET)


@dataclass(frozen=True)
class Asked:
    """What the form says.

    Attributes:
        rate: None where none was given, or none that a port can have.
        at: when it is to hold, None for now.
        problem: why it cannot be done, or "".
    """

    verb: str
    rate: float | None = None
    at: datetime | None = None
    problem: str = ""


def port_sheet(visit: Visit) -> Response:
    """The sheet."""
    verb = _verb(visit)
    with visit.runtime.transaction(read_only=True) as session:
        port = find(session, visit)
        return _sheet(visit, session, port, _asked(visit, port, verb, dict(visit.request.query_params)))


def port_act(visit: Visit) -> Response:
    """The act, and back to the port."""
    verb = _verb(visit)
    name = str(visit.request.path_params["name"])
    with visit.runtime.transaction(read_only=True) as session:
        port = find(session, visit)
        if verb == TEST:
            asked, problem = Asked(verb), ""
        else:
            asked = _asked(visit, port, verb, dict(visit.form))
            problem = asked.problem or _problem(visit, session, port, asked)
            if problem:
                return _sheet(visit, session, port, asked, problem=problem)
    if verb == TEST:
        said = ask(visit.runtime, name, by=visit.actor)
        return visit.page("_port_said.html" if visit.fragment else "port_said.html", name=name, answer=said)
    try:
        _do(visit, name, asked, _reason(visit))
    except HuabaoError as error:
        with visit.runtime.transaction(read_only=True) as session:
            return _sheet(visit, session, find(session, visit), asked, problem=visit.say("ports.refused", why=visit.why(error)))
    return visit.go(visit.back(f"/ports/{name}"))


def _do(visit: Visit, name: str, asked: Asked, reason: str) -> None:
    now, by = visit.runtime.now(), visit.actor
    with visit.runtime.transaction() as session:
        if asked.verb == RESET:
            services.reset_port(session, name, by=by, now=now, reason=reason)
        elif asked.verb == RATE and asked.rate is not None and asked.at is not None:
            changes.schedule_change(session, name, asked.at, asked.rate, reason=reason, by=by, now=now)
        elif asked.verb == RATE and asked.rate is not None:
            services.change_rate(session, name, asked.rate, reason=reason, by=by, now=now)
        else:
            services.pause_port(session, name, asked.verb == PAUSE, reason=reason, by=by, now=now)


def _problem(visit: Visit, session: Session, port: Port, asked: Asked) -> str:
    if asked.verb in WITH_REASON and not _reason(visit):
        return visit.say("steer.reason_missing")
    confirmed, count = number_of(visit.form.get("count", "")), measured.readers_at(session, port.id)
    if asked.verb in WITH_REASON and (confirmed is None or count > confirmed * (1 + MOVED_SHARE)):
        return visit.say("steer.moved", before=confirmed or 0, n=count)
    if asked.verb == RATE and (asked.rate is None or visit.form.get("shown") != f"{asked.rate:g}"):
        return visit.say("ports.look")
    return ""


def _asked(visit: Visit, port: Port, verb: str, given: dict[str, str]) -> Asked:
    """What is asked for, and what stands against it."""
    if verb == PAUSE:
        return Asked(verb, problem="" if port.state == "up" else visit.say("ports.paused_already"))
    if verb == RESUME:
        return Asked(verb, problem="" if port.state != "up" else visit.say("ports.up_already"))
    if verb != RATE or not given.get("rate", "").strip():
        return Asked(verb)
    rate = _rate(given["rate"])
    if rate is None:
        return Asked(verb, problem=visit.say("ports.no_rate", most=int(services.LIMITS["rate"])))
    allowed = Contract.of(port.contract or {}).whole.rate
    if allowed is not None and rate > allowed:
        return Asked(verb, problem=visit.say("ports.over_contract", rate=f"{rate:g}", allowed=f"{allowed:g}"))
    return _with_instant(visit, Asked(verb, rate), given.get("at", "").strip())


def _with_instant(visit: Visit, asked: Asked, text: str) -> Asked:
    if not text:
        return asked
    try:
        at = parse_time(text)
    except UsageError:
        return Asked(RATE, asked.rate, problem=visit.say("ports.no_time"))
    return Asked(RATE, asked.rate, at, "" if at > visit.runtime.now() else visit.say("ports.past"))


def _rate(text: str) -> float | None:
    try:
        found = float(text.replace(",", "").replace("，", "").strip()[:20])
    except ValueError:
        return None
    return found if 0 < found <= services.LIMITS["rate"] else None


def _reason(visit: Visit) -> str:
    return visit.form.get("reason", "").strip()[:REASON_CHARS_MAX]


def _verb(visit: Visit) -> str:
    verb = str(visit.request.path_params["verb"])
    if verb not in VERBS:
        raise Refused(404, "not_found")
    return verb


def _sheet(visit: Visit, session: Session, port: Port, asked: Asked, *, problem: str = "") -> Response:
    rate = asked.rate if asked.rate is not None else port.rate
    return visit.page(
        "_port_sheet.html" if visit.fragment else "port_sheet.html",
        port=port, unit=measured.unit_of(port), verb=asked.verb, asked=asked, rate=rate, typed=visit.form.get("rate", ""), at=visit.form.get("at", ""),
        count=measured.readers_at(session, port.id), touched=measured.touched(session, port, rate, visit.runtime.now()) if asked.verb == RATE else [],
        problem=problem or asked.problem, possible=asked.verb == RATE or not asked.problem, needs_reason=asked.verb in WITH_REASON, reason=_reason(visit),
        reason_chars_max=REASON_CHARS_MAX,
    )  # fmt: skip
