"""Tables of what the desk asked for, and of the files that came of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from huabao.db import Base, BigKey, Document


class DeskWork(Base):
    """Something that was asked for at the desk.

    Attributes:
        edition_version_id: the version that the person looked at.
        kind: what is to be done, e.g. `preflight`.
        args: what was chosen, by name.
        state: one of `services.STATES`.
        done, total: how far it is, e.g. in variants; total 0 where nobody knows.
        by, role: who asked, and in which role.
        result: what came of it.
        problem: why nothing did, in words.
    """

    __tablename__ = "desk_works"
    __table_args__ = (Index("ix_desk_works_edition", "edition_id", "kind", "id"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id"))
    edition_version_id: Mapped[int] = mapped_column(ForeignKey("edition_versions.id"))
    kind: Mapped[str] = mapped_column(String(20))
    args: Mapped[dict[str, Any]] = mapped_column(Document, default=dict)
    state: Mapped[str] = mapped_column(String(10))
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    by: Mapped[str] = mapped_column(String(80))
    role: Mapped[str] = mapped_column(String(20), default="")
    asked_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    result: Mapped[dict[str, Any]] = mapped_column(Document, default=dict)
    problem: Mapped[str] = mapped_column(Text, default="")


class DeskFile(Base):
    """A file that came of it.

    Attributes:
        about: what it shows, by name.
    """

    __tablename__ = "desk_files"
    __table_args__ = (Index("ix_desk_files_work", "work_id"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    work_id: Mapped[int] = mapped_column(ForeignKey("desk_works.id"))
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(80))
    size_bytes: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    about: Mapped[dict[str, Any]] = mapped_column(Document, default=dict)
    data: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
