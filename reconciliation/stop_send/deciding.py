"""Who is stopped: by how long and how often deliveries failed, by cause; and what keeps a mass of stops back.

A run that would stop more than a count or a share of all in a day is held until two
different people agree; then those of it are stopped to whom it still applies. A held
run keeps every other back. Nothing here touches an order.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, delete, func, insert, literal, or_, select, update
from sqlalchemy.orm import Session

from huabao import alarms, audit
from huabao.db import UTCDateTime
from huabao.errors import UsageError
from huabao.runtime import Runtime
from reconciliation.stop_send.causes import CAUSES
from reconciliation.stop_send.models import APPLIED, DROPPED, HELD, DeliveryStop, DeliveryStreak, StopCandidate, StopRun
from reconciliation.stop_send.settings import STOP_DAYS, STOP_EDITIONS, STOP_GUARD_COUNT, STOP_GUARD_SHARE
from subscribers import stops
from subscribers.models import Reader, Subscription

SOURCE = "stop_send"
HELD_ALARM = "stops.held"
PEOPLE = 2
SHARE_FROM = 10
"""Fewer stops than this are no mass, however small the house."""

_DAY = timedelta(days=1)


def decide(runtime: Runtime) -> StopRun | None:
    """Stop whoever failed long and often enough, or hold the run; None where nobody did, or an earlier run is held."""
    with runtime.transaction() as session:
        if session.scalar(select(StopRun.id).where(StopRun.state == HELD).limit(1)) is not None:
            return None
        return _run(session, runtime.now())


def _run(session: Session, now: datetime) -> StopRun | None:
    run = StopRun(at=now, state=APPLIED, found=0)
    with session.begin_nested() as point:
        session.add(run)
        session.flush()
        columns = [one.name for one in StopCandidate.__table__.columns]
        session.execute(insert(StopCandidate).from_select(columns, _found(session, run.id, now)))
        mine = StopCandidate.run_id == run.id
        by_cause = select(StopCandidate.cause, func.count()).where(mine).group_by(StopCandidate.cause).order_by(StopCandidate.cause)
        run.causes = dict(session.execute(by_cause).all())
        run.found = sum(run.causes.values())
        if not run.found:
            point.rollback()
            return None
    run.why = guard(session, run.found, now)
    if run.why:
        run.state = HELD
        said = f"{run.why}: `huabao recovery list` shows the run, `huabao recovery stop --approve {run.id}` by two people lets it happen"
        alarms.raise_alarm(session, HELD_ALARM, "run", said, at=now, run=run.id)
    else:
        _apply(session, run, now)
    session.flush()
    return run


def _found(session: Session, run_id: int, now: datetime) -> Select[*tuple[Any, ...]]:
    """Each subscription once whose failures of one cause, or of all causes in one row, lasted and came as that cause's settings say.

    Of a row of several causes the most frequent one decides, on a tie the one that failed last.
    """
    one = DeliveryStreak
    his = [one.reader_id, one.service_id]
    place = func.row_number().over(partition_by=his, order_by=[one.editions.desc(), one.last_failed_at.desc(), one.cause])
    together = func.sum(one.editions).over(partition_by=his)
    since = func.min(one.failing_since).over(partition_by=his)
    columns = (*his, one.cause, one.failing_since, one.editions, place.label("place"), together.label("together"), since.label("since"))
    row = select(*columns).join(Subscription, and_(Subscription.reader_id == one.reader_id, Subscription.service_id == one.service_id))
    few = _may_be_up(session, now)
    row = row.join(few, and_(few.c.reader_id == one.reader_id, few.c.service_id == one.service_id))
    row_ = row.where(Subscription.state == "active", Subscription.stop_state == stops.SENDING).subquery().c
    up = []
    for cause in CAUSES:
        days, editions = timedelta(days=STOP_DAYS[cause].get(session)), STOP_EDITIONS[cause].get(session)
        alone = and_(row_.failing_since <= now - days, row_.editions >= editions)
        with_others = and_(row_.place == 1, row_.since <= now - days, row_.together >= editions)
        up.append(and_(row_.cause == cause, or_(alone, with_others)))
    rank = func.row_number().over(partition_by=[row_.reader_id, row_.service_id], order_by=row_.place)
    rows = select(row_.reader_id, row_.service_id, row_.cause, row_.since, rank.label("rank")).where(or_(*up)).subquery()
    return select(literal(run_id), rows.c.reader_id, rows.c.service_id, rows.c.cause, rows.c.since).where(rows.c.rank == 1)


def _may_be_up(session: Session, now: datetime) -> Any:
    """Subscriptions whose streaks are long and many enough for the mildest settings, so that only those are looked at closely."""
    one = DeliveryStreak
    oldest = now - timedelta(days=min(setting.get(session) for setting in STOP_DAYS.values()))
    least = min(setting.get(session) for setting in STOP_EDITIONS.values())
    grouped = select(one.reader_id, one.service_id).group_by(one.reader_id, one.service_id)
    return grouped.having(func.min(one.failing_since) <= oldest, func.sum(one.editions) >= least).subquery()


def guard(session: Session, found: int, now: datetime) -> str:
    """Why so many more stops than there were in the last day need two people, or ""."""
    lately = (DeliveryStop.stopped_at > now - _DAY, DeliveryStop.by == SOURCE)
    together = found + int(session.scalar(select(func.count()).select_from(DeliveryStop).where(*lately)) or 0)
    count, share = STOP_GUARD_COUNT.get(session), STOP_GUARD_SHARE.get(session)
    if together > count:
        return f"{together:,} stops in a day are more than {count:,} (stop_guard_count)"
    active = int(session.scalar(select(func.count()).select_from(Subscription).where(Subscription.state == "active")) or 0)
    if together > SHARE_FROM and together > share * active:
        return f"{together:,} stops in a day are more than {share:.2%} of {active:,} active subscriptions (stop_guard_share)"
    return ""


def _apply(session: Session, run: StopRun, now: datetime) -> int:
    """Stop the candidates to whom it still applies; how many."""
    one, streak = StopCandidate, DeliveryStreak
    still = select(literal(1)).where(streak.reader_id == one.reader_id, streak.service_id == one.service_id, streak.failing_since <= one.failing_since)
    active = select(literal(1)).where(Subscription.reader_id == one.reader_id, Subscription.service_id == one.service_id, Subscription.state == "active")
    rows = select(one.reader_id, one.service_id, one.cause, one.failing_since, literal(now, UTCDateTime).label("at"))
    rows = rows.where(one.run_id == run.id, still.correlate(one).exists(), active.correlate(one).exists())
    number = stop_rows(session, rows, by=SOURCE, now=now)
    session.execute(delete(one).where(one.run_id == run.id))
    run.state, run.settled_at = APPLIED, now
    audit.record(session, actor=SOURCE, action="recovery.stop", object_kind="stop_run", object_id=str(run.id), at=now, stopped=number, causes=run.causes)
    return number


def stop_rows(session: Session, rows: Select[*tuple[Any, ...]], *, by: str, now: datetime) -> int:
    """Stop the subscriptions that a statement gives as (reader_id, service_id, cause, failing_since, at); how many."""
    number = stops.stop(session, rows, source=by[:40], now=now)
    found = rows.subquery()
    mine = and_(found.c.reader_id == Subscription.reader_id, found.c.service_id == Subscription.service_id)
    there = select(literal(1)).where(DeliveryStop.reader_id == Subscription.reader_id, DeliveryStop.service_id == Subscription.service_id, DeliveryStop.ended_at.is_(None))
    columns = {
        "reader_id": Subscription.reader_id, "service_id": Subscription.service_id, "cause": found.c.cause, "failing_since": found.c.failing_since,
        "stopped_at": found.c.at, "by": literal(by[:80]), "imei": Reader.imei, "looked_at": literal(now, UTCDateTime), "tried": literal(0), "next_why": literal(""),
    }  # fmt: skip
    stopped = select(*columns.values()).select_from(Subscription).join(found, mine).join(Reader, Reader.id == Subscription.reader_id)
    stopped = stopped.where(Subscription.stop_state == stops.STOPPED, Subscription.updated_at == now, ~there.correlate(Subscription).exists())
    session.execute(insert(DeliveryStop).from_select(list(columns), stopped))
    return number


# --- people ----------------------------------------------------------------------------------------------------------


def held_run(session: Session, run_id: int) -> StopRun:
    """The held run of that id, locked.

    Raises:
        UsageError: there is none, or it is settled.
    """
    run = session.get(StopRun, run_id, with_for_update=True)
    if run is None or run.state != HELD:
        raise UsageError(f"there is no held run {run_id}{'' if run is None else f', it is {run.state}'}; `huabao recovery list` shows what is held")
    return run


def approve(session: Session, run_id: int, *, by: str, now: datetime) -> tuple[StopRun, int | None]:
    """One person agrees; the second one lets it happen. The run, and how many were stopped, None while another person is needed.

    Raises:
        UsageError: there is no such held run, or this person agreed before.
    """
    run = held_run(session, run_id)
    if any(who == by for who, _ in run.approvals):
        raise UsageError(f"{by} agreed to run {run_id} already; another person must agree too")
    run.approvals = [*run.approvals, [by, now.isoformat()]]
    audit.record(session, actor=by, action="recovery.approve", object_kind="stop_run", object_id=str(run_id), at=now, found=run.found)
    number = None
    if len(run.approvals) >= PEOPLE:
        number = _apply(session, run, now)
        alarms.close_alarm(session, HELD_ALARM, "run", at=now)
    session.flush()
    return run, number


def drop(session: Session, run_id: int, *, by: str, why: str, now: datetime) -> StopRun:
    """Nobody of a held run is stopped, and their streaks begin anew: what failed was not theirs.

    Raises:
        UsageError: there is no such held run.
    """
    run = held_run(session, run_id)
    one, streak = StopCandidate, DeliveryStreak
    mine = select(literal(1)).where(one.run_id == run_id, one.reader_id == streak.reader_id, one.service_id == streak.service_id)
    session.execute(delete(streak).where(mine.correlate(streak).exists()), execution_options={"synchronize_session": False})
    session.execute(delete(one).where(one.run_id == run_id))
    run.state, run.settled_at = DROPPED, now
    audit.record(session, actor=by, action="recovery.drop", object_kind="stop_run", object_id=str(run_id), at=now, found=run.found, why=why[:200])
    alarms.close_alarm(session, HELD_ALARM, "run", at=now)
    session.flush()
    return run


def end_stops(session: Session, rows: Select[*tuple[Any, ...]], *, ended_by: str, now: datetime) -> int:
    """Write the end of the open stops that a statement gives as (reader_id, service_id); how many."""
    found, one = rows.subquery(), DeliveryStop
    mine = select(literal(1)).where(found.c.reader_id == one.reader_id, found.c.service_id == one.service_id)
    ended = update(one).where(one.ended_at.is_(None), mine.correlate(one).exists()).values(ended_at=now, ended_by=ended_by, next_at=None)
    return int(session.execute(ended, execution_options={"synchronize_session": False}).rowcount)  # type: ignore[attr-defined]  # a cursor's result
