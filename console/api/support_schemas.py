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

    reader_id: int = Field(description="Id of the reader, as the addresses of his operations take it")


class SayingDocument(AdviceDocument):
    """A sentence in both languages."""

    name: str = Field(description="Stable; the sentences are not")


class HeadlineDocument(BaseModel):
    """What explains best why he gets nothing, or that he does."""

    cause: SayingDocument = Field(description="The likely cause")
    step: SayingDocument | None = Field(description="The next best step")
    act: Literal["", "reach", "resend"] = Field(description="The operation that does the step")
    of: int = Field(description="Of that operation: the stop or the edition; 0 where there is none")
    answer: AdviceDocument | None = Field(description="What is read to the caller")


class KnownDocument(BaseModel):
    """An incident that touches him."""

    alarm_id: int | None = Field(description="The alarm that told of it; null where a person or a report did")
    kind: str = Field(description="What was looked at, such as port.down")
    name: AdviceDocument = Field(description="The kind in words")
    about: str = Field(description="Which port, dispatch or peer")
    since: datetime = Field(description="When it began")
    until: datetime | None = Field(description="null while it lasts")
    readers: int | None = Field(description="How many it touches; null where nobody counted")
    notice: str = Field(description="What every desk is told of it, or empty")
    owner: str = Field(description="Name of the account that looks after it, or empty")


class OrderDocument(BaseModel):
    """One order of his."""

    subscription_id: int = Field(description="Id of the order, as `endOrder` takes it")
    service_id: str = Field(description="Code of the service at BOSS and MISC, up to 40 characters")
    titles: str = Field(description="What he gets by it, with commas")
    state: str = Field(description="What holds here: active, paused or cancelled")
    order_state: str = Field(description="What the order itself is, in the same words, whatever the account or a stop makes of it")
    since: datetime | None = Field(description="From when it holds; null where nobody knows")
    price_fen: int | None = Field(description="A month, in fen; null where nobody knows")
    payer: str | None = Field(description="Masked; null where he pays himself")
    sending: str = Field(description="sending, stopped or recovering")
    stop_id: int | None = Field(description="The stop that keeps him from being sent to; null where there is none")
    stop_cause: str | None = Field(description="Why he is stopped; null where he is not")
    ending: bool = Field(description="It is being cancelled")


class ReaderCopyDocument(BaseModel):
    """One of his latest copies."""

    edition_id: int = Field(description="Id of the edition; operations take it as `edition`")
    edition: str = Field(description="As publication/number")
    title: str = Field(description="Of the publication")
    kind: str = Field(description="Why it was sent: edition, correction, resend or serial")
    dispatch_id: int = Field(description="Id of the dispatch, as its own operations take it")
    outcome: str = Field(description="retrieved, rejected, expired, failed, cancelled, unknown, no_report, submitted or pending")
    sent_at: datetime | None = Field(description="When it was handed to the MMSC; null where it was not yet")
    outcome_at: datetime | None = Field(description="When its fate was known; null while it is not")
    advice: AdviceDocument | None = Field(description="What is known of a copy that did not arrive; null of others")


class OpenDifferenceDocument(BaseModel):
    """Where the systems disagree about him."""

    difference_id: int = Field(description="Id of the difference, as `ownDifferences` takes it")
    service_id: str = Field(description="Code of the service at BOSS and MISC, up to 40 characters")
    name: str = Field(description="The class: three letters of BOSS, MISC and here (a, p, x, u), or price, payer …")
    action: str = Field(description="What the policy says: serve, pause, stop, adopt, peers, ask (a person), wait or none")
    owner: str = Field(description="Name of the account that looks after it; empty for nobody")
    money_fen: int = Field(description="What is charged wrongly in a month, in fen; 0 for nothing")


class ComplaintDocument(BaseModel):
    """A complaint."""

    complaint_id: int = Field(description="Id of the complaint, as `answerComplaint` takes it")
    channel: Channel = Field(description="By which way it came")
    reference: str = Field(description="Its ticket elsewhere, or empty")
    received_at: datetime = Field(description="When it came; the time to answer runs from here")
    reader_id: int | None = Field(description="null of somebody who is no reader, or was forgotten")
    city: str | None = Field(description="City of the reader at that time; null where nobody knows")
    service_id: str | None = Field(description="The service it is about; null where nobody said")
    edition_id: int | None = Field(description="The edition it is about; null where nobody said")
    dispatch_id: int | None = Field(description="The send it is about; null where none was found")
    cause: Cause = Field(description="Why he complains")
    cause_by: Literal["told", "found"] = Field(description="told by who entered it, or found by what is known of the reader")
    text: str = Field(description="What he said, as it was entered")
    repeated: bool = Field(description="Whether he complained already within `complaint_repeat_days`")
    due_at: datetime = Field(description="When it must be answered")
    closed_at: datetime | None = Field(description="null while it is open")
    closed_by: str | None = Field(description="null while it is open")
    answer: str = Field(description="Empty while it is open")
    note: str = Field(description="What was written with the answer, or empty")


class ReaderDocument(BaseModel):
    """Everything that explains what a reader gets."""

    reader_id: int = Field(description="Id of the reader, as the addresses of his operations take it")
    msisdn: str = Field(description="Masked unless the token has the scope `numbers`")
    city: str | None = Field(description="null where nobody knows")
    handset: str | None = Field(description="Its model; null where nobody knows")
    handset_class: str | None = Field(description="The class that he is sent to in, such as 100kb-240x320; null where nobody knows the model")
    account_state: str = Field(description="What BOSS says of his account: normal, barred or closed")
    known: list[KnownDocument] = Field(description="Incidents that touch him, what lasts first")
    headline: HeadlineDocument = Field(description="What explains best what he gets")
    orders: list[OrderDocument] = Field(description="Those that ended lately, too")
    copies: list[ReaderCopyDocument] = Field(description="The newest first")
    differences: list[OpenDifferenceDocument] = Field(description="Where BOSS, MISC and this system disagree about him")
    complaints: list[ComplaintDocument] = Field(description="The newest first")


class ActRequest(Strict):
    """Why, and who asks."""

    reason: Text = Field(description="Kept in the audit trail, 1 to 500 characters")
    agent: Agent = None


class DoneDocument(BaseModel):
    """It was done."""

    reader_id: int = Field(description="Id of the reader, as the addresses of his operations take it")


class ComplaintRequest(Strict):
    """A complaint as it comes."""

    msisdn: Number
    channel: Channel = Field(default="hotline", description="By which way it came")
    received_at: datetime | None = Field(default=None, strict=False, description="Now where it is not given")
    cause: Cause | None = Field(default=None, description="Found by what is known of him where it is not given")
    reference: Annotated[str, Field(max_length=80, description="The ticket; the same one again is the same complaint")] = ""
    text: Annotated[str, Field(max_length=TEXT_CHARS_MAX, description="What he said; at most 500 characters")] = ""
    edition: Edition | None = Field(default=None, description="The edition it is about, by id or as publication/number; null where he did not say")
    agent: Agent = None


class AnswerRequest(Strict):
    """What was done about a complaint."""

    answer: Answer = Field(description="What was done")
    cause: Cause | None = Field(default=None, description="Put right, where it is known by now")
    note: Annotated[str, Field(max_length=TEXT_CHARS_MAX, description="For whoever reads it later; at most 500 characters")] = ""
    agent: Agent = None


class ComplaintQuery(BaseModel):
    """Which complaints."""

    cause: Cause | None = None
    channel: Channel | None = None
    after: Annotated[int | None, Field(ge=1, le=2**63 - 1, description="The last id of the page before")] = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class ComplaintPage(BaseModel):
    """Open complaints, the most urgent first."""

    complaints: list[ComplaintDocument] = Field(description="At most `limit` of them")
    next_after: int | None = Field(description="Give it as `after` for the page that follows; null on the last")


class MonthQuery(BaseModel):
    """Which month."""

    month: Annotated[str, Field(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$", description="YYYY-MM; this one where it is not given")] | None = None


class CountDocument(BaseModel):
    """A count and its share of all."""

    count: int = Field(description="How many")
    share: float = Field(description="Of all, from 0 to 1")


class ComplaintMonth(BaseModel):
    """A month of complaints."""

    month: str = Field(description="YYYY-MM")
    complaints: int = Field(description="How many came")
    paying: int | None = Field(description="Readers who paid, on average of the counted days; null where none was counted")
    days_counted: int = Field(description="Days of the month on which the paying readers were counted")
    per_10000: float | None = Field(description="Complaints for each 10,000 who pay; null where they were not counted")
    by_cause: dict[str, CountDocument] = Field(description="Count and share of each cause that occurred")
    by_channel: dict[str, int] = Field(description="Count of each way by which they came")
    by_city: dict[str, int] = Field(description="Count of each city; `` for readers whose city nobody knows")
    repeated: int = Field(description="Of those who had complained shortly before")
    regulator: int = Field(description="Handed on by the regulator")
    open: int = Field(description="Without an answer at this moment")
    overdue: int = Field(description="Of the open ones, those past their time")
    before: ComplaintMonth | None = Field(default=None, description="The month before it; null of that one itself")
