"""Editions for the desk: by day, publication and state, those without a version among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Date, Row, Select, and_, func, or_, select, type_coerce
from sqlalchemy.orm import Session

from content.drafts.models import EditionDraft
from content.models import Edition, EditionVersion, Publication
from content.workflow.models import EditionLock


@dataclass(frozen=True)
class Line:
    """One edition.

    Attributes:
        version: of its current version; None before the first.
        is_unkept: its draft holds more than its version.
        locks: who works on it: (section or "", holder).
    """

    edition_id: int
    publication: str
    publication_title: str
    number: str
    kind: str
    state: str
    title: str
    day: date
    version: int | None
    is_unkept: bool
    saved_at: datetime | None
    saved_by: str
    locks: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Filter:
    """Which editions are wanted; empty fields ask for nothing.

    Attributes:
        before: (day, edition id) of the last line of the page before.
    """

    publication: str = ""
    state: str = ""
    first: date | None = None
    last: date | None = None
    before: tuple[date, int] | None = None


_day = type_coerce(func.coalesce(EditionDraft.issue_date, EditionVersion.issue_date), Date)


def lines(session: Session, wanted: Filter, now: datetime, limit: int) -> list[Line]:
    """Editions, the latest day first."""
    found = session.execute(_where(_all(), wanted).order_by(_day.desc(), Edition.id.desc()).limit(limit)).all()
    locks: dict[int, list[tuple[str, str]]] = {}
    held = select(EditionLock).where(EditionLock.edition_id.in_([row.Edition.id for row in found]), EditionLock.expires_at > now).order_by(EditionLock.section)
    for lock in session.scalars(held) if found else ():
        locks.setdefault(lock.edition_id, []).append((lock.section, lock.holder))
    return [_line(row, tuple(locks.get(row.Edition.id, ()))) for row in found]


def publications(session: Session) -> Sequence[Publication]:
    """All of them, by title."""
    return session.scalars(select(Publication).order_by(Publication.title, Publication.id)).all()


def _all() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Edition, Publication, EditionVersion, EditionDraft.revision, EditionDraft.kept_revision, EditionDraft.issue_date, EditionDraft.saved_at, EditionDraft.saved_by,
            EditionDraft.title, _day.label("day"),
        )
        .join(Publication, Publication.id == Edition.publication_id)
        .outerjoin(EditionVersion, EditionVersion.id == Edition.current_version_id)
        .outerjoin(EditionDraft, EditionDraft.edition_id == Edition.id)
        .where(_day.is_not(None))
    )  # fmt: skip


def _where(statement: Select[*tuple[Any, ...]], wanted: Filter) -> Select[*tuple[Any, ...]]:
    rules: list[ColumnElement[bool]] = []
    if wanted.publication:
        rules.append(Publication.slug == wanted.publication)
    if wanted.state:
        rules.append(Edition.state == wanted.state)
    if wanted.first is not None:
        rules.append(_day >= wanted.first)
    if wanted.last is not None:
        rules.append(_day <= wanted.last)
    if wanted.before is not None:
        day, edition_id = wanted.before
        rules.append(or_(_day < day, and_(_day == day, Edition.id < edition_id)))
    return statement.where(*rules)


def _line(row: Row[*tuple[Any, ...]], locks: tuple[tuple[str, str], ...]) -> Line:
    edition, publication, version = row.Edition, row.Publication, row.EditionVersion
    return Line(
        edition.id, publication.slug, publication.title, edition.number, edition.kind, edition.state, row.title or (version.title if version else ""), row.day,
        version.version if version else None, row.revision is not None and row.revision != row.kept_revision, row.saved_at, row.saved_by or "", locks,
    )  # fmt: skip
