"""Tables of what goes to whom: deliveries, batches, submissions."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Index, LargeBinary, SmallInteger, String, Table, text
from sqlalchemy.orm import Mapped, mapped_column

from huabao.db import Base, BigKey, UTCDateTime

deliveries = Table(
    "deliveries",
    Base.metadata,
    Column("day", Date, primary_key=True),
    Column("dispatch_id", BigInteger, primary_key=True, autoincrement=False),
    Column("reader_id", BigInteger, primary_key=True, autoincrement=False),
    Column("variant_id", BigInteger, nullable=False),
    Column("port_id", SmallInteger, nullable=False),
    Column("outcome", SmallInteger, nullable=False, default=0),
    Column("late", SmallInteger, nullable=False, default=0),
    Column("route", SmallInteger, nullable=False, default=0, server_default="0"),
    Column("submission_id", BigInteger),
    Column("submitted_at", UTCDateTime),
    Column("outcome_at", UTCDateTime),
    Index("ix_deliveries_reader_id", "reader_id"),
    postgresql_partition_by="RANGE (day)",
)
"""One row for each reader of each dispatch; `late` is 1 when a report came after no_report, `route` a `Route`."""


class Batch(Base):
    """Up to a thousand readers of one variant on one port: the unit that a worker claims.

    Attributes:
        state: ready, claimed, done or cancelled.
        lease_until: of a claimed batch, when its worker counts as silent.
        fence: grows by one with each claim; a write with an older one is refused.
        deferrals: how often the peer said "not now".
        losses: workers in a row that fell silent with it and had got no answer.
        stage: 0 seeds, 1 and 2 the steps of the ramp, 3 the rest.
        lane: one of `delivery.lanes.LANES`.
        handset_class: of its variant.
        not_before: nobody of it is sent to earlier (quiet hours, preferred hour), or None.
        paced_at: nor earlier than this by the rate of its dispatch, or None; see `delivery.dispatch.pacing`.
        held: why it may not leave although its dispatch sends (the brake), or None.
        reader_ids: `huabao.ids.pack_ids`.
    """

    __tablename__ = "batches"
    __table_args__ = (Index("ix_batches_dispatch", "dispatch_id", "state"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    dispatch_id: Mapped[int] = mapped_column(ForeignKey("dispatches.id"))
    day: Mapped[date] = mapped_column(Date)
    variant_id: Mapped[int] = mapped_column(BigKey)
    port_id: Mapped[int] = mapped_column(ForeignKey("ports.id"))
    service_code: Mapped[str | None] = mapped_column(String(40))
    position: Mapped[int]
    size: Mapped[int]
    reader_ids: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(10), default="ready")
    owner: Mapped[str | None] = mapped_column(String(120))
    fence: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    deferrals: Mapped[int] = mapped_column(default=0)
    losses: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    stage: Mapped[int] = mapped_column(SmallInteger, default=3)
    lane: Mapped[str] = mapped_column(String(10), default="bulk")
    handset_class: Mapped[str] = mapped_column(String(20), default="")
    not_before: Mapped[datetime | None]
    paced_at: Mapped[datetime | None]
    held: Mapped[str | None] = mapped_column(String(200))


_UNANSWERED = text("message_id IS NULL AND state IN ('leaving', 'unknown')")
"""Submissions whose MessageID nobody learnt yet: few at any time, asked for by each report that finds no owner."""


class Submission(Base):
    """One SubmitReq (or submit_sm), written down before it leaves.

    Attributes:
        state: leaving, accepted, partial, refused, deferred (refused for now, surely not taken) or unknown.
        message_id: as the port normalises it; None until the answer came.
        printed_id: as the peer printed it, where that differs: to call a message back, the peer's own spelling is needed.
        fence: the batch's at the time of writing.
        refused_ids: of a partial answer, the packed ids of those that the peer did not take.
        again_ids: of an unknown one, the packed ids of those who were sent to once more by stated policy.
    """

    __tablename__ = "submissions"
    __table_args__ = (
        Index("ix_submissions_message", "port_id", "message_id"),
        Index("ix_submissions_batch", "batch_id"),
        Index("ix_submissions_dispatch", "dispatch_id", "state"),
        Index("ix_submissions_unanswered", "port_id", sqlite_where=_UNANSWERED, postgresql_where=_UNANSWERED),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    dispatch_id: Mapped[int] = mapped_column(BigKey)
    day: Mapped[date] = mapped_column(Date)
    batch_id: Mapped[int] = mapped_column(BigKey)
    port_id: Mapped[int]
    variant_id: Mapped[int] = mapped_column(BigKey)
    fence: Mapped[int]
    transaction_id: Mapped[str] = mapped_column(String(40))
    message_id: Mapped[str | None] = mapped_column(String(120))
    printed_id: Mapped[str | None] = mapped_column(String(200))
    recipients: Mapped[int]
    reader_ids: Mapped[bytes] = mapped_column(LargeBinary)
    refused_ids: Mapped[bytes | None] = mapped_column(LargeBinary)
    again_ids: Mapped[bytes | None] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(10), default="leaving")
    status_code: Mapped[int | None]
    status_text: Mapped[str | None] = mapped_column(String(200))
    written_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]


class Withdrawal(Base):
    """A planned reader who was not sent to after all, and why: the world moved after the snapshot.

    Who was cancelled with the whole dispatch stands in no row: its transition says why.

    Attributes:
        reason: as of `delivery.dispatch.audience.REASONS`.
    """

    __tablename__ = "withdrawals"

    dispatch_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    reader_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    reason: Mapped[str] = mapped_column(String(30))
    at: Mapped[datetime]


class SubmissionPart(Base):
    """One submit_sm of a text that takes several; written when its answer comes.

    Attributes:
        number: from 1.
        message_id: as the port normalises it.
        status: of its receipt, once there is one; the strongest of several.
        status_at: when that happened.
    """

    __tablename__ = "submission_parts"
    __table_args__ = (Index("ix_submission_parts_message", "port_id", "message_id"),)

    submission_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    port_id: Mapped[int]
    message_id: Mapped[str | None] = mapped_column(String(120))
    status: Mapped[str | None] = mapped_column(String(40))
    status_at: Mapped[datetime | None]
