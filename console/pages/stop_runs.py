"""A run of stops that the guard holds: one person agrees and a second one lets it happen, or it is dropped."""

from __future__ import annotations

from starlette.responses import Response

from console.agreeing import asked_run, others
from console.confirmed import REASON_CHARS_MAX, number_of
from console.visit import Refused, Visit
from huabao.errors import UsageError
from reconciliation.stop_send import deciding
from reconciliation.stop_send.causes import NAMES
from reconciliation.stop_send.models import HELD, StopRun

VERBS = ("agree", "drop")


def stop_run(visit: Visit) -> Response:
    """The sheet."""
    return _sheet(visit)


def stop_run_act(visit: Visit) -> Response:
    """The act, and back to the board."""
    run_id, verb = asked_run(visit, VERBS)
    reason = visit.form.get("reason", "").strip()[:REASON_CHARS_MAX]
    if verb == "drop" and not reason:
        return _sheet(visit, problem=visit.say("steer.reason_missing"))
    now = visit.runtime.now()
    try:
        with visit.runtime.transaction() as session:
            if verb == "drop":
                deciding.drop(session, run_id, by=visit.actor, why=reason, now=now)
            else:
                found = deciding.held_run(session, run_id).found
                if number_of(visit.form.get("count", "")) != found:
                    return _sheet(visit, problem=visit.say("steer.moved", before=number_of(visit.form.get("count", "")) or 0, n=found))
                deciding.approve(session, run_id, by=visit.actor, now=now)
    except UsageError:
        return _sheet(visit, problem=visit.say("agree.gone"), reason=reason)
    return visit.go("/recovery")


def _sheet(visit: Visit, *, problem: str = "", reason: str = "") -> Response:
    run_id, verb = asked_run(visit, VERBS)
    with visit.runtime.transaction(read_only=True) as session:
        run = session.get(StopRun, run_id)
        if run is None:
            raise Refused(404, "not_found")
        agreed = [who for who, _ in run.approvals]
        possible = run.state == HELD and (verb == "drop" or visit.actor not in agreed)
        return visit.page(
            "_stop_run_sheet.html" if visit.fragment else "stop_run_sheet.html",
            run=run, verb=verb, agreed=agreed, seconds=[one for one in others(session, "stop_run_act", agreed) if one != visit.actor], possible=possible,
            problem=problem or ("" if possible else visit.say("agree.gone" if run.state != HELD else "agree.twice")), causes=NAMES, reason=reason,
            reason_chars_max=REASON_CHARS_MAX,
        )  # fmt: skip
