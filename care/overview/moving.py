"""Beginnings and ends of orders, kept once each as they become known, so that nobody counts a month of history.

The history is read on from where the last round ended. What was written in the last minutes is read once more with the next round,
since transactions do not end in the order of their ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from care.overview.models import OverviewRound, ReaderMark, ReaderMove
from care.overview.rules import JOINED, moved, why
from huabao.clock import business_day
from huabao.db import in_ids, is_postgres
from huabao.runtime import Runtime
from subscribers.models import Reader, SubscriptionEvent
from subscribers.offers.models import CANCEL, ServiceOrder
from subscribers.orders.change import IDENTITY_EVENTS

NAME: Final = "moves"
AT_ONCE: Final = 2_000
KEEP: Final = timedelta(days=400)
SETTLED: Final = timedelta(minutes=15)
"""No transaction that writes orders lasts longer."""

ASKED_WITHIN: Final = timedelta(days=7)
"""An order that begins or ends so shortly after a request is what was asked for."""

IMPORTED: Final = "import%"
"""Sources of what came as a file of orders: nobody came or went by that."""


def keep_moves(runtime: Runtime) -> int:
    """Keep what began and ended since the last round; how many."""
    kept = 0
    while True:
        with runtime.transaction() as session:
            found, more = _keep_some(session, runtime.now())
        kept += found
        if not more:
            return kept


def _keep_some(session: Session, now: datetime) -> tuple[int, bool]:
    """The next events of the history: how many were moves, and whether there is more."""
    done = session.get(OverviewRound, NAME, with_for_update=True) or OverviewRound(name=NAME, at=now, last_id=0)
    e = SubscriptionEvent
    wanted = select(e).where(e.id > done.last_id, e.field == "order", e.event.in_(("order", CANCEL, *IDENTITY_EVENTS)), e.source.not_like(IMPORTED), e.recorded_at > now - KEEP)
    rows = session.scalars(wanted.order_by(e.id).limit(AT_ONCE)).all()
    moves = _moves(session, rows)
    written = _write(session, moves) if moves else 0
    more = len(rows) == AT_ONCE
    newest = rows[-1].id if more else session.scalar(select(func.max(e.id))) or 0
    unsettled = session.scalar(select(func.min(e.id)).where(e.id > done.last_id, e.id <= newest, e.recorded_at > now - SETTLED))
    done.last_id, done.at = (newest if unsettled is None else unsettled - 1), now
    session.add(done)
    if not more:
        session.execute(delete(ReaderMove).where(ReaderMove.day < business_day(now - KEEP)))
    return written, more and unsettled is None


def _moves(session: Session, rows: Sequence[SubscriptionEvent]) -> list[dict[str, Any]]:
    ids = sorted({one.reader_id for one in rows})
    if not ids:
        return []
    before = _states_before(session, rows, ids)
    cities = dict(session.execute(select(Reader.id, func.coalesce(Reader.city, "")).where(in_ids(session, Reader.id, ids))).all())
    asked = _asked(session, ids)
    found = []
    for one in rows:
        what = moved(before.get(one.id), one.state)
        if what is None:
            continue
        channels = asked.get((one.reader_id, one.service_id, what == JOINED), ())
        channel = next((name for at, name in channels if one.recorded_at - ASKED_WITHIN <= at <= one.recorded_at), None)
        cause, way = why(one.event, one.source, one.reason, channel)
        found.append(
            {
                "event_id": one.id, "day": business_day(one.recorded_at), "reader_id": one.reader_id, "service_id": one.service_id,
                "city": cities.get(one.reader_id, ""), "what": what, "cause": cause, "channel": way, "at": one.effective_at,
            }
        )  # fmt: skip
    return found


def _states_before(session: Session, rows: Iterable[SubscriptionEvent], ids: Sequence[int]) -> Mapping[int, str]:
    """By event, the state of its order after the event before it; without an entry where that is the first."""
    e, wanted = SubscriptionEvent, {one.id for one in rows}
    told = session.execute(select(e.id, e.reader_id, e.service_id, e.state).where(in_ids(session, e.reader_id, ids), e.field == "order").order_by(e.id))
    known: dict[tuple[int, str], str] = {}
    found = {}
    for event_id, reader_id, service_id, state in told:
        last = known.get((reader_id, service_id))
        if event_id in wanted and last is not None:
            found[event_id] = last
        known[reader_id, service_id] = state
    return found


def _asked(session: Session, ids: Sequence[int]) -> dict[tuple[int, str, bool], list[tuple[datetime, str]]]:
    """Requests by reader, service and whether it is to begin: when and by which channel, the newest first."""
    c = ServiceOrder
    rows = session.execute(select(c.reader_id, c.service_id, c.kind, c.recorded_at, c.channel).where(in_ids(session, c.reader_id, ids)).order_by(c.id.desc()))
    found: dict[tuple[int, str, bool], list[tuple[datetime, str]]] = {}
    for reader_id, service_id, kind, at, channel in rows:
        found.setdefault((reader_id, service_id, kind != CANCEL), []).append((at, channel))
    return found


def _write(session: Session, moves: Sequence[Mapping[str, Any]]) -> int:
    insert: Any = (postgres_insert if is_postgres(session) else sqlite_insert)(ReaderMove)
    session.execute(insert.on_conflict_do_nothing(index_elements=["event_id"]), list(moves))
    return len(moves)


def forget_number(session: Session, msisdn: str) -> Mapping[str, int]:
    """Take the marks of whoever has the number (11 digits); his coming and going still counts, and names him no more."""
    ids = session.scalars(select(Reader.id).where(Reader.msisdn == msisdn)).all()
    gone = session.execute(delete(ReaderMark).where(ReaderMark.reader_id.in_(ids)))
    c = ReaderMove
    unnamed = session.execute(c.__table__.update().where(c.reader_id.in_(ids)).values(reader_id=0))  # type: ignore[attr-defined]  # it is a table
    return {"reader_marks": int(gone.rowcount), "reader_moves": int(unnamed.rowcount)}  # type: ignore[attr-defined]  # cursors' results
