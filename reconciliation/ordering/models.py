"""The table of second confirmations."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from huabao.db import Base, BigKey

WAITING, AGREED, DECLINED, SILENT = "waiting", "agreed", "declined", "silent"

_WAITING = text("state = 'waiting'")
_SILENT = text("state = 'silent' AND inbound_id IS NULL")


class OrderConfirmation(Base):
    """A reader was asked whether he really wants what he ordered (二次确认).

    Attributes:
        expected: the reply that agrees, in capitals; "" is any.
        port_id: by which the question went, and by which the answer must come.
        state: waiting, agreed, declined (he said something else that refuses), silent (he said nothing in time).
        until: silence until then cancels the order.
        inbound_id: of the text that answered, in time or too late.
    """

    __tablename__ = "order_confirmations"
    __table_args__ = (
        Index("ix_order_confirmations_waiting", "until", sqlite_where=_WAITING, postgresql_where=_WAITING),
        Index("ix_order_confirmations_silent", "answered_at", sqlite_where=_SILENT, postgresql_where=_SILENT),
    )

    order_id: Mapped[int] = mapped_column(ForeignKey("service_orders.id", ondelete="CASCADE"), primary_key=True, autoincrement=False)
    reader_id: Mapped[int] = mapped_column(BigKey)
    expected: Mapped[str] = mapped_column(String(40), default="")
    port_id: Mapped[int]
    state: Mapped[str] = mapped_column(String(10), default=WAITING)
    asked_at: Mapped[datetime]
    until: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answer: Mapped[str] = mapped_column(String(80), default="")
    inbound_id: Mapped[int | None] = mapped_column(BigKey)
