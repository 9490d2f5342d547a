"""The table of single texts that answer a reader."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from huabao.db import Base, BigKey

_WAITING = text("state = 'waiting'")


class ReaderReply(Base):
    """A text to one reader that answers what he sent; sent once at most, so one whose answer was lost is `unknown` and stays it.

    Attributes:
        key: asking twice with the same key is asking once.
        number: 11 digits; "" once the person was forgotten.
        push: a Push PDU that goes in the text's place; None for a text.
        message_id: of its first part, as the port normalises it; None where it did not leave or nobody learnt it.
        state: waiting, leaving, sent, refused, unknown or stale (it waited so long that it would puzzle him).
    """

    __tablename__ = "reader_replies"
    __table_args__ = (
        Index("ix_reader_replies_waiting", "port_id", "id", sqlite_where=_WAITING, postgresql_where=_WAITING),
        Index("ix_reader_replies_number", "number"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    key: Mapped[str] = mapped_column(String(80), unique=True)
    port_id: Mapped[int]
    number: Mapped[str] = mapped_column(String(11))
    text: Mapped[str] = mapped_column(Text)
    push: Mapped[bytes | None] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    asked_at: Mapped[datetime]
    left_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    message_id: Mapped[str | None] = mapped_column(String(120))
    status_code: Mapped[int | None]
    status_text: Mapped[str] = mapped_column(String(200), default="")
