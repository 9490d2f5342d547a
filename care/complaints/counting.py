"""What a month of complaints comes to: per 10,000 readers who pay, by cause, channel and city, beside the month before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Column, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from care.complaints.causes import CAUSES, REGULATOR
from care.models import Complaint
from huabao.clock import business_day
from monitoring import readership
from reconciliation.stop_send.report import span


@dataclass(frozen=True)
class Month:
    """One month.

    Attributes:
        month: its first day.
        paying: readers who paid on an average day of it; None where no day was counted.
        days: that were counted.
        by_cause: every cause that occurs, in the order of `CAUSES`.
        by_channel, by_city: the most first; the city "" is not known.
        repeated: from readers who had complained lately.
        open: without an answer yet; `overdue` of them past their time.
    """

    month: date
    complaints: int
    paying: int | None
    days: int
    by_cause: Mapping[str, int]
    by_channel: Mapping[str, int]
    by_city: Mapping[str, int]
    repeated: int
    regulator: int
    open: int
    overdue: int
    before: Month | None = field(default=None)

    @property
    def per_10000(self) -> float | None:
        """Complaints for each 10,000 readers who pay; None where nobody counted those, or nobody pays."""
        return self.complaints * 10_000 / self.paying if self.paying else None

    def to_document(self) -> dict[str, Any]:
        """For `--json` and the API; shares are of all complaints of the month."""
        rate = self.per_10000
        return {
            "month": f"{self.month:%Y-%m}",
            "complaints": self.complaints,
            "paying": self.paying,
            "days_counted": self.days,
            "per_10000": None if rate is None else round(rate, 2),
            "by_cause": {name: {"count": n, "share": round(n / self.complaints, 4)} for name, n in self.by_cause.items()},
            "by_channel": dict(self.by_channel),
            "by_city": dict(self.by_city),
            "repeated": self.repeated,
            "regulator": self.regulator,
            "open": self.open,
            "overdue": self.overdue,
            **({} if self.before is None else {"before": self.before.to_document()}),
        }


def monthly(session: Session, month: date, *, now: datetime, city: str = "") -> Month:
    """A month with the one before it.

    Args:
        month: any day of it.
        city: readers of that city only.
    """
    before = _month(session, (month.replace(day=1) - timedelta(days=1)).replace(day=1), now, city, None)
    return _month(session, month.replace(day=1), now, city, before)


def _month(session: Session, month: date, now: datetime, city: str, before: Month | None) -> Month:
    c, (begins, ends) = Complaint, span(month)
    within = [c.received_at >= begins, c.received_at < ends, *([c.city == city] if city else [])]
    causes = by(session, c.cause, within)
    base = readership.paying(session, month, business_day(ends), city=city)
    return Month(
        month=month,
        complaints=sum(causes.values()),
        paying=base.readers,
        days=base.days,
        by_cause={name: causes[name] for name in CAUSES if name in causes},
        by_channel=by(session, c.channel, within),
        by_city=by(session, c.city, within),
        repeated=_count(session, [*within, c.previous_id.is_not(None)]),
        regulator=_count(session, [*within, c.channel == REGULATOR]),
        open=_count(session, [*within, c.closed_at.is_(None)]),
        overdue=_count(session, [*within, c.closed_at.is_(None), c.due_at < now]),
        before=before,
    )


def by(session: Session, column: InstrumentedAttribute[Any] | Column[Any], conditions: list[Any]) -> dict[str, int]:
    """Complaints by what stands in a column, the most first; "" where nothing does."""
    number = func.count()
    rows = session.execute(select(column, number).where(*conditions).group_by(column).order_by(number.desc(), column))
    return {value or "": n for value, n in rows}


def by_hour(session: Session, since: datetime, until: datetime) -> dict[datetime, int]:
    """Complaints by the hour in which they were entered, an hour without one left out."""
    c, found = Complaint, dict[datetime, int]()
    for at in session.scalars(select(c.recorded_at).where(c.recorded_at >= since, c.recorded_at <= until)):
        hour = at.replace(minute=0, second=0, microsecond=0)
        found[hour] = found.get(hour, 0) + 1
    return found


def _count(session: Session, conditions: list[Any]) -> int:
    return session.scalar(select(func.count()).select_from(Complaint).where(*conditions)) or 0


def of_month(session: Session, month: date, *, city: str = "", after: int = 0, limit: int) -> Sequence[Complaint]:
    """The complaints of a month by their ids, those behind `after`."""
    c, (begins, ends) = Complaint, span(month)
    found = select(c).where(c.received_at >= begins, c.received_at < ends, c.id > after)
    return session.scalars((found.where(c.city == city) if city else found).order_by(c.id).limit(limit)).all()
