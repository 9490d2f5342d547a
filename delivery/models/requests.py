"""Tables of what people asked for afterwards: resends and recalls."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from huabao.db import Base, BigKey, Document


class Resend(Base):
    """Somebody asked for an edition to be sent again: to one reader, or to all whom a filter finds.

    Attributes:
        key: asking twice with the same key is asking once.
        reader_id: of a single resend.
        filter: of a filtered one, as it was given.
        dispatch_id: the dispatch that carries it; None where nobody was found or it was refused.
        refused: why nothing was sent, or None.
        refusal: the same as one word, see `delivery.resend.rules`.
        followed_at, followed_by: of one that failed, when somebody had looked after it, and who.
    """

    __tablename__ = "resends"
    __table_args__ = (Index("ix_resends_reader", "reader_id", "edition_id"), Index("ix_resends_requested", "requested_at"))

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id"))
    reader_id: Mapped[int | None] = mapped_column(BigKey)
    filter: Mapped[dict[str, Any] | None] = mapped_column(Document)
    dispatch_id: Mapped[int | None] = mapped_column(BigKey)
    refused: Mapped[str | None] = mapped_column(Text)
    refusal: Mapped[str | None] = mapped_column(String(24))
    reason: Mapped[str] = mapped_column(Text, default="")
    requested_by: Mapped[str] = mapped_column(String(80))
    requested_at: Mapped[datetime]
    followed_at: Mapped[datetime | None]
    followed_by: Mapped[str | None] = mapped_column(String(80))


_WAITING = text("state = 'waiting'")


class Recall(Base):
    """An attempt to call a submission back (CancelReq) or to put another message in its place (ReplaceReq).

    Attributes:
        kind: cancel, or replace.
        state: waiting, leaving, done, refused, unsupported (the peer has no such operation) or unknown.
        transaction_id: of the attempt under way or made.
        variant_id: of a ReplaceReq, the variant that takes its place.
        left_at: when it was last let go.
    """

    __tablename__ = "recalls"
    __table_args__ = (
        Index("ix_recalls_dispatch", "dispatch_id", "state"),
        Index("ix_recalls_waiting", "port_id", "kind", "id", sqlite_where=_WAITING, postgresql_where=_WAITING),
        Index("ix_recalls_answered", "answered_at"),
        UniqueConstraint("submission_id", "kind"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    dispatch_id: Mapped[int] = mapped_column(BigKey)
    port_id: Mapped[int]
    submission_id: Mapped[int] = mapped_column(BigKey)
    kind: Mapped[str] = mapped_column(String(10))
    variant_id: Mapped[int | None] = mapped_column(BigKey)
    state: Mapped[str] = mapped_column(String(12), default="waiting")
    transaction_id: Mapped[str | None] = mapped_column(String(40))
    status_code: Mapped[int | None]
    status_text: Mapped[str | None] = mapped_column(String(200))
    requested_by: Mapped[str] = mapped_column(String(80))
    requested_at: Mapped[datetime]
    left_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
