"""What is kept of stops goes when it is old: each stop that ended with all that hangs on it, a few thousand a transaction."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, literal, select
from sqlalchemy.orm import Session

from huabao.db import Base, in_ids
from huabao.runtime import Runtime
from reconciliation.stop_send.models import (
    HELD,
    DeliveryStop,
    DeliveryStreak,
    JudgedDispatch,
    RecoveryAttempt,
    RecoveryCredit,
    Replay,
    SettingsPush,
    StopRun,
)
from reconciliation.stop_send.settings import RECOVERY_KEEP_DAYS
from subscribers.models import Subscription

CHUNK: Final = 2000
_QUIET: Final[dict[str, Any]] = {"synchronize_session": False}


def tidy(runtime: Runtime) -> dict[str, int]:
    """Remove what is too old, and the streaks of orders that ended; how many rows, by table."""
    gone: dict[str, int] = {}
    with runtime.transaction(read_only=True) as session:
        old = runtime.now() - timedelta(days=RECOVERY_KEEP_DAYS.get(session))
    while True:
        with runtime.transaction() as session:
            ids = session.scalars(select(DeliveryStop.id).where(DeliveryStop.ended_at < old).order_by(DeliveryStop.id).limit(CHUNK)).all()
            for name, number in _remove_stops(session, ids).items():
                gone[name] = gone.get(name, 0) + number
        if len(ids) < CHUNK:
            break
    for model, key, condition in (
        (StopRun, StopRun.id, (StopRun.at < old) & (StopRun.state != HELD)),
        (JudgedDispatch, JudgedDispatch.dispatch_id, JudgedDispatch.judged_at < old),
        (SettingsPush, SettingsPush.id, SettingsPush.asked_at < old),
    ):
        gone[model.__tablename__] = _in_chunks(runtime, model, key, condition)
    with runtime.transaction() as session:
        gone[DeliveryStreak.__tablename__] = _drop_streaks(session)
    return {name: number for name, number in gone.items() if number}


def _remove_stops(session: Session, ids: Any) -> dict[str, int]:
    """Stops with what hangs on them; a replay that is still due keeps nothing alive: what it was owed for is years old."""
    if not ids:
        return {}
    replays = select(Replay.id).where(in_ids(session, Replay.stop_id, ids))
    gone = {RecoveryCredit.__tablename__: _count(session, RecoveryCredit, RecoveryCredit.replay_id.in_(replays))}
    gone[Replay.__tablename__] = _count(session, Replay, in_ids(session, Replay.stop_id, ids))
    gone[RecoveryAttempt.__tablename__] = _count(session, RecoveryAttempt, in_ids(session, RecoveryAttempt.stop_id, ids))
    gone[DeliveryStop.__tablename__] = _count(session, DeliveryStop, in_ids(session, DeliveryStop.id, ids))
    return gone


def _in_chunks(runtime: Runtime, model: type[Base], key: Any, condition: ColumnElement[bool]) -> int:
    number = 0
    while True:
        with runtime.transaction() as session:
            done = _count(session, model, key.in_(select(key).where(condition).limit(CHUNK)))
        number += done
        if done < CHUNK:
            return number


def _drop_streaks(session: Session) -> int:
    """Failures of an order that ended say nothing of the next one."""
    one = DeliveryStreak
    order = select(literal(1)).where(Subscription.reader_id == one.reader_id, Subscription.service_id == one.service_id, Subscription.state != "cancelled")
    return _count(session, one, ~order.correlate(one).exists())


def _count(session: Session, model: type[Base], condition: ColumnElement[bool]) -> int:
    done = session.execute(delete(model).where(condition), execution_options=_QUIET)
    return int(done.rowcount)  # type: ignore[attr-defined]  # a cursor's result
