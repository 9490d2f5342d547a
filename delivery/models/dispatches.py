"""Tables of dispatches: their life, who is left out, what is held back, who gets it first."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, SmallInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from delivery import kinds
from huabao.db import Base, BigKey, Document


class Dispatch(Base):
    """One send of one edition version to one audience.

    Attributes:
        kind: one of `delivery.kinds`.
        lane: one of `delivery.lanes.LANES`.
        parent_id: of a seed, correction or resend: the dispatch that it belongs to.
        seed_group: whose members get it first, or None for no seeds.
        gate: what the seeds must show before the rest goes, see `delivery.dispatch.gate`.
        stage: batches up to this stage may leave, see `Batch`.
        idempotency_key: asking again with the same key finds this dispatch.
        rate: recipients a second that it may take of its ports at most, or None; see `delivery.dispatch.pacing`.
        day: business day of its start; the partition of its deliveries.
        audience, planned: readers; audience = planned + excluded, frozen at the snapshot.
        planned_digest: SHA-256 over the planned reader ids, ascending, see `delivery.ledger.proof`.
    """

    __tablename__ = "dispatches"
    __table_args__ = (Index("ix_dispatches_edition", "edition_id"), Index("ix_dispatches_day", "day"), Index("uq_dispatches_idempotency_key", "idempotency_key", unique=True))

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("editions.id"))
    edition_version_id: Mapped[int] = mapped_column(ForeignKey("edition_versions.id"))
    service_id: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(12), default=kinds.EDITION)
    lane: Mapped[str] = mapped_column(String(10), default="bulk")
    parent_id: Mapped[int | None] = mapped_column(BigKey, index=True)
    seed_group: Mapped[str | None] = mapped_column(String(40))
    gate: Mapped[dict[str, Any]] = mapped_column(Document, default=dict)
    stage: Mapped[int] = mapped_column(SmallInteger, default=3)
    idempotency_key: Mapped[str | None] = mapped_column(String(120))
    rate: Mapped[float | None]
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


class Brake(Base):
    """What was found failing while a dispatch ran, and is held back until somebody lets it go.

    Attributes:
        scope: port, handset_class, variant or batch.
        key: the port's name, the class, the variant's name, the batch's id.
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
        segment: of a member group: whoever of the audience it fits is a seed too, or None.
    """

    __tablename__ = "seed_groups"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10), default="test")
    segment: Mapped[str | None] = mapped_column(String(80))
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
