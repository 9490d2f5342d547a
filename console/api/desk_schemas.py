"""What the operations of the editor's desk take and answer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from console.api.schemas import Agent, Edition, Strict

Version = Annotated[int, Field(ge=1, le=1_000_000, description="The number of the version that was looked at; refused where another came meanwhile")]
Name = Annotated[str, Field(min_length=1, max_length=80)]
Moment = Annotated[str | None, Field(max_length=40, description="ISO 8601; without an offset Asia/Shanghai")]


class DecisionRequest(Strict):
    """An act on a version."""

    edition: Edition
    version: Version
    reason: Annotated[str, Field(max_length=300, description="Needed to return it")] = ""
    agent: Agent = None


class WorkRequest(Strict):
    """Something that takes longer than a request."""

    edition: Edition
    agent: Agent = None


class PlanRequest(WorkRequest):
    """What a send would mean."""

    start: Moment = None
    deadline: Moment = None
    ports: Annotated[list[Name], Field(max_length=50, description="Names of ports that may carry it; empty for all that can")] = []
    seed_group: Annotated[str | None, Field(max_length=80, description="Name of the group that gets it first; null for the publication's own")] = None
    block_classes: Annotated[list[Name], Field(max_length=20, description="Handset classes that are held from the start")] = []


class ScheduleRequest(PlanRequest):
    """An edition to be frozen and sent at its time."""

    confirmed: Annotated[int, Field(ge=0, description="So many readers the plan counted; noticeably more refuses it")]


class WithdrawRequest(WorkRequest):
    """An edition that is out, corrected or killed."""

    reason: Annotated[str, Field(min_length=1, max_length=300, description="Kept in the audit trail and told to every desk")]
    recall: Annotated[bool, Field(description="Also replace, or call back, what left and was not fetched")] = False


class CorrectRequest(WithdrawRequest):
    """An edition that is out, corrected."""

    dry_run: Annotated[bool, Field(description="Count only: the work's result says whom it would reach")] = False
    confirmed: Annotated[int | None, Field(ge=0, le=2**63 - 1, description="So many readers a count found; over 1 % more refuses it")] = None


class EditionState(BaseModel):
    """An edition after an act."""

    edition_id: int = Field(description="Id of the edition; operations take it as `edition`")
    version: int = Field(description="Number of its present version, from 1")
    state: str = Field(description="draft, in_review, approved, scheduled, sent, corrected or killed")


class WorkDocument(BaseModel):
    """A work, and what came of it."""

    work_id: int = Field(description="Id of the work, as `showWork` takes it")
    edition_id: int = Field(description="Id of the edition; operations take it as `edition`")
    kind: str = Field(description="What was asked for, such as proof, preflight, plan, rehearsal or approve")
    state: Literal["waiting", "running", "done", "refused", "failed"] = Field(description="refused: what it was asked for cannot be; failed: a fault of ours")
    done: int = Field(description="How much of `total` is done")
    total: int = Field(description="0 where nobody knows")
    asked_by: str = Field(description="Whose name the audit trail has for it")
    asked_at: datetime = Field(description="When it was asked for")
    finished_at: datetime | None = Field(description="null while it goes on")
    problem: str = Field(description="Why it was refused or failed, or empty")
    result: dict[str, Any] = Field(description="What came of it, by kind; see docs/api.md")


class SegmentRequest(Strict):
    """A rule, counted or kept."""

    rule: Annotated[dict[str, Any], Field(description="`all`, `any`, `not`, or `field` with `op` and `value`; see docs/segments.md")]
    name: Annotated[str | None, Field(max_length=80, description="Keep it under that name; without it, count only")] = None
    replace: bool = Field(default=False, description="Although there is one of that name")
    agent: Agent = None


class SegmentDocument(BaseModel):
    """Whom a rule fits."""

    model_config = ConfigDict(populate_by_name=True)

    readers: int | None = Field(description="null where it takes too long to count")
    exact: bool = Field(description="false where it was estimated from a part of the readers")
    name: str | None = Field(description="Under which it was kept; null where it was counted only")
    replaced: bool = Field(description="Whether there was one of that name")
