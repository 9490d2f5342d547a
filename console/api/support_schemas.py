"""What goes in and comes out of the operations of the support desk."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from care.complaints.causes import ANSWERS, CAUSES, CHANNELS
from care.complaints.entering import TEXT_CHARS_MAX
from console.api.schemas import AdviceDocument, Agent, Edition, Strict, Text

Number = Annotated[str, Field(min_length=11, max_length=20, description="11 digits, 86…, +86… or 0086…")]
Cause = Literal[CAUSES]  # type: ignore[valid-type]  # a table of ours
Channel = Literal[CHANNELS]  # type: ignore[valid-type]
Answer = Literal[ANSWERS]  # type: ignore[valid-type]


class FindRequest(Strict):
    """Whose page."""

    msisdn: Number


class FoundDocument(BaseModel):
    """By what a reader is called in addresses."""

    reader_id: int


class SayingDocument(AdviceDocument):
    """A sentence in both languages."""

    name: str = Field(description="Stable; the sentences are not")


class HeadlineDocument(BaseModel):
    """What explains best why he gets nothing, or that he does."""

    cause: SayingDocument
    step: SayingDocument | None = Field(description="The next best step")
    act: Literal["", "reach", "resend"] = Field(description="The operation that does the step")
    of: int = Field(description="Of that operation: the stop or the edition; 0 where there is none")
    answer: AdviceDocument | None = Field(description="What is read to the caller")


class KnownDocument(BaseModel):
    """An incident that touches him."""

    alarm_id: int | None
    kind: str
    name: AdviceDocument
    about: str
    since: datetime
    until: datetime | None = Field(description="null while it lasts")
    readers: int | None
    notice: str
    owner: str


class OrderDocument(BaseModel):
    """One order of his."""

    subscription_id: int
    service_id: str
    titles: str
    state: str
    order_state: str
    since: datetime | None
    price_fen: int | None
    payer: str | None = Field(description="Masked; null where he pays himself")
    sending: str = Field(description="sending, stopped or recovering")
    stop_id: int | None
    stop_cause: str | None
    ending: bool = Field(description="It is being cancelled")


class ReaderCopyDocument(BaseModel):
    """One of his latest copies."""

    edition_id: int
    edition: str
    title: str
    kind: str
    dispatch_id: int
    outcome: str
    sent_at: datetime | None
    outcome_at: datetime | None
    advice: AdviceDocument | None


class OpenDifferenceDocument(BaseModel):
    """Where the systems disagree about him."""

    difference_id: int
    service_id: str
    name: str
    action: str
    owner: str
    money_fen: int


class ComplaintDocument(BaseModel):
    """A complaint."""

    complaint_id: int
    channel: Channel
    reference: str
    received_at: datetime
    reader_id: int | None = Field(description="null of somebody who is no reader, or was forgotten")
    city: str | None
    service_id: str | None
    edition_id: int | None
    dispatch_id: int | None
    cause: Cause
    cause_by: Literal["told", "found"]
    text: str
    repeated: bool
    due_at: datetime
    closed_at: datetime | None
    closed_by: str | None
    answer: str = Field(description="Empty while it is open")
    note: str


class ReaderDocument(BaseModel):
    """Everything that explains what a reader gets."""

    reader_id: int
    msisdn: str = Field(description="Masked unless the token has the scope `numbers`")
    city: str | None
    handset: str | None
    handset_class: str | None
    account_state: str
    known: list[KnownDocument] = Field(description="Incidents that touch him, what lasts first")
    headline: HeadlineDocument
    orders: list[OrderDocument]
    copies: list[ReaderCopyDocument] = Field(description="The newest first")
    differences: list[OpenDifferenceDocument]
    complaints: list[ComplaintDocument] = Field(description="The newest first")


class ActRequest(Strict):
    """Why, and who asks."""

    reason: Text
    agent: Agent = None


class DoneDocument(BaseModel):
    """It was done."""

    reader_id: int


class ComplaintRequest(Strict):
    """A complaint as it comes."""

    msisdn: Number
    channel: Channel = "hotline"
    received_at: datetime | None = Field(default=None, strict=False, description="Now where it is not given")
    cause: Cause | None = Field(default=None, description="Found by what is known of him where it is not given")
    reference: Annotated[str, Field(max_length=80, description="The ticket; the same one again is the same complaint")] = ""
    text: Annotated[str, Field(max_length=TEXT_CHARS_MAX)] = ""
    edition: Edition | None = None
    agent: Agent = None


class AnswerRequest(Strict):
    """What was done about a complaint."""

    answer: Answer
    cause: Cause | None = Field(default=None, description="Put right, where it is known by now")
    note: Annotated[str, Field(max_length=TEXT_CHARS_MAX)] = ""
    agent: Agent = None


class ComplaintQuery(BaseModel):
    """Which complaints."""

    cause: Cause | None = None
    channel: Channel | None = None
    after: Annotated[int | None, Field(ge=1, le=2**63 - 1, description="The last id of the page before")] = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class ComplaintPage(BaseModel):
    """Open complaints, the most urgent first."""

    complaints: list[ComplaintDocument]
    next_after: int | None


class MonthQuery(BaseModel):
    """Which month."""

    month: Annotated[str, Field(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$", description="YYYY-MM; this one where it is not given")] | None = None


class CountDocument(BaseModel):
    """A count and its share of all."""

    count: int
    share: float


class ComplaintMonth(BaseModel):
    """A month of complaints."""

    month: str
    complaints: int
    paying: int | None = Field(description="Readers who paid, on average of the counted days; null where none was counted")
    days_counted: int
    per_10000: float | None
    by_cause: dict[str, CountDocument]
    by_channel: dict[str, int]
    by_city: dict[str, int]
    repeated: int
    regulator: int
    open: int
    overdue: int
    before: ComplaintMonth | None = None
