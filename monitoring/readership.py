"""How many readers there were each day: counted once a day, kept for ever, so that no month is ever counted from its rows.

The rows of a day are by city and service; those with the service "" count each reader
once who pays for anything: the base of complaints per 10,000.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Index, Select, String, Subquery, case, exists, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from huabao.clock import SHANGHAI, business_day
from huabao.db import Base, bulk_insert
from huabao.runtime import Runtime
from reconciliation.runs.facts import offering
from subscribers.handset_classes import CANNOT_MMS
from subscribers.models import Reader, ReaderServiceMonth, Subscription

PAYING: Final = ""
"""The service that stands for all that are paid for."""

RETRIEVING: Final = timedelta(days=30)
"""Who fetched nothing for longer is not active."""


class ReadershipDay(Base):
    """A day's readers of one service in one city, as they were when the day was counted.

    Attributes:
        day: business day, Asia/Shanghai.
        city: "" where nobody knows.
        service_id: "" for readers who pay for any service, each once.
        active, paused: orders in that state; of "" readers with an active one, and none.
        stopped: active orders that the platform does not send to at present.
        with_mms: of the active readers of "", those whose handset takes an MMS; `handset_unknown` those of whom nobody knows it.
        retrieving: of the same, those who fetched a copy within `RETRIEVING`. All three None elsewhere, and of days before they were counted.
    """

    __tablename__ = "readership_days"
    __table_args__ = (Index("ix_readership_service", "service_id", "day"),)

    day: Mapped[date] = mapped_column(primary_key=True)
    city: Mapped[str] = mapped_column(String(40), primary_key=True)
    service_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    active: Mapped[int]
    paused: Mapped[int]
    stopped: Mapped[int]
    with_mms: Mapped[int | None]
    handset_unknown: Mapped[int | None]
    retrieving: Mapped[int | None]
    counted_at: Mapped[datetime]


COLUMNS: Final = ("day", "city", "service_id", "active", "paused", "stopped", "with_mms", "handset_unknown", "retrieving", "counted_at")


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
    found: list[tuple[Any, ...]] = [(*row, None, None, None) for row in session.execute(joined.where(s.state != "cancelled").group_by(city, s.service_id))]
    free = sorted(offering(session).free)
    whose = select(s.reader_id, func.max(case((active, 1), else_=0)).label("active"), func.max(case((stopped, 1), else_=0)).label("stopped"))
    one = whose.where(s.state != "cancelled", s.service_id.not_in(free)).group_by(s.reader_id).subquery()
    pays, known = one.c.active == 1, Reader.handset_class.is_not(None)
    sums = (func.sum(one.c.active), func.sum(1 - one.c.active), func.sum(one.c.stopped), _sum(pays & Reader.handset_class.not_in(CANNOT_MMS)), _sum(pays & ~known))
    paying = session.execute(select(city, *sums).join(one, one.c.reader_id == Reader.id).group_by(city)).all()
    lately: dict[str, int] = dict(session.execute(_retrieving(day, now, city, one)).all())
    found += [(row[0], PAYING, *row[1:], lately.get(row[0], 0)) for row in paying]
    if not paying:
        found.append(("", PAYING, 0, 0, 0, 0, 0, 0))  # a day without readers was counted too
    return [dict(zip(COLUMNS, (day, *row[:2], *(None if value is None else int(value) for value in row[2:]), now), strict=True)) for row in found]


def _retrieving(day: date, now: datetime, city: ColumnElement[str], one: Subquery) -> Select[str, int]:
    """Of those who pay, who fetched anything lately, by city."""
    m = ReaderServiceMonth
    months = sorted({(now - RETRIEVING).astimezone(SHANGHAI).date().replace(day=1), day.replace(day=1)})
    fetched = select(m.reader_id).where(m.month.in_(months), m.last_success_at >= now - RETRIEVING).distinct().subquery()
    joined = select(city, func.count()).join(one, (one.c.reader_id == Reader.id) & (one.c.active == 1)).join(fetched, fetched.c.reader_id == Reader.id)
    return joined.group_by(city)


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
