"""How a serial stands, and how far one reader is, for people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from content.models import Publication, Variant
from content.serial import note_of
from delivery import kinds
from delivery.models import Dispatch, Outcome, deliveries
from delivery.serials.chapters import Chapter, chapters_of, start_of
from delivery.serials.course import window
from delivery.serials.places import GIVEN_UP, HAS, MISSED, ON_ITS_WAY, PlaceRules, places

STATUSES = (HAS, ON_ITS_WAY, MISSED, GIVEN_UP)


@dataclass(frozen=True)
class Standing:
    """Readers whose last chapter is this one, by what became of it."""

    chapter: Chapter
    readers: dict[str, int]

    def to_document(self) -> dict[str, Any]:
        """As `serial show --json` prints it."""
        return {"chapter": self.chapter.ordinal, "edition": self.chapter.number, "begun_at": self.chapter.begun_at.isoformat(), "last_chapter_of": self.readers}


def standings(session: Session, publication: Publication, now: datetime) -> list[Standing]:
    """The chapters that are looked at, each with the readers who stand there."""
    _, looked = window(session, chapters_of(session, publication.id), start_of(publication))
    if not looked:
        return []
    found = places(looked, PlaceRules.of(session, publication), now)
    rows = session.execute(select(found.c.ordinal, found.c.status, func.count()).group_by(found.c.ordinal, found.c.status))
    counts = {(ordinal, status): number for ordinal, status, number in rows}
    return [Standing(chapter, {status: counts.get((chapter.ordinal, status), 0) for status in STATUSES}) for chapter in looked]


@dataclass(frozen=True)
class Step:
    """One copy of a chapter that was planned for a reader; `note` is what its cover said besides, or ""."""

    chapter: Chapter
    dispatch_id: int
    kind: str
    outcome: Outcome
    at: datetime
    note: str

    def to_document(self) -> dict[str, Any]:
        """As `serial show --json` prints it."""
        return {
            "chapter": self.chapter.ordinal,
            "edition": self.chapter.number,
            "dispatch_id": self.dispatch_id,
            "kind": self.kind,
            "outcome": self.outcome.name.lower(),
            "at": self.at.isoformat(),
            "note": self.note,
        }


def steps_of(session: Session, publication: Publication, reader_id: int) -> list[Step]:
    """What a reader was sent of a serial, in order."""
    found = {chapter.edition_id: chapter for chapter in chapters_of(session, publication.id)}
    if not found:
        return []
    days = sorted({day for chapter in found.values() for day in chapter.days})
    rows = session.execute(
        select(Dispatch.edition_id, Dispatch.id, Dispatch.kind, deliveries.c.outcome, Dispatch.start_at, Variant.items)
        .join(Dispatch, (Dispatch.id == deliveries.c.dispatch_id) & (Dispatch.day == deliveries.c.day))
        .join(Variant, Variant.id == deliveries.c.variant_id)
        .where(deliveries.c.reader_id == reader_id, deliveries.c.day.in_(days), Dispatch.edition_id.in_(found), Dispatch.kind.in_(kinds.BRINGS_OUT))
        .order_by(Dispatch.id)
    )
    return [Step(found[edition_id], dispatch_id, kind, Outcome(outcome), at, _said(items)) for edition_id, dispatch_id, kind, outcome, at, items in rows]


def _said(items: list[str]) -> str:
    note = note_of(items)
    return "" if note is None else f"{note.kind} {note.chapter}"
