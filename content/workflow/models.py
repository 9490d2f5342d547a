"""Tables of the desk: the life of an edition, approvals, locks, comments, rulings, word lists, leaders.

Rows of the life, of approvals and of comments are only ever added to; an approval
that no longer holds keeps its row, with the time and the reason.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from huabao.db import Base, BigKey, Document

SEVERITIES = ("block", "warn", "allow")
"""A word that must be dealt with, one that is only shown, and a phrase inside which other words do no harm."""


class EditionTransition(Base):
    """One change of an edition's state, or one that was noted and changed nothing.

    Attributes:
        edition_version_id: the version that it was done to.
        role: of the account that did it, empty for a system account or Huabao itself.
    """

    __tablename__ = "edition_transitions"
    __table_args__ = (Index("ix_edition_transitions_edition", "edition_id", "id"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id"))
    edition_version_id: Mapped[int | None] = mapped_column(BigKey)
    verb: Mapped[str] = mapped_column(String(20))
    before: Mapped[str] = mapped_column(String(20))
    after: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(80))
    role: Mapped[str] = mapped_column(String(20), default="")
    reason: Mapped[str] = mapped_column(Text, default="")


class Approval(Base):
    """What somebody approved, to the byte.

    Attributes:
        digest: SHA-256 over `bound`.
        bound: the manuscript's digest, its slots, and the SHA-256 of each variant's payload and of each WAP page.
        withdrawn_at, withdrawn_why: since when and why it no longer holds, or None.
    """

    __tablename__ = "edition_approvals"
    __table_args__ = (Index("ix_edition_approvals_edition", "edition_id", "id"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id"))
    edition_version_id: Mapped[int] = mapped_column(ForeignKey("edition_versions.id"))
    digest: Mapped[str] = mapped_column(String(64))
    bound: Mapped[dict[str, Any]] = mapped_column(Document)
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(80))
    role: Mapped[str] = mapped_column(String(20), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    withdrawn_at: Mapped[datetime | None]
    withdrawn_why: Mapped[str] = mapped_column(Text, default="")


class EditionLock(Base):
    """Who works on an edition, or on one section of it; void when it has expired.

    Attributes:
        section: its title, or empty for the whole edition.
    """

    __tablename__ = "edition_locks"
    __table_args__ = (UniqueConstraint("edition_id", "section"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id"))
    section: Mapped[str] = mapped_column(String(200), default="")
    holder: Mapped[str] = mapped_column(String(80))
    taken_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class EditionComment(Base):
    """What somebody said about an edition, or about one item of it.

    Attributes:
        item: its key, or empty.
    """

    __tablename__ = "edition_comments"
    __table_args__ = (Index("ix_edition_comments_edition", "edition_id", "id"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id"))
    edition_version_id: Mapped[int] = mapped_column(ForeignKey("edition_versions.id"))
    item: Mapped[str] = mapped_column(String(300), default="")
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(80))
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[str | None] = mapped_column(String(80))
    resolution: Mapped[str] = mapped_column(Text, default="")


class Ruling(Base):
    """A hit of the screening that a person looked at and let stand.

    Attributes:
        mark: of the hit: what was found, where and in which words; a hit in other words is another hit.
    """

    __tablename__ = "screening_rulings"
    __table_args__ = (UniqueConstraint("edition_id", "mark"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id"))
    mark: Mapped[str] = mapped_column(String(16))
    found: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(80))


class ScreenWord(Base):
    """A word that is looked for.

    Attributes:
        listed_in: the list that it belongs to.
        folded: as texts are compared, see `content.workflow.folding`.
        note, advice: why it stands there, and what to write instead.
    """

    __tablename__ = "screen_words"
    __table_args__ = (UniqueConstraint("listed_in", "folded"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    listed_in: Mapped[str] = mapped_column(String(60))
    word: Mapped[str] = mapped_column(String(80))
    folded: Mapped[str] = mapped_column(String(240))
    severity: Mapped[str] = mapped_column(String(10))
    note: Mapped[str] = mapped_column(String(300), default="")
    advice: Mapped[str] = mapped_column(String(300), default="")


class Leader(Base):
    """A person whose name, title and place in a row must be right.

    Attributes:
        place: 1 is named first.
        until: the last day on which he holds the title, or None.
    """

    __tablename__ = "leaders"
    __table_args__ = (UniqueConstraint("name", "title"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(80))
    place: Mapped[int]
    until: Mapped[date | None]


class Tick(Base):
    """A point of the checklist that somebody answered for, for one version."""

    __tablename__ = "checklist_ticks"
    __table_args__ = (UniqueConstraint("edition_version_id", "point"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    edition_version_id: Mapped[int] = mapped_column(ForeignKey("edition_versions.id"))
    point: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(80))


class Desk(Base):
    """How a publication is worked on.

    Attributes:
        checklist: points that somebody must answer for before it is approved.
        deputies: accounts that may approve again after a small change.
        shares: of the slides, by level, of numbers that set none themselves.
        sections: those that every number should have: `title`, and any of `city`, `fallback` (`yesterday`, or the number of a standing edition).
    """

    __tablename__ = "desks"

    publication_id: Mapped[int] = mapped_column(ForeignKey("publications.id"), primary_key=True, autoincrement=False)
    checklist: Mapped[list[Any]] = mapped_column(Document, default=list)
    deputies: Mapped[list[Any]] = mapped_column(Document, default=list)
    shares: Mapped[dict[str, float]] = mapped_column(Document, default=dict, server_default="{}")
    sections: Mapped[list[dict[str, Any]]] = mapped_column(Document, default=list, server_default="[]")


class GreyDay(Base):
    """A day on which a publication, or every one, appears without colour.

    Attributes:
        publication_id: None for all.
    """

    __tablename__ = "grey_days"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    day: Mapped[date] = mapped_column(index=True)
    publication_id: Mapped[int | None] = mapped_column(ForeignKey("publications.id"))
    reason: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime]
