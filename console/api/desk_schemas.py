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
    ports: Annotated[list[Name], Field(max_length=50)] = []
    seed_group: Annotated[str | None, Field(max_length=80)] = None
    block_classes: Annotated[list[Name], Field(max_length=20, description="Handset classes that are held from the start")] = []


class ScheduleRequest(PlanRequest):
    """An edition to be frozen and sent at its time."""

    confirmed: Annotated[int, Field(ge=0, description="So many readers the plan counted; noticeably more refuses it")]


class WithdrawRequest(WorkRequest):
    """An edition that is out, corrected or killed."""

    reason: Annotated[str, Field(min_length=1, max_length=300)]
    recall: Annotated[bool, Field(description="Also replace, or call back, what left and was not fetched")] = False


class EditionState(BaseModel):
    """An edition after an act."""

    edition_id: int
    version: int
    state: str


class WorkDocument(BaseModel):
    """A work, and what came of it."""

    work_id: int
    edition_id: int
    kind: str
    state: Literal["waiting", "running", "done", "refused", "failed"]
    done: int
    total: int
    asked_by: str
    asked_at: datetime
    finished_at: datetime | None
    problem: str
    result: dict[str, Any]


class SegmentRequest(Strict):
    """A rule, counted or kept."""

    rule: Annotated[dict[str, Any], Field(description="`all`, `any`, `not`, or `field` with `op` and `value`; see docs/segments.md")]
    name: Annotated[str | None, Field(max_length=80, description="Keep it under that name; without it, count only")] = None
    replace: bool = False
    agent: Agent = None


class SegmentDocument(BaseModel):
    """Whom a rule fits."""

    model_config = ConfigDict(populate_by_name=True)

    readers: int | None = Field(description="null where it takes too long to count")
    exact: bool
    name: str | None
    replaced: bool
