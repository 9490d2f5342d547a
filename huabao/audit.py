"""Who did what, when, to which object: the audit trail.

Rows are only ever added.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from huabao.db import Base, BigKey, Document

API = "api:"
"""What the names of clients of the API begin with; `api:NAME/AGENT` where the client says who of its people asked."""


class AuditEntry(Base):
    """One act of one person or process."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_object", "object_kind", "object_id"),
        Index("ix_audit_entries_at", "at", "id"),
        Index("ix_audit_entries_actor", "actor", "at", "id"),
        Index("ix_audit_entries_action", "action", "at", "id"),
        Index("ix_audit_entries_kind", "object_kind", "at", "id"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))
    action: Mapped[str] = mapped_column(String(80))
    object_kind: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[str] = mapped_column(String(120))
    detail: Mapped[dict[str, Any]] = mapped_column(Document, default=dict)


def record(session: Session, *, actor: str, action: str, object_kind: str, object_id: object, at: datetime, **detail: Any) -> None:
    """Add an entry, in the transaction of the act itself."""
    session.add(AuditEntry(at=at, actor=actor, action=action, object_kind=object_kind, object_id=str(object_id), detail=detail))


def person_of(actor: str) -> str:
    """Who answers for an act, as it is compared where two people must act: of a client of the API the client, for its agent is its own word."""
    return (actor.partition("/")[0] if actor.startswith(API) else actor).casefold()
