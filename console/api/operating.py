"""Operations of the ops desk: acts on ports, seed groups and settings, capacity, the audit trail; the services of its pages."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from console import registry
from console.api.calls import Call, Operation, Reply
from console.api.confirming import CountedRequest, check
from console.api.problems import Problem
from console.api.schemas import Agent, PortDocument, Strict, Text
from console.api.scopes import AUDIT, OPERATE, READ
from console.settings import SIGN_IN_SETTINGS
from delivery.dispatch.seeds import add_seeds, list_groups, remove_seeds
from delivery.ports import changes, services
from delivery.ports.probing import ask
from huabao.audit import AuditEntry
from huabao.clock import parse_time
from huabao.errors import UsageError
from huabao.msisdn import MSISDN, parse_msisdn
from huabao.settings import SettingValue, set_value
from monitoring import capacity as planning
from monitoring import ports as measured
from monitoring import trail

NUMBERS_MAX = 50
PortName = Annotated[str, Field(min_length=1, max_length=40)]


class PortAct(CountedRequest):
    """What is to be done to a port; pausing needs neither count nor reason, for speed."""

    port: PortName = Field(description="Name of the port")
    act: Literal["rate", "pause", "resume", "reset"] = Field(description="rate: another one; pause, resume; reset: forget its failures and its slowed rate")
    rate: Annotated[float | None, Field(gt=0, le=1_000_000, strict=False, description="With `rate`: in the port's own unit")] = None
    at: Annotated[str | None, Field(max_length=40, description="With `rate`: when it is to hold; without an offset Asia/Shanghai; null for now")] = None


class PortActDocument(PortDocument):
    """The port afterwards, or as it is where it was a dry run."""

    readers_waiting: int = Field(description="Readers still to be sent to there: what `confirmed` names")
    done: bool = Field(description="false of a dry run")
    change_id: int | None = Field(description="Of a rate that was agreed for later")


class PortQuestion(Strict):
    """Whose peer is asked."""

    port: PortName = Field(description="Name of the port")
    agent: Agent = None


class PortAnswer(BaseModel):
    """What the peer said."""

    reachable: bool = Field(description="Whether the peer answered")
    text: str = Field(description="What it answered, or why there was none")


class SeedsAct(Strict):
    """Numbers into a seed group or out of it."""

    group: Annotated[str, Field(min_length=1, max_length=40, description="Its name; an unknown one is made by `add`")]
    act: Literal["add", "remove"] = Field(description="Into it, or out of it")
    numbers: Annotated[list[str], Field(min_length=1, max_length=NUMBERS_MAX, description="11 digits each, 86…, +86… or 0086…")]
    kind: Annotated[Literal["test", "member"] | None, Field(description="Of a new group")] = None
    handset_class: Annotated[str | None, Field(max_length=20, description="The class of these handsets; null leaves it to what is known of them")] = None
    agent: Agent = None


class SeedGroupDocument(BaseModel):
    """A seed group; numbers are masked unless the token has the scope `numbers`."""

    group: str = Field(description="Its name")
    kind: str = Field(description="test: numbers of the house; member: also readers")
    segment: str | None = Field(description="The segment that it stands for; null where its numbers are named")
    numbers: list[str] = Field(description="11 digits each, the seeds of the group")


class SeedGroupList(BaseModel):
    """Every seed group by name."""

    groups: list[SeedGroupDocument] = Field(description="By name")


class SettingDocument(BaseModel):
    """One setting."""

    name: str = Field(description="As `changeSetting` takes it")
    value: Any = Field(description="What holds now: a number, a text, true or false")
    default: Any = Field(description="What holds where nobody changed it")
    unit: str = Field(description="s, days, readers, bytes …; empty for none")
    meaning: str = Field(description="What it does, a sentence")
    changed_by: str | None = Field(description="null where nobody changed it")
    changed_at: datetime | None = Field(description="null where nobody changed it")


class SettingList(BaseModel):
    """Every setting by name."""

    settings: list[SettingDocument] = Field(description="By name")


class SettingAct(Strict):
    """A new value."""

    name: Annotated[str, Field(min_length=1, max_length=80, description="As `listSettings` has it")]
    value: Annotated[str, Field(max_length=2000, description="As people type it")]
    reason: Text = Field(description="Kept in the audit trail, 1 to 500 characters")
    agent: Agent = None


class CapacityQuery(BaseModel):
    """A load."""

    model_config = ConfigDict(extra="forbid")

    readers: Annotated[int, Field(ge=1, le=100_000_000)]
    start: Annotated[str, Field(max_length=40, description="Without an offset Asia/Shanghai")]
    deadline: Annotated[str, Field(max_length=40)]
    ports: Annotated[str, Field(max_length=400, description="Names with commas; empty for all that are up")] = ""


class CapacityDocument(BaseModel):
    """When it is through, what is needed, and what would bring it in time."""

    forecast_finish_at: datetime | None = Field(description="When the last reader has been sent to; null where the ports cannot carry it")
    deadline_met: bool | None = Field(description="Whether that is before the deadline; null where nobody knows")
    late: int = Field(description="Readers who would be sent to after the deadline")
    need_rate_per_s: float | None = Field(description="Readers a second that the deadline asks for; null without one")
    capacity_per_s: float = Field(description="Readers a second that the ports carry together")
    loads: dict[str, int] = Field(description="Readers that each port would carry, by its name")
    more_per_s: int | None = Field(description="Readers a second that all ports lack; null where it is in time")
    latest_begin_at: datetime | None = Field(description="The last instant to begin and be in time; null where no instant is early enough")


class AuditQuery(BaseModel):
    """Which entries."""

    model_config = ConfigDict(extra="forbid")

    before: Annotated[str, Field(max_length=60, description="`next_before` of the page before this one")] = ""
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    actor: Annotated[str, Field(max_length=80)] = ""
    action: Annotated[str, Field(max_length=80)] = ""
    kind: Annotated[str, Field(max_length=40, description="Of the object")] = ""
    object_id: Annotated[str, Field(max_length=120)] = ""
    numbers: Annotated[bool, Field(description="Only acts that showed whole numbers")] = False


class AuditDocument(BaseModel):
    """One act."""

    at: datetime = Field(description="When it was done")
    actor: str = Field(description="Name of the account, of the token with its agent behind a slash, or of what did it by itself")
    action: str = Field(description="What was done, such as dispatch.release")
    object_kind: str = Field(description="What it was done to: dispatch, edition, reader, setting …")
    object_id: str = Field(description="Its id or name, at most 120 characters")
    detail: dict[str, Any] = Field(description="What belongs to the act: values before and after, counts, the reason; never a whole number")


class AuditPage(BaseModel):
    """Entries, the newest first."""

    entries: list[AuditDocument] = Field(description="At most `limit` of them")
    next_before: str | None = Field(description="Give it as `before` for older ones; null on the last page")


def act_on_port(call: Call) -> Reply:
    """Another rate, a pause, on again, or from afresh."""
    body = call.body
    assert isinstance(body, PortAct)
    now, by, change = call.runtime.now(), call.actor(body.agent), None
    if (body.act == "rate") != (body.rate is not None) or (body.at is not None and body.act != "rate"):
        raise Problem("invalid", "`rate` comes with the act `rate` and with no other; `at` with `rate` only")
    with call.runtime.transaction() as session:
        port = services.find_port(session, body.port)
        waiting = measured.readers_at(session, port.id)
        if not body.dry_run:
            change = _change_port(session, body, check(body, waiting, counted=body.act != "pause"), by, now)
        document = services.to_document(port, now=now)
    known = {name: document[name] for name in PortDocument.model_fields}
    return Reply(200, PortActDocument(**known, readers_waiting=waiting, done=not body.dry_run, change_id=change))


def _change_port(session: Session, body: PortAct, reason: str, by: str, now: datetime) -> int | None:
    """Do it; the id of a change that was agreed for later."""
    if body.rate is not None and body.at is not None:
        return changes.schedule_change(session, body.port, parse_time(body.at), body.rate, reason=reason, by=by, now=now).id
    if body.rate is not None:
        services.change_rate(session, body.port, body.rate, reason=reason, by=by, now=now)
    elif body.act == "reset":
        services.reset_port(session, body.port, by=by, now=now, reason=reason)
    else:
        services.pause_port(session, body.port, body.act == "pause", reason=reason, by=by, now=now)
    return None


def ask_port(call: Call) -> Reply:
    """Whether the peer of a port is there."""
    body = call.body
    assert isinstance(body, PortQuestion)
    said = ask(call.runtime, body.port, by=call.actor(body.agent))
    return Reply(200, PortAnswer(reachable=said.reachable, text=said.text))


def act_on_seeds(call: Call) -> Reply:
    """Numbers into a group or out of it."""
    body = call.body
    assert isinstance(body, SeedsAct)
    now, by, numbers = call.runtime.now(), call.actor(body.agent), [parse_msisdn(one) for one in body.numbers]
    with call.runtime.transaction() as session:
        if body.act == "add":
            add_seeds(session, body.group, numbers, kind=body.kind, handset_class=body.handset_class, by=by, at=now)
        else:
            remove_seeds(session, body.group, numbers, by=by, at=now)
        return Reply(200, _groups(call, session))


def list_seeds(call: Call) -> Reply:
    """Every seed group."""
    with call.runtime.transaction(read_only=True) as session:
        return Reply(200, _groups(call, session))


def _groups(call: Call, session: Any) -> SeedGroupList:
    groups = [
        SeedGroupDocument(group=one.name, kind=one.kind, segment=one.segment, numbers=[call.number(MSISDN(number)) for number, _ in one.seeds]) for one in list_groups(session)
    ]
    return SeedGroupList(groups=groups)


def list_settings(call: Call) -> Reply:
    """Every setting with its value."""
    with call.runtime.transaction(read_only=True) as session:
        return Reply(200, SettingList(settings=[_setting(session, one) for one in registry.settings()]))


def change_setting(call: Call) -> Reply:
    """A new value; it holds at once."""
    body = call.body
    assert isinstance(body, SettingAct)
    with call.runtime.transaction() as session:
        if body.name in SIGN_IN_SETTINGS:
            raise Problem("forbidden", f"{body.name} guards the sign-in; an administrator changes it in the console")
        set_value(session, registry.settings(), body.name, body.value, by=call.actor(body.agent), at=call.runtime.now(), reason=body.reason)
        session.flush()
        return Reply(200, _setting(session, next(one for one in registry.settings() if one.name == body.name)))


def _setting(session: Any, one: Any) -> SettingDocument:
    row = session.get(SettingValue, one.name)
    value = one.default if row is None else row.value
    by, at = (None, None) if row is None else (row.changed_by, row.changed_at)
    return SettingDocument(name=one.name, value=value, default=one.default, unit=one.unit, meaning=one.meaning, changed_by=by, changed_at=at)


def capacity(call: Call) -> Reply:
    """The forecast of a load."""
    query = call.query
    assert isinstance(query, CapacityQuery)
    begin, deadline = parse_time(query.start), parse_time(query.deadline)
    if not planning.fits_horizon(begin, deadline):
        raise Problem("invalid", "the deadline lies behind the start, by 30 days at most")
    names = tuple(name.strip() for name in query.ports.split(",") if name.strip())
    with call.runtime.transaction(read_only=True) as session:
        found = planning.answer(session, planning.Question(query.readers, begin, deadline, names), call.runtime.now())
    one, how = found.forecast, found.remedies
    return Reply(
        200,
        CapacityDocument(
            forecast_finish_at=one.finish_at, deadline_met=one.deadline_met, late=one.short, need_rate_per_s=one.need_rate_per_s, capacity_per_s=found.capacity_per_s,
            loads=dict(one.loads), more_per_s=None if how is None else how.more_per_s, latest_begin_at=None if how is None else how.begin_at,
        ),
    )  # fmt: skip


def audit(call: Call) -> Reply:
    """Who did what to what and when; what became of accounts and tokens is not told here."""
    query = call.query
    assert isinstance(query, AuditQuery)
    wanted = trail.Wanted(query.actor, query.action, query.kind, query.object_id, numbers=query.numbers, hidden=trail.OF_MASTERS)
    with call.runtime.transaction(read_only=True) as session:
        found = trail.page(session, wanted, after=_cursor(query.before), limit=query.limit + 1)
        entries = [_entry(one) for one in found[: query.limit]]
        following = f"{found[query.limit - 1].at.isoformat()}~{found[query.limit - 1].id}" if len(found) > query.limit else None
    return Reply(200, AuditPage(entries=entries, next_before=following))


def _entry(one: AuditEntry) -> AuditDocument:
    return AuditDocument(at=one.at, actor=one.actor, action=one.action, object_kind=one.object_kind, object_id=one.object_id, detail=one.detail or {})


def _cursor(text: str) -> trail.Cursor | None:
    if not text:
        return None
    at, mark, entry_id = text.partition("~")
    try:
        instant = datetime.fromisoformat(at)
        if not mark or instant.tzinfo is None or not entry_id.isascii() or not entry_id.isdecimal() or len(entry_id) > 18:
            raise ValueError(text)
    except ValueError as error:
        raise UsageError("before: give `next_before` of the page before") from error
    return instant, int(entry_id)


OPERATIONS: tuple[Operation, ...] = (
    Operation("actOnPort", "POST", "/ports/acts", (OPERATE,), "Change a port: rate, pause, resume, reset", act_on_port, {200: PortActDocument}, ("conflict", "moved"), PortAct),
    Operation("askPort", "POST", "/ports/tests", (OPERATE,), "Ask a port's peer whether it is there", ask_port, {200: PortAnswer}, (), PortQuestion),
    Operation("listSeeds", "GET", "/seeds", (READ, OPERATE), "Every seed group", list_seeds, {200: SeedGroupList}),
    Operation("actOnSeeds", "POST", "/seeds", (OPERATE,), "Put numbers into a seed group or take them out", act_on_seeds, {200: SeedGroupList}, (), SeedsAct),
    Operation("listSettings", "GET", "/settings", (READ, OPERATE), "Every setting with its value, default, unit and meaning", list_settings, {200: SettingList}),
    Operation("changeSetting", "POST", "/settings", (OPERATE,), "Give a setting a new value", change_setting, {200: SettingDocument}, (), SettingAct),
    Operation(
        "forecastLoad", "GET", "/capacity", (READ, OPERATE), "Whether a load is in time, or what brings it there", capacity, {200: CapacityDocument}, (), None, CapacityQuery
    ),
    Operation("listAudit", "GET", "/audit", (AUDIT,), "Who did what to what and when, the newest first", audit, {200: AuditPage}, (), None, AuditQuery),
)
