"""What a draft was before: steps that a person goes back to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session, load_only

from content.drafts.documents import Document
from content.drafts.models import DraftRevision
from content.drafts.settings import DRAFT_STEP_S, DRAFT_STEPS_MAX
from huabao.errors import UsageError


def note(session: Session, edition_id: int, revision: int, document: Document, parts: Sequence[str], *, by: str, at: datetime, note: str = "") -> None:
    """Keep what the draft is at `revision`; ordinary saves of one person within a short time are one step."""
    last = session.scalars(_of(edition_id).limit(1)).one_or_none()
    if last is not None and not note and not last.note and last.by == by[:80] and at - last.begun_at < timedelta(seconds=DRAFT_STEP_S.get(session)):
        last.revision, last.document, last.at = revision, document, at
        last.parts = sorted({*last.parts, *parts})
        session.flush()
        return
    session.add(DraftRevision(edition_id=edition_id, revision=revision, document=document, parts=sorted(parts), note=note, begun_at=at, at=at, by=by[:80]))
    session.flush()
    _trim(session, edition_id)


def listed(session: Session, edition_id: int, limit: int = 50) -> Sequence[DraftRevision]:
    """The steps without their texts, the newest first."""
    wanted = _of(edition_id).options(load_only(DraftRevision.revision, DraftRevision.parts, DraftRevision.note, DraftRevision.at, DraftRevision.by)).limit(limit)
    return session.scalars(wanted).all()


def document_at(session: Session, edition_id: int, step_id: int) -> Document:
    """What the draft was at a step.

    Raises:
        UsageError: the edition has no such step.
    """
    found: Document | None = session.scalar(select(DraftRevision.document).where(DraftRevision.id == step_id, DraftRevision.edition_id == edition_id))
    if found is None:
        raise UsageError(f"edition {edition_id} has no step {step_id} any more")
    return found


def _of(edition_id: int) -> Select[DraftRevision]:
    return select(DraftRevision).where(DraftRevision.edition_id == edition_id).order_by(DraftRevision.id.desc())


def _trim(session: Session, edition_id: int) -> None:
    most = DRAFT_STEPS_MAX.get(session)
    count = session.scalar(select(func.count()).select_from(DraftRevision).where(DraftRevision.edition_id == edition_id)) or 0
    if count > most:
        oldest = select(DraftRevision.id).where(DraftRevision.edition_id == edition_id).order_by(DraftRevision.id).limit(count - most)
        session.execute(delete(DraftRevision).where(DraftRevision.id.in_(oldest)))
