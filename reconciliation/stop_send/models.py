"""Tables of stops, of attempts to end them, and of what is owed afterwards."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Index, SmallInteger, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from huabao.db import Base, BigKey, Document

_OPEN = text("ended_at IS NULL")
_DUE = text("state = 'due'")
_HELD = text("state = 'held'")

HELD, APPLIED, DROPPED = "held", "applied", "dropped"
"""States of a `StopRun`."""

DUE, SENT, NOTHING, CREDITED = "due", "sent", "nothing", "credited"
"""States of a `Replay`."""


class DeliveryStreak(Base):
    """Deliveries of a service to a reader that failed in a row, by what made them fail; a success of any title ends it.

    Attributes:
        failing_since: when the first of them was sent.
        editions: how many.
        last_failed_at: when the last of them was sent.
    """

    __tablename__ = "delivery_streaks"

    reader_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    service_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    cause: Mapped[str] = mapped_column(String(20), primary_key=True)
    failing_since: Mapped[datetime]
    editions: Mapped[int]
    last_failed_at: Mapped[datetime]


class JudgedDispatch(Base):
    """A closed dispatch whose failures are counted in the streaks, once.

    Attributes:
        failed: readers whose failure counted.
        why_not: why none of it counts, or "".
    """

    __tablename__ = "judged_dispatches"

    dispatch_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    judged_at: Mapped[datetime]
    failed: Mapped[int] = mapped_column(default=0)
    why_not: Mapped[str] = mapped_column(String(80), default="")


class DeliveryStop(Base):
    """One stop of one subscription, from its beginning to its end; the state itself stands in `subscriptions`.

    Attributes:
        failing_since: since when it failed; of a barred account, since when it is.
        by: who stopped it: stop_send, boss or a person.
        imei: the reader's when he was stopped, or tried last; another one later is a hint.
        looked_at: signs of life up to then were heeded.
        tried: attempts so far.
        next_at, next_why: when the schedule tries next, and why then; None where it does not.
        listed_at: since when a person is asked to decide: refund or cancel.
        ended_by: recovered, released, unbarred, order (ordered anew) or left; None while it lasts.
    """

    __tablename__ = "delivery_stops"
    __table_args__ = (
        Index("uq_delivery_stops_open", "reader_id", "service_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_delivery_stops_next", "next_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_delivery_stops_open_since", "stopped_at", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_delivery_stops_stopped", "stopped_at"),
        Index("ix_delivery_stops_reader", "reader_id"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    reader_id: Mapped[int] = mapped_column(BigInteger)
    service_id: Mapped[str] = mapped_column(String(40))
    cause: Mapped[str] = mapped_column(String(20))
    failing_since: Mapped[datetime]
    stopped_at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(80))
    imei: Mapped[str | None] = mapped_column(String(16))
    looked_at: Mapped[datetime]
    tried: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None]
    next_why: Mapped[str] = mapped_column(String(200), default="")
    listed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(String(20))


class StopRun(Base):
    """A look at all streaks that found somebody to stop; one above the guard is held until two people agree.

    Attributes:
        found: subscriptions.
        causes: how many, by cause.
        why: the guard's reason, "" where it let them pass.
        approvals: `[who, when]` of each person who agreed.
    """

    __tablename__ = "stop_runs"
    __table_args__ = (Index("ix_stop_runs_held", "id", sqlite_where=_HELD, postgresql_where=_HELD),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10))
    found: Mapped[int]
    causes: Mapped[dict[str, Any]] = mapped_column(Document, default=dict)
    why: Mapped[str] = mapped_column(String(200), default="")
    approvals: Mapped[list[Any]] = mapped_column(Document, default=list)
    settled_at: Mapped[datetime | None]


class StopCandidate(Base):
    """A subscription that a run found, until the run is settled."""

    __tablename__ = "stop_candidates"

    run_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    reader_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    service_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    cause: Mapped[str] = mapped_column(String(20))
    failing_since: Mapped[datetime]


class RecoveryAttempt(Base):
    """One attempt to reach a stopped reader again, see `lifecycle`.

    Attributes:
        number: of the stop's attempts, from 1.
        sign: what it began with: schedule, person, or a sign of life.
        method: what was done for him: settings, else a tip, else a probe, else the paper alone; "" where nothing was sent.
        due_at: when it goes on, or gives up waiting.
        tried_at, hour: when the probe, or without one the paper, was sent; the hour in Shanghai.
        reached: whether he fetched anything in it; None while it lasts.
        steps: `[state, when, what]` of each step.
    """

    __tablename__ = "recovery_attempts"
    __table_args__ = (
        Index("uq_recovery_attempts_open", "stop_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_recovery_attempts_due", "state", "due_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_recovery_attempts_begun", "begun_at"),
        Index("ix_recovery_attempts_reader", "reader_id"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    stop_id: Mapped[int] = mapped_column(BigInteger)
    reader_id: Mapped[int] = mapped_column(BigInteger)
    service_id: Mapped[str] = mapped_column(String(40))
    cause: Mapped[str] = mapped_column(String(20))
    stopped_at: Mapped[datetime]
    number: Mapped[int]
    sign: Mapped[str] = mapped_column(String(20))
    method: Mapped[str] = mapped_column(String(10), default="")
    state: Mapped[str] = mapped_column(String(10))
    due_at: Mapped[datetime]
    begun_at: Mapped[datetime]
    entered_at: Mapped[datetime]
    tried_at: Mapped[datetime | None]
    hour: Mapped[int | None] = mapped_column(SmallInteger)
    reached: Mapped[bool | None]
    probe_dispatch_id: Mapped[int | None] = mapped_column(BigInteger)
    paper_dispatch_id: Mapped[int | None] = mapped_column(BigInteger)
    steps: Mapped[list[Any]] = mapped_column(Document, default=list)
    why: Mapped[str] = mapped_column(String(200), default="")
    ended_at: Mapped[datetime | None]


class SettingsPush(Base):
    """Settings that a reader was sent over the air, or that the operator's own system set, see `provisioning`.

    Attributes:
        attempt_id: of the attempt that sent them; None where somebody else set them.
        profile: whose settings, a name in `mms_settings.toml`; "" where somebody else set them.
        security: how they are signed: userpin, netwpin or none; "" likewise.
        confirmed_at, confirmed_by: when a person or the operator's system said that they are saved, and who.
    """

    __tablename__ = "settings_pushes"
    __table_args__ = (Index("ix_settings_pushes_reader", "reader_id", "confirmed_at"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    reader_id: Mapped[int] = mapped_column(BigInteger)
    attempt_id: Mapped[int | None] = mapped_column(BigInteger)
    profile: Mapped[str] = mapped_column(String(40), default="")
    security: Mapped[str] = mapped_column(String(12), default="")
    asked_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[str] = mapped_column(String(80), default="")


class Replay(Base):
    """What a reader is owed who was stopped: the editions from `since` to `until`, by a title's policy.

    Attributes:
        state: due, sent, nothing (nothing is owed, or all is too old) or credited.
        editions: how many were sent, or are credited.
    """

    __tablename__ = "recovery_replays"
    __table_args__ = (
        UniqueConstraint("stop_id", "publication_id"),
        Index("ix_recovery_replays_due", "publication_id", sqlite_where=_DUE, postgresql_where=_DUE),
        Index("ix_recovery_replays_reader", "reader_id"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    stop_id: Mapped[int] = mapped_column(BigInteger)
    reader_id: Mapped[int] = mapped_column(BigInteger)
    service_id: Mapped[str] = mapped_column(String(40))
    publication_id: Mapped[int] = mapped_column(BigInteger)
    policy: Mapped[str] = mapped_column(String(20))
    since: Mapped[datetime]
    until: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10), default=DUE)
    editions: Mapped[int] = mapped_column(default=0)
    why: Mapped[str] = mapped_column(String(200), default="")
    settled_at: Mapped[datetime | None]


class RecoveryCredit(Base):
    """What a reader is to be given back of a month's price for editions that he missed while he was stopped.

    Attributes:
        missed, published: editions of the title in that month.
        price_fen: of the month, None where nobody said; then `credit_fen` is None too.
    """

    __tablename__ = "recovery_credits"

    replay_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    month: Mapped[date] = mapped_column(primary_key=True)
    reader_id: Mapped[int] = mapped_column(BigInteger)
    service_id: Mapped[str] = mapped_column(String(40))
    missed: Mapped[int]
    published: Mapped[int]
    price_fen: Mapped[int | None]
    credit_fen: Mapped[int | None]
    created_at: Mapped[datetime]
