"""The figures of the house at one look, each from counters, from a list that is kept, or along an index.

Money at risk is what is charged a month from readers who are not served at this moment: who is stopped, who is charged and ordered
and not served by us (an open difference), who never got anything. Nobody stands in two of these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from care.complaints.causes import REGULATOR
from care.models import Complaint
from care.overview.marks import NEVER, NEW
from care.overview.models import OverviewRound, ReaderMark, ReaderMove
from care.overview.moving import NAME as MOVES
from care.overview.rules import JOINED, LEFT
from care.reports.daily import weekdays
from care.reports.sends import Sum, sends, total
from delivery import kinds
from huabao.clock import business_day
from monitoring.kept import Kept
from monitoring.readership import PAYING, ReadershipDay
from reconciliation.diff import CLASSES
from reconciliation.runs.boards import open_classes
from reconciliation.stop_send.boards import paying_by_age

DAYS: Final = 30
NOT_SERVED: Final = "charged_not_served"
KEEP_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class OnTime:
    """How much of what was promised for an hour was there by then: of a day, and of the same weekday before."""

    day: date
    sum: Sum


@dataclass(frozen=True, slots=True)
class Readership:
    """Who pays, as of a day that was counted.

    Attributes:
        before: readers of the day that was counted some 30 days earlier, and which day that was; None where there was none.
        with_mms, handset_unknown, retrieving: of `readers`; None where nobody counted it yet.
        services: (service, orders in force, paused, stopped).
    """

    day: date
    readers: int
    before: int | None
    before_day: date | None
    with_mms: int | None
    handset_unknown: int | None
    retrieving: int | None
    services: Sequence[tuple[str, int, int, int]]


@dataclass(frozen=True, slots=True)
class Moves:
    """Orders that began or ended within some days; `causes` and `channels` the most first."""

    number: int
    today: int
    causes: Mapping[str, int]
    channels: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Watched:
    """A list that is kept: how many, how many of these got nothing yet, what they pay a month; None where it was never made."""

    number: int
    waiting: int
    fen: int
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Stopped:
    """Stopped and still paying; `over_30` are stopped for 30 days or longer, `over_60` of these for 60."""

    number: int
    fen: int
    over_30: int
    over_30_fen: int
    over_60: int
    over_60_fen: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """Complaints without an answer: how many, how many are past their time, when the next is due."""

    number: int
    overdue: int
    next_due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Overview:
    """All of it.

    Attributes:
        on_time: today first, then the last four same weekdays; empty for one city, whose lateness is not counted by itself.
        readership: None where no day was counted.
        unserved, unserved_fen: open differences in which somebody is charged and not served, and what they come to a month.
        never_fen: of who never got anything, those who are not stopped.
    """

    at: datetime
    on_time: Sequence[OnTime]
    readership: Readership | None
    joined: Moves
    left: Moves
    moves_at: datetime | None
    stopped: Stopped
    unserved: int
    unserved_fen: int
    unserved_classes: Sequence[tuple[str, int, int]]
    never: Watched
    never_fen: int
    new: Watched
    repeated: Waiting
    regulator: Waiting
    complaints: Waiting

    @property
    def risk_fen(self) -> int:
        """Fen a month."""
        return self.stopped.fen + self.unserved_fen + self.never_fen

    @property
    def churn(self) -> float | None:
        """Who left within the days, of who paid when they began; None where nobody counted."""
        base = None if self.readership is None else self.readership.before or self.readership.readers
        return self.left.number / base if base else None


_kept: Kept[Overview] = Kept(KEEP_S)


def overview(session: Session, now: datetime, *, city: str = "") -> Overview:
    """How it stands, at most half a minute old (more where counting takes long).

    Args:
        city: of that city's readers only.
    """
    return _kept.get(session, ("overview", city), now, lambda own: gather(own, now, city=city))


def gather(session: Session, now: datetime, *, city: str = "") -> Overview:
    """How it stands at this instant."""
    today = business_day(now)
    unserved = [one for one in open_classes(session, city=city) if one.name in CLASSES and CLASSES[one.name].direction == NOT_SERVED]
    moved = {what: _moves(session, what, today, city) for what in (JOINED, LEFT)}
    return Overview(
        at=now,
        on_time=() if city else [OnTime(day, total(one for one in sends(session, day, day, scopes=()) if one.kind == kinds.EDITION)) for day in (today, *weekdays(today))],
        readership=_readership(session, today, city),
        joined=moved[JOINED],
        left=moved[LEFT],
        moves_at=_round(session, MOVES),
        stopped=_stopped(session, now, city),
        unserved=sum(one.count for one in unserved),
        unserved_fen=sum(one.money_fen for one in unserved),
        unserved_classes=[(one.name, one.count, one.money_fen) for one in unserved],
        never=_watched(session, NEVER, city),
        never_fen=_watched(session, NEVER, city, sending=True).fen,
        new=_watched(session, NEW, city),
        repeated=_waiting(session, now, city, Complaint.previous_id.is_not(None)),
        regulator=_waiting(session, now, city, Complaint.channel == REGULATOR),
        complaints=_waiting(session, now, city),
    )


def _readership(session: Session, today: date, city: str) -> Readership | None:
    c = ReadershipDay
    day = session.scalar(select(func.max(c.day)).where(c.service_id == PAYING, c.day <= today))
    if day is None:
        return None
    sums = (func.sum(c.active), func.sum(c.with_mms), func.sum(c.handset_unknown), func.sum(c.retrieving))
    readers, with_mms, unknown, retrieving = session.execute(select(*sums).where(c.service_id == PAYING, c.day == day, *_of(c.city, city))).one()
    past = (c.service_id == PAYING, c.day <= day - timedelta(days=DAYS), c.day > day - timedelta(days=DAYS + 7))
    before_day = session.scalar(select(func.max(c.day)).where(*past))
    if before_day is None:
        before_day = session.scalar(select(func.min(c.day)).where(c.service_id == PAYING, c.day < day, c.day > day - timedelta(days=DAYS)))
    before = None if before_day is None else int(session.scalar(select(func.sum(c.active)).where(c.service_id == PAYING, c.day == before_day, *_of(c.city, city))) or 0)
    rows = session.execute(
        select(c.service_id, func.sum(c.active), func.sum(c.paused), func.sum(c.stopped)).where(c.day == day, c.service_id != PAYING, *_of(c.city, city)).group_by(c.service_id)
    )
    services = sorted(((name, int(active), int(paused), int(stopped)) for name, active, paused, stopped in rows), key=lambda one: (-one[1], one[0]))
    return Readership(day, int(readers or 0), before, before_day, _known(with_mms), _known(unknown), _known(retrieving), services)


def _known(value: int | None) -> int | None:
    return None if value is None else int(value)


def _moves(session: Session, what: str, today: date, city: str) -> Moves:
    c = ReaderMove
    rows = session.execute(
        select(c.cause, c.channel, func.count(), func.count().filter(c.day == today))
        .where(c.day > today - timedelta(days=DAYS), c.day <= today, c.what == what, *_of(c.city, city))
        .group_by(c.cause, c.channel)
    ).all()
    causes: dict[str, int] = {}
    channels: dict[str, int] = {}
    for cause, channel, number, _ in rows:
        causes[cause] = causes.get(cause, 0) + number
        channels[channel] = channels.get(channel, 0) + number
    return Moves(sum(row[2] for row in rows), sum(row[3] for row in rows), _ranked(causes), _ranked(channels))


def by_day(session: Session, today: date, *, city: str = "") -> list[tuple[date, int, int]]:
    """(day, joined, left) of the last 30 days, ascending; days on which nobody moved too."""
    c = ReaderMove
    within = (c.day > today - timedelta(days=DAYS), c.day <= today, *_of(c.city, city))
    counts = {(day, what): n for day, what, n in session.execute(select(c.day, c.what, func.count()).where(*within).group_by(c.day, c.what))}
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    return [(day, counts.get((day, JOINED), 0), counts.get((day, LEFT), 0)) for day in days]


def _ranked(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def _stopped(session: Session, now: datetime, city: str) -> Stopped:
    whole, month, two = paying_by_age(session, now, (0, 30, 60), city=city)
    return Stopped(*whole, *month, *two)


def _watched(session: Session, mark: str, city: str, *, sending: bool | None = None) -> Watched:
    c = ReaderMark
    mine = (c.mark == mark, *_of(c.city, city), *(() if sending is None else (c.sending.is_(sending),)))
    number, waiting, fen = session.execute(select(func.count(), func.count().filter(c.arrived_at.is_(None)), func.coalesce(func.sum(c.price_fen), 0)).where(*mine)).one()
    return Watched(number, waiting, int(fen or 0), _round(session, mark))


def _round(session: Session, name: str) -> datetime | None:
    found = session.get(OverviewRound, name)
    return None if found is None else found.at


def _waiting(session: Session, now: datetime, city: str, *which: ColumnElement[bool]) -> Waiting:
    c = Complaint
    found = select(func.count(), func.count().filter(c.due_at < now), func.min(c.due_at).filter(c.due_at >= now)).where(c.closed_at.is_(None), *which, *_of(c.city, city))
    return Waiting(*session.execute(found).one())


def _of(column: ColumnElement[str | None] | object, city: str) -> tuple[ColumnElement[bool], ...]:
    return (column == city,) if city else ()  # type: ignore[return-value]  # a column's comparison
