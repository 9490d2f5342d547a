"""The figures of one business day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from care.complaints import counting
from care.reports import around
from care.reports.around import Incident, PortDay, SeedDay, Stops
from care.reports.sends import Sent, Sum, exclusions, resends, sends, total
from delivery import kinds
from monitoring import readership
from reconciliation.reports.figures import Report
from reconciliation.reports.gathering import gather
from reconciliation.runs.boards import OpenClass, open_classes
from reconciliation.runs.models import DAILY

SAME_WEEKDAYS = 4
RUN_DAYS = 7
"""A run that is older says nothing of the day."""


@dataclass(frozen=True, slots=True)
class DayReport:
    """One day.

    Attributes:
        sends: every dispatch of the day; `whole` adds up those of editions, corrections and resends left out.
        earlier: the same sum of the four same weekdays before, the newest first; empty days left out.
        excluded: readers by reason, of the dispatches in `whole`.
        resends: readers who were sent a single copy again.
        run_of: the day that the newest reconciliation compared; None where there was none for a week.
        complaints: by cause; `month` is the month so far.
        paying: readers who pay, of that day; None where nobody counted.
        city: whose readers alone these are, "" for all. Of one city there are no ports, seeds, alarms or runs, which are all
            cities', nor resends, which are not counted by city.
        open: open differences of the city's readers by class, as of now.
    """

    day: date
    made_at: datetime
    sends: tuple[Sent, ...]
    whole: Sum
    earlier: tuple[tuple[date, Sum], ...]
    excluded: Mapping[str, int]
    resends: int
    ports: tuple[PortDay, ...]
    seeds: tuple[SeedDay, ...]
    alarms: tuple[Incident, ...]
    reconciliation: Report | None
    run_of: date | None
    stops: Stops
    complaints: Mapping[str, int]
    month: counting.Month
    paying: int | None
    city: str = ""
    open: tuple[OpenClass, ...] = ()

    @property
    def complained(self) -> int:
        """Complaints of the day."""
        return sum(self.complaints.values())

    @property
    def per_10000(self) -> float | None:
        """Complaints for each 10,000 readers who pay; None where nobody counted those."""
        return self.complained * 10_000 / self.paying if self.paying else None


def gather_day(session: Session, day: date, now: datetime, *, city: str = "") -> DayReport:
    """The day as it stands now.

    Args:
        city: whose readers alone are counted, "" for all.
    """
    found = sends(session, day, day, city=city)
    mine = [one for one in found if one.kind == kinds.EDITION]
    before = [(one, total(sent for sent in sends(session, one, one, city=city) if sent.kind == kinds.EDITION)) for one in weekdays(day)]
    run = None if city else _newest_run(session, day, now)
    return DayReport(
        day=day,
        made_at=now,
        sends=tuple(found),
        whole=total(mine),
        earlier=tuple((one, whole) for one, whole in before if whole.dispatches),
        excluded=exclusions(session, mine, city=city),
        resends=0 if city else resends(session, day, day),
        ports=() if city else tuple(around.ports(session, day, day)),
        seeds=() if city else tuple(around.seeds_of(session, found)),
        alarms=() if city else tuple(around.alarms(session, day, day, now)),
        reconciliation=run,
        run_of=run.days[-1].day if run is not None and run.days else None,
        stops=around.stops(session, day, day, city=city),
        complaints=around.complaints_by_day(session, day, day, city=city).get(day, {}),
        month=counting.monthly(session, day, now=now, city=city),
        paying=readership.paying(session, day, day + timedelta(days=1), city=city).readers,
        city=city,
        open=tuple(open_classes(session, city=city)) if city else (),
    )


def weekdays(day: date) -> list[date]:
    """The last four same weekdays before a day, the newest first."""
    return [day - timedelta(weeks=number) for number in range(1, SAME_WEEKDAYS + 1)]


def _newest_run(session: Session, day: date, now: datetime) -> Report:
    """What the run of that day found, or, while there is none, that of a day shortly before."""
    whole = gather(session, day - timedelta(days=RUN_DAYS - 1), day, kind=DAILY, made_at=now, masked=True, listed_max=0)
    newest = whole.days[-1].day if whole.days else day
    return gather(session, newest, newest, kind=DAILY, made_at=now, masked=True, listed_max=0)
