"""What a person may do to a dispatch: a sheet that says how many readers it touches, then the act.

The count is taken when the sheet opens and again when the button is pressed, from
the batches that are left, so that nobody waits for a pass over all deliveries. If
more readers than confirmed (by over 1 %) would be touched, the sheet comes back;
fewer, because sending went on meanwhile, is no reason to ask twice. Pausing and holding
ask for nothing, for speed.
"""

from __future__ import annotations

from sqlalchemy.orm import Session
from starlette.responses import Response

from console.confirmed import MOVED_SHARE, REASON_CHARS_MAX, VERBS, Verb, number_of
from console.visit import Refused, Visit
from delivery import lifecycle
from delivery.dispatch.closing import left_over
from delivery.dispatch.steering import steer as do
from huabao.errors import StoreError, UsageError

FROM_CONSOLE = "from the console"
"""The reason of what needs none; the journal keeps one sentence for everybody, and pages say it in their language."""


def verbs_for(state: str) -> tuple[Verb, ...]:
    """What a person may ask for in this state, the lightest first."""
    return tuple(verb for name, verb in VERBS.items() if name in lifecycle.TRANSITIONS.get(state, {}))


def steer(visit: Visit) -> Response:
    """The sheet."""
    verb, dispatch_id = _asked(visit)
    with visit.runtime.transaction(read_only=True) as session:
        state, count = _state_and_count(visit, session, dispatch_id)
    possible = verb.name in lifecycle.TRANSITIONS[state]
    problem = "" if possible else _not_now(visit, verb, state)
    return _sheet(visit, verb, dispatch_id, count, problem=problem, possible=possible)


def steer_act(visit: Visit) -> Response:
    """The act, and back to where the sheet was opened."""
    verb, dispatch_id = _asked(visit)
    reason = visit.form.get("reason", "").strip()[:REASON_CHARS_MAX]
    with visit.runtime.transaction(read_only=True) as session:
        state, count = _state_and_count(visit, session, dispatch_id)
    problem = _problem(visit, verb, state, count, reason)
    if not problem:
        try:
            do(visit.runtime, dispatch_id, verb.name, by=visit.actor, reason=reason or FROM_CONSOLE)
        except StoreError:
            problem = _not_now(visit, verb, state)  # somebody else was quicker
    if problem:
        return _sheet(visit, verb, dispatch_id, count, problem=problem, possible=verb.name in lifecycle.TRANSITIONS[state], reason=reason)
    return visit.go(visit.back(f"/dispatches/{dispatch_id}"))


def _problem(visit: Visit, verb: Verb, state: str, count: int, reason: str) -> str:
    if verb.name not in lifecycle.TRANSITIONS[state]:
        return _not_now(visit, verb, state)
    if verb.reason and not reason:
        return visit.say("steer.reason_missing")
    confirmed = number_of(visit.form.get("count", ""))
    if verb.reason and (confirmed is None or count > confirmed * (1 + MOVED_SHARE)):
        return visit.say("steer.moved", before=confirmed or 0, n=count)
    if verb.typed and number_of(visit.form.get("typed", "")) != confirmed:
        return visit.say("steer.count_wrong")
    return ""


def _not_now(visit: Visit, verb: Verb, state: str) -> str:
    return visit.say("steer.not_now", state=visit.say(f"state.{state}"), verb=visit.say(f"steer.{verb.name}"))


def _asked(visit: Visit) -> tuple[Verb, int]:
    verb = VERBS.get(visit.request.path_params["verb"])
    if verb is None:
        raise Refused(404, "not_found")
    return verb, int(visit.request.path_params["dispatch_id"])


def _state_and_count(visit: Visit, session: Session, dispatch_id: int) -> tuple[str, int]:
    try:
        found = lifecycle.find_dispatch(session, dispatch_id)
    except UsageError as error:
        raise Refused(404, "not_found") from error
    return found.state, left_over(session, found)


def _sheet(visit: Visit, verb: Verb, dispatch_id: int, count: int, *, problem: str, possible: bool, reason: str = "") -> Response:
    template = "_sheet.html" if visit.fragment else "sheet.html"
    return visit.page(template, verb=verb, dispatch_id=dispatch_id, count=count, problem=problem, possible=possible, reason=reason, reason_chars_max=REASON_CHARS_MAX)
