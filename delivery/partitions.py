"""The table of deliveries, by business day.

On PostgreSQL `deliveries` is partitioned by range of `day`, a partition a day,
made ahead by the scheduler and dropped whole by retention. On SQLite it is one
plain table. Nobody else knows the difference.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from delivery.models import Dispatch, deliveries
from delivery.settings import DELIVERIES_KEEP_DAYS, PARTITIONS_AHEAD_DAYS
from huabao.clock import business_day
from huabao.db import is_postgres

FILLFACTOR = 70
"""Percent of a page that a snapshot fills, so that the outcome's updates stay in the page."""

_LOCK = 7_241_001
"""Key of the advisory lock under which partitions are made and dropped."""


def partition_name(day: date) -> str:
    """The partition of `day`, `deliveries_p20261122`."""
    return f"deliveries_p{day:%Y%m%d}"


def ensure_day(session: Session, day: date) -> bool:
    """Make the partition of `day` where it is missing; True when it was made now."""
    if not is_postgres(session) or _exists(session, day):
        return False
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    if _exists(session, day):
        return False
    upper = day + timedelta(days=1)
    session.execute(
        text(
            f"CREATE TABLE {partition_name(day)} PARTITION OF deliveries "
            f"FOR VALUES FROM ('{day.isoformat()}') TO ('{upper.isoformat()}') WITH (fillfactor={FILLFACTOR})"
        )
    )
    return True


def take_statistics(session: Session, day: date) -> None:
    """Tell the planner what a snapshot put into the day's partition, so that the first batches are found by index."""
    if is_postgres(session):
        session.execute(text(f"ANALYZE {partition_name(day)}"))


def make_ahead(session: Session, *, now: datetime) -> int:
    """Make the partitions of today and of the days to come; how many were missing."""
    today = business_day(now)
    ahead = PARTITIONS_AHEAD_DAYS.get(session)
    return sum(ensure_day(session, today + timedelta(days=step)) for step in range(ahead + 1))


def drop_old(session: Session, *, now: datetime) -> list[date]:
    """Drop the deliveries of days past retention whose dispatches are all closed; which days."""
    before = business_day(now) - timedelta(days=DELIVERIES_KEEP_DAYS.get(session))
    open_days = set(session.scalars(select(Dispatch.day).where(Dispatch.day < before, Dispatch.closed_at.is_(None))))
    days = [day for day in _days(session) if day < before and day not in open_days]
    for day in days:
        if is_postgres(session):
            session.execute(text(f"DROP TABLE {partition_name(day)}"))
        else:
            session.execute(delete(deliveries).where(deliveries.c.day == day))
    return days


def was_dropped(session: Session, dispatch: Dispatch) -> bool:
    """Whether retention took the rows of this dispatch, so that they cannot be recounted."""
    if dispatch.closed_at is None or not dispatch.planned:
        return False
    mine = select(deliveries.c.reader_id).where(deliveries.c.day == dispatch.day, deliveries.c.dispatch_id == dispatch.id)
    return session.scalar(mine.limit(1)) is None


def _exists(session: Session, day: date) -> bool:
    return session.scalar(text("SELECT to_regclass(:name)"), {"name": partition_name(day)}) is not None


def _days(session: Session) -> list[date]:
    if not is_postgres(session):
        return list(session.scalars(select(deliveries.c.day).distinct().order_by(deliveries.c.day)))
    names = session.scalars(
        text("SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'deliveries'::regclass ORDER BY c.relname")
    )
    return [datetime.strptime(name.removeprefix("deliveries_p"), "%Y%m%d").date() for name in names]  # noqa: DTZ007  a day, no instant
