"""Who pays and never got anything, and who is new and got nothing within his first day: found by rounds, kept as lists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any, Final

from sqlalchemy import delete, exists, func, select
from sqlalchemy.orm import Session

from care.overview.models import OverviewRound, ReaderMark, ReaderMove
from care.overview.rules import JOINED
from delivery.models import Outcome, deliveries
from huabao.clock import business_day
from huabao.db import bulk_insert, in_ids
from huabao.runtime import Runtime
from reconciliation.refunds.rules import add_months
from reconciliation.runs.facts import offering
from subscribers.models import Reader, ReaderServiceMonth, Subscription

NEW, NEVER = "new", "never"
MARKS: Final = (NEW, NEVER)

FIRST: Final = timedelta(hours=24)
"""A new reader has his first paper within it."""

NEW_DAYS: Final = 7
"""Who ordered longer ago is new no more."""

NEVER_AFTER: Final = timedelta(hours=72)
"""Who ordered later is not charged yet: he is new."""

MONTHS_BACK: Final = 36
"""Copies of earlier months are looked at no more."""

AT_ONCE: Final = 5_000
COLUMNS: Final = ("mark", "reader_id", "service_id", "city", "since", "arrived_at", "price_fen", "sending")

Row = Mapping[str, object]


def mark_new(runtime: Runtime) -> None:
    """Look at everybody who ordered within the last week and more than a day ago."""
    with runtime.transaction(read_only=True) as session:
        rows = _new(session, runtime.now())
    _replace(runtime, NEW, rows)


def mark_never(runtime: Runtime) -> bool:
    """Look for readers who pay and never got anything, once a day; whether it was done now. Reads orders and two months of counters once."""
    now = runtime.now()
    with runtime.transaction(read_only=True) as session:
        done = session.get(OverviewRound, NEVER)
        if done is not None and business_day(done.at) == business_day(now):
            return False
        rows = [row for some in _some(_candidates(session, now)) for row in _never(session, some, now)]
    _replace(runtime, NEVER, rows)
    return True


def _replace(runtime: Runtime, mark: str, rows: Sequence[Row]) -> None:
    now = runtime.now()
    with runtime.transaction() as session:
        done = session.get(OverviewRound, mark, with_for_update=True) or OverviewRound(name=mark, at=now, last_id=0)
        done.at = now
        session.add(done)
        session.execute(delete(ReaderMark).where(ReaderMark.mark == mark))
        if rows:
            bulk_insert(session, ReaderMark, rows, columns=COLUMNS)


def _row(mark: str, found: Any, arrived_at: datetime | None = None) -> Row:
    values = (mark, found.reader_id, found.service_id, found.city, found.since, arrived_at, found.price_fen, found.stop_state == "sending")
    return dict(zip(COLUMNS, values, strict=True))


def _new(session: Session, now: datetime) -> list[Row]:
    m, s = ReaderMove, Subscription
    first = now - timedelta(days=NEW_DAYS)
    wanted = (
        select(m.reader_id, m.service_id, m.city, func.max(m.at).label("since"), s.price_fen, s.stop_state)
        .join(s, (s.reader_id == m.reader_id) & (s.service_id == m.service_id))
        .where(m.day >= business_day(first), m.what == JOINED, m.at >= first, m.at <= now - FIRST, s.state == "active")
        .group_by(m.reader_id, m.service_id, m.city, s.price_fen, s.stop_state)
    )
    rows = []
    for some in _some(session.execute(wanted).all()):
        arrived = _first_arrivals(session, sorted({one.reader_id for one in some}), business_day(first))
        for one in some:
            at = next((at for at in arrived.get(one.reader_id, ()) if at >= one.since), None)
            if at is None or at > one.since + FIRST:
                rows.append(_row(NEW, one, at))
    return rows


def _first_arrivals(session: Session, ids: Sequence[int], since: date) -> dict[int, list[datetime]]:
    """When copies arrived, by reader, ascending."""
    c = deliveries.c
    rows = session.execute(
        select(c.reader_id, c.outcome_at)
        .where(c.day >= since, in_ids(session, c.reader_id, ids), c.outcome == int(Outcome.RETRIEVED), c.outcome_at.is_not(None))
        .order_by(c.outcome_at)
    )
    found: dict[int, list[datetime]] = {}
    for reader_id, at in rows:
        found.setdefault(reader_id, []).append(at)
    return found


def _candidates(session: Session, now: datetime) -> Iterator[Any]:
    """Who holds an order that costs something for longer than the first days, and got nothing of it this month or the last."""
    s, m = Subscription, ReaderServiceMonth
    since = func.coalesce(s.order_at, s.effective_at).label("since")
    lately = exists().where(m.month.in_(_months(now)[:2]), m.reader_id == s.reader_id, m.service_id == s.service_id, m.retrieved > 0)
    wanted = (
        select(s.reader_id, s.service_id, func.coalesce(Reader.city, "").label("city"), since, s.price_fen, s.stop_state)
        .join(Reader, Reader.id == s.reader_id)
        .where(s.state == "active", since < now - NEVER_AFTER, s.service_id.not_in(sorted(offering(session).free)), ~lately)
    )
    yield from session.execute(wanted, execution_options={"yield_per": AT_ONCE})


def _never(session: Session, some: Sequence[Any], now: datetime) -> list[Row]:
    m = ReaderServiceMonth
    mine = (m.month.in_(_months(now)[2:]), in_ids(session, m.reader_id, sorted({one.reader_id for one in some})), m.retrieved > 0)
    ever = {(reader_id, service_id) for reader_id, service_id in session.execute(select(m.reader_id, m.service_id).where(*mine))}
    return [_row(NEVER, one) for one in some if (one.reader_id, one.service_id) not in ever]


def _some(rows: Iterable[Any]) -> Iterator[list[Any]]:
    left = iter(rows)
    while some := list(islice(left, AT_ONCE)):
        yield some


def _months(now: datetime) -> list[date]:
    """The first days of this month and those before it."""
    this = business_day(now).replace(day=1)
    return [add_months(this, -back) for back in range(MONTHS_BACK)]
