"""Tables of drafts: the edition as it is being written, and what it was before."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from huabao.db import Base, BigKey, Document


class EditionDraft(Base):
    """An edition as it is being written; one row for each edition that was opened in the console.

    Attributes:
        revision: counts every save.
        title, issue_date: as the document has them, for lists.
        document: see `content.drafts.documents`.
        base_version_id: the version that it was made of, or was kept as last; None before the first.
        kept_revision: the revision that `base_version_id` holds; None where nothing was kept yet.
    """

    __tablename__ = "edition_drafts"

    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id"), primary_key=True, autoincrement=False)
    revision: Mapped[int]
    title: Mapped[str] = mapped_column(String(200))
    issue_date: Mapped[date] = mapped_column(index=True)
    document: Mapped[dict[str, Any]] = mapped_column(Document)
    base_version_id: Mapped[int | None] = mapped_column(BigKey)
    kept_revision: Mapped[int | None]
    saved_at: Mapped[datetime]
    saved_by: Mapped[str] = mapped_column(String(80))


class DraftRevision(Base):
    """What a draft was at a time: the last save of a person within `draft_step_s`, and each beginning.

    Attributes:
        parts: names of the parts that changed since the revision before.
        note: why it was made, where it was no ordinary save: `begun`, `restored`, `replaced`.
    """

    __tablename__ = "draft_revisions"
    __table_args__ = (Index("ix_draft_revisions_edition", "edition_id", "revision"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id"))
    revision: Mapped[int]
    document: Mapped[dict[str, Any]] = mapped_column(Document)
    parts: Mapped[list[str]] = mapped_column(Document, default=list)
    note: Mapped[str] = mapped_column(String(20), default="")
    begun_at: Mapped[datetime]
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(80))
