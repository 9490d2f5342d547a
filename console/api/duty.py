"""Operations of duty: the roster, what is handed over, and who is told of alarms."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from console.api.calls import Call, Operation, Reply
from console.api.problems import Problem
from console.api.schemas import Agent, Moment, Strict
from console.api.scopes import ALARMS, READ
from console.rostering import people
from huabao.clock import parse_time
from monitoring import handover, recipients
from monitoring.channels.sending import CHANNELS
from monitoring.models import AlarmRecipient, DutyShift, HandoverNote

Channel = Literal[CHANNELS]  # type: ignore[valid-type]  # a table of ours


class ShiftRequest(Strict):
    """Somebody on duty."""

    name: Annotated[str, Field(min_length=1, max_length=80, description="An account that may be on duty")]
    starts_at: Moment
    ends_at: Moment
    note: Annotated[str, Field(max_length=recipients.NOTE_CHARS_MAX, description="For whoever looks at the roster")] = ""
    agent: Agent = None


class AgentRequest(Strict):
    """An act that says nothing else."""

    agent: Agent = None


class NoteRequest(Strict):
    """Something for whoever comes next."""

    text: Annotated[str, Field(min_length=1, max_length=handover.TEXT_CHARS_MAX, description="What whoever comes next must know")]
    agent: Agent = None


class RecipientRequest(Strict):
    """Who is to be told of alarms; the same address again changes it."""

    name: Annotated[str, Field(min_length=1, max_length=80, description="Who it is; the name of the duty roster where `on_duty`")]
    channel: Channel = Field(description="How he is told")
    address: Annotated[str, Field(min_length=1, max_length=300, description="Of the channel: a mail address, a webhook's address, a number")]
    severity: Annotated[Literal["critical", "warning", "info"], Field(description="Such and graver ones")] = "warning"
    on_duty: Annotated[bool, Field(description="Only while somebody of that name is on duty")] = False
    language: Literal["zh", "en"] = Field(default="zh", description="Of what he is told")
    agent: Agent = None


class ShiftDocument(BaseModel):
    """A shift of the roster."""

    shift_id: int = Field(description="Id of the shift, as `endShift` takes it")
    name: str = Field(description="Account of who is on duty")
    starts_at: datetime = Field(description="From when")
    ends_at: datetime = Field(description="Until when")
    note: str = Field(description="What was said with it, or empty")


class NoteDocument(BaseModel):
    """What is handed over."""

    note_id: int = Field(description="Id of the note, as `takeNote` takes it")
    text: str = Field(description="What is handed over")
    by: str = Field(description="Who wrote it")
    at: datetime = Field(description="When it was written")
    taken_by: str | None = Field(description="Who took it over; null while nobody did")
    taken_at: datetime | None = Field(description="null while nobody took it over")


class DutyDocument(BaseModel):
    """Who is on duty, and what is handed over."""

    shifts: list[ShiftDocument] = Field(description="Those that ran lately, run or come")
    notes: list[NoteDocument] = Field(description="Open ones first")


class RecipientDocument(BaseModel):
    """Who is told of alarms."""

    recipient_id: int = Field(description="Id of the recipient, as `removeRecipient` takes it")
    name: str = Field(description="Who it is; the name of the duty roster where `on_duty`")
    channel: str = Field(description="email, webhook or sms")
    address: str = Field(description="As others may see it: a number masked, of a webhook the host")
    severity: str = Field(description="Such and graver ones: critical, warning or info")
    on_duty: bool = Field(description="Only while somebody of that name is on duty")
    language: str = Field(description="zh or en")


class RecipientList(BaseModel):
    """Everybody who is told, by name."""

    recipients: list[RecipientDocument] = Field(description="By name")


def show_duty(call: Call) -> Reply:
    """The roster and the handover."""
    with call.runtime.transaction(read_only=True) as session:
        return Reply(200, _duty(call, session))


def add_shift(call: Call) -> Reply:
    """A shift onto the roster."""
    body = call.body
    assert isinstance(body, ShiftRequest)
    with call.runtime.transaction() as session:
        if body.name not in people(session):
            raise Problem("invalid", f"name: {body.name!r} is no account that may be on duty")
        starts, ends = parse_time(body.starts_at), parse_time(body.ends_at)
        return Reply(201, _shift(recipients.add_shift(session, body.name, starts, ends, body.note, by=call.actor(body.agent), now=call.runtime.now())), "/api/v1/duty")


def end_shift(call: Call) -> Reply:
    """A shift off the roster."""
    by, now, shift_id = _actor(call), call.runtime.now(), call.path["shift_id"]
    with call.runtime.transaction() as session:
        if session.get(DutyShift, shift_id) is None:
            raise Problem("not-found", f"there is no shift {shift_id}")
        recipients.remove_shift(session, shift_id, by=by, now=now)
        return Reply(200, _duty(call, session))


def write_note(call: Call) -> Reply:
    """A note for whoever comes next."""
    body = call.body
    assert isinstance(body, NoteRequest)
    with call.runtime.transaction() as session:
        return Reply(201, _note(handover.write(session, body.text, by=call.actor(body.agent), now=call.runtime.now())), "/api/v1/duty")


def take_note(call: Call) -> Reply:
    """A note taken over."""
    by, now, note_id = _actor(call), call.runtime.now(), call.path["note_id"]
    with call.runtime.transaction() as session:
        found = session.get(HandoverNote, note_id)
        if found is None:
            raise Problem("not-found", f"there is no note {note_id}")
        if found.taken_at is not None:
            raise Problem("conflict", f"{found.taken_by} took it over already")
        return Reply(200, _note(handover.take(session, note_id, by=by, now=now)))


def list_recipients(call: Call) -> Reply:
    """Who is told of alarms."""
    with call.runtime.transaction(read_only=True) as session:
        return Reply(200, RecipientList(recipients=[_recipient(one) for one in recipients.listed(session)]))


def add_recipient(call: Call) -> Reply:
    """One more way to tell somebody."""
    body = call.body
    assert isinstance(body, RecipientRequest)
    with call.runtime.transaction() as session:
        made = recipients.add(
            session, body.name, body.channel, body.address, severity=body.severity, on_duty=body.on_duty, language=body.language, by=call.actor(body.agent),
            now=call.runtime.now(),
        )  # fmt: skip
        return Reply(201, _recipient(made), "/api/v1/alarms/recipients")


def remove_recipient(call: Call) -> Reply:
    """Tell him nothing any more."""
    by, one = _actor(call), call.path["recipient_id"]
    with call.runtime.transaction() as session:
        if session.get(AlarmRecipient, one) is None:
            raise Problem("not-found", f"there is no recipient {one}")
        recipients.remove(session, one, by=by, now=call.runtime.now())
        return Reply(200, RecipientList(recipients=[_recipient(one) for one in recipients.listed(session)]))


def _actor(call: Call) -> str:
    assert isinstance(call.body, AgentRequest)
    return call.actor(call.body.agent)


def _duty(call: Call, session: Session) -> DutyDocument:
    now = call.runtime.now()
    return DutyDocument(shifts=[_shift(one) for one in recipients.roster(session, now)], notes=[_note(one) for one in handover.notes(session, now)])


def _shift(one: DutyShift) -> ShiftDocument:
    return ShiftDocument(shift_id=one.id, name=one.name, starts_at=one.starts_at, ends_at=one.ends_at, note=one.note)


def _note(one: HandoverNote) -> NoteDocument:
    return NoteDocument(note_id=one.id, text=one.text, by=one.by, at=one.at, taken_by=one.taken_by, taken_at=one.taken_at)


def _recipient(one: AlarmRecipient) -> RecipientDocument:
    shown = recipients.shown(one)
    return RecipientDocument(recipient_id=one.id, name=one.name, channel=one.channel, address=shown, severity=one.severity, on_duty=one.on_duty, language=one.language)


_GONE = ("not-found",)

OPERATIONS: tuple[Operation, ...] = (
    Operation("showDuty", "GET", "/duty", (READ, ALARMS), "The roster and what is handed over", show_duty, {200: DutyDocument}),
    Operation("addShift", "POST", "/duty/shifts", (ALARMS,), "Put somebody on the roster", add_shift, {201: ShiftDocument}, (), ShiftRequest),
    Operation("endShift", "POST", "/duty/shifts/{shift_id:int}/end", (ALARMS,), "Take a shift off the roster", end_shift, {200: DutyDocument}, _GONE, AgentRequest),
    Operation("writeNote", "POST", "/duty/notes", (ALARMS,), "Write a note for whoever comes next", write_note, {201: NoteDocument}, (), NoteRequest),
    Operation("takeNote", "POST", "/duty/notes/{note_id:int}/take", (ALARMS,), "Take a note over", take_note, {200: NoteDocument}, ("not-found", "conflict"), AgentRequest),
    Operation("listRecipients", "GET", "/alarms/recipients", (ALARMS,), "Who is told of alarms", list_recipients, {200: RecipientList}),
    Operation("addRecipient", "POST", "/alarms/recipients", (ALARMS,), "Tell somebody of alarms", add_recipient, {201: RecipientDocument}, (), RecipientRequest),
    Operation(
        "removeRecipient", "POST", "/alarms/recipients/{recipient_id:int}/remove", (ALARMS,), "Tell somebody nothing any more", remove_recipient, {200: RecipientList}, _GONE,
        AgentRequest,
    ),
)  # fmt: skip
