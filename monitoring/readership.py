"""How many readers there were each day: counted once a day, kept for ever, so that no month is ever counted from its rows.

The rows of a day are by city and service; those with the service "" count each reader
once who pays for anything: the base of complaints per 10,000.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Index, String, case, exists, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from huabao.clock import business_day
from huabao.db import Base, bulk_insert
from huabao.runtime import Runtime
from reconciliation.runs.facts import offering
from subscribers.models import Reader, Subscription

PAYING: Final = ""
"""The service that stands for all that are paid for."""


class ReadershipDay(Base):
    """A day's readers of one service in one city, as they were when the day was counted.

    Attributes:
        day: business day, Asia/Shanghai.
        city: "" where nobody knows.
        service_id: "" for readers who pay for any service, each once.
        active, paused: orders in that state; of "" readers with an active one, and none.
        stopped: active orders that the platform does not send to at present.
    """

    __tablename__ = "readership_days"
    __table_args__ = (Index("ix_readership_service", "service_id", "day"),)

    day: Mapped[date] = mapped_column(primary_key=True)
    city: Mapped[str] = mapped_column(String(40), primary_key=True)
    service_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    active: Mapped[int]
    paused: Mapped[int]
    stopped: Mapped[int]
    counted_at: Mapped[datetime]


COLUMNS: Final = ("day", "city", "service_id", "active", "paused", "stopped", "counted_at")


def count_today(runtime: Runtime) -> bool:
    """Count the day unless it was; whether it was counted now. Reads every order once."""
    now = runtime.now()
    with runtime.transaction(read_only=True) as session:
        if session.scalar(select(exists().where(ReadershipDay.day == business_day(now)))):
            return False
        rows = _rows(session, business_day(now), now)
    with runtime.transaction() as session:
        if session.scalar(select(exists().where(ReadershipDay.day == business_day(now)))):
            return False
        bulk_insert(session, ReadershipDay, rows, columns=COLUMNS)
    return True


def _rows(session: Session, day: date, now: datetime) -> list[Mapping[str, object]]:
    s, city = Subscription, func.coalesce(Reader.city, "")
    active, stopped = s.state == "active", (s.state == "active") & (s.stop_state != "sending")
    joined = select(city, s.service_id, _sum(active), _sum(s.state == "paused"), _sum(stopped)).join(Reader, Reader.id == s.reader_id)
    found: list[tuple[Any, ...]] = [tuple(row) for row in session.execute(joined.where(s.state != "cancelled").group_by(city, s.service_id))]
    free = sorted(offering(session).free)
    whose = select(s.reader_id, func.max(case((active, 1), else_=0)).label("active"), func.max(case((stopped, 1), else_=0)).label("stopped"))
    one = whose.where(s.state != "cancelled", s.service_id.not_in(free)).group_by(s.reader_id).subquery()
    paying = select(city, func.sum(one.c.active), func.sum(1 - one.c.active), func.sum(one.c.stopped)).join(one, one.c.reader_id == Reader.id)
    found += [(row[0], PAYING, *row[1:]) for row in session.execute(paying.group_by(city))]
    if not any(row[1] == PAYING for row in found):
        found.append(("", PAYING, 0, 0, 0))  # a day without readers was counted too
    return [dict(zip(COLUMNS, (day, row[0], row[1], int(row[2]), int(row[3]), int(row[4]), now), strict=True)) for row in found]


def _sum(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


@dataclass(frozen=True)
class Base10k:
    """Readers who pay, on average of the days that were counted.

    Attributes:
        readers: None where no day of the span was counted.
    """

    readers: int | None
    days: int


def paying(session: Session, since: date, until: date, *, city: str = "") -> Base10k:
    """Who paid on the days from `since` to before `until`, on average.

    Args:
        city: of that city only.
    """
    c = ReadershipDay
    found = select(func.sum(c.active), func.count(c.day.distinct())).where(c.service_id == PAYING, c.day >= since, c.day < until)
    total, days = session.execute(found.where(c.city == city) if city else found).one()
    if city and not days:
        days = session.scalar(select(func.count(c.day.distinct())).where(c.service_id == PAYING, c.day >= since, c.day < until)) or 0
    return Base10k(round(int(total or 0) / days) if days else None, int(days))
