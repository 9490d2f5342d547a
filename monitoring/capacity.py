"""Will it be in time: a number of readers, a start, a deadline and some ports; what would bring it in time; the load of the days ahead.

How many readers a title has is taken from its last dispatch: counting them takes
seconds at a province's size, and is done where nothing was ever sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from content.models import Edition, Publication
from delivery import kinds
from delivery.dispatch import gains
from delivery.dispatch.capacity import HORIZON, Forecast, Supply, forecast
from delivery.dispatch.foresight import Window, present_readers, supplies, window_on
from delivery.models import Dispatch
from huabao.clock import business_day

STEPS = 96
"""Points of the drawing."""

DAYS_AHEAD = 7
EARLIER_MAX = 12
"""Tries to find a start that is early enough."""


@dataclass(frozen=True)
class Question:
    """A load.

    Attributes:
        ports: names; empty for all that are up and may carry `service_code`.
    """

    readers: int
    begin: datetime
    deadline: datetime
    ports: tuple[str, ...] = ()
    service_code: str | None = None


@dataclass(frozen=True)
class Remedies:
    """What would bring a load in time, each by itself; None where it would not, or not within a month.

    Attributes:
        more_per_s: readers a second that all ports together lack.
        begin_at: the latest start found that is in time; None where that is past.
        deadline_at: when it is through without any change.
        readers: how many are through in time.
    """

    more_per_s: int
    begin_at: datetime | None
    deadline_at: datetime | None
    readers: int


@dataclass(frozen=True)
class Answer:
    """The forecast of a question; `carries` are readers that the ports carry until the deadline."""

    question: Question
    forecast: Forecast
    supplies: Sequence[Supply]
    carries: int
    remedies: Remedies | None

    @property
    def capacity_per_s(self) -> float:
        """Readers a second that the ports carry on average until the deadline."""
        return self.carries / max(1.0, (self.question.deadline - self.question.begin).total_seconds())

    def curve(self) -> list[tuple[datetime, float, float, float]]:
        """(instant, through by contract, through at the rates kept up, needed) from the start until it is over."""
        question, found = self.question, self.forecast
        ends = [question.deadline, *(end for end in (found.finish_at, found.sustained_finish_at) if end is not None)]
        step = (max(ends) - question.begin) / STEPS
        whole = (question.deadline - question.begin).total_seconds()
        points = [question.begin + step * at for at in range(STEPS + 1)]
        return [(at, self._through(at), self._through(at, sustained=True), min(1.0, (at - question.begin).total_seconds() / whole) * question.readers) for at in points]

    def _through(self, at: datetime, *, sustained: bool = False) -> float:
        loads = self.forecast.loads
        return sum(min(loads.get(one.name, 0), one.carries(self.question.begin, at, sustained=sustained)) for one in self.supplies)


def answer(session: Session, question: Question, now: datetime) -> Answer:
    """The forecast, and what would bring it in time where it is not.

    Raises:
        UsageError: there is no such port.
    """
    carrying = supplies(session, question.service_code, question.ports)
    found = forecast(question.readers, carrying, question.begin, question.deadline)
    carries = int(sum(one.carries(question.begin, question.deadline) for one in carrying))
    late = bool(carrying) and found.deadline_met is False
    return Answer(question, found, carrying, carries, _remedies(question, found, carrying, carries, now) if late else None)


def _remedies(question: Question, found: Forecast, carrying: Sequence[Supply], carries: int, now: datetime) -> Remedies:
    lacking = (question.readers - carries) / max(1.0, (question.deadline - question.begin).total_seconds())
    return Remedies(max(1, -int(-lacking // 1)), _earlier(question, found, carrying, now), found.finish_at, min(carries, question.readers))


def _earlier(question: Question, found: Forecast, carrying: Sequence[Supply], now: datetime) -> datetime | None:
    """A start that is early enough: by as much as it is late, again and again, since hours and agreed rates move with it."""
    begin, end = question.begin, found.finish_at
    for _ in range(EARLIER_MAX):
        if end is None:
            return None
        if end <= question.deadline:
            return begin
        begin -= end - question.deadline
        if begin <= now:
            return None
        end = forecast(question.readers, carrying, begin, question.deadline).finish_at
    return None


# --- titles and the days ahead ---------------------------------------------------------------------------------------


def usual_readers(session: Session, publication: Publication, at: datetime) -> int:
    """Readers of the title's last dispatch; counted where there was none."""
    mine = (Edition.publication_id == publication.id, Dispatch.kind == kinds.EDITION, Dispatch.planned > 0)
    last = select(Dispatch.planned).join(Edition, Edition.id == Dispatch.edition_id).where(*mine).order_by(Dispatch.id.desc()).limit(1)
    return session.scalar(last) or present_readers(session, publication, at)


@dataclass(frozen=True)
class Load:
    """A title on one day; `carries` are readers whom its ports carry in its window."""

    publication: Publication
    window: Window
    readers: int
    gain: int
    carries: int

    @property
    def share(self) -> float:
        """Of what the ports carry in the window; more than 1 is not in time, 9.99 stands for all that is more."""
        return min(9.99, (self.readers + self.gain) / self.carries) if self.carries else 9.99


def calendar(session: Session, now: datetime) -> list[tuple[date, list[Load]]]:
    """The titles with windows on each of the next days, from tomorrow on."""
    titles = session.scalars(select(Publication).where(Publication.send_window != "").order_by(Publication.slug)).all()
    usual = {one.id: usual_readers(session, one, now) for one in titles}
    carrying = {code: supplies(session, code, ()) for code in {one.service_code for one in titles}}
    days = [business_day(now) + timedelta(days=ahead) for ahead in range(1, DAYS_AHEAD + 1)]
    return [(day, [_load(session, one, day, usual[one.id], carrying[one.service_code], now) for one in titles]) for day in days]


def _load(session: Session, title: Publication, day: date, readers: int, carrying: Sequence[Supply], now: datetime) -> Load:
    window = window_on(title, day, now)
    carries = int(sum(one.carries(window.begin, window.end) for one in carrying))
    return Load(title, window, readers, gains.expected(session, title.id, day, now=now), carries)


def fits_horizon(begin: datetime, deadline: datetime) -> bool:
    """Whether the deadline lies behind the start and near enough for a forecast."""
    return timedelta(0) < deadline - begin <= HORIZON
