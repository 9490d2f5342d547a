"""How far a dispatch is: outcomes, rate, forecast, minute by minute.

One grouped pass over a dispatch's deliveries answers everything that the page
shows, so that tile, bar and chart never disagree. At 1.5 M rows the pass takes a
good part of a second; it is therefore kept for this process, for at least a
second and for four times as long as it took, however many pages are open. Of a
closed dispatch the tallies know it (`monitoring.tallies`), and of a large one that
runs they tell the page that is opened first: it says as of when, and the rows are
counted beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from content.models import Edition, EditionVersion, Publication
from delivery import kinds, lifecycle, partitions
from delivery.dispatch.carriers import expected_finish
from delivery.dispatch.lately import span_between
from delivery.lanes import RESEND
from delivery.models import Dispatch, Exclusion, Outcome, Submission, deliveries
from huabao.errors import UsageError
from huabao.minutes import minute_of, minute_sql
from monitoring.kept import Kept
from monitoring.tallies import Minute, course_of, latest_course

RATE_WINDOW_S = 60.0
"""`rate_per_s` looks back so far."""

LEFT = ("accepted", "partial", "refused", "unknown")
"""States of submissions that were answered and not put off."""

KEEP_S = 1.0
KEEP_CLOSED_S = 300.0
"""A closed dispatch changes by a late report only."""


@dataclass(frozen=True)
class Progress:
    """One look at one dispatch.

    Attributes:
        outcomes: readers by outcome, every outcome present, in the order of `Outcome`.
        rate_per_s: readers submitted a second, over the last minute (or since the start, if that is later).
        forecast_finish_at: when the last reader is submitted if the rate holds (before there is
            one: by the rates and hours of its ports); the true instant once it is; None while nobody sends.
        balanced: audience = planned + excluded, and planned = the sum of the outcomes;
            true where retention took the rows, since only a balance closes a dispatch.
        by_minute: ascending, minutes without a change left out; pending readers stand in none.
        measured_at: when the rows were counted.
    """

    dispatch_id: int
    state: str
    audience: int
    planned: int
    excluded: int
    outcomes: Mapping[str, int]
    rate_per_s: float
    forecast_finish_at: datetime | None
    balanced: bool
    by_minute: tuple[Minute, ...]
    measured_at: datetime


@dataclass(frozen=True)
class Summary:
    """One line of the list of dispatches."""

    dispatch: Dispatch
    publication: str
    number: str
    title: str
    progress: Progress


@dataclass(frozen=True)
class PortLoad:
    """One port in one dispatch; `rate_per_s` as in `Progress`."""

    port_id: int
    submissions: int
    recipients: int
    rate_per_s: float


_kept: Kept[Progress] = Kept(KEEP_S)


def dispatch_progress(session: Session, dispatch_id: int, now: datetime) -> Progress:
    """How far the dispatch is; at most a second (or four times the cost of counting) old.

    Raises:
        UsageError: there is no such dispatch.
    """
    state = session.scalar(select(Dispatch.state).where(Dispatch.id == dispatch_id))
    keep_s = KEEP_CLOSED_S if state == lifecycle.CLOSED else 0.0
    return _kept.get(
        session, (dispatch_id, state), now, lambda own: count_progress(own, dispatch_id, now), keep_s=keep_s, told=lambda own: _lately(own, dispatch_id, now)
    )  # fmt: skip


def count_progress(session: Session, dispatch_id: int, now: datetime) -> Progress:
    """How far the dispatch is, counted at this instant.

    Raises:
        UsageError: there is no such dispatch.
    """
    dispatch = session.get(Dispatch, dispatch_id, populate_existing=True)
    if dispatch is None:
        raise UsageError(f"there is no dispatch {dispatch_id}; `huabao dispatch status` takes the number that `dispatch start` printed")
    return _progress(session, dispatch, _told(session, dispatch) or _counted(session, dispatch, now), now)


def _lately(session: Session, dispatch_id: int, now: datetime) -> tuple[Progress, datetime] | None:
    """How far a large dispatch was a moment ago, by its tallies or as this process knew it in its last state; None where counting takes no time, or nobody counted lately."""
    dispatch = session.get(Dispatch, dispatch_id)
    told = None if dispatch is None else latest_course(session, dispatch, now)
    if dispatch is None or told is None:
        return None
    found = (_every(told.outcomes), told.minutes, told.at)
    for state in lifecycle.TRANSITIONS:
        known = _kept.known(session, (dispatch_id, state))
        if known is not None and known[1] > found[2]:
            found = (dict(known[0].outcomes), known[0].by_minute, known[1])
    outcomes, minutes, at = found
    return _progress(session, dispatch, (outcomes, minutes, _sent_lately(session, dispatch, now), at), now), at


def _sent_lately(session: Session, dispatch: Dispatch, now: datetime) -> int:
    span = span_between(session, dispatch.id, now - timedelta(seconds=RATE_WINDOW_S), now)
    return 0 if span is None else int(session.scalar(select(func.sum(Submission.recipients)).where(*span.sql, Submission.state.in_(LEFT))) or 0)


def _progress(session: Session, dispatch: Dispatch, counts: _Counts, now: datetime) -> Progress:
    outcomes, minutes, recent, at = counts
    dropped = partitions.was_dropped(session, dispatch)
    excluded = session.scalar(select(func.count()).select_from(Exclusion).where(Exclusion.dispatch_id == dispatch.id)) or 0
    rate = rate_of(recent, dispatch.started_at, now)
    return Progress(
        dispatch_id=dispatch.id,
        state=dispatch.state,
        audience=dispatch.audience,
        planned=dispatch.planned,
        excluded=excluded,
        outcomes=outcomes,
        rate_per_s=rate,
        forecast_finish_at=_finish(session, dispatch, outcomes["pending"], rate, now),
        balanced=dropped or (dispatch.audience == dispatch.planned + excluded and dispatch.planned == sum(outcomes.values())),
        by_minute=minutes,
        measured_at=at,
    )


_Counts = tuple[dict[str, int], tuple[Minute, ...], int, datetime]
"""Readers by outcome, by minute, those who left lately, and as of when."""


def _told(session: Session, dispatch: Dispatch) -> _Counts | None:
    """By what was kept of a closed dispatch: its rows need not be counted, nor be there any more."""
    course = course_of(session, dispatch)
    if course is None:
        return None
    return _every(course.outcomes), course.minutes, 0, course.at


def _every(outcomes: Mapping[str, int]) -> dict[str, int]:
    return {outcome.name.lower(): outcomes.get(outcome.name.lower(), 0) for outcome in Outcome}


def _counted(session: Session, dispatch: Dispatch, now: datetime) -> _Counts:
    outcomes = {outcome.name.lower(): 0 for outcome in Outcome}
    minutes: dict[datetime, dict[str, int]] = {}
    recent = 0
    for row in _grouped(session, dispatch, now):
        name = Outcome(row.outcome).name.lower()
        outcomes[name] += row.readers
        recent += row.recent
        if row.minute is not None:
            counts = minutes.setdefault(minute_of(row.minute), {})
            counts[name] = counts.get(name, 0) + row.readers
    return outcomes, tuple(Minute(at, minutes[at]) for at in sorted(minutes)), recent, now


def _grouped(session: Session, dispatch: Dispatch, now: datetime) -> Iterable[Any]:
    moment = func.coalesce(deliveries.c.outcome_at, deliveries.c.submitted_at)
    minute = minute_sql(session, moment).label("minute")
    recent = func.sum(case((deliveries.c.submitted_at > now - timedelta(seconds=RATE_WINDOW_S), 1), else_=0)).label("recent")
    return session.execute(
        select(deliveries.c.outcome, minute, func.count().label("readers"), recent)
        .where(deliveries.c.day == dispatch.day, deliveries.c.dispatch_id == dispatch.id)
        .group_by(deliveries.c.outcome, minute)
    ).all()


def rate_of(recent: int, started_at: datetime | None, now: datetime) -> float:
    """Readers a second, when `recent` of them left within the last `RATE_WINDOW_S`."""
    if not recent:
        return 0.0
    span_s = RATE_WINDOW_S if started_at is None else min(RATE_WINDOW_S, max(1.0, (now - started_at).total_seconds()))
    return recent / span_s


def _finish(session: Session, dispatch: Dispatch, pending: int, rate_per_s: float, now: datetime) -> datetime | None:
    """See `Progress.forecast_finish_at`; before it has a rate the dispatch is forecast as `dispatch status` does it."""
    if rate_per_s <= 0 and dispatch.sent_at is None and dispatch.state in lifecycle.AHEAD:
        return expected_finish(session, dispatch, now)
    return forecast(dispatch.state, pending, rate_per_s, dispatch.sent_at, max(now, dispatch.start_at))


def forecast(state: str, pending: int, rate_per_s: float, sent_at: datetime | None, begin: datetime) -> datetime | None:
    """When the last reader is submitted, see `Progress.forecast_finish_at`."""
    if sent_at is not None:
        return sent_at
    if state not in lifecycle.AHEAD or rate_per_s <= 0:
        return None
    return begin + timedelta(seconds=pending / rate_per_s)


LINES: Final = (
    select(Dispatch, Publication.title, Edition.number, EditionVersion.title)
    .join(Edition, Edition.id == Dispatch.edition_id)
    .join(Publication, Publication.id == Edition.publication_id)
    .join(EditionVersion, EditionVersion.id == Dispatch.edition_version_id)
    .where(Dispatch.kind.not_in(kinds.UNCOUNTED), Dispatch.lane != RESEND)
)
"""Dispatches but those to test handsets and to single readers who asked, with what they are called."""


def recent_dispatches(session: Session, now: datetime, *, before_id: int | None = None, limit: int = 20) -> list[Summary]:
    """The newest dispatches but those to test handsets and to single readers who asked, newest first, those with an id below `before_id` where one is given."""
    wanted = LINES.order_by(Dispatch.id.desc()).limit(limit)
    if before_id is not None:
        wanted = wanted.where(Dispatch.id < before_id)
    return [Summary(dispatch, publication, number, title, dispatch_progress(session, dispatch.id, now)) for dispatch, publication, number, title in session.execute(wanted)]


def exclusions_by_reason(session: Session, dispatch_id: int) -> dict[str, int]:
    """Excluded readers by reason, most first."""
    readers = func.count()
    rows = session.execute(select(Exclusion.reason, readers).where(Exclusion.dispatch_id == dispatch_id).group_by(Exclusion.reason).order_by(readers.desc(), Exclusion.reason))
    return dict(rows.all())


def submissions_by_state(session: Session, dispatch_id: int) -> dict[str, int]:
    """Submissions by state, most first."""
    rows = session.execute(select(Submission.state, func.count()).where(Submission.dispatch_id == dispatch_id).group_by(Submission.state))
    return dict(sorted(rows, key=lambda row: (-row[1], row[0])))


def port_loads(session: Session, dispatch: Dispatch, now: datetime) -> list[PortLoad]:
    """What each port took of the dispatch: answered submissions that were not put off."""
    since = now - timedelta(seconds=RATE_WINDOW_S)
    recent = func.sum(case((Submission.answered_at > since, Submission.recipients), else_=0))
    rows = session.execute(
        select(Submission.port_id, func.count(), func.sum(Submission.recipients), recent)
        .where(Submission.dispatch_id == dispatch.id, Submission.state.in_(LEFT))
        .group_by(Submission.port_id)
        .order_by(Submission.port_id)
    )
    return [PortLoad(port_id, count, int(recipients), rate_of(int(late), dispatch.started_at, now)) for port_id, count, recipients, late in rows]
