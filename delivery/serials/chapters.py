"""The chapters of a serial: the editions that were brought out, in the order in which their sends began."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from content.models import Edition, Publication
from content.services import KILLED_EDITION
from delivery import kinds, lifecycle
from delivery.models import Dispatch

NOT_A_SERIAL, CURRENT, FIRST = "none", "current", "first"


def start_of(publication: Publication) -> str:
    """Where a new reader of the publication begins; `NOT_A_SERIAL` where its editions are no chapters."""
    if publication.kind != "comic":
        return NOT_A_SERIAL
    return publication.serial or CURRENT


@dataclass(frozen=True)
class Chapter:
    """One chapter.

    Attributes:
        ordinal: from 1.
        version_id: the newest that was sent to all.
        days: business days of the dispatches that brought it to readers.
        dispatch_id: the newest one that brought it to all.
        begun_at: when the first of these began.
    """

    ordinal: int
    edition_id: int
    number: str
    version_id: int
    dispatch_id: int
    days: tuple[date, ...]
    begun_at: datetime


def chapters_of(session: Session, publication_id: int) -> tuple[Chapter, ...]:
    """The chapters of a publication; a killed edition is none."""
    wanted = (
        select(Dispatch, Edition.number)
        .join(Edition, Edition.id == Dispatch.edition_id)
        .where(Edition.publication_id == publication_id, Edition.state != KILLED_EDITION, Dispatch.kind.in_(kinds.BRINGS_OUT))
        .order_by(Dispatch.id)
    )
    sent: dict[int, list[Dispatch]] = {}
    numbers: dict[int, str] = {}
    for dispatch, number in session.execute(wanted):
        sent.setdefault(dispatch.edition_id, []).append(dispatch)
        numbers[dispatch.edition_id] = number
    begun = []
    for edition_id, dispatches in sent.items():
        planned = [one for one in dispatches if one.kind in kinds.BY_PLAN and one.started_at is not None]
        if planned:
            begun.append((min(one.started_at for one in planned if one.started_at is not None), edition_id, planned[-1], tuple(sorted({one.day for one in dispatches}))))
    return tuple(
        Chapter(ordinal, edition_id, numbers[edition_id], last.edition_version_id, last.id, days, begun_at)
        for ordinal, (begun_at, edition_id, last, days) in enumerate(sorted(begun, key=lambda one: one[:2]), start=1)
    )


def not_begun(session: Session, publication_id: int, but: int) -> Dispatch | None:
    """A dispatch of another edition of the publication that is planned and has not begun, or None."""
    others = (Edition.publication_id == publication_id, Edition.id != but, Edition.state != KILLED_EDITION)
    waiting = (Dispatch.kind == kinds.EDITION, Dispatch.started_at.is_(None), Dispatch.state.in_(lifecycle.UNSENT))
    return session.scalars(select(Dispatch).join(Edition, Edition.id == Dispatch.edition_id).where(*others, *waiting).order_by(Dispatch.start_at).limit(1)).first()
