"""Tables of charges and refunds."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from sqlalchemy import ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from huabao.db import Base, BigKey

ASKED, APPROVED, REFUSED, HANDED, PAID, BOUNCED = "asked", "approved", "refused", "handed", "paid", "bounced"
STATES: Final = (ASKED, APPROVED, HANDED, PAID, REFUSED, BOUNCED)
"""Of a refund, in the order of its life: asked for; approved or refused by another person; handed to BOSS's people; paid, or sent back by them."""

OVER: Final = (REFUSED, BOUNCED)
"""What came to nothing: the same charge may be asked for again."""

_LIVE = text("state <> 'refused' AND state <> 'bounced'")


class BillCharge(Base):
    """One line of a month's bill, by the reader whom it served.

    Attributes:
        month: its first day.
        run_id: of the reconciliation that read the bill.
    """

    __tablename__ = "bill_charges"
    __table_args__ = (Index("ix_bill_charges_reader", "reader_id", "month"), Index("ix_bill_charges_month", "month", "service_id"))

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    month: Mapped[date]
    reader_id: Mapped[int] = mapped_column(BigKey)
    service_id: Mapped[str] = mapped_column(String(40))
    amount_fen: Mapped[int] = mapped_column(Integer)
    run_id: Mapped[int] = mapped_column(BigKey)


class Refund(Base):
    """Money that a reader is to get back for one month of one service; a charge has one at most that did not come to nothing.

    Attributes:
        reader_id: None after he was forgotten.
        payer: 11 digits of who was charged where it was not himself; None else.
        month: that was charged, its first day.
        charged_fen: what was charged as far as was known then; None where nobody knew.
        basis: bill, price or free: from where the bound of the amount was taken.
        retrieved, failed: what came of the month's copies as it was known then.
        why: of `REASONS`.
        complaint_id: it was asked for because of that one, or None.
        key: two presses of one sheet ask once.
        batch: of the list that was handed over, "" before.
        closed_by: who wrote down that it was paid or sent back.
    """

    __tablename__ = "refunds"
    __table_args__ = (
        Index("uq_refunds_charge", "reader_id", "service_id", "month", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
        Index("uq_refunds_key", "key", unique=True),
        Index("ix_refunds_state", "state", "asked_at", "id"),
        Index("ix_refunds_reader", "reader_id", "month"),
        Index("ix_refunds_month", "month"),
        Index("ix_refunds_batch", "batch"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    reader_id: Mapped[int | None] = mapped_column(ForeignKey("readers.id", ondelete="SET NULL"))
    payer: Mapped[str | None] = mapped_column(String(11))
    city: Mapped[str | None] = mapped_column(String(40))
    service_id: Mapped[str] = mapped_column(String(40))
    month: Mapped[date]
    amount_fen: Mapped[int] = mapped_column(Integer)
    charged_fen: Mapped[int | None] = mapped_column(Integer)
    basis: Mapped[str] = mapped_column(String(10))
    retrieved: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    failed: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    why: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text, default="", server_default="")
    complaint_id: Mapped[int | None] = mapped_column(BigKey)
    key: Mapped[str] = mapped_column(String(80))
    state: Mapped[str] = mapped_column(String(10), default=ASKED)
    asked_by: Mapped[str] = mapped_column(String(80))
    asked_at: Mapped[datetime]
    decided_by: Mapped[str | None] = mapped_column(String(80))
    decided_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(Text, default="", server_default="")
    batch: Mapped[str] = mapped_column(String(20), default="", server_default="")
    handed_by: Mapped[str | None] = mapped_column(String(80))
    handed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None] = mapped_column(String(80))
    closed_at: Mapped[datetime | None]
