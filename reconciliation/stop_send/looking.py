"""What people ask of stops, and what they do to single ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, literal, select, update
from sqlalchemy.orm import Session

from huabao import alarms, audit
from huabao.clock import business_day
from huabao.db import UTCDateTime
from huabao.errors import UsageError
from huabao.msisdn import MSISDN
from reconciliation.stop_send import moving
from reconciliation.stop_send.causes import BARRED, CAUSES
from reconciliation.stop_send.deciding import stop_rows
from reconciliation.stop_send.following import LEFT
from reconciliation.stop_send.lifecycle import GIVEN_UP
from reconciliation.stop_send.models import HELD, DeliveryStop, DeliveryStreak, RecoveryAttempt, RecoveryCredit, Replay, SettingsPush, StopCandidate, StopRun
from reconciliation.stop_send.settings import STOP_LISTED_MONTHS
from subscribers.models import Reader, Subscription

RELEASED = "released"
LISTED_ALARM = "stops.listed"
NOBODY = 0
"""The reader of a stop whose person was forgotten."""


def held(session: Session) -> list[dict[str, Any]]:
    """Runs that the guard holds."""
    rows = session.scalars(select(StopRun).where(StopRun.state == HELD).order_by(StopRun.id))
    return [{"run": one.id, "at": one.at, "found": one.found, "causes": one.causes, "why": one.why, "agreed": [who for who, _ in one.approvals]} for one in rows]


def list_overdue(session: Session, now: datetime) -> int:
    """List those who are stopped through so many billed months for a person, once; how many are new.

    A month is billed through that he was stopped for from its first to its last day.
    """
    months = STOP_LISTED_MONTHS.get(session)
    first = business_day(now).replace(day=1)
    for _ in range(months):
        first = (first - timedelta(days=1)).replace(day=1)
    since = datetime.combine(first, datetime.min.time(), tzinfo=now.tzinfo) - timedelta(hours=8)  # midnight in Shanghai
    one = DeliveryStop
    wanted = update(one).where(one.ended_at.is_(None), one.listed_at.is_(None), one.stopped_at <= since).values(listed_at=now)
    number = int(session.execute(wanted, execution_options={"synchronize_session": False}).rowcount)  # type: ignore[attr-defined]  # a cursor's result
    if number:
        said = f"{number:,} more subscriptions are stopped through {months} billed months: a person decides, refund or cancel (`huabao recovery list --json`)"
        alarms.raise_alarm(session, LISTED_ALARM, "stops", said, at=now, subscriptions=number)
    return number


def listed(session: Session) -> list[dict[str, Any]]:
    """Stops that wait for a person's decision, the oldest first; numbers masked."""
    one = DeliveryStop
    rows = session.execute(select(one, Reader.msisdn).join(Reader, Reader.id == one.reader_id).where(one.ended_at.is_(None), one.listed_at.is_not(None)).order_by(one.stopped_at))
    return [
        {"msisdn": MSISDN(number).masked, "reader_id": stop.reader_id, "service_id": stop.service_id, "cause": stop.cause, "stopped_at": stop.stopped_at} for stop, number in rows
    ]


def reader_of(session: Session, msisdn: str) -> int:
    """The reader who has the number.

    Raises:
        UsageError: nobody has it.
    """
    found = session.scalar(select(Reader.id).where(Reader.msisdn == msisdn))
    if found is None:
        raise UsageError("no reader has this number; `huabao subscribers import` adds readers")
    return found


def open_stops(session: Session, numbers: Sequence[str]) -> list[int]:
    """The open stops of these readers that nothing is tried for.

    Raises:
        UsageError: one of them is not stopped, or is being tried.
    """
    found: list[int] = []
    for number in numbers:
        open_ = select(RecoveryAttempt.id).where(RecoveryAttempt.stop_id == DeliveryStop.id, RecoveryAttempt.ended_at.is_(None)).exists()
        mine = select(DeliveryStop.id).where(DeliveryStop.reader_id == reader_of(session, number), DeliveryStop.ended_at.is_(None), ~open_)
        ids = session.scalars(mine).all()
        if not ids:
            raise UsageError(f"{MSISDN(number).masked} is not stopped, or is being tried already; `huabao recovery list --msisdn` shows him")
        found += ids
    return found


def stop_one(session: Session, msisdn: str, service_id: str, cause: str, *, by: str, reason: str, now: datetime) -> int:
    """A person stops one subscription; how many that were not stopped.

    Raises:
        UsageError: no such reader, order or cause, or no reason.
    """
    if cause not in CAUSES:
        raise UsageError(f"there is no cause {cause!r}; there are {', '.join(CAUSES)}")
    if not reason.strip():
        raise UsageError("say why with --reason; he pays and gets nothing")
    reader_id = reader_of(session, msisdn)
    at = literal(now, UTCDateTime)
    rows = select(Subscription.reader_id, Subscription.service_id, literal(cause).label("cause"), at.label("failing_since"), at.label("at"))
    rows = rows.where(Subscription.reader_id == reader_id, Subscription.service_id == service_id, Subscription.state == "active")
    if session.execute(rows).first() is None:
        raise UsageError(f"he has no active order of service {service_id!r}")
    number = stop_rows(session, rows, by=by, now=now)
    audit.record(session, actor=by, action="recovery.stop_one", object_kind="reader", object_id=reader_id, at=now, service=service_id, cause=cause, reason=reason[:200])
    return number


def release(session: Session, msisdn: str, service_id: str | None, *, by: str, reason: str, now: datetime) -> int:
    """Send again to one stopped reader; how many subscriptions.

    Raises:
        UsageError: he is not stopped, or his account is barred.
    """
    reader_id = reader_of(session, msisdn)
    mine = select(DeliveryStop.id).where(DeliveryStop.reader_id == reader_id, DeliveryStop.ended_at.is_(None))
    ids = session.scalars(mine if service_id is None else mine.where(DeliveryStop.service_id == service_id)).all()
    if not ids:
        raise UsageError(f"{MSISDN(msisdn).masked} is not stopped" + (f" in service {service_id!r}" if service_id else ""))
    if session.scalar(select(Reader.account_state).where(Reader.id == reader_id)) == BARRED:
        raise UsageError(f"the account of {MSISDN(msisdn).masked} is barred: BOSS's event lets him be sent to again, nothing else does")
    open_ = session.scalars(select(RecoveryAttempt).where(RecoveryAttempt.stop_id.in_(ids), RecoveryAttempt.ended_at.is_(None))).all()
    moving.give_up(session, open_, f"{by} let him be sent to again", now)
    number = moving.resume(session, ids, source=by, ended_by=RELEASED, now=now)
    audit.record(session, actor=by, action="recovery.release", object_kind="reader", object_id=reader_id, at=now, service=service_id, reason=reason[:200])
    return number


def forget_number(session: Session, msisdn: str) -> dict[str, int]:
    """Remove what is kept of a reader; how many rows, by table. His stops and attempts end and stay as nobody's, so that a month's figures stand."""
    reader_id = session.scalar(select(Reader.id).where(Reader.msisdn == msisdn))
    if reader_id is None:
        return {}
    quiet: dict[str, Any] = {"synchronize_session": False}
    gone: dict[str, int] = {}
    for model in (DeliveryStreak, StopCandidate, SettingsPush, RecoveryCredit, Replay):
        done = session.execute(delete(model).where(model.reader_id == reader_id), execution_options=quiet)
        gone[model.__tablename__] = int(done.rowcount)  # type: ignore[attr-defined]  # a cursor's result
    stop, attempt = DeliveryStop, RecoveryAttempt
    session.execute(update(attempt).where(attempt.reader_id == reader_id, attempt.ended_at.is_(None)).values(state=GIVEN_UP, ended_at=attempt.entered_at), execution_options=quiet)
    session.execute(update(stop).where(stop.reader_id == reader_id, stop.ended_at.is_(None)).values(ended_at=stop.looked_at, ended_by=LEFT), execution_options=quiet)
    for table, values in ((attempt, {"reader_id": NOBODY, "steps": [], "why": ""}), (stop, {"reader_id": NOBODY, "imei": None, "next_at": None, "next_why": ""})):
        done = session.execute(update(table).where(table.reader_id == reader_id).values(values), execution_options=quiet)
        gone[table.__tablename__] = int(done.rowcount)  # type: ignore[attr-defined]  # a cursor's result
    return gone
