"""Tables of who had which number when, of changes whose time has not come, and of transactions that were here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from huabao.db import Base, BigKey, Document


class ReaderNumber(Base):
    """A stretch of time in which a reader had a number; written only where a number came or went.

    A reader without a row has his number since ever. Where a number was given up, its next
    owner has it from there.

    Attributes:
        reader_id: None for an owner who was no reader of ours.
        since: None where it is not known; the instant itself is within.
        until: None while he has it; the instant itself is not within.
        why: transfer, closed, number_change, or released (its number was given to another).
    """

    __tablename__ = "reader_numbers"
    __table_args__ = (Index("ix_reader_numbers_msisdn", "msisdn"), Index("ix_reader_numbers_reader", "reader_id"))

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    reader_id: Mapped[int | None] = mapped_column(ForeignKey("readers.id", ondelete="CASCADE"))
    msisdn: Mapped[str] = mapped_column(String(11))
    since: Mapped[datetime | None]
    until: Mapped[datetime | None]
    why: Mapped[str] = mapped_column(String(20))
    source: Mapped[str] = mapped_column(String(10))
    recorded_at: Mapped[datetime]


class AwaitedChange(Base):
    """A change whose time has not come: kept as it was told, until then nothing of it holds."""

    __tablename__ = "awaited_changes"
    __table_args__ = (Index("ix_awaited_changes_due", "due_at"), Index("ix_awaited_changes_msisdn", "msisdn", "service_id"))

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    due_at: Mapped[datetime]
    msisdn: Mapped[str] = mapped_column(String(11))
    event: Mapped[str] = mapped_column(String(20))
    source: Mapped[str] = mapped_column(String(10))
    transaction_id: Mapped[str] = mapped_column(String(80))
    service_id: Mapped[str | None] = mapped_column(String(40))
    fee_msisdn: Mapped[str | None] = mapped_column(String(11))
    price_fen: Mapped[int | None] = mapped_column(Integer)
    new_msisdn: Mapped[str | None] = mapped_column(String(11))
    reason: Mapped[str] = mapped_column(String(200), default="")
    message_id: Mapped[int | None] = mapped_column(BigInteger)
    recorded_at: Mapped[datetime]


class AppliedTransaction(Base):
    """A transaction that was here, so that its second coming changes nothing.

    Attributes:
        before: the fields as they were, where it changed some: what `undo` puts back.
        undone_at: when it was undone, or None.
    """

    __tablename__ = "applied_transactions"
    __table_args__ = (Index("ix_applied_transactions_recorded", "recorded_at"), Index("ix_applied_transactions_reader", "reader_id"))

    source: Mapped[str] = mapped_column(String(10), primary_key=True)
    transaction_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    event: Mapped[str] = mapped_column(String(20))
    verdict: Mapped[str] = mapped_column(String(10))
    reader_id: Mapped[int | None] = mapped_column(BigKey)
    service_id: Mapped[str | None] = mapped_column(String(40))
    effective_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    before: Mapped[dict[str, Any] | None] = mapped_column(Document)
    undone_at: Mapped[datetime | None]
    why: Mapped[str] = mapped_column(Text, default="")
