"""Which reports there are: the last days with their figures, the months with what was mailed of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from care.models import ReportMail
from care.reports.around import complaints_by_day
from care.reports.monthly import days_of
from care.reports.sends import Sum, sends, total
from delivery import kinds
from monitoring import readership


@dataclass(frozen=True, slots=True)
class DayLine:
    """One day; `mails` by their state."""

    day: date
    whole: Sum
    complaints: int
    per_10000: float | None
    mails: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class MonthLine:
    """One month; `mails` by their state."""

    month: date
    mails: Mapping[str, int]


def day_lines(session: Session, until: date, number: int, *, city: str = "") -> list[DayLine]:
    """So many days up to `until`, the newest first; of readers of one city and mails of its version, where one is named."""
    since = until - timedelta(days=number - 1)
    found = [one for one in sends(session, since, until, city=city) if one.kind == kinds.EDITION]
    complaints = complaints_by_day(session, since, until, city=city)
    mails = _mails(session, "daily", since, until, city)
    paying = readership.paying(session, since, until + timedelta(days=1), city=city).readers
    lines = []
    for day in reversed(days_of(since, until)):
        count = sum(complaints.get(day, {}).values())
        lines.append(DayLine(day, total(one for one in found if one.day == day), count, count * 10_000 / paying if paying else None, mails.get(day, {})))
    return lines


def month_lines(session: Session, until: date, number: int, *, city: str = "") -> list[MonthLine]:
    """So many months up to that of `until`, the newest first; with mails of one city's version, where one is named."""
    months = [until.replace(day=1)]
    while len(months) < number:
        months.append((months[-1] - timedelta(days=1)).replace(day=1))
    mails = _mails(session, "month", months[-1], months[0], city)
    return [MonthLine(month, mails.get(month, {})) for month in months]


def _mails(session: Session, kind: str, since: date, until: date, city: str) -> dict[date, dict[str, int]]:
    one = ReportMail
    rows = session.execute(select(one.span, one.state, one.cities).where(one.kind == kind, one.span >= since, one.span <= until))
    found: dict[date, dict[str, int]] = {}
    for span, state, versions in rows:
        if city in (versions or [""]):
            states = found.setdefault(span, {})
            states[state] = states.get(state, 0) + 1
    return found
