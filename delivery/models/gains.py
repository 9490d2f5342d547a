"""Table of what planned campaigns are expected to bring."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from huabao.db import Base, BigKey


class ExpectedGain(Base):
    """Readers that a planned campaign is expected to bring to a publication.

    Attributes:
        day: when they will be there (Shanghai); once it has come they are present readers, or did not come.
        readers: how many; negative where readers are expected to leave.
    """

    __tablename__ = "expected_gains"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    publication_id: Mapped[int] = mapped_column(ForeignKey("publications.id"), index=True)
    day: Mapped[date] = mapped_column(Date)
    readers: Mapped[int]
    reason: Mapped[str] = mapped_column(Text, default="")
    created_by: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]
