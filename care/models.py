"""The tables of complaints and of standard answers."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from huabao.db import Base, BigKey, Document

_OPEN = text("closed_at IS NULL")
_NAMED = text("reference <> ''")
_WAITING = text("state IN ('waiting', 'leaving')")

WAITING, LEAVING, SENT, FAILED = "waiting", "leaving", "sent", "failed"
"""States of a `ReportMail`."""


class Complaint(Base):
    """What somebody was not content with.

    Attributes:
        channel: by which it came, of `CHANNELS`.
        reference: the number that the channel gave it, or ""; (channel, reference) is there once.
        received_at: when he complained; `recorded_at` when we learnt of it.
        reader_id: whose number it was then; None for somebody who is no reader, and after he was forgotten.
        msisdn: 11 digits, of somebody who is no reader only.
        service_id, edition_id, dispatch_id: what it is about, where that is known; the dispatch is that of his newest copy.
        cause: of `CAUSES`; `cause_by` is told (by whoever entered it) or found (by what is known of him).
        previous_id: his last complaint, where it came within `complaint_repeat_days`.
        due_at: by when it is to be answered.
        answer: of `ANSWERS`, once it is closed.
    """

    __tablename__ = "complaints"
    __table_args__ = (
        Index("uq_complaints_reference", "channel", "reference", unique=True, sqlite_where=_NAMED, postgresql_where=_NAMED),
        Index("ix_complaints_received", "received_at", "id"),
        Index("ix_complaints_recorded", "recorded_at"),
        Index("ix_complaints_reader", "reader_id", "received_at"),
        Index("ix_complaints_msisdn", "msisdn"),
        Index("ix_complaints_edition", "edition_id"),
        Index("ix_complaints_due", "due_at", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    channel: Mapped[str] = mapped_column(String(20))
    reference: Mapped[str] = mapped_column(String(80), default="", server_default="")
    received_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    reader_id: Mapped[int | None] = mapped_column(ForeignKey("readers.id", ondelete="SET NULL"))
    msisdn: Mapped[str | None] = mapped_column(String(11))
    city: Mapped[str | None] = mapped_column(String(40))
    service_id: Mapped[str | None] = mapped_column(String(40))
    edition_id: Mapped[int | None] = mapped_column(BigKey)
    dispatch_id: Mapped[int | None] = mapped_column(BigKey)
    cause: Mapped[str] = mapped_column(String(20))
    cause_by: Mapped[str] = mapped_column(String(10))
    text: Mapped[str] = mapped_column(Text, default="", server_default="")
    previous_id: Mapped[int | None] = mapped_column(BigKey)
    by: Mapped[str] = mapped_column(String(80))
    due_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None] = mapped_column(String(80))
    answer: Mapped[str] = mapped_column(String(20), default="", server_default="")
    note: Mapped[str] = mapped_column(Text, default="", server_default="")


class StandardAnswer(Base):
    """What an agent reads to a caller, in one wording; rows are only added, the newest of a name holds.

    Attributes:
        name: of the likely cause that it answers.
        zh, en: the sentence, with places in braces; both empty where the shipped one holds again.
    """

    __tablename__ = "standard_answers"
    __table_args__ = (Index("ix_standard_answers_name", "name", "id"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    zh: Mapped[str] = mapped_column(Text)
    en: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime]


class ReportMail(Base):
    """One report to one who is to have it: the row is there before anything leaves, so that nobody gets it twice.

    Attributes:
        kind: daily or month; `span` is the day, or the first of the month.
        address: a mail address.
        cities: whose versions it holds, "" being that of all; None for that of all alone.
        state: waiting; leaving (it is under way since `left_at`); sent; failed (given up).
        made_at: when it was first due; `due_at` when it is tried next.
    """

    __tablename__ = "report_mails"
    __table_args__ = (
        UniqueConstraint("kind", "span", "address"),
        Index("ix_report_mails_waiting", "due_at", "id", sqlite_where=_WAITING, postgresql_where=_WAITING),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    span: Mapped[date]
    address: Mapped[str] = mapped_column(String(300))
    cities: Mapped[list[str] | None] = mapped_column(Document)
    state: Mapped[str] = mapped_column(String(10), default=WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    made_at: Mapped[datetime]
    due_at: Mapped[datetime]
    left_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(String(300), default="")
