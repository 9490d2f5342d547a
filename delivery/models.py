"""Tables of ports, dispatches, deliveries, submissions and reports.

`deliveries` is the big one, 94.6 million rows a month: partitioned by business
day on PostgreSQL (`delivery.partitions`), keyed (day, dispatch_id, reader_id),
without number and MessageID, its outcome a small integer in no index, so that
an update stays in its page. A submission is written before it leaves; reports
are appended as they come and folded into deliveries afterwards.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import IntEnum
from typing import Any

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Index, LargeBinary, SmallInteger, String, Table, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from huabao.db import Base, BigKey, Document, UTCDateTime


class Outcome(IntEnum):
    """What became of one delivery; the names are the public ones."""

    PENDING = 0
    SUBMITTED = 1
    RETRIEVED = 2
    REJECTED = 3
    EXPIRED = 4
    FAILED = 5
    UNKNOWN = 6
    NO_REPORT = 7
    CANCELLED = 8

    @classmethod
    def _missing_(cls, value: object) -> Outcome | None:
        """A number that no row should hold counts as unknown; `ledger verify` names it."""
        return cls.UNKNOWN if isinstance(value, int) else None

    @classmethod
    def is_known(cls, value: int) -> bool:
        """Whether a row may hold this number."""
        return value in cls._value2member_map_


class Route(IntEnum):
    """By what a reader is reached, and why not by MMS."""

    MMS = 0
    LINK_HANDSET = 1
    """WAP push with a link: the handset cannot take an MMS."""
    TEXT_HANDSET = 2
    """An SMS text: the handset can take neither MMS nor WAP push."""
    TEXT_SILENT = 3
    """An SMS text: an activity, and the reader was silent for long."""
    LINK_BLOCKED = 4
    """WAP push with a link: his handset class was blocked or rerouted for this edition."""


class Port(Base):
    """A configured link to an MMSC or SMSC.

    Attributes:
        rate: recipients a second for mm7, PDUs a second for smpp.
        burst: most recipients that may leave at one instant.
        connections: requests in flight at most.
        options: what only its kind knows, see `delivery.ports.<kind>.options`.
        hours: when it may send, Asia/Shanghai, e.g. `06:00-23:00`, several by comma; empty for always.
        service_codes: those that it may carry; empty for any.
        priority: lower goes first; ports of one priority share by rate.
        cost_fen_per_1000: what a thousand recipients cost, in fen.
        contract: what the operator allows, for the check before a send, see `delivery.dispatch.contract`.
        state: up or paused, with a reason.
        deferred_until: the peer said "not now"; nobody sends before this instant.
        rate_factor: 1 in quiet times; less after the peer's "slow down", see `delivery.ports.pace`.
        breaker: closed, open (the peer is dead) or probing.
        failures: attempts in a row that did not reach the peer.
    """

    __tablename__ = "ports"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    kind: Mapped[str] = mapped_column(String(10))
    url: Mapped[str] = mapped_column(String(300))
    rate: Mapped[float]
    burst: Mapped[int]
    connections: Mapped[int] = mapped_column(default=8)
    max_recipients: Mapped[int] = mapped_column(default=100)
    timeout_s: Mapped[float] = mapped_column(default=30.0)
    options: Mapped[dict[str, Any]] = mapped_column(Document, default=dict)
    state: Mapped[str] = mapped_column(String(10), default="up")
    hours: Mapped[str] = mapped_column(String(80), default="")
    service_codes: Mapped[list[Any]] = mapped_column(Document, default=list)
    priority: Mapped[int] = mapped_column(SmallInteger, default=0)
    cost_fen_per_1000: Mapped[int] = mapped_column(default=0)
    contract: Mapped[dict[str, Any]] = mapped_column(Document, default=dict)
    state_reason: Mapped[str] = mapped_column(Text, default="")
    deferred_until: Mapped[datetime | None]
    rate_factor: Mapped[float] = mapped_column(default=1.0)
    rate_factor_at: Mapped[datetime | None]
    breaker: Mapped[str] = mapped_column(String(10), default="closed")
    breaker_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]


class PortRateChange(Base):
    """A change of a port's rate that was agreed for an instant.

    Attributes:
        burst: None for the default of that rate.
        applied_at: when it took effect; None while it lies ahead or was called off.
        cancelled_at: when it was called off.
    """

    __tablename__ = "port_rate_changes"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    port_id: Mapped[int] = mapped_column(ForeignKey("ports.id"), index=True)
    at: Mapped[datetime]
    rate: Mapped[float]
    burst: Mapped[int | None]
    reason: Mapped[str] = mapped_column(Text, default="")
    created_by: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime]
    applied_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]


class Dispatch(Base):
    """One send of one edition version to one audience.

    Attributes:
        kind: edition, seed (test handsets of another dispatch), correction or resend.
        lane: one of `delivery.lanes.LANES`.
        parent_id: of a seed, correction or resend: the dispatch that it belongs to.
        seed_group: whose members get it first, or None for no seeds.
        gate: what the seeds must show before the rest goes, see `delivery.dispatch.gate`.
        stage: batches up to this stage may leave, see `Batch`.
        idempotency_key: asking again with the same key finds this dispatch.
        day: business day of its start; the partition of its deliveries.
        audience, planned: readers; audience = planned + excluded, frozen at the snapshot.
        planned_digest: SHA-256 over the planned reader ids, ascending, see `delivery.ledger.proof`.
    """

    __tablename__ = "dispatches"
    __table_args__ = (Index("ix_dispatches_edition", "edition_id"), Index("uq_dispatches_idempotency_key", "idempotency_key", unique=True))

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id"))
    edition_version_id: Mapped[int] = mapped_column(ForeignKey("edition_versions.id"))
    service_id: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(12), default="edition")
    lane: Mapped[str] = mapped_column(String(10), default="bulk")
    parent_id: Mapped[int | None] = mapped_column(BigKey, index=True)
    seed_group: Mapped[str | None] = mapped_column(String(40))
    gate: Mapped[dict[str, Any]] = mapped_column(Document, default=dict)
    stage: Mapped[int] = mapped_column(SmallInteger, default=3)
    idempotency_key: Mapped[str | None] = mapped_column(String(120))
    day: Mapped[date] = mapped_column(Date)
    state: Mapped[str] = mapped_column(String(12))
    audience: Mapped[int] = mapped_column(default=0)
    planned: Mapped[int] = mapped_column(default=0)
    planned_digest: Mapped[str] = mapped_column(String(64), default="")
    ports: Mapped[list[Any]] = mapped_column(Document, default=list)
    start_at: Mapped[datetime]
    deadline_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(80))


class DispatchTransition(Base):
    """Each change of a dispatch's state, with who and why."""

    __tablename__ = "dispatch_transitions"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    dispatch_id: Mapped[int] = mapped_column(ForeignKey("dispatches.id"), index=True)
    before: Mapped[str] = mapped_column(String(12))
    after: Mapped[str] = mapped_column(String(12))
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(80))
    reason: Mapped[str] = mapped_column(Text, default="")


class Exclusion(Base):
    """A reader of the audience who gets nothing in this dispatch, and why."""

    __tablename__ = "exclusions"

    dispatch_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    reader_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    reason: Mapped[str] = mapped_column(String(30))


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
        stage: 0 seeds, 1 and 2 the steps of the ramp, 3 the rest.
        lane: one of `delivery.lanes.LANES`.
        handset_class: of its variant.
        not_before: nobody of it is sent to earlier (quiet hours, preferred hour), or None.
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
    stage: Mapped[int] = mapped_column(SmallInteger, default=3)
    lane: Mapped[str] = mapped_column(String(10), default="bulk")
    handset_class: Mapped[str] = mapped_column(String(20), default="")
    not_before: Mapped[datetime | None]
    held: Mapped[str | None] = mapped_column(String(200))


class Brake(Base):
    """What was found failing while a dispatch ran, and is held back until somebody lets it go.

    Attributes:
        scope: port, handset_class or variant.
        key: the port's name, the class, the variant's name.
    """

    __tablename__ = "brakes"
    __table_args__ = (Index("ix_brakes_dispatch", "dispatch_id"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    dispatch_id: Mapped[int] = mapped_column(ForeignKey("dispatches.id"))
    scope: Mapped[str] = mapped_column(String(20))
    key: Mapped[str] = mapped_column(String(80))
    reason: Mapped[str] = mapped_column(Text)
    readers: Mapped[int] = mapped_column(default=0)
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(80))
    released_at: Mapped[datetime | None]
    released_by: Mapped[str | None] = mapped_column(String(80))
    release_reason: Mapped[str] = mapped_column(Text, default="")


class SeedGroup(Base):
    """Numbers that get an edition before everybody else.

    Attributes:
        kind: test (handsets of the house, never counted) or member (readers who count once and get one copy).
    """

    __tablename__ = "seed_groups"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10), default="test")
    created_by: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime]


class Seed(Base):
    """One number of a seed group.

    Attributes:
        handset_class: of a test handset; None for what the reader of that number has, or the default.
    """

    __tablename__ = "seeds"

    group_name: Mapped[str] = mapped_column(ForeignKey("seed_groups.name", ondelete="CASCADE"), primary_key=True)
    msisdn: Mapped[str] = mapped_column(String(11), primary_key=True)
    handset_class: Mapped[str | None] = mapped_column(String(20))
    added_at: Mapped[datetime]


class Resend(Base):
    """Somebody asked for an edition to be sent again: to one reader, or to all whom a filter finds.

    Attributes:
        key: asking twice with the same key is asking once.
        reader_id: of a single resend.
        filter: of a filtered one, as it was given.
        dispatch_id: the dispatch that carries it; None where nobody was found or it was refused.
        refused: why nothing was sent, or None.
    """

    __tablename__ = "resends"
    __table_args__ = (Index("ix_resends_reader", "reader_id", "edition_id"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id"))
    reader_id: Mapped[int | None] = mapped_column(BigKey)
    filter: Mapped[dict[str, Any] | None] = mapped_column(Document)
    dispatch_id: Mapped[int | None] = mapped_column(BigKey)
    refused: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text, default="")
    requested_by: Mapped[str] = mapped_column(String(80))
    requested_at: Mapped[datetime]


_UNANSWERED = text("message_id IS NULL AND state IN ('leaving', 'unknown')")
"""Submissions whose MessageID nobody learnt yet: few at any time, asked for by each report that finds no owner."""


class Submission(Base):
    """One SubmitReq (or submit_sm), written down before it leaves.

    Attributes:
        state: leaving, accepted, partial, refused, deferred (refused for now, surely not taken) or unknown.
        message_id: as the port normalises it; None until the answer came.
        fence: the batch's at the time of writing.
        refused_ids: of a partial answer, the packed ids of those that the peer did not take.
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
    recipients: Mapped[int]
    reader_ids: Mapped[bytes] = mapped_column(LargeBinary)
    refused_ids: Mapped[bytes | None] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(10), default="leaving")
    status_code: Mapped[int | None]
    status_text: Mapped[str | None] = mapped_column(String(200))
    written_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]


class SubmissionPart(Base):
    """One submit_sm of a text that takes several; written when its answer comes.

    Attributes:
        number: from 1.
        message_id: as the port normalises it.
        status: of its receipt, once there is one.
    """

    __tablename__ = "submission_parts"
    __table_args__ = (Index("ix_submission_parts_message", "port_id", "message_id"),)

    submission_id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    port_id: Mapped[int]
    message_id: Mapped[str | None] = mapped_column(String(120))
    status: Mapped[str | None] = mapped_column(String(40))


class Recall(Base):
    """An attempt to call a submission back (CancelReq) or to put another message in its place (ReplaceReq).

    Attributes:
        state: waiting, leaving, done, refused or unknown.
        variant_id: of a ReplaceReq, the variant that takes its place.
    """

    __tablename__ = "recalls"
    __table_args__ = (Index("ix_recalls_dispatch", "dispatch_id", "state"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    dispatch_id: Mapped[int] = mapped_column(BigKey)
    submission_id: Mapped[int] = mapped_column(BigKey, unique=True)
    kind: Mapped[str] = mapped_column(String(10))
    variant_id: Mapped[int | None] = mapped_column(BigKey)
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    status_code: Mapped[int | None]
    status_text: Mapped[str | None] = mapped_column(String(200))
    requested_by: Mapped[str] = mapped_column(String(80))
    requested_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]


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
    __table_args__ = (Index("ix_inbound_messages_sender", "sender", "received_at"),)

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
