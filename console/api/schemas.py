"""What goes in and comes out, as models: the checks of bodies and the schemas of the OpenAPI document are made of these."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Text = Annotated[str, Field(min_length=1, max_length=500)]
Edition = Annotated[str, Field(min_length=1, max_length=130, description="By id, or as publication/number")]
Agent = Annotated[str | None, Field(max_length=40, description="Who of your people asks; kept beside the token's name")]

Msisdn = Annotated[str, Field(min_length=11, max_length=20, description="11 digits, 86…, +86… or 0086…")]
RowId = Annotated[int, Field(ge=1, le=2**63 - 1)]
Moment = Annotated[str, Field(min_length=1, max_length=40, description="ISO 8601; without an offset Asia/Shanghai")]


class Strict(BaseModel):
    """A body: a member that is not named refuses it."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Query(BaseModel):
    """What stands behind the `?` of an address: a name that is not known refuses it."""

    model_config = ConfigDict(extra="forbid")


class ResendRequest(Strict):
    """An edition once more to one reader."""

    msisdn: Annotated[str, Field(min_length=11, max_length=20, description="11 digits, 86…, +86… or 0086…")]
    edition: Edition
    reason: Text = Field(description="Kept in the audit trail, 1 to 500 characters")
    again: Annotated[bool, Field(description="Although it was sent again a moment ago")] = False
    agent: Agent = None


class TryRequest(Strict):
    """An edition to a phone of the house, before anybody has it."""

    msisdn: Annotated[str, Field(min_length=11, max_length=20, description="Of a seed group; 11 digits, 86…, +86… or 0086…")]
    edition: Edition
    handset_class: Annotated[str | None, Field(max_length=20, description="As which class; without it what is known of the phone")] = None
    signature: Annotated[Literal["own", "default", "all"], Field(description="The items of the phone's owner, of readers whom no rule fits, or all")] = "own"
    agent: Agent = None


class TryDocument(BaseModel):
    """What is on its way."""

    dispatch_id: int = Field(description="Id of the dispatch, as its own operations take it")
    edition: str = Field(description="As publication/number")
    version: int = Field(description="The version that was sent")
    variant_id: str = Field(description="Name of the variant that was made or taken for it")
    msisdn: str = Field(description="Masked unless the token has the scope `numbers`")
    port: str = Field(description="Name of the port that carries it")


class FilterDocument(Strict):
    """Whose copies of which edition; see docs/resend.md."""

    model_config = ConfigDict(extra="forbid", strict=True, populate_by_name=True)

    edition: Edition
    outcomes: list[str] | None = Field(default=None, description="Of the reader's newest copy: retrieved, rejected, expired, failed, unknown, no_report …")
    ports: list[str] | None = Field(default=None, description="Names of ports by which the newest copy left")
    cities: list[str] | None = Field(default=None, description="Cities of readers")
    codes: list[str] | None = Field(default=None, description="Status code of the answer, or MMStatus of the report")
    classes: list[str] | None = Field(default=None, description="Handset classes that the newest copy was made for")
    since: str | None = Field(default=None, alias="from", description="When the newest copy left, this instant included; without an offset Asia/Shanghai")
    until: str | None = Field(default=None, alias="to", description="This instant not included")
    missing: bool | None = Field(default=None, description="Instead: readers with an order in force who never had a copy")
    stopped: bool | None = Field(default=None, description="false leaves stopped readers out")


class BulkResendRequest(Strict):
    """An edition once more to all whom a filter finds."""

    filter: FilterDocument = Field(description="Who is sent to")
    reason: Annotated[str, Field(max_length=500, description="Needed unless dry_run")] = ""
    dry_run: Annotated[bool, Field(description="Count only")] = False
    again: bool = Field(default=False, description="Although some were sent it again a moment ago")
    rate: Annotated[float | None, Field(gt=0, le=1_000_000, strict=False, description="Recipients a second; by default a share of the ports' rate")] = None
    many_variants: Annotated[bool, Field(description="More than 256 variants are wanted")] = False
    confirmed: Annotated[int | None, Field(ge=0, description="Readers whom a count found; noticeably more of them now refuse it")] = None
    agent: Agent = None


class AdviceDocument(BaseModel):
    """What a support agent reads of a code."""

    en: str = Field(description="The English sentence")
    zh: str = Field(description="The Chinese sentence")


class CopyDocument(BaseModel):
    """One copy of the edition that was planned for the reader."""

    dispatch_id: int = Field(description="The send that it went with")
    kind: Literal["edition", "correction", "resend", "serial"] = Field(description="Why that send was made")
    outcome: str = Field(description="retrieved, rejected, expired, failed, cancelled, unknown, no_report, submitted or pending")
    by: str = Field(description="Who asked for that send")
    asked_at: datetime = Field(description="When it was asked for")
    sent_at: datetime | None = Field(description="When it was handed to the MMSC; null where it was not yet")
    outcome_at: datetime | None = Field(description="When its fate was known; null while it is not")
    cause: str | None = Field(default=None, description="Of a copy that did not arrive, where a code says so: reader, handset, number, network, content, operator, ours …")
    advice: AdviceDocument | None = Field(default=None, description="The same for a person, with what to do")


class ResendDocument(BaseModel):
    """A resend that was asked for, and what came of it."""

    resend_id: int = Field(description="Id of the resend, as `showResend` takes it")
    state: Literal["sent", "already", "refused", "nobody"] = Field(description="already: one was made a moment ago, it is dispatch_id; nobody: the filter left nobody")
    edition_id: int = Field(description="Id of the edition; operations take it as `edition`")
    edition: str = Field(description="As publication/number")
    msisdn: str | None = Field(description="Masked unless the token has the scope `numbers`; null of a filtered one and where nobody has the number")
    filter: dict[str, Any] | None = Field(description="Of a filtered one, as it was given; null of a single one")
    dispatch_id: int | None = Field(description="The send that carries it; null where nothing was sent")
    dispatch_state: str | None = Field(description="State of that send at this moment; null where there is none")
    outcome: str | None = Field(description="Of a single one, at this moment")
    refusal: str | None = Field(description="One word: unknown_number, killed, cancelled …")
    refused: str | None = Field(description="The same for a person")
    reason: str = Field(description="Why it was asked for")
    requested_by: str = Field(description="Whose name the audit trail has for it")
    requested_at: datetime = Field(description="When it was asked for")
    copies: list[CopyDocument] = Field(description="What the reader got of this edition, the newest first")


class TallyDocument(BaseModel):
    """What a filter finds now."""

    edition_id: int = Field(description="Id of the edition; operations take it as `edition`")
    edition: str = Field(description="As publication/number")
    version: int = Field(description="The version that would be sent")
    matched: int = Field(description="Readers found, each once: planned + excluded")
    planned: int = Field(description="Readers it would be sent to")
    excluded: dict[str, int] = Field(description="By the reason why they are left out")
    by: dict[str, dict[str, int]] = Field(description="The planned ones by outcome, port, city and variant")
    stopped: int = Field(description="How many of the planned are stopped")
    rate_per_s: float = Field(description="Readers a second at which it would leave")
    forecast_s: float | None = Field(description="Seconds it would take; null where the ports cannot carry it")
    refused: str | None = Field(description="Why it cannot be sent; null where it can")


class BulkResendDocument(BaseModel):
    """A filtered resend, or its count."""

    dry_run: bool = Field(description="Whether it was counted only")
    resend_id: int | None = Field(description="Id of the resend; null of a count")
    dispatch_id: int | None = Field(description="Id of the dispatch that carries it; null of a count and where nobody is left to send to")
    found: TallyDocument | None = Field(description="null where the resend was asked for before with this key")


class DispatchDocument(BaseModel):
    """A dispatch as a line."""

    dispatch_id: int = Field(description="Id of the dispatch, as its own operations take it")
    kind: str = Field(description="Why it was made: edition, seed, correction, resend, serial or probe")
    lane: str = Field(description="In which order it leaves: resend, seed, welcome, special, then bulk")
    parent_id: int | None = Field(description="The dispatch that it belongs to; null where it stands alone")
    edition_id: int = Field(description="Id of the edition; operations take it as `edition`")
    edition: str = Field(description="As publication/number")
    state: str = Field(description="draft, planned, seeding, held, released, sending, paused, draining, verified, closed, cancelled or killed")
    day: date = Field(description="The business day in Shanghai under which its deliveries are kept")
    audience: int = Field(description="Readers it looked at: planned and left out")
    planned: int = Field(description="Readers it sends to")
    start_at: datetime = Field(description="When it may begin")
    deadline_at: datetime | None = Field(description="When all are to have been sent to; null for none")
    started_at: datetime | None = Field(description="null where nothing left yet")
    sent_at: datetime | None = Field(description="When the last copy left; null before that")
    closed_at: datetime | None = Field(description="When no report was awaited any more; null before that")
    created_at: datetime = Field(description="When it was made")
    created_by: str = Field(description="Whose name the audit trail has for it")


class DispatchProgress(DispatchDocument):
    """A dispatch and its count at this moment."""

    excluded: dict[str, int] = Field(description="Readers left out, by reason")
    outcomes: dict[str, int] = Field(description="Readers by outcome; together they are `planned`")
    late: int | None = Field(description="null to a token of one city: not counted by city")
    rate_per_s: float | None = Field(description="null to a token of one city: a port's, which no city has")
    forecast_finish_at: datetime | None = Field(description="Of the whole dispatch")
    reason: str = Field(description="Why it is in its state, or empty")
    counted_at: datetime | None = Field(default=None, description="To a token of one city: as of when its figures are")


class DispatchPage(BaseModel):
    """Dispatches, the newest first."""

    dispatches: list[DispatchDocument] = Field(description="At most `limit` of them")
    next_before: int | None = Field(description="Give it as `before` for the page that follows; null on the last")


class PortDocument(BaseModel):
    """A port as it stands."""

    name: str = Field(description="As operations take it")
    kind: str = Field(description="mm7 or smpp")
    rate: float = Field(description="Messages a second that it may send")
    burst: int = Field(description="Messages that may leave at once")
    state: str = Field(description="up or paused")
    state_reason: str = Field(description="Why it is paused, or empty")
    standing: str = Field(description="ok, or why nothing leaves now")
    standing_until: datetime | None = Field(description="When it goes on by itself; null where nobody knows or nothing stands in its way")
    rate_now: float = Field(description="Messages a second at this moment, slowed where the peer asked for that")
    breaker: str = Field(description="closed: it sends; open: its peer is gone; probing: a few are let through")


class PortList(BaseModel):
    """Every port by name."""

    ports: list[PortDocument] = Field(description="The paused ones too")


class DispatchQuery(BaseModel):
    """Which dispatches."""

    model_config = ConfigDict(extra="forbid")

    before: Annotated[int | None, Field(ge=1, le=2**63 - 1, description="Only those made before this one")] = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    kind: Annotated[str | None, Field(max_length=12, description="edition, seed, correction or resend")] = None
    state: Annotated[str | None, Field(max_length=12)] = None
    edition: Annotated[str | None, Field(max_length=130, description="By id, or as publication/number")] = None
