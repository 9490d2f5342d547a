"""Tables of what peers said and heard, and of the keys that it is kept under."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from huabao.db import Base, BigKey

IN, OUT = "in", "out"
QUARANTINED = "quarantined"
"""The verdict of a message that holds a code which nobody entered."""

MALFORMED, BROKEN, ANSWERED, ASKED = "malformed", "broken", "answered", "asked"
"""Further verdicts: it could not be read; it could not be applied; an answer of a peer; a request of ours."""

OWN, DUE = "own", "due"
"""Codecs of what no peer sent: a change that began here, in our own form; changes that were due took effect, without a content."""

TOOK_EFFECT = "took-effect"
"""The verdict of the latter."""

ORDERS, IMPORTED = "orders", "imported"
"""Codec and verdict of rows of a file of orders."""


class ExchangeMessage(Base):
    """One raw message, in the order in which messages took effect: ids ascend with that.

    Attributes:
        peer: as it is configured.
        codec: what reads it: misc or boss; own, due or orders.
        dialect: name and version of the code tables that it was read by, "" where it has no codes.
        received_at: the instant that it counts from; never earlier than that of a message before it.
        content: sealed with the key; None once there is nothing left to be read.
        answer_code: what we answered, or what the peer answered us.
        verdict: what became of it: a verdict of `subscribers.orders`, or one of this module's.
    """

    __tablename__ = "exchange_messages"
    __table_args__ = (
        Index("ix_exchange_messages_transaction", "transaction_id"),
        Index("ix_exchange_messages_key", "key_id"),
        Index("ix_exchange_messages_received", "received_at"),
        Index("ix_exchange_messages_verdict", "verdict", "id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    peer: Mapped[str] = mapped_column(String(20))
    codec: Mapped[str] = mapped_column(String(10))
    direction: Mapped[str] = mapped_column(String(3))
    transaction_id: Mapped[str] = mapped_column(String(80))
    dialect: Mapped[str] = mapped_column(String(40), default="")
    received_at: Mapped[datetime]
    key_id: Mapped[int] = mapped_column(BigKey)
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
    answer_code: Mapped[str] = mapped_column(String(20), default="")
    verdict: Mapped[str] = mapped_column(String(12))
    why: Mapped[str] = mapped_column(String(200), default="")


class MessageKey(Base):
    """A key: of one reader, of one day for what belongs to nobody known, or of one entry that holds rows of many.

    Attributes:
        reader_id: whose, or None.
        day: Asia/Shanghai, of a key that is nobody's; None for a reader's, and for an entry's own.
        key: 32 bytes; None once it is destroyed, and then nobody reads what it sealed.
    """

    __tablename__ = "message_keys"
    __table_args__ = (
        Index("uq_message_keys_reader", "reader_id", unique=True),
        Index("uq_message_keys_day", "day", unique=True),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    reader_id: Mapped[int | None] = mapped_column(BigKey)
    day: Mapped[date | None]
    key: Mapped[bytes | None] = mapped_column(LargeBinary)
    made_at: Mapped[datetime]
