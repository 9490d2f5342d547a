"""Attempts moved along their table, many at once, with what that means for stops and subscriptions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, literal, select, update
from sqlalchemy.orm import Session

from content.models import Publication
from huabao.clock import SHANGHAI
from huabao.db import UTCDateTime, in_ids
from reconciliation.stop_send import lifecycle
from reconciliation.stop_send.causes import PAPER, PROBE, SCHEDULE
from reconciliation.stop_send.deciding import SOURCE, end_stops
from reconciliation.stop_send.models import DUE, DeliveryStop, DeliveryStreak, RecoveryAttempt, Replay
from reconciliation.stop_send.settings import RECOVERY_ATTEMPTS
from subscribers import stops

RECOVERED = "recovered"

_QUIET: dict[str, Any] = {"synchronize_session": False}


def begin(session: Session, stop: DeliveryStop, sign: str, now: datetime) -> RecoveryAttempt:
    """A new attempt of a stop that has none open."""
    stop.tried, stop.looked_at, stop.next_at, why = stop.tried + 1, now, None, stop.next_why
    row = RecoveryAttempt(
        stop_id=stop.id, reader_id=stop.reader_id, service_id=stop.service_id, cause=stop.cause, stopped_at=stop.stopped_at, number=stop.tried, sign=sign,
        state=lifecycle.WAITING, due_at=now, begun_at=now, entered_at=now, steps=[], why=why if sign == SCHEDULE else "",
    )  # fmt: skip
    session.add(row)
    return row


def note(row: RecoveryAttempt, what: str, said: str, now: datetime) -> None:
    """Write down what happened in an attempt."""
    row.steps = [*row.steps, [what, now.isoformat(), said]]


def enter(row: RecoveryAttempt, state: str, said: str, *, wait_h: float, now: datetime, helps: bool = False) -> None:
    """Let an attempt take a step.

    Args:
        helps: the step sent what helps him, a tip or settings: that is the attempt's method, whatever shows that it did.

    Raises:
        StoreError: the step cannot follow its state.
    """
    row.state = lifecycle.after(row.state, state)
    row.entered_at, row.due_at = now, now + timedelta(hours=wait_h)
    if helps or (state in (PROBE, PAPER) and not row.method):
        row.method = state
    if state in (PROBE, PAPER) and row.tried_at is None:
        row.tried_at, row.hour = now, now.astimezone(SHANGHAI).hour
    note(row, state, said, now)


def locked(session: Session, ids: Sequence[int], *states: str) -> list[RecoveryAttempt]:
    """Those of the attempts that are open and in one of the states, in this transaction's hands."""
    one = RecoveryAttempt
    wanted = select(one).where(in_ids(session, one.id, sorted(ids)), one.ended_at.is_(None), one.state.in_(states)).order_by(one.id)
    return list(session.scalars(wanted.with_for_update(skip_locked=True), execution_options={"populate_existing": True}))


def recover(session: Session, rows: Sequence[RecoveryAttempt], now: datetime) -> None:
    """The paper reached them: sending goes on, and what they missed is owed."""
    if not rows:
        return
    for row in rows:
        row.state, row.reached, row.ended_at = lifecycle.after(row.state, "recover"), True, now
        note(row, row.state, "the paper was fetched", now)
    session.flush()
    resume(session, [row.stop_id for row in rows], source=SOURCE, ended_by=RECOVERED, now=now)


def resume(session: Session, stop_ids: Sequence[int], *, source: str, ended_by: str, now: datetime) -> int:
    """Send again to the readers of open stops: their streaks begin anew, what they missed is owed; how many."""
    mine = (in_ids(session, DeliveryStop.id, sorted(stop_ids)), DeliveryStop.ended_at.is_(None))
    pairs = select(DeliveryStop.reader_id, DeliveryStop.service_id).where(*mine)
    number = stops.resume(session, pairs, source=source[:40], reason=ended_by, now=now)
    found = pairs.subquery()
    his = select(literal(1)).where(found.c.reader_id == DeliveryStreak.reader_id, found.c.service_id == DeliveryStreak.service_id)
    session.execute(delete(DeliveryStreak).where(his.correlate(DeliveryStreak).exists()), execution_options=_QUIET)
    _owe(session, mine, now)
    end_stops(session, pairs, ended_by=ended_by, now=now)
    return number


def _owe(session: Session, mine: tuple[Any, ...], now: datetime) -> None:
    columns = {
        "stop_id": DeliveryStop.id, "reader_id": DeliveryStop.reader_id, "service_id": DeliveryStop.service_id, "publication_id": Publication.id,
        "policy": Publication.replay_policy, "since": DeliveryStop.stopped_at, "until": literal(now, UTCDateTime), "state": literal(DUE), "editions": literal(0),
        "why": literal(""),
    }  # fmt: skip
    rows = select(*columns.values()).select_from(DeliveryStop).join(Publication, Publication.service_id == DeliveryStop.service_id).where(*mine)
    session.execute(insert(Replay).from_select(list(columns), rows))


def fail(session: Session, rows: Sequence[RecoveryAttempt], now: datetime) -> None:
    """The attempts end without success; stops are as they were, and the schedule plans anew. What he showed meanwhile is a sign for the next."""
    if not rows:
        return
    last, papers = RECOVERY_ATTEMPTS.get(session), [row.id for row in rows if row.state == PAPER]
    for row in rows:
        said, verb = f"the {row.state} did not reach him", "give_up" if row.number >= last else "fail"
        row.state, row.reached, row.ended_at, row.why = lifecycle.after(row.state, verb), bool(row.reached), now, row.why or said
        note(row, row.state, said, now)
    session.flush()
    _stop_again(session, papers, now)
    stops_ = in_ids(session, DeliveryStop.id, sorted(row.stop_id for row in rows))
    session.execute(update(DeliveryStop).where(stops_, DeliveryStop.ended_at.is_(None)).values(next_at=None), execution_options=_QUIET)


def give_up(session: Session, rows: Sequence[RecoveryAttempt], why: str, now: datetime) -> None:
    """The attempts end because nobody is to be reached any more."""
    papers = [row.id for row in rows if row.state == PAPER]
    for row in rows:
        row.state, row.ended_at, row.why = lifecycle.after(row.state, "give_up"), now, why[:200]
        note(row, row.state, why, now)
    session.flush()
    _stop_again(session, papers, now)


def _stop_again(session: Session, attempt_ids: Sequence[int], now: datetime) -> None:
    if attempt_ids:
        one = RecoveryAttempt
        stops.stop_again(session, select(one.reader_id, one.service_id).where(in_ids(session, one.id, sorted(attempt_ids))), now=now)
