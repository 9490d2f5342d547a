"""Operations on dispatches that are under way: steered, a handset class held back or turned to links, a brake let go; each says how many it touches."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from console.api.calls import Call, Operation, Reply
from console.api.confirming import CountedRequest, check
from console.api.problems import Problem
from console.api.scopes import READ, SEND
from console.confirmed import VERBS
from delivery import lifecycle
from delivery.dispatch import brake as brakes
from delivery.dispatch import pacing, steering
from delivery.dispatch.closing import left_over
from delivery.dispatch.rerouting import reroute
from delivery.models import Brake, Dispatch
from huabao.errors import UsageError


class DispatchAct(CountedRequest):
    """What is to be done to a dispatch; pausing and holding need neither count nor reason."""

    act: Literal["release", "pause", "hold", "resume", "cancel", "kill"] = Field(
        description="hold waits for a person and release ends that; pause and resume; cancel before it began, kill after"
    )


class ClassAct(CountedRequest):
    """What is to be done about a handset class of a dispatch."""

    handset_class: Annotated[str, Field(min_length=1, max_length=40, description="Such as 100kb-240x320")]
    act: Annotated[Literal["block", "link"], Field(description="block holds it back; link sends it a link instead")]


class BrakeAct(CountedRequest):
    """What is to be done about what a brake holds."""

    act: Annotated[Literal["release", "drop"], Field(description="release lets it leave; drop cancels it")]


class RateChange(CountedRequest):
    """Another rate of a dispatch."""

    rate: Annotated[float | None, Field(gt=0, le=pacing.RATE_MAX, strict=False, description="Readers a second over all its ports; null for as many as they carry")]


class ActDocument(BaseModel):
    """What an act touched, or would."""

    dispatch_id: int = Field(description="Id of the dispatch, as its own operations take it")
    state: str = Field(description="Of the dispatch, afterwards")
    readers: int = Field(description="Whom it touched, or, of a dry run, would touch now")
    done: bool = Field(description="false of a dry run")


class RateDocument(ActDocument):
    """What another rate does, or would do."""

    rate: float | None = Field(description="Readers a second; null for as many as its ports carry")
    forecast_finish_at: datetime | None = Field(description="At that rate; null where nobody knows")
    deadline_at: datetime | None = Field(description="When all are to have been sent to; null for none")


class BrakeDocument(BaseModel):
    """What is held of a dispatch, and why."""

    brake_id: int = Field(description="Id of the brake, as `actOnBrake` takes it")
    scope: str = Field(description="port, handset_class, variant or batch")
    key: str = Field(description="Which one of the scope: a port's or variant's name, a handset class, a batch's id")
    reason: str = Field(description="What was measured, or what was said")
    by: str = Field(description="Name of the account, or of what held it by itself")
    at: datetime = Field(description="Since when it holds")
    readers: int = Field(description="Still to be sent to")


class BrakeList(BaseModel):
    """Every open brake of a dispatch, the oldest first."""

    brakes: list[BrakeDocument] = Field(description="Empty where nothing is held")


def steer(call: Call) -> Reply:
    """Release, pause, hold, go on, cancel or kill."""
    body, dispatch_id = call.body, call.path["dispatch_id"]
    assert isinstance(body, DispatchAct)
    with call.runtime.transaction(read_only=True) as session:
        found = _found(session, dispatch_id)
        state, count = found.state, left_over(session, found)
    if body.act not in lifecycle.TRANSITIONS[state]:
        raise Problem("conflict", f"a dispatch that is {state} takes {', '.join(lifecycle.TRANSITIONS[state]) or 'nothing'}, not {body.act}")
    if not body.dry_run:
        reason = check(body, count, counted=VERBS[body.act].reason)
        state = steering.steer(call.runtime, dispatch_id, body.act, by=call.actor(body.agent), reason=reason)
    return Reply(200, ActDocument(dispatch_id=dispatch_id, state=state, readers=count, done=not body.dry_run))


def change_rate(call: Call) -> Reply:
    """Another rate, with what it does to the finish."""
    body, dispatch_id = call.body, call.path["dispatch_id"]
    assert isinstance(body, RateChange)
    with call.runtime.transaction(read_only=True) as session:
        dispatch = _found(session, dispatch_id)
        state, effect = dispatch.state, pacing.effect(session, dispatch, body.rate, call.runtime.now())
    if state not in lifecycle.UNSENT:
        raise Problem("conflict", f"dispatch {dispatch_id} is {state}: nothing of it is left to send")
    if not body.dry_run:
        reason = check(body, effect.readers)
        steering.change_rate(call.runtime, dispatch_id, body.rate, by=call.actor(body.agent), reason=reason)
    return Reply(
        200,
        RateDocument(
            dispatch_id=dispatch_id, state=state, readers=effect.readers, done=not body.dry_run, rate=body.rate, forecast_finish_at=effect.after_at,
            deadline_at=dispatch.deadline_at,
        ),
    )  # fmt: skip


def act_on_class(call: Call) -> Reply:
    """Hold a handset class back, or turn it to links."""
    body, dispatch_id = call.body, call.path["dispatch_id"]
    assert isinstance(body, ClassAct)
    by = call.actor(body.agent)
    with call.runtime.transaction(read_only=True) as session:
        dispatch = _found(session, dispatch_id)
        state, count = dispatch.state, brakes.readers_left(session, dispatch, brakes.HANDSET_CLASS, body.handset_class)
    if body.act == "link":
        count = reroute(call.runtime, dispatch_id, body.handset_class, body.act, by=by, reason="", dry_run=True).readers
    if count == 0:
        raise Problem("conflict", f"nobody of {body.handset_class} is left to send to")
    if not body.dry_run:
        reason = check(body, count)
        if body.act == "block":
            steering.block(call.runtime, dispatch_id, body.handset_class, by=by, reason=reason)
        else:
            count = reroute(call.runtime, dispatch_id, body.handset_class, body.act, by=by, reason=reason).readers
    return Reply(200, ActDocument(dispatch_id=dispatch_id, state=state, readers=count, done=not body.dry_run))


def list_brakes(call: Call) -> Reply:
    """What is held, and why."""
    with call.runtime.transaction(read_only=True) as session:
        dispatch = _found(session, call.path["dispatch_id"])
        found = [
            BrakeDocument(
                brake_id=one.id, scope=one.scope, key=one.key, reason=one.reason, by=one.by, at=one.at,
                readers=brakes.readers_left(session, dispatch, one.scope, one.key),
            )
            for one in brakes.open_brakes(session, dispatch.id)
        ]  # fmt: skip
        return Reply(200, BrakeList(brakes=found))


def act_on_brake(call: Call) -> Reply:
    """Let go what a brake holds, or give it up."""
    body, brake_id = call.body, call.path["brake_id"]
    assert isinstance(body, BrakeAct)
    with call.runtime.transaction(read_only=True) as session:
        found = session.get(Brake, brake_id)
        if found is None:
            raise Problem("not-found", f"there is no brake {brake_id}")
        dispatch = lifecycle.find_dispatch(session, found.dispatch_id)
        dispatch_id, state, released = dispatch.id, dispatch.state, found.released_at
        count = brakes.readers_left(session, dispatch, found.scope, found.key)
    if released is not None:
        raise Problem("conflict", f"brake {brake_id} was released already")
    if not body.dry_run:
        reason = check(body, count)
        act = steering.let_go if body.act == "release" else steering.give_up
        act(call.runtime, brake_id, by=call.actor(body.agent), reason=reason)
    return Reply(200, ActDocument(dispatch_id=dispatch_id, state=state, readers=count, done=not body.dry_run))


def _found(session: Session, dispatch_id: int) -> Dispatch:
    try:
        return lifecycle.find_dispatch(session, dispatch_id)
    except UsageError as error:
        raise Problem("not-found", f"there is no dispatch {dispatch_id}") from error


_DONE = {200: ActDocument}
_PROBLEMS = ("not-found", "conflict", "moved")

OPERATIONS: tuple[Operation, ...] = (
    Operation("steerDispatch", "POST", "/dispatches/{dispatch_id:int}/acts", (SEND,), "Release, pause, hold, go on, cancel or kill", steer, _DONE, _PROBLEMS, DispatchAct),
    Operation(
        "changeDispatchRate", "POST", "/dispatches/{dispatch_id:int}/rate", (SEND,), "Give a dispatch another rate, or see what it would do", change_rate,
        {200: RateDocument}, _PROBLEMS, RateChange,
    ),
    Operation(
        "actOnClass", "POST", "/dispatches/{dispatch_id:int}/classes/acts", (SEND,), "Hold a handset class back, or turn it to links", act_on_class, _DONE, _PROBLEMS, ClassAct
    ),
    Operation("listBrakes", "GET", "/dispatches/{dispatch_id:int}/brakes", (READ, SEND), "What is held of a dispatch, and why", list_brakes, {200: BrakeList}, ("not-found",)),
    Operation("actOnBrake", "POST", "/brakes/{brake_id:int}/acts", (SEND,), "Let go what a brake holds, or cancel it", act_on_brake, _DONE, _PROBLEMS, BrakeAct),
)  # fmt: skip
