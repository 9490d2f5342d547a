"""Tables of ports, of the changes agreed for them and of what left through them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, SmallInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from huabao.db import Base, BigKey, Document


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
        state: up or paused, with a reason; `state_at` says since when.
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
    state_at: Mapped[datetime | None]
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


class PortMinute(Base):
    """What left through a port in one minute, counted from its submissions (`delivery.ports.minutes`).

    Attributes:
        minute: its beginning; a submission belongs to the minute of its answer.
        units: what the contract's rate counts: recipients, SubmitReqs where it counts those, PDUs of an smpp port.
        refused, deferred, unknown: submissions that ended so; the others were accepted, at least in part.
        first_id, last_id: of its submissions.
        last_failed_id: the newest of them that was refused, deferred or not answered, or None.
    """

    __tablename__ = "port_minutes"
    __table_args__ = (Index("ix_port_minutes_minute", "minute"),)

    port_id: Mapped[int] = mapped_column(ForeignKey("ports.id"), primary_key=True, autoincrement=False)
    minute: Mapped[datetime] = mapped_column(primary_key=True)
    submissions: Mapped[int]
    recipients: Mapped[int]
    units: Mapped[int]
    refused: Mapped[int]
    deferred: Mapped[int]
    unknown: Mapped[int]
    first_id: Mapped[int] = mapped_column(BigInteger)
    last_id: Mapped[int] = mapped_column(BigInteger)
    last_failed_id: Mapped[int | None] = mapped_column(BigInteger)
