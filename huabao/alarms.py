"""Alarms: one open row for each incident, however often it is seen.

Rules, owners and channels come with monitoring; here is the smallest right
meaning: raised once, counted again, closed once.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from huabao.db import Base, BigKey, Document


class Alarm(Base):
    """One incident.

    Attributes:
        kind: the rule, e.g. `mm7.unknown_status`.
        key: what it is about, e.g. the port's name; (kind, key) is open at most once.
    """

    __tablename__ = "alarms"
    __table_args__ = (
        Index("uq_alarms_open", "kind", "key", unique=True, sqlite_where=text("closed_at IS NULL"), postgresql_where=text("closed_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    kind: Mapped[str] = mapped_column(String(80))
    key: Mapped[str] = mapped_column(String(120))
    text: Mapped[str] = mapped_column(Text)
    detail: Mapped[dict[str, Any]] = mapped_column(Document, default=dict)
    count: Mapped[int] = mapped_column(default=1)
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    acknowledged_by: Mapped[str | None] = mapped_column(String(80))
    closed_at: Mapped[datetime | None]


def raise_alarm(session: Session, kind: str, key: str, message: str, *, at: datetime, **detail: Any) -> Alarm:
    """Open the alarm (kind, key), or count it once more where it is open."""
    found = session.scalar(select(Alarm).where(Alarm.kind == kind, Alarm.key == key, Alarm.closed_at.is_(None)))
    if found is None:
        found = Alarm(kind=kind, key=key, text=message, detail=detail, first_seen_at=at, last_seen_at=at)
        session.add(found)
    else:
        found.count += 1
        found.last_seen_at = at
        found.text = message
    session.flush()
    return found


def close_alarm(session: Session, kind: str, key: str, *, at: datetime) -> None:
    """Close the alarm (kind, key) where it is open."""
    found = session.scalar(select(Alarm).where(Alarm.kind == kind, Alarm.key == key, Alarm.closed_at.is_(None)))
    if found is not None:
        found.closed_at = at
