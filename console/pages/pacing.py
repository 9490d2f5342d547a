"""Another rate for a dispatch: a sheet with what it does to the finish, then the act.

As with a port's rate, it is confirmed only with its effect before the person's eyes: where
the rate in the form is not the one that the sheet spoke of, or more readers than
confirmed (by over 1 %) wait, the sheet comes back.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session
from starlette.responses import Response

from console.confirmed import MOVED_SHARE, REASON_CHARS_MAX, number_of
from console.visit import Refused, Visit
from delivery import lifecycle
from delivery.dispatch import pacing, steering
from delivery.models import Dispatch
from huabao.errors import StoreError, UsageError


@dataclass(frozen=True)
class Asked:
    """What the form says.

    Attributes:
        rate: readers a second; None for as many as the ports carry.
        given: something was typed, or the limit is to go.
        problem: why it cannot be done, or "".
    """

    rate: float | None = None
    given: bool = False
    problem: str = ""

    @property
    def shown(self) -> str:
        """The rate as the form carries it."""
        return "" if self.rate is None else f"{self.rate:g}"


def dispatch_rate(visit: Visit) -> Response:
    """The sheet."""
    with visit.runtime.transaction(read_only=True) as session:
        dispatch = _found(visit, session)
        return _sheet(visit, session, dispatch, _asked(visit, dict(visit.request.query_params), dispatch))


def dispatch_rate_act(visit: Visit) -> Response:
    """The act, and back to the dispatch."""
    with visit.runtime.transaction(read_only=True) as session:
        dispatch = _found(visit, session)
        asked = _asked(visit, dict(visit.form), dispatch)
        problem = asked.problem or _problem(visit, session, dispatch, asked)
        if problem:
            return _sheet(visit, session, dispatch, asked, problem=problem)
    try:
        steering.change_rate(visit.runtime, dispatch.id, asked.rate, by=visit.actor, reason=_reason(visit))
    except StoreError:  # it ended meanwhile
        with visit.runtime.transaction(read_only=True) as session:
            return _sheet(visit, session, _found(visit, session), asked)
    return visit.go(f"/dispatches/{dispatch.id}")


def _problem(visit: Visit, session: Session, dispatch: Dispatch, asked: Asked) -> str:
    if dispatch.state not in lifecycle.UNSENT:
        return _over(visit, dispatch)
    if not asked.given:
        return visit.say("rate_sheet.none_given")
    if not _reason(visit):
        return visit.say("steer.reason_missing")
    confirmed, count = number_of(visit.form.get("count", "")), pacing.effect(session, dispatch, asked.rate, visit.runtime.now()).readers
    if confirmed is None or count > confirmed * (1 + MOVED_SHARE):
        return visit.say("steer.moved", before=confirmed or 0, n=count)
    return "" if visit.form.get("shown") == asked.shown else visit.say("ports.look")


def _asked(visit: Visit, given: dict[str, str], dispatch: Dispatch) -> Asked:
    text = given.get("rate", "").replace(",", "").replace("，", "").strip()[:20]
    if given.get("unlimited"):
        return Asked(None, given=True)
    if not text:
        return Asked(dispatch.rate)
    try:
        return Asked(pacing.checked_rate(float(text)), given=True)
    except (ValueError, UsageError):
        return Asked(dispatch.rate, given=True, problem=visit.say("ports.no_rate", most=pacing.RATE_MAX))


def _over(visit: Visit, dispatch: Dispatch) -> str:
    return visit.say("steer.not_now", state=visit.say(f"state.{dispatch.state}"), verb=visit.say("rate_sheet.verb"))


def _reason(visit: Visit) -> str:
    return visit.form.get("reason", "").strip()[:REASON_CHARS_MAX]


def _found(visit: Visit, session: Session) -> Dispatch:
    try:
        return lifecycle.find_dispatch(session, visit.request.path_params["dispatch_id"])
    except UsageError as error:
        raise Refused(404, "not_found") from error


def _sheet(visit: Visit, session: Session, dispatch: Dispatch, asked: Asked, *, problem: str = "") -> Response:
    possible = dispatch.state in lifecycle.UNSENT
    return visit.page(
        "_rate_sheet.html" if visit.fragment else "rate_sheet.html",
        dispatch=dispatch, asked=asked, typed=visit.form.get("rate", "") or ("" if dispatch.rate is None else f"{dispatch.rate:g}"), reason=_reason(visit),
        effect=pacing.effect(session, dispatch, asked.rate, visit.runtime.now()) if possible else None, possible=possible,
        problem=problem or asked.problem or ("" if possible else _over(visit, dispatch)), reason_chars_max=REASON_CHARS_MAX,
    )  # fmt: skip
