"""Attempts to reach stopped readers again: begun by a sign of life or the schedule, carried on step by step.

Each pass is a few transactions; what a step sends is written in the transaction that
moves its attempts, so that a process killed anywhere leaves them where they were or
where they are going. A probe and a paper go to many readers in one dispatch.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from delivery.models import Outcome, deliveries
from delivery.reports.outcomes import UNDELIVERED
from huabao.clock import business_day
from huabao.db import in_ids
from huabao.hours import Hours
from huabao.runtime import Runtime
from reconciliation.stop_send import lifecycle, monitors, moving, over_the_air, papers, tips
from reconciliation.stop_send.causes import PAPER, PERSON, PROBE, SETTINGS, TIP, plan
from reconciliation.stop_send.following import ACCOUNT
from reconciliation.stop_send.lifecycle import WAITING
from reconciliation.stop_send.models import DeliveryStop, RecoveryAttempt
from reconciliation.stop_send.schedule import Knowledge
from reconciliation.stop_send.settings import RECOVERY_AT_ONCE, RECOVERY_ATTEMPTS, RECOVERY_HOURS
from reconciliation.stop_send.streaks import months_between
from subscribers.models import Reader, ReaderServiceMonth, Subscription


def run(runtime: Runtime) -> dict[str, int]:
    """One pass: plan, begin, look what came of steps, go on; how many of each."""
    with runtime.transaction() as session:
        planned = plan_ahead(session, runtime.now())
    with runtime.transaction() as session:
        begun = begin(session, runtime.now())
    with runtime.transaction() as session:
        looked = look(session, runtime.now())
    stepped = step(runtime)
    return {"planned": planned, "begun": begun, **looked, "stepped": stepped}


def plan_ahead(session: Session, now: datetime) -> int:
    """Give the stops that have none the instant of their next attempt."""
    one = DeliveryStop
    open_ = select(RecoveryAttempt.id).where(RecoveryAttempt.stop_id == one.id, RecoveryAttempt.ended_at.is_(None)).correlate(one).exists()
    rows = session.scalars(
        select(one)
        .where(one.ended_at.is_(None), one.next_at.is_(None), one.tried < RECOVERY_ATTEMPTS.get(session), one.by != ACCOUNT, ~open_)
        .order_by(one.id)
        .limit(RECOVERY_AT_ONCE.get(session))
    ).all()
    if rows:
        known, tried = Knowledge.of(session, now), _last_tried(session, [row.id for row in rows])
        for row in rows:
            row.next_at, row.next_why = known.next_try(row.cause, row.id, row.tried + 1, max(tried.get(row.id, row.stopped_at), row.looked_at, row.stopped_at))
    session.flush()
    return len(rows)


def _last_tried(session: Session, stop_ids: Sequence[int]) -> dict[int, datetime]:
    """When the last attempt of each stop ended."""
    one = RecoveryAttempt
    rows = session.execute(select(one.stop_id, func.max(one.ended_at)).where(in_ids(session, one.stop_id, stop_ids), one.ended_at.is_not(None)).group_by(one.stop_id))
    return {stop_id: ended_at for stop_id, ended_at in rows if ended_at is not None}


def begin(session: Session, now: datetime, *, only: Sequence[int] | None = None) -> int:
    """Begin attempts with whoever showed a sign of life or whose time has come; how many.

    Args:
        only: these stops, because a person asks.
    """
    if only is None:
        found = [(one.stop_id, one.sign) for one in monitors.lively(session, now, limit=RECOVERY_AT_ONCE.get(session))]
    else:
        found = [(stop_id, PERSON) for stop_id in only]
    signs = dict(found)
    rows = session.scalars(select(DeliveryStop).where(in_ids(session, DeliveryStop.id, sorted(signs)), DeliveryStop.ended_at.is_(None)).with_for_update(skip_locked=True)).all()
    imeis = dict(session.execute(select(Reader.id, Reader.imei).where(in_ids(session, Reader.id, sorted({row.reader_id for row in rows})))).all())
    for row in rows:
        row.imei = imeis.get(row.reader_id) or row.imei  # another handset is a sign once
        moving.begin(session, row, signs[row.id], now)
    session.flush()
    return len(rows)


def look(session: Session, now: datetime) -> dict[str, int]:
    """What came of the steps that were taken: fetched goes on, refused or silent for too long fails."""
    gone = _orders_gone(session, now)
    fetched = _fetched(session, now)
    failed = _failed(session, now)
    return {"recovered": fetched, "failed": failed, "given_up": gone}


def _orders_gone(session: Session, now: datetime) -> int:
    """Attempts whose stop ended by itself, or whose order rests, end with it."""
    one = RecoveryAttempt
    his = and_(Subscription.reader_id == one.reader_id, Subscription.service_id == one.service_id)
    rows = session.scalars(
        select(one).join(DeliveryStop, DeliveryStop.id == one.stop_id).outerjoin(Subscription, his)
        .where(one.ended_at.is_(None), or_(DeliveryStop.ended_at.is_not(None), Subscription.id.is_(None), Subscription.state != "active"))
    ).all()  # fmt: skip
    moving.give_up(session, rows, "the order is not active, or somebody else ended the stop", now)
    return len(rows)


def _fetched(session: Session, now: datetime) -> int:
    """A probe or a paper that was fetched, or any paper since the attempt began; how many recovered."""
    one, month = RecoveryAttempt, ReaderServiceMonth
    first = session.scalar(select(RecoveryAttempt.begun_at).where(one.ended_at.is_(None)).order_by(one.begun_at).limit(1))
    if first is None:
        return 0
    months = months_between(business_day(first - timedelta(days=31)), now)
    some = select(month.reader_id).where(month.month.in_(months), month.reader_id == one.reader_id, month.last_success_at > one.entered_at)
    probe = _of_dispatch(one.probe_dispatch_id, [Outcome.RETRIEVED])
    paper = _of_dispatch(one.paper_dispatch_id, [Outcome.RETRIEVED])
    before = (WAITING, TIP, SETTINGS, PROBE)
    reached = select(one).where(one.ended_at.is_(None), one.state.in_(before), or_(and_(one.state == PROBE, probe), some.correlate(one).exists()))
    for row in session.scalars(reached.where(one.reached.is_(None))).all():
        row.reached, row.due_at = True, now
        moving.note(row, "fetched", "he fetched a message", now)
    his = some.where(month.service_id == one.service_id).correlate(one).exists()
    back = session.scalars(select(one).where(one.ended_at.is_(None), one.state == PAPER, or_(paper, his))).all()
    moving.recover(session, back, now)
    return len(back)


def _failed(session: Session, now: datetime) -> int:
    one = RecoveryAttempt
    bad = [*UNDELIVERED, Outcome.CANCELLED, Outcome.NO_REPORT]
    probe = and_(one.state == PROBE, or_(_of_dispatch(one.probe_dispatch_id, bad), one.due_at <= now), or_(one.reached.is_(None), one.reached.is_(False)))
    paper = and_(one.state == PAPER, or_(_of_dispatch(one.paper_dispatch_id, bad), one.due_at <= now))
    rows = session.scalars(select(one).where(one.ended_at.is_(None), or_(probe, paper))).all()
    moving.fail(session, rows, now)
    return len(rows)


def _of_dispatch(dispatch_id: Any, outcomes: Iterable[Outcome]) -> ColumnElement[bool]:
    """His delivery of that dispatch ended so."""
    one = RecoveryAttempt
    mine = select(deliveries.c.reader_id).where(deliveries.c.reader_id == one.reader_id, deliveries.c.dispatch_id == dispatch_id)
    mine = mine.where(deliveries.c.outcome.in_([int(outcome) for outcome in outcomes]))
    return mine.correlate(one).exists()


def step(runtime: Runtime) -> int:
    """Let the attempts that are due take their next step; how many did."""
    now = runtime.now()
    with runtime.transaction(read_only=True) as session:
        hours = Hours.parse(RECOVERY_HOURS.get(session))
        one = RecoveryAttempt
        due = or_(and_(one.state.in_((WAITING, TIP, SETTINGS)), one.due_at <= now), and_(one.state.in_((WAITING, TIP, SETTINGS, PROBE)), one.reached.is_(True)))
        wanted = select(one.id, one.state, one.cause, one.sign, one.reached).where(one.ended_at.is_(None), due)
        rows = session.execute(wanted.order_by(one.id).limit(RECOVERY_AT_ONCE.get(session))).all()
    steps: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        steps[PAPER if row.reached else lifecycle.next_step(row.state, plan(row.cause, row.sign))].append(row.id)
    done = 0
    for name in (TIP, SETTINGS, PROBE) if hours.is_open(now) else ():
        if steps[name]:
            done += {TIP: tips.send_tips, SETTINGS: over_the_air.send_settings, PROBE: tips.send_probes}[name](runtime, steps[name])
    if steps[PAPER]:
        done += papers.send_papers(runtime, steps[PAPER])
    else:
        papers.bring(runtime)
    return done
