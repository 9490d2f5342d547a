"""Tables of what came in: reports, and what readers sent."""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum

from sqlalchemy import Index, LargeBinary, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column

from huabao.db import Base, BigKey


class EventState(IntEnum):
    """How far a stored report has come."""

    NEW = 0
    FOLDED = 1
    PARKED = 2
    """No submission of that MessageID is known (yet)."""
    STRAY = 3
    """The submission is known, but the number was not in it, or no reader has it."""


class DeliveryEvent(Base):
    """A report as it came, for one recipient; appended, then folded into its delivery.

    Attributes:
        status: the MMStatus as printed by the peer.
        number: 11 digits, or the address as it came where it is no mobile number.
        sender: 11 digits where the other party is a mobile number too, so that either may be the reader.
        reported_at: the peer's own Date, or None.
        outcome: what it meant when it was folded, by the tables in force then (-1: nothing yet); None before.
    """

    __tablename__ = "delivery_events"
    __table_args__ = (
        Index("ix_delivery_events_open", "state", "id", sqlite_where=text("state IN (0, 2)"), postgresql_where=text("state IN (0, 2)")),
        Index("ix_delivery_events_submission", "submission_id"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    received_at: Mapped[datetime]
    port_id: Mapped[int]
    message_id: Mapped[str] = mapped_column(String(120))
    number: Mapped[str] = mapped_column(String(80))
    sender: Mapped[str | None] = mapped_column(String(11))
    status: Mapped[str] = mapped_column(String(40))
    status_extension: Mapped[str | None] = mapped_column(String(80))
    status_text: Mapped[str | None] = mapped_column(String(200))
    reported_at: Mapped[datetime | None]
    submission_id: Mapped[int | None] = mapped_column(BigKey)
    reader_id: Mapped[int | None] = mapped_column(BigKey)
    state: Mapped[int] = mapped_column(SmallInteger, default=0)
    outcome: Mapped[int | None] = mapped_column(SmallInteger)


_STOPS = text("status = 'stop-asked'")


class InboundMessage(Base):
    """What a reader sent or said by MM7: a DeliverReq, or a ReadReplyReq; only ever added.

    Attributes:
        kind: deliver or read-reply.
        sender: 11 digits, or the address as it came where it is no mobile number.
        linked_id: of a DeliverReq; goes into the SubmitReq that answers it.
        message_id, status: of a ReadReplyReq (Read, Deleted, Indeterminate).
        content: of a DeliverReq, the MIME entity as it came.
    """

    __tablename__ = "inbound_messages"
    __table_args__ = (
        Index("ix_inbound_messages_sender", "sender", "received_at"),
        Index("ix_inbound_messages_stops", "id", sqlite_where=_STOPS, postgresql_where=_STOPS),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    received_at: Mapped[datetime]
    port_id: Mapped[int]
    kind: Mapped[str] = mapped_column(String(12))
    sender: Mapped[str] = mapped_column(String(80))
    recipient: Mapped[str] = mapped_column(String(80), default="")
    linked_id: Mapped[str | None] = mapped_column(String(120))
    message_id: Mapped[str | None] = mapped_column(String(120))
    status: Mapped[str | None] = mapped_column(String(40))
    subject: Mapped[str | None] = mapped_column(String(200))
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
