"""Tables of the eyes of the house: what the checks saw, who is told, who is on duty."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from huabao.db import Base, BigKey

WAITING, LEAVING, SENT, FAILED, DROPPED = "waiting", "leaving", "sent", "failed", "dropped"

_WAITING = text("state IN ('waiting', 'leaving')")


class AlarmWatch(Base):
    """What a check saw of one thing lately; gone once it was good for long enough.

    Attributes:
        bad, good: looks in a row that found it so.
        opened: whether its alarm is open.
        since: the first bad look.
    """

    __tablename__ = "alarm_watches"

    kind: Mapped[str] = mapped_column(String(80), primary_key=True)
    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    bad: Mapped[int] = mapped_column(default=0)
    good: Mapped[int] = mapped_column(default=0)
    opened: Mapped[bool] = mapped_column(default=False)
    since: Mapped[datetime]


class AlarmRecipient(Base):
    """One way to one person (or one system) that is told of alarms.

    Attributes:
        name: the person's account, or a word for a system; shifts name it too.
        channel: email, webhook or sms.
        address: a mail address, a URL, or 11 digits.
        severity: told of this and whatever is worse: critical, warning or info.
        on_duty: told only while a shift of the name runs.
        language: en or zh.
    """

    __tablename__ = "alarm_recipients"
    __table_args__ = (UniqueConstraint("channel", "address"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    channel: Mapped[str] = mapped_column(String(10))
    address: Mapped[str] = mapped_column(String(300))
    severity: Mapped[str] = mapped_column(String(10), default="warning")
    on_duty: Mapped[bool] = mapped_column(default=False)
    language: Mapped[str] = mapped_column(String(2), default="zh")
    created_by: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime]


class DutyShift(Base):
    """Who is on duty from when to when, and what he hands over.

    Attributes:
        note: what the next one must know.
    """

    __tablename__ = "duty_shifts"
    __table_args__ = (Index("ix_duty_shifts_ends", "ends_at", "starts_at"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    note: Mapped[str] = mapped_column(Text, default="")
    created_by: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime]


class AlarmNotice(Base):
    """One thing that one recipient is told; several that wait for him leave as one message.

    Attributes:
        state: waiting; leaving (its message is under way); sent; failed (given up); dropped (over before anybody was told, or the
            recipient is gone).
        due_at: it does not leave before.
        message_id: of the message that carried it, the same at every try.
    """

    __tablename__ = "alarm_notices"
    __table_args__ = (
        UniqueConstraint("event_id", "recipient_id"),
        Index("ix_alarm_notices_waiting", "due_at", "id", sqlite_where=_WAITING, postgresql_where=_WAITING),
        Index("ix_alarm_notices_recipient", "recipient_id", "sent_at"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("alarm_events.id", ondelete="CASCADE"))
    recipient_id: Mapped[int] = mapped_column(ForeignKey("alarm_recipients.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(String(10), default=WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    left_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    message_id: Mapped[str] = mapped_column(String(60), default="")
    error: Mapped[str] = mapped_column(String(300), default="")


class HandoverNote(Base):
    """What whoever comes next should know; open until somebody took it over.

    Attributes:
        taken_by, taken_at: who read it and answers for it from then on.
    """

    __tablename__ = "handover_notes"
    __table_args__ = (Index("ix_handover_notes_at", "at", "id"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime]
    taken_by: Mapped[str | None] = mapped_column(String(80))
    taken_at: Mapped[datetime | None]
