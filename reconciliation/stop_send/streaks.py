"""Failures in a row: counted once for each closed dispatch, ended by any success.

One statement for a dispatch, over its deliveries and what was reported of them; no
reader is looked at in Python. Only what lies with the reader counts: what a peer's
tables call ours, the network's or the operator's does not (unless they name a cause of
his own), nor does an incident (`incidents`). A success that is reported late ends the
streak like any other, whichever title it was of: the handset fetched a message.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, String, and_, case, delete, func, literal, null, select, update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from delivery import kinds
from delivery.dialects import CodeMeaning
from delivery.models import DeliveryEvent, Dispatch, EventState, Submission, deliveries
from delivery.reports.meanings import Meanings
from delivery.reports.outcomes import UNDELIVERED
from huabao.clock import business_day
from huabao.db import UTCDateTime, give_room, is_postgres
from huabao.runtime import Runtime
from reconciliation.stop_send import incidents
from reconciliation.stop_send.causes import UNKNOWN
from reconciliation.stop_send.models import DeliveryStreak, JudgedDispatch
from subscribers.models import ReaderServiceMonth, Subscription

NOT_HIS: Final = "-"
"""The failure is not the reader's."""

AT_ONCE: Final = 50
"""Dispatches of one pass; the rest comes with the next."""

CODES_MAX: Final = 2000
"""Different codes of one dispatch that are looked up; a peer that invents them leaves the rest unknown."""

_FAILED: Final = [int(one) for one in UNDELIVERED]


def judge_closed(runtime: Runtime) -> int:
    """Count the failures of the dispatches that were closed since; how many dispatches."""
    with runtime.transaction(read_only=True) as session:
        judged = select(JudgedDispatch.dispatch_id).where(JudgedDispatch.dispatch_id == Dispatch.id).exists()
        wanted = select(Dispatch.id).where(Dispatch.closed_at.is_not(None), Dispatch.kind.in_(kinds.BRINGS_OUT), ~judged).order_by(Dispatch.id).limit(AT_ONCE)
        found = session.scalars(wanted).all()
    for dispatch_id in found:
        with runtime.transaction() as session:
            judge(session, dispatch_id, now=runtime.now())
    return len(found)


def judge(session: Session, dispatch_id: int, *, now: datetime) -> int:
    """Count the failures of one closed dispatch, once; how many readers."""
    dispatch = session.get_one(Dispatch, dispatch_id, with_for_update={"key_share": True})
    if session.get(JudgedDispatch, dispatch_id) is not None:
        return 0
    why = incidents.why_not(session, dispatch)
    failed = 0 if why else _count(session, dispatch, now)
    session.add(JudgedDispatch(dispatch_id=dispatch_id, judged_at=now, failed=failed, why_not=why[:80]))
    session.flush()
    return failed


def _count(session: Session, dispatch: Dispatch, now: datetime) -> int:
    give_room(session)
    rows = _failures(session, dispatch, now).subquery()
    counted = select(rows.c.reader_id, literal(dispatch.service_id), rows.c.cause, rows.c.at, literal(1), rows.c.at).where(rows.c.cause != NOT_HIS)
    columns = ["reader_id", "service_id", "cause", "failing_since", "editions", "last_failed_at"]
    statement: Any = (postgres_insert if is_postgres(session) else sqlite_insert)(DeliveryStreak).from_select(columns, counted)
    kept, new = DeliveryStreak, statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=["reader_id", "service_id", "cause"],
        set_={
            "editions": kept.editions + 1,
            "failing_since": case((new.failing_since < kept.failing_since, new.failing_since), else_=kept.failing_since),
            "last_failed_at": case((new.last_failed_at > kept.last_failed_at, new.last_failed_at), else_=kept.last_failed_at),
        },
    )
    return int(session.execute(statement).rowcount)  # type: ignore[attr-defined]  # a cursor's result


def _failures(session: Session, dispatch: Dispatch, now: datetime) -> Any:
    """(reader_id, cause, at) of the deliveries that failed and whose reader fetched nothing since."""
    meanings = Meanings(session)
    told, said = _reports(session, dispatch, meanings), _answers(session, dispatch, meanings)
    at = func.coalesce(deliveries.c.submitted_at, deliveries.c.outcome_at, literal(dispatch.start_at, UTCDateTime))
    cause = func.coalesce(case((told.c.reader_id.is_(None), said.c.cause), else_=told.c.cause), literal(UNKNOWN)).label("cause")
    joined = (
        deliveries.join(Subscription, and_(Subscription.reader_id == deliveries.c.reader_id, Subscription.service_id == dispatch.service_id))
        .outerjoin(told, and_(told.c.submission_id == deliveries.c.submission_id, told.c.reader_id == deliveries.c.reader_id, told.c.outcome == deliveries.c.outcome))
        .outerjoin(said, said.c.submission_id == deliveries.c.submission_id)
    )
    mine = [deliveries.c.day == dispatch.day, deliveries.c.dispatch_id == dispatch.id, deliveries.c.outcome.in_(_FAILED), Subscription.state != "cancelled"]
    spared = incidents.spared(session, dispatch)
    mine += [] if spared is None else [~spared]
    months = months_between(_month_before(dispatch.day), now)
    fetched = select(literal(1)).where(ReaderServiceMonth.month.in_(months), ReaderServiceMonth.reader_id == deliveries.c.reader_id, ReaderServiceMonth.last_success_at > at)
    return select(deliveries.c.reader_id, cause, at.label("at")).select_from(joined).where(*mine, ~fetched.correlate(deliveries).exists())


def _reports(session: Session, dispatch: Dispatch, meanings: Meanings) -> Any:
    """What reports say of each reader of a submission, by its outcome: a cause, `NOT_HIS`, or NULL where they say different things or nothing."""
    event = DeliveryEvent
    of_it = select(Submission.id).where(Submission.dispatch_id == dispatch.id)
    mine = (event.submission_id.in_(of_it), event.state == int(EventState.FOLDED), event.outcome.in_(_FAILED))
    extension = func.coalesce(event.status_extension, "")
    whens: list[Any] = []
    for port_id, status, code in session.execute(select(event.port_id, event.status, extension).where(*mine).distinct().limit(CODES_MAX)):
        said = cause_of(meanings.advice(port_id, status, code))
        if said != UNKNOWN:
            whens.append((and_(event.port_id == port_id, event.status == status, extension == code), literal(said)))
    said_sql: ColumnElement[Any] = case(*whens, else_=null()) if whens else literal(None, String)
    one = func.min(said_sql)
    cause = case((one == func.max(said_sql), one), else_=null()).label("cause")
    return select(event.submission_id, event.reader_id, event.outcome, cause).where(*mine).group_by(event.submission_id, event.reader_id, event.outcome).subquery()


def _answers(session: Session, dispatch: Dispatch, meanings: Meanings) -> Any:
    """What the answer to a submission says, by its code. A refusal of many recipients at once says nothing of one of them."""
    one = Submission
    mine = (one.dispatch_id == dispatch.id, one.state.in_(("refused", "partial")))
    whens: list[Any] = [(and_(one.state == "refused", one.recipients > 1), literal(NOT_HIS))]
    for port_id, code in session.execute(select(one.port_id, one.status_code).where(*mine).distinct().limit(CODES_MAX)):
        meaning = meanings.answer(port_id, code)
        said = UNKNOWN if meaning is None else cause_of(meaning)
        if said != UNKNOWN:
            whens.append((and_(one.port_id == port_id, one.status_code == code), literal(said)))
    cause: ColumnElement[Any] = case(*whens, else_=null())
    return select(one.id.label("submission_id"), cause.label("cause")).where(*mine).subquery()


def cause_of(meaning: CodeMeaning) -> str:
    """Of `causes.CAUSES`, or `NOT_HIS`: what a code says of a reader who was not reached."""
    if meaning.stop:
        return meaning.stop
    return NOT_HIS if meaning.cause in ("ours", "network", "content", "operator") else UNKNOWN


def end_by_success(runtime: Runtime) -> int:
    """End the streaks of readers who fetched something since; what failed after that stays, as one edition. How many ended."""
    with runtime.transaction() as session:
        first = session.scalar(select(func.min(DeliveryStreak.failing_since)))
        if first is None:
            return 0
        one, month = DeliveryStreak, ReaderServiceMonth
        months = months_between(_month_before(business_day(first)), runtime.now())
        mine = (month.month.in_(months), month.reader_id == one.reader_id)
        quiet: dict[str, Any] = {"synchronize_session": False}
        # Each streak looks at its own few rows; asked as "exists", the whole month would be read beside.
        fetched = select(func.max(month.last_success_at)).where(*mine).correlate(one).scalar_subquery()
        gone = session.execute(delete(one).where(fetched > one.last_failed_at), execution_options=quiet)
        session.execute(update(one).where(one.editions > 1, fetched > one.failing_since).values(failing_since=one.last_failed_at, editions=1), execution_options=quiet)
        return int(gone.rowcount)  # type: ignore[attr-defined]  # a cursor's result


def months_between(first: date, until: datetime) -> list[date]:
    """The first day of each month from that of `first` to that of `until`, at most 120."""
    found = [first.replace(day=1)]
    last = business_day(until).replace(day=1)
    while found[-1] < last and len(found) < 120:
        year, month = divmod(found[-1].year * 12 + found[-1].month, 12)
        found.append(date(year, month + 1, 1))
    return found


def _month_before(day: date) -> date:
    year, month = divmod(day.year * 12 + day.month - 2, 12)
    return date(year, month + 1, 1)
