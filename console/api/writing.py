"""Operations of writing: an edition begun, its draft saved part by part, kept as a version, and its pictures; the services of the editor."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from console.api.calls import Call, Operation, Reply
from console.api.desk_schemas import Name
from console.api.problems import Problem
from console.api.schemas import Agent, Query, RowId, Strict
from console.api.scopes import DESK, WRITE
from content.adapt import PictureError
from content.adapt.opening import FILE_BYTES_MAX, MEDIA_TYPES
from content.drafts import holding, keeping, pictures, saving, starting, steps
from content.drafts.documents import DRAFT_BYTES_MAX, digests_of
from content.drafts.pictures import Picture
from content.drafts.saving import Change, Draft
from content.drafts.screening import hits_of
from content.models import Edition, EditionVersion
from content.services import lock_edition
from content.workflow import locks
from huabao.errors import UsageError

SAVE_BYTES_MAX = DRAFT_BYTES_MAX + 200_000
CHANGES_MAX = 400
FOLDERS = ("images", "pages", "panels")

Folder = Annotated[Literal[FOLDERS], Field(description="Where the draft keeps it")]  # type: ignore[valid-type]  # a table of ours
Revision = Annotated[int, Field(ge=0, le=2**31 - 1, description="The one that was looked at; refused where somebody saved meanwhile")]
Pixels = Annotated[int, Field(ge=0, le=100_000)]


class BeginRequest(Strict):
    """An edition to be begun."""

    publication: Name = Field(description="Slug of the publication")
    number: Annotated[str, Field(min_length=1, max_length=60, description="Its number, such as 20261123: no blanks, no slashes")]
    day: Annotated[date, Field(strict=False, description="Day of issue, YYYY-MM-DD")]
    from_before: Annotated[bool, Field(description="Take title, credit, cover's place and sections from the edition before")] = False
    agent: Agent = None


class BegunDocument(BaseModel):
    """An edition that was begun."""

    edition_id: int = Field(description="Id of the edition; operations take it as `edition`")
    before: str = Field(description="Number of the edition before, empty where none was taken")
    warnings: list[str] = Field(description="What could not be taken from the edition before, a sentence each")


class ChangeDocument(Strict):
    """One part of a draft."""

    part: Annotated[str, Field(min_length=1, max_length=300, description="head, sections, pages, or the path of an article or a picture")]
    was: Annotated[str, Field(max_length=80, description="Its digest as it was seen (`digests` of the draft); empty of a new one")]
    value: Annotated[Any, Field(description="Its new value; null removes it")]


class SaveRequest(Strict):
    """Parts to be saved."""

    changes: Annotated[list[ChangeDocument], Field(min_length=1, max_length=CHANGES_MAX, description="Up to 400 parts; each is saved for itself")]
    agent: Agent = None


class LockRequest(Strict):
    """Who writes."""

    act: Annotated[Literal["take", "give"], Field(description="take it, or give it back")]
    take_over: Annotated[str, Field(max_length=300, description="Why it is taken from who holds it; empty leaves it to him")] = ""
    agent: Agent = None


class KeepRequest(Strict):
    """A draft to be kept as a version."""

    revision: Revision
    over: Annotated[bool, Field(description="Although a version came since the draft began")] = False
    agent: Agent = None


class RestoreRequest(Strict):
    """What the draft is to be again."""

    step_id: Annotated[RowId | None, Field(description="One of its steps; null for the text of its version")]
    revision: Revision
    agent: Agent = None


class CutRequest(Strict):
    """A part of a picture, as a picture of its own."""

    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="Of the picture that is cut, in small hexadecimal letters")]
    x: Pixels = Field(description="Left edge, in pixels of that picture")
    y: Pixels = Field(description="Upper edge, in pixels of that picture")
    width: Pixels = Field(description="In pixels, at least 1")
    height: Pixels = Field(description="In pixels, at least 1")
    folder: Folder = "images"
    file: Annotated[str, Field(max_length=200, description="What it is called; only its words are used")] = "picture"


class PictureQuery(Query):
    """Where it goes, and what it is called."""

    folder: Folder = "images"
    file: Annotated[str, Field(max_length=200, description="What it is called; only its words are used")] = "picture"


class LockDocument(BaseModel):
    """Who writes where."""

    section: str = Field(description="Empty for the whole edition")
    holder: str = Field(description="Name of the account that holds it")
    until: datetime = Field(description="When it ends unless its holder goes on")


class StepDocument(BaseModel):
    """What a draft was at a time."""

    step_id: int = Field(description="Id of the step, as `restoreDraft` takes it")
    revision: int = Field(description="Of the draft after it")
    parts: list[str] = Field(description="Which parts it changed")
    note: str = Field(description="What it was where it was no save: begun, restored, replaced …")
    at: datetime = Field(description="When it was saved")
    by: str = Field(description="Who saved it")


class DraftDocument(BaseModel):
    """A draft as it stands."""

    edition_id: int = Field(description="Id of the edition; operations take it as `edition`")
    edition_state: str = Field(description="draft, in_review, approved, scheduled, sent, corrected or killed")
    revision: int = Field(description="Grows by one with each save; give it with what must not overlook another's")
    document: dict[str, Any] = Field(description="Its parts; see docs/editor.md")
    digests: dict[str, str] = Field(description="Of each part; give them as `was` of a change")
    saved_at: datetime | None = Field(description="null where it was never saved")
    saved_by: str = Field(description="Who saved last, or empty")
    version: int | None = Field(description="The version that it began from; null where there is none")
    is_behind: bool = Field(description="A version came since the draft began")
    is_kept: bool = Field(description="It is the text of its version")
    locks: list[LockDocument] = Field(description="Who writes where at present")
    steps: list[StepDocument] = Field(description="What it was before, the newest first")


class ConflictDocument(BaseModel):
    """A part that somebody else changed meanwhile, as it is now."""

    part: str = Field(description="Which part: head, sections, pages, or the path of an article or a picture")
    value: Any = Field(description="Its value now; null where it was removed")


class SavedDocument(BaseModel):
    """What was saved."""

    edition_id: int = Field(description="Id of the edition; operations take it as `edition`")
    revision: int = Field(description="Of the draft afterwards")
    saved: list[str] = Field(description="Parts that were saved")
    conflicts: list[ConflictDocument] = Field(description="Parts that were not, for somebody else changed them")


class KeptDocument(BaseModel):
    """The version that was made."""

    edition_id: int = Field(description="Id of the edition; operations take it as `edition`")
    version: int = Field(description="Its number, from 1")
    warnings: list[str] = Field(description="What was put right by itself, a sentence each")


class HitList(BaseModel):
    """What must be looked at in the text as it is."""

    revision: int = Field(description="Of the draft that was looked at")
    hits: list[dict[str, Any]] = Field(description="Each as in a review, without its ruling")
    problems: list[str] = Field(description="Why no edition can be made of it yet")


class PictureDocument(BaseModel):
    """A picture that was kept; name and sha256 go into a draft's part."""

    name: str = Field(description="Its path in the edition, such as images/one.jpg")
    sha256: str = Field(description="Of its bytes, in small hexadecimal letters")
    width: int = Field(description="In pixels")
    height: int = Field(description="In pixels")
    bytes: int = Field(description="Its size")


def begin(call: Call) -> Reply:
    """Begin an edition."""
    body = call.body
    assert isinstance(body, BeginRequest)
    wish = starting.Wish(body.publication, body.number.strip(), body.day, from_before=body.from_before)
    with call.runtime.transaction() as session:
        made = starting.begin(session, wish, by=call.actor(body.agent), now=call.runtime.now(), city=_city(call))
        return Reply(201, BegunDocument(edition_id=made.edition_id, before=made.before, warnings=list(made.warnings)), f"/api/v1/editions/{made.edition_id}/draft")


def show(call: Call) -> Reply:
    """The draft as it stands."""
    with call.runtime.transaction(read_only=True) as session:
        return Reply(200, _draft(call, session, _edition(call, session)))


def save(call: Call) -> Reply:
    """Save parts of it."""
    body = call.body
    assert isinstance(body, SaveRequest)
    changes = [Change(one.part, one.was, one.value) for one in body.changes]
    with call.runtime.transaction() as session:
        edition = _edition(call, session)
        made = saving.save(session, edition.id, changes, by=call.actor(body.agent), now=call.runtime.now(), city=_city(call))
        conflicts = [ConflictDocument(part=one.part, value=one.value) for one in made.conflicts]
        return Reply(200, SavedDocument(edition_id=edition.id, revision=made.draft.revision, saved=list(made.parts), conflicts=conflicts))


def lock(call: Call) -> Reply:
    """Take the edition, give it back, or take it over with a reason; of a city, its sections."""
    body, now = call.body, call.runtime.now()
    assert isinstance(body, LockRequest)
    by = call.actor(body.agent)
    with call.runtime.transaction() as session:
        edition = lock_edition(session, _edition(call, session).id)
        if body.act == "give":
            for one in locks.held(session, edition.id, now):
                if one.holder == by:
                    locks.give_back(session, edition, one.section, by=by, at=now)
        else:
            city = _city(call)
            wanted = holding.own_sections(session, edition, saving.current(session, edition).document, city) if city else [locks.WHOLE]
            for section in wanted:
                locks.take(session, edition, section, by=by, at=now, take_over=body.take_over.strip())
        session.flush()
        return Reply(200, _draft(call, session, edition))


def keep(call: Call) -> Reply:
    """Make a version of it."""
    body = call.body
    assert isinstance(body, KeepRequest)
    with call.runtime.transaction() as session:
        edition = _edition(call, session)
        made = keeping.keep(session, edition.id, seen=body.revision, by=call.actor(body.agent), now=call.runtime.now(), city=_city(call), over=body.over)
        return Reply(201, KeptDocument(edition_id=edition.id, version=made.version, warnings=list(made.warnings)), f"/api/v1/editions/{edition.id}/draft")


def restore(call: Call) -> Reply:
    """Make it what it was at a step, or what its version is."""
    body = call.body
    assert isinstance(body, RestoreRequest)
    by, now, city = call.actor(body.agent), call.runtime.now(), _city(call)
    with call.runtime.transaction() as session:
        edition = _edition(call, session)
        if body.step_id is None:
            if saving.current(session, lock_edition(session, edition.id)).revision != body.revision:
                raise Problem("conflict", "somebody saved meanwhile; look at the draft as it is")
            saving.start_over(session, edition.id, by=by, now=now, city=city)
        else:
            saving.restore(session, edition.id, body.step_id, seen=body.revision, by=by, now=now, city=city)
        return Reply(200, _draft(call, session, edition))


def hits(call: Call) -> Reply:
    """Listed words, leaders, mixed scripts, repeats in the text as it is."""
    with call.runtime.transaction(read_only=True) as session:
        edition = _edition(call, session)
        found = saving.current(session, edition)
        try:
            listed = hits_of(session, edition, found, call.runtime.now())
        except UsageError as error:
            return Reply(200, HitList(revision=found.revision, hits=[], problems=str(error).split("\n")))
        return Reply(200, HitList(revision=found.revision, hits=[{**one.hit.to_document(), "open": one.open} for one in listed], problems=[]))


def add_picture(call: Call) -> Reply:
    """Take in a picture."""
    query = call.query
    assert isinstance(query, PictureQuery)
    with call.runtime.transaction() as session:
        edition = _edition(call, session)
        try:
            made = pictures.take(session, call.raw, query.file, query.folder)
        except PictureError as error:
            raise Problem("invalid", f"{query.file}: {error}") from error
        return Reply(201, _picture(made), f"/api/v1/editions/{edition.id}/draft")


def cut_picture(call: Call) -> Reply:
    """Cut a picture."""
    body = call.body
    assert isinstance(body, CutRequest)
    with call.runtime.transaction() as session:
        edition = _edition(call, session)
        try:
            made = pictures.cut(session, body.sha256, (body.x, body.y, body.width, body.height), body.file, body.folder)
        except PictureError as error:
            raise Problem("invalid", str(error)) from error
        return Reply(201, _picture(made), f"/api/v1/editions/{edition.id}/draft")


def _edition(call: Call, session: Session) -> Edition:
    found = session.get(Edition, call.path["edition_id"])
    if found is None:
        raise Problem("not-found", f"there is no edition {call.path['edition_id']}")
    return found


def _city(call: Call) -> str:
    return call.client.city or ""


def _draft(call: Call, session: Session, edition: Edition) -> DraftDocument:
    found: Draft = saving.current(session, edition)
    version = session.get(EditionVersion, edition.current_version_id or 0)
    held = [LockDocument(section=one.section, holder=one.holder, until=one.expires_at) for one in locks.held(session, edition.id, call.runtime.now())]
    before = [StepDocument(step_id=one.id, revision=one.revision, parts=one.parts, note=one.note, at=one.at, by=one.by) for one in steps.listed(session, edition.id)]
    return DraftDocument(
        edition_id=edition.id, edition_state=edition.state, revision=found.revision, document=found.document, digests=digests_of(found.document),
        saved_at=found.saved_at, saved_by=found.saved_by, version=version.version if version else None, is_behind=found.is_behind, is_kept=found.is_kept, locks=held, steps=before,
    )  # fmt: skip


def _picture(made: Picture) -> PictureDocument:
    return PictureDocument.model_validate(made.to_document())


_DRAFT, _GONE = "/editions/{edition_id:int}/draft", ("not-found",)
_HELD = ("not-found", "conflict")

OPERATIONS: tuple[Operation, ...] = (
    Operation("beginEdition", "POST", "/editions", (WRITE,), "Begin an edition", begin, {201: BegunDocument}, (), BeginRequest),
    Operation("showDraft", "GET", _DRAFT, (WRITE, DESK), "A draft as it stands, and what it was before", show, {200: DraftDocument}, _GONE),
    Operation(
        "saveDraft", "POST", _DRAFT, (WRITE,), "Save parts of a draft", save, {200: SavedDocument}, _HELD, SaveRequest, body_bytes_max=SAVE_BYTES_MAX
    ),
    Operation("lockDraft", "POST", _DRAFT + "/lock", (WRITE,), "Take an edition to write in, or give it back", lock, {200: DraftDocument}, _HELD, LockRequest),
    Operation("keepDraft", "POST", _DRAFT + "/keep", (WRITE,), "Keep a draft as a version", keep, {201: KeptDocument}, _HELD, KeepRequest),
    Operation("restoreDraft", "POST", _DRAFT + "/restore", (WRITE,), "Make a draft what it was", restore, {200: DraftDocument}, _HELD, RestoreRequest),
    Operation("listDraftHits", "GET", _DRAFT + "/hits", (WRITE, DESK), "What must be looked at in a draft", hits, {200: HitList}, _GONE),
    Operation(
        "addPicture", "POST", "/editions/{edition_id:int}/pictures", (WRITE,), "Take in a picture", add_picture, {201: PictureDocument}, ("not-found", "media-type"), None,
        PictureQuery, media_types=tuple(sorted(MEDIA_TYPES.values())), body_bytes_max=FILE_BYTES_MAX,
    ),
    Operation(
        "cutPicture", "POST", "/editions/{edition_id:int}/pictures/cut", (WRITE,), "A part of a picture, as a picture of its own", cut_picture, {201: PictureDocument}, _GONE,
        CutRequest,
    ),
)  # fmt: skip
