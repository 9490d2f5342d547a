"""Operations of review: what stands in the way of an edition, comments, hits that may stand, points of the checklist, the proof."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from console.api.calls import Call, Operation, Reply
from console.api.desk import asked
from console.api.desk_schemas import WorkDocument, WorkRequest
from console.api.problems import Problem
from console.api.schemas import Agent, Strict
from console.api.scopes import APPROVE, DESK
from content.models import Edition, EditionVersion
from content.workflow import notes
from content.workflow.models import EditionComment
from content.workflow.screening import Finding, rule_on, screen
from content.works import tasks as works

REASON_CHARS_MAX = 400


class CommentRequest(Strict):
    """Something said about an edition."""

    text: Annotated[str, Field(min_length=1, max_length=notes.TEXT_MAX, description="What is said, in plain text")]
    item: Annotated[str, Field(max_length=300, description="The item that it is about, by its key; empty for the whole")] = ""
    agent: Agent = None


class ResolveRequest(Strict):
    """A comment that was dealt with."""

    resolution: Annotated[str, Field(max_length=REASON_CHARS_MAX, description="What was done about it")] = ""
    agent: Agent = None


class RulingRequest(Strict):
    """A hit that may stand."""

    mark: Annotated[str, Field(pattern="^[0-9a-f]{1,16}$", description="Of the hit, as a review gives it")]
    reason: Annotated[str, Field(min_length=1, max_length=REASON_CHARS_MAX, description="Why it may stand")]
    agent: Agent = None


class TickRequest(Strict):
    """A point of the checklist that somebody answers for."""

    point: Annotated[str, Field(min_length=1, max_length=200, description="Whole, or its number from 1")]
    agent: Agent = None


class CommentDocument(BaseModel):
    """A comment."""

    comment_id: int = Field(description="Id of the comment, as `resolveComment` takes it")
    item: str = Field(description="Key of the item it is about; empty for the whole edition")
    text: str = Field(description="What was said")
    by: str = Field(description="Name of the account, or of the token")
    at: datetime = Field(description="When it was said")
    resolved_by: str | None = Field(description="null while it is open")
    resolved_at: datetime | None = Field(description="null while it is open")
    resolution: str = Field(description="What was done about it, or empty")


class RulingDocument(BaseModel):
    """Why a hit may stand."""

    by: str = Field(description="Who ruled")
    at: datetime = Field(description="When")
    reason: str = Field(description="Why it may stand")


class HitDocument(BaseModel):
    """Something in the text that somebody must look at."""

    mark: str = Field(description="Up to 16 hexadecimal digits that name it as long as the text stays")
    kind: str = Field(description="word, leader, script, repeat, section, source or moved_on")
    severity: str = Field(description="block needs a ruling before an approval; warn does not")
    item: str = Field(description="Key of the item in which it stands")
    where: str = Field(description="Place in it: title, body, caption …")
    before: str = Field(description="Some text before it")
    found: str = Field(description="The text itself")
    after: str = Field(description="Some text behind it")
    rule: str = Field(description="The listed word or the rule that it touches")
    advice: str = Field(description="What to write instead, or empty")
    open: bool = Field(description="It stands in the way of an approval")
    ruling: RulingDocument | None = Field(description="Why it may stand; null where nobody ruled on it")


class PointDocument(BaseModel):
    """A point of the checklist."""

    point: str = Field(description="Its words")
    by: str | None = Field(description="Who answers for it in the present version")
    at: datetime | None = Field(description="When somebody answered for it; null while nobody did")


class ReviewDocument(BaseModel):
    """What must be looked at before an edition is approved."""

    edition_id: int = Field(description="Id of the edition; operations take it as `edition`")
    state: str = Field(description="draft, in_review, approved, scheduled, sent, corrected or killed")
    version: int = Field(description="Number of the version that is looked at, from 1")
    comments: list[CommentDocument] = Field(description="The open ones first")
    hits: list[HitDocument] = Field(description="In the order of the text")
    checklist: list[PointDocument] = Field(description="The publication's points, in their order")


def show_review(call: Call) -> Reply:
    """What must be looked at."""
    with call.runtime.transaction(read_only=True) as session:
        return Reply(200, _review(session, *_seen(call, session)))


def comment(call: Call) -> Reply:
    """Say something."""
    body = call.body
    assert isinstance(body, CommentRequest)
    with call.runtime.transaction() as session:
        edition, _ = _seen(call, session)
        made = notes.comment(session, edition, body.text, item=body.item, by=call.actor(body.agent), at=call.runtime.now())
        return Reply(201, _comment(made), f"/api/v1/editions/{edition.id}/review")


def resolve(call: Call) -> Reply:
    """A comment was dealt with."""
    body = call.body
    assert isinstance(body, ResolveRequest)
    with call.runtime.transaction() as session:
        edition, _ = _seen(call, session)
        made = notes.resolve(session, edition, call.path["comment_id"], resolution=body.resolution, by=call.actor(body.agent), at=call.runtime.now())
        return Reply(200, _comment(made))


def rule(call: Call) -> Reply:
    """Let a hit stand."""
    body = call.body
    assert isinstance(body, RulingRequest)
    with call.runtime.transaction() as session:
        edition, version = _seen(call, session)
        rule_on(session, edition, body.mark, reason=body.reason, by=call.actor(body.agent), at=call.runtime.now())
        return Reply(200, _review(session, edition, version))


def tick(call: Call) -> Reply:
    """Answer for a point of the checklist."""
    body = call.body
    assert isinstance(body, TickRequest)
    with call.runtime.transaction() as session:
        edition, version = _seen(call, session)
        notes.tick(session, edition, body.point, by=call.actor(body.agent), at=call.runtime.now())
        return Reply(200, _review(session, edition, version))


def proof(call: Call) -> Reply:
    """Have the proof made."""
    body = call.body
    assert isinstance(body, WorkRequest)
    return asked(call, works.DESK_WORK, works.PROOF, body.edition, body.agent, {"language": "zh"})


def _seen(call: Call, session: Session) -> tuple[Edition, EditionVersion]:
    edition = session.get(Edition, call.path["edition_id"])
    if edition is None:
        raise Problem("not-found", f"there is no edition {call.path['edition_id']}")
    version = session.get(EditionVersion, edition.current_version_id or 0)
    if version is None:
        raise Problem("conflict", f"edition {edition.id} has no version yet; keep its draft first")
    return edition, version


def _review(session: Session, edition: Edition, version: EditionVersion) -> ReviewDocument:
    points = [PointDocument(point=point, by=done and done.by, at=done and done.at) for point, done in notes.ticks(session, edition)]
    return ReviewDocument(
        edition_id=edition.id, state=edition.state, version=version.version, comments=[_comment(one) for one in notes.comments(session, edition.id)],
        hits=[_hit(one) for one in screen(session, edition, version)], checklist=points,
    )  # fmt: skip


def _comment(one: EditionComment) -> CommentDocument:
    names = [name for name in CommentDocument.model_fields if name != "comment_id"]
    return CommentDocument.model_validate({"comment_id": one.id, **{name: getattr(one, name) for name in names}})


def _hit(one: Finding) -> HitDocument:
    return HitDocument.model_validate({name: value for name, value in one.to_document().items() if name in HitDocument.model_fields})


_OF = "/editions/{edition_id:int}"
_PROBLEMS = ("not-found", "conflict")
_REVIEW = {200: ReviewDocument}

OPERATIONS: tuple[Operation, ...] = (
    Operation("showReview", "GET", _OF + "/review", (DESK, APPROVE), "What must be looked at before an edition is approved", show_review, _REVIEW, _PROBLEMS),
    Operation("commentEdition", "POST", _OF + "/comments", (DESK,), "Say something about an edition", comment, {201: CommentDocument}, _PROBLEMS, CommentRequest),
    Operation("resolveComment", "POST", _OF + "/comments/{comment_id:int}", (DESK,), "A comment was dealt with", resolve, {200: CommentDocument}, _PROBLEMS, ResolveRequest),
    Operation("ruleOnHit", "POST", _OF + "/rulings", (DESK,), "Let a hit of the screening stand", rule, _REVIEW, _PROBLEMS, RulingRequest),
    Operation("tickPoint", "POST", _OF + "/ticks", (DESK,), "Answer for a point of the checklist", tick, _REVIEW, _PROBLEMS, TickRequest),
    Operation("proofEdition", "POST", "/editions/proof", (DESK,), "Have the proof made", proof, {202: WorkDocument}, (), WorkRequest),
)
