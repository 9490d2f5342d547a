"""Tables of runs, of what differs, and of what was done about it. What agrees leaves no row."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from huabao.db import Base, BigKey, Document

DAILY, MONTHLY = "daily", "monthly"
PLANNING, COMPARED, APPLYING, APPLIED = "planning", "compared", "applying", "applied"
"""States of a run: what was found is being entered, or that was cut short; nothing was done yet; a repair was; nothing more is to be done."""

PLANNED, DONE, ASKED, TOLD, SKIPPED, FAILED = "planned", "done", "asked", "told", "skipped", "failed"
"""States of a repair: waits; done here; asked of a peer by the outbox; left to our check file or to a person; no longer fits; refused."""

FIXED, CAME_BACK, GIVEN_UP = "fixed", "came_back", "given_up"
"""What the next run found of a repair."""

GONE = "gone"
"""A difference that ended without us."""

_OPEN = text("closed_at IS NULL")
_PLANNED = text("state = 'planned'")
_UNCHECKED = text("outcome = '' AND state IN ('done', 'asked', 'told')")


class ReconcileRun(Base):
    """One comparison of the files of one day or month; the same files for the same day are the same run.

    Attributes:
        day: of a month, its first.
        feeds: digest of the files.
        boss_as_of, misc_as_of, platform_as_of: the instant that each side speaks of; None where it is unknown.
        figures: counts: `differences` and `money_fen` by class, `marks`, `in_flight`, `unknown`, `records` by side.
        refused: files that do not count, and why.
        approvals: who agreed to what is held, when, and to which plan.
        plan: digest of what would be done.
        differences_file: path; None where it is gone.
    """

    __tablename__ = "reconcile_runs"
    __table_args__ = (Index("uq_reconcile_runs_feeds", "kind", "day", "feeds", unique=True), Index("ix_reconcile_runs_day", "day"))

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    day: Mapped[date]
    feeds: Mapped[str] = mapped_column(String(64))
    boss_as_of: Mapped[datetime | None]
    misc_as_of: Mapped[datetime | None]
    platform_as_of: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(String(10), default=COMPARED)
    compared: Mapped[int] = mapped_column(BigInteger, default=0)
    matched: Mapped[int] = mapped_column(BigInteger, default=0)
    figures: Mapped[dict[str, Any]] = mapped_column(Document, default=dict)
    refused: Mapped[list[Any]] = mapped_column(Document, default=list)
    approvals: Mapped[list[Any]] = mapped_column(Document, default=list)
    plan: Mapped[str] = mapped_column(String(64), default="")
    differences_file: Mapped[str | None] = mapped_column(String(400))
    started_by: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime]
    compared_at: Mapped[datetime | None]
    applied_at: Mapped[datetime | None]


class ReconcileDifference(Base):
    """One reader's one service on which the sides differ, for as long as they do.

    Attributes:
        name: of the class, three letters or an attribute.
        mark: the fact that made it a case of its own (closed, reused, free, bundle …), or "".
        boss, misc, platform: states as the sides say them.
        money_fen: at stake a month; `direction` says whose it is.
        said: instants, prices and payers of the sides.
        first_day, last_day: of the runs that saw it.
        action: what the policy says: serve, pause, stop, adopt, peers, ask, wait or none.
        tries: repairs that came back.
        outcome: fixed or gone, once it is closed.
        owner: who looks after it, "" for nobody.
    """

    __tablename__ = "reconcile_differences"
    __table_args__ = (
        Index("uq_reconcile_differences_open", "msisdn", "service_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_reconcile_differences_open_since", "first_day", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_reconcile_differences_run", "run_id"),
        Index("ix_reconcile_differences_closed", "closed_at"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    msisdn: Mapped[str] = mapped_column(String(11))
    service_id: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(10))
    mark: Mapped[str] = mapped_column(String(20), default="")
    boss: Mapped[str] = mapped_column(String(10))
    misc: Mapped[str] = mapped_column(String(10))
    platform: Mapped[str] = mapped_column(String(10))
    direction: Mapped[str] = mapped_column(String(24))
    money_fen: Mapped[int] = mapped_column(Integer, default=0)
    said: Mapped[dict[str, Any]] = mapped_column(Document, default=dict)
    run_id: Mapped[int] = mapped_column(BigKey)
    first_day: Mapped[date]
    last_day: Mapped[date]
    action: Mapped[str] = mapped_column(String(12), default="")
    why: Mapped[str] = mapped_column(String(200), default="")
    tries: Mapped[int] = mapped_column(Integer, default=0)
    owner: Mapped[str] = mapped_column(String(80), default="")
    owned_at: Mapped[datetime | None]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(String(12), default="")


class ReconcileRepair(Base):
    """One step towards agreement.

    Attributes:
        side: where it is done: platform, boss or misc.
        action: serve, pause, stop, adopt, tell_boss, order_misc, cancel_misc, tell_misc or ask.
        event: what is told there.
        stops: it ends or pauses what a reader has, so two people are asked above the guard.
        before, after: states of that side.
        request_id: of the outbox.
        outcome: what the next run found, "" until then.
    """

    __tablename__ = "reconcile_repairs"
    __table_args__ = (
        Index("ix_reconcile_repairs_planned", "run_id", "id", sqlite_where=_PLANNED, postgresql_where=_PLANNED),
        Index("ix_reconcile_repairs_run", "run_id"),
        Index("ix_reconcile_repairs_difference", "difference_id"),
        Index("ix_reconcile_repairs_unchecked", "id", sqlite_where=_UNCHECKED, postgresql_where=_UNCHECKED),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    run_id: Mapped[int] = mapped_column(BigKey)
    difference_id: Mapped[int] = mapped_column(BigKey)
    name: Mapped[str] = mapped_column(String(10))
    side: Mapped[str] = mapped_column(String(10))
    action: Mapped[str] = mapped_column(String(12))
    event: Mapped[str] = mapped_column(String(12), default="")
    stops: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(String(10), default=PLANNED)
    before: Mapped[str] = mapped_column(String(10), default="")
    after: Mapped[str] = mapped_column(String(10), default="")
    why: Mapped[str] = mapped_column(String(300), default="")
    request_id: Mapped[int | None] = mapped_column(BigKey)
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(String(12), default="")
    checked_at: Mapped[datetime | None]
