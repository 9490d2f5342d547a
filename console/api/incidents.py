"""Operations on alarms: what is open, one with its history, and what a person does with it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from console.api.calls import Call, Reply
from console.api.problems import Problem
from console.api.schemas import Agent, Strict
from huabao.alarms import Alarm
from monitoring.alarms import city, handling
from monitoring.alarms.kinds import kind_of


class AlarmDocument(BaseModel):
    """One incident."""

    alarm_id: int = Field(description="Id of the incident, as its operations take it")
    kind: str = Field(description="What was looked at, such as port.down; docs/monitoring.md lists them")
    key: str = Field(description="What it is about")
    severity: str = Field(description="critical, warning or info")
    state: str = Field(description="open, silenced or closed")
    name: str = Field(description="The kind in words, in English")
    text: str = Field(description="What was seen last")
    next: str = Field(description="What to do")
    count: int = Field(description="How often it was seen")
    first_seen_at: datetime = Field(description="When it was opened")
    last_seen_at: datetime = Field(description="When the fault was seen last")
    owner: str | None = Field(description="Name of the account that took it; null for nobody")
    silenced_until: datetime | None = Field(description="Nobody is told before then; null where it is not silenced")
    closed_at: datetime | None = Field(description="null while it lasts")
    notice: str = Field(description="What every desk is told of it, or empty")


class AlarmEventDocument(BaseModel):
    """What happened to it."""

    at: datetime = Field(description="When it happened")
    what: str = Field(description="opened, reopened, closed, taken, silenced, heard, announced or withdrawn")
    by: str = Field(description="Name of the account, or of what did it by itself")
    text: str = Field(description="What was said with it, or empty")


class AlarmStory(AlarmDocument):
    """One incident with its history, the last first."""

    history: list[AlarmEventDocument] = Field(description="What happened to it, the last first")


class AlarmPage(BaseModel):
    """Incidents, the newest first."""

    alarms: list[AlarmDocument] = Field(description="At most `limit` of them")
    next_before: int | None = Field(description="Ask with `before` for older ones; null where there are none")


class AlarmQuery(BaseModel):
    """Which alarms."""

    model_config = ConfigDict(extra="forbid")

    before: Annotated[int | None, Field(ge=1, le=2**63 - 1, description="Only those opened before this one")] = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    open: Annotated[bool, Field(description="Only those that are not closed")] = False


class AlarmAct(Strict):
    """What is to be done with an alarm."""

    act: Annotated[Literal["take", "silence", "hear", "close", "announce"], Field(description="hear ends a silence; announce tells every desk, with an empty reason none")]
    reason: Annotated[str, Field(max_length=handling.REASON_CHARS_MAX, description="Needed to silence and to close; of announce, the sentence")] = ""
    seconds: Annotated[int, Field(ge=1, le=30 * 86_400, description="Of a silence")] = 3600
    agent: Agent = None


def list_alarms(call: Call) -> Reply:
    """Incidents, the newest first."""
    query = call.query
    assert isinstance(query, AlarmQuery)
    if call.client.city:
        return _listed_in(call, call.client.city, query)
    wanted = select(Alarm).order_by(Alarm.id.desc())
    if query.before is not None:
        wanted = wanted.where(Alarm.id < query.before)
    if query.open:
        wanted = wanted.where(Alarm.closed_at.is_(None))
    with call.runtime.transaction(read_only=True) as session:
        found = session.scalars(wanted.limit(query.limit + 1)).all()
    page = [AlarmDocument(**_line(one, call.runtime.now())) for one in found[: query.limit]]
    return Reply(200, AlarmPage(alarms=page, next_before=page[-1].alarm_id if len(found) > query.limit else None))


def show_alarm(call: Call) -> Reply:
    """One incident with its history."""
    with call.runtime.transaction(read_only=True) as session:
        found = _found(session, call)
        if not call.client.city:
            return Reply(200, _story(session, found, call.runtime.now()))
        if not city.concerning(session, [found], call.client.city):
            raise Problem("not-found", f"there is no alarm {found.id}")
        return Reply(200, AlarmStory(**(_line(found, call.runtime.now()) | _UNSAID), history=[]))


_UNSAID = {"text": "", "next": ""}
"""What may be said of all cities, and what only who deals with it can do."""


def _listed_in(call: Call, name: str, query: AlarmQuery) -> Reply:
    now = call.runtime.now()
    with call.runtime.transaction(read_only=True) as session:
        found = city.listed(session, name, "", now, before=query.before)
    found = [one for one in found if one.closed_at is None or not query.open]
    page = [AlarmDocument(**(_line(one, now) | _UNSAID)) for one in found[: query.limit]]
    return Reply(200, AlarmPage(alarms=page, next_before=page[-1].alarm_id if len(found) > query.limit else None))


def act_on_alarm(call: Call) -> Reply:
    """Take, silence, hear, close or announce it."""
    body, now = call.body, call.runtime.now()
    assert isinstance(body, AlarmAct)
    by, alarm_id = call.actor(body.agent), call.path["alarm_id"]
    with call.runtime.transaction() as session:
        if _found(session, call).closed_at is not None:
            raise Problem("conflict", f"alarm {alarm_id} is closed; nothing is left to do with it")
        if body.act == "take":
            found = handling.take(session, alarm_id, by=by, now=now)
        elif body.act == "silence":
            found = handling.silence(session, alarm_id, body.seconds, body.reason, by=by, now=now)
        elif body.act == "hear":
            found = handling.hear(session, alarm_id, by=by, now=now)
        elif body.act == "close":
            found = handling.close(session, alarm_id, body.reason, by=by, now=now)
        else:
            found = handling.announce(session, alarm_id, body.reason, by=by, now=now)
        return Reply(200, _story(session, found, now))


def _found(session: Session, call: Call) -> Alarm:
    found = session.get(Alarm, call.path["alarm_id"])
    if found is None:
        raise Problem("not-found", f"there is no alarm {call.path['alarm_id']}")
    return found


def _line(one: Alarm, now: datetime) -> dict[str, object]:
    kind = kind_of(one.kind)
    same = ("kind", "key", "text", "count", "first_seen_at", "last_seen_at", "silenced_until", "closed_at", "notice")
    mine = {"alarm_id": one.id, "severity": kind.severity, "state": handling.state_of(one, now), "name": kind.name[0], "next": kind.next[0], "owner": one.acknowledged_by}
    return {name: getattr(one, name) for name in same} | mine


def _story(session: Session, one: Alarm, now: datetime) -> AlarmStory:
    events = [AlarmEventDocument(at=event.at, what=event.what, by=event.by, text=event.text) for event in handling.history(session, one.id)]
    return AlarmStory(**_line(one, now), history=events)
