"""What a dispatch of a chapter does with readers by their places: who gets it, who gets it with a note, for whom it waits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Subquery, and_, case, literal, or_, select
from sqlalchemy.orm import Session

from content.models import Edition, Publication
from content.signatures import SignatureRules
from delivery import partitions
from delivery.models import Dispatch
from delivery.serials.chapters import CURRENT, FIRST, NOT_A_SERIAL, Chapter, chapters_of, not_begun, start_of
from delivery.serials.places import GIVEN_UP, HAS, PlaceRules, places
from delivery.serials.thresholds import SERIAL_LOOK_BACK
from huabao.clock import shanghai_text
from huabao.errors import UsageError
from subscribers.models import Reader

MISSED_FLAG, EARLIER_FLAG = "M", "E"
"""Ends the mask of readers who get the note about the chapter before, or about all before."""

FLAGS = MISSED_FLAG + EARLIER_FLAG


@dataclass(frozen=True)
class Course:
    """The course of a serial before one chapter.

    Attributes:
        earlier: all chapters before it, in order.
        before: those that are looked at, the last one directly before it; () before the first.
        start: where a new reader begins.
        readers: their places; None before the first chapter.
    """

    earlier: tuple[Chapter, ...]
    before: tuple[Chapter, ...]
    start: str
    readers: Subquery | None

    def beside(self, readers: FromClause) -> FromClause:
        """Readers with their places."""
        return readers if self.readers is None else readers.outerjoin(self.readers, self.readers.c.reader_id == Reader.id)

    @property
    def waits(self) -> ColumnElement[bool]:
        """An earlier chapter comes first."""
        if self.readers is None:
            return literal(False)
        there = self.readers.c.ordinal.is_not(None)
        ready = and_(self.readers.c.ordinal == self.before[-1].ordinal, self.readers.c.status.in_((HAS, GIVEN_UP)))
        return and_(there, ~ready) if self.start == CURRENT else or_(~there, ~ready)

    @property
    def flag(self) -> ColumnElement[str]:
        """Which note he gets: the end of his mask."""
        if self.readers is None:
            return literal("")
        begins = self.readers.c.ordinal.is_(None)
        return case((or_(begins, self.readers.c.told_late), literal(EARLIER_FLAG)), (self.readers.c.status == GIVEN_UP, literal(MISSED_FLAG)), else_=literal(""))


def course_of(session: Session, publication: Publication, edition: Edition, now: datetime) -> Course | None:
    """The course before `edition`; None where it is no chapter, or was brought out already: a second send is a person's own decision."""
    start = start_of(publication)
    if start == NOT_A_SERIAL:
        return None
    found = chapters_of(session, publication.id)
    if any(chapter.edition_id == edition.id for chapter in found):
        return None
    start, before = window(session, found, start)
    return Course(found, before, start, places(before, PlaceRules.of(session, publication), now) if before else None)


def window(session: Session, found: tuple[Chapter, ...], start: str) -> tuple[str, tuple[Chapter, ...]]:
    """Where new readers begin, and the chapters that are looked at: all where everybody begins with the first and retention took none of it."""
    if start == FIRST and found and not partitions.was_dropped(session, session.get_one(Dispatch, found[0].dispatch_id)):
        return FIRST, found
    return CURRENT if found else start, found[-SERIAL_LOOK_BACK.get(session) :]


def refuse_too_early(session: Session, publication: Publication, edition: Edition) -> None:
    """A chapter is planned when the one before has begun: nobody knows yet who will have that.

    Raises:
        UsageError: another one is planned and has not begun.
    """
    if start_of(publication) == NOT_A_SERIAL:
        return
    waiting = not_begun(session, publication.id, edition.id)
    if waiting is not None:
        number = session.get_one(Edition, waiting.edition_id).number
        raise UsageError(
            f"chapter {number} of {publication.slug} is planned for {shanghai_text(waiting.start_at)} (dispatch {waiting.id}) and has not begun; "
            f"plan {edition.number} when it has, since who gets it is decided by who has the chapter before"
        )


def items_of(rules: SignatureRules, mask: str, notes: Mapping[str, str]) -> tuple[str, ...]:
    """The items of a mask, with the key of the note that its flag asks for.

    Args:
        notes: keys by flag.
    """
    bare = mask.rstrip(FLAGS)
    items = rules.items_of(bare)
    return (*items, *(notes[flag] for flag in mask[len(bare) :] if flag in notes))


def flags_in(masks: Iterable[str]) -> set[str]:
    """The notes that are asked for."""
    return {mask[-1] for mask in masks if mask[-1:] in FLAGS and mask}


def noted(signatures: Mapping[tuple[str, str], int]) -> dict[str, Any]:
    """Readers who get a note, as a plan shows them."""
    counts = dict.fromkeys(FLAGS, 0)
    for (mask, _), readers in signatures.items():
        if mask and mask[-1] in counts:
            counts[mask[-1]] += readers
    return {"with_link_to_missed": counts[MISSED_FLAG], "with_link_to_earlier": counts[EARLIER_FLAG]}


def lock(session: Session, publication: Publication) -> None:
    """Nobody else decides about a serial's readers until this transaction ends."""
    if start_of(publication) != NOT_A_SERIAL:
        session.execute(select(Publication.id).where(Publication.id == publication.id).with_for_update(key_share=True))
