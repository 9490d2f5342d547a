"""The figures of one month, beside the month before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from care.complaints import counting
from care.reports import around
from care.reports.around import Incident, PortDay
from care.reports.sends import Sent, Sum, cells_together, resends, sends, total
from delivery import kinds
from huabao.clock import business_day
from monitoring.tallies import CODE, PORT
from reconciliation.reports.figures import Report
from reconciliation.reports.gathering import gather
from reconciliation.runs.boards import OpenClass, open_classes
from reconciliation.runs.models import MONTHLY
from reconciliation.stop_send.report import Month as RecoveryMonth
from reconciliation.stop_send.report import monthly as recovery_of

ALARMS_MAX = 2000


@dataclass(frozen=True, slots=True)
class MonthReport:
    """One month.

    Attributes:
        since, until: its days; of a month that runs, up to today.
        sends: dispatches of editions; `days` adds them up by day, every day of the span being there.
        before: the sum of the month before.
        codes: readers by a port's code and outcome, of what did not reach them.
        publications: the sum of each title.
        is_over: whether the month is.
        city: whose readers alone these are, "" for all; of one city there are no ports, alarms, runs or resends (see `DayReport`).
        open: open differences of the city's readers by class, as of now.
    """

    month: date
    since: date
    until: date
    made_at: datetime
    sends: tuple[Sent, ...]
    whole: Sum
    before: Sum
    days: Mapping[date, Sum]
    publications: Mapping[str, Sum]
    codes: Mapping[str, Mapping[str, int]]
    resends: int
    ports: tuple[PortDay, ...]
    alarms: tuple[Incident, ...]
    reconciliation: Report | None
    recovery: RecoveryMonth
    recovery_before: RecoveryMonth
    complaints: counting.Month
    complaints_by_day: Mapping[date, Mapping[str, int]]
    city: str = ""
    open: tuple[OpenClass, ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether every day of the month is in it."""
        return (self.until + timedelta(days=1)).day == 1 and business_day(self.made_at) > self.until


def gather_month(session: Session, month: date, now: datetime, *, city: str = "") -> MonthReport:
    """The month as it stands now.

    Args:
        month: any day of it.
        city: whose readers alone are counted, "" for all.
    """
    first = month.replace(day=1)
    last = last_day(first)
    until = max(first, min(last, business_day(now)))
    earlier = (first - timedelta(days=1)).replace(day=1)
    found = [one for one in sends(session, first, until, scopes=(PORT, CODE), city=city) if one.kind == kinds.EDITION]
    return MonthReport(
        month=first,
        since=first,
        until=until,
        made_at=now,
        sends=tuple(found),
        whole=total(found),
        before=total(one for one in sends(session, earlier, last_day(earlier), city=city) if one.kind == kinds.EDITION),
        days={day: total(one for one in found if one.day == day) for day in days_of(first, until)},
        publications={name: total(one for one in found if one.publication == name) for name in sorted({one.publication for one in found})},
        codes={code: outcomes for code, outcomes in cells_together(found, CODE).items() if set(outcomes) - {"retrieved"}},
        resends=0 if city else resends(session, first, until),
        ports=() if city else tuple(around.ports(session, first, until)),
        alarms=() if city else tuple(around.alarms(session, first, until, now, limit=ALARMS_MAX)),
        reconciliation=None if city else gather(session, first, last, kind=MONTHLY, made_at=now, masked=True, listed_max=0),
        recovery=recovery_of(session, first, city=city),
        recovery_before=recovery_of(session, earlier, city=city),
        complaints=counting.monthly(session, first, now=now, city=city),
        complaints_by_day=around.complaints_by_day(session, first, until, city=city),
        city=city,
        open=tuple(open_classes(session, city=city)) if city else (),
    )


def last_day(first: date) -> date:
    """The last day of the month that begins at `first`."""
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def days_of(since: date, until: date) -> list[date]:
    """Every day of the span, both within."""
    return [since + timedelta(days=number) for number in range((until - since).days + 1)]
