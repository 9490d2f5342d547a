"""Will it be in time: readers sent so far, minute by minute, and where that leads.

What was sent is counted from submissions, which are few where recipients are
grouped. The forecast goes on at the rate of the last minutes; its band holds the true
course in four of five cases if minutes differ by chance as they did.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from delivery import lifecycle
from delivery.models import Dispatch, Submission
from huabao.minutes import minute_of, minute_sql
from monitoring.kept import Kept
from monitoring.measures import LEFT, Progress

BASE_MIN = 15
"""The forecast rests on so many last whole minutes."""

BAND = 1.2816
"""Standard deviations on either side that hold four of five."""

AHEAD_POINTS = 24
HOURS_MAX = 24


@dataclass(frozen=True)
class Ahead:
    """One instant to come: readers sent by then, as forecast, and the edges of the band."""

    at: datetime
    middle: float
    low: float
    high: float


@dataclass(frozen=True)
class Course:
    """How a dispatch goes.

    Attributes:
        past: (end of a minute, readers sent by then), ascending.
        ahead: empty while nobody sends and once everybody has been sent to.
        needed: readers a second from now on that meet the deadline; None where there is none or it is over.
    """

    planned: int
    past: tuple[tuple[datetime, int], ...]
    ahead: tuple[Ahead, ...]
    deadline_at: datetime | None
    needed: float | None
    at: datetime


_kept: Kept[tuple[tuple[datetime, int], ...]] = Kept(2.0)


def course(session: Session, dispatch: Dispatch, progress: Progress, now: datetime) -> Course:
    """How the dispatch goes and where that leads; `progress` is what its page shows."""
    dispatch_id = dispatch.id
    minutes = _kept.get(session, (dispatch_id, dispatch.state), now, lambda own: sent_by_minute(own, dispatch_id))
    sent = progress.planned - progress.outcomes["pending"] - progress.outcomes["cancelled"]
    past = _cumulated(minutes, sent, dispatch.sent_at or now)
    left = progress.outcomes["pending"]
    going = dispatch.state == lifecycle.SENDING and dispatch.sent_at is None and left > 0
    ahead = forecast(last_minutes(minutes, now), sent, sent + left, now) if going else ()
    deadline = dispatch.deadline_at
    needed = left / (deadline - now).total_seconds() if deadline is not None and deadline > now and left and dispatch.state in lifecycle.AHEAD else None
    return Course(progress.planned, past, ahead, deadline, needed, now)


def sent_by_minute(session: Session, dispatch_id: int) -> tuple[tuple[datetime, int], ...]:
    """Readers by the minute in which their submission was answered, ascending."""
    minute = minute_sql(session, func.coalesce(Submission.answered_at, Submission.written_at)).label("minute")
    wanted = (Submission.dispatch_id == dispatch_id, Submission.state.in_(LEFT))
    rows = session.execute(select(minute, func.sum(Submission.recipients)).where(*wanted).group_by(minute))
    return tuple(sorted((minute_of(at), int(count)) for at, count in rows))


def _cumulated(minutes: Sequence[tuple[datetime, int]], sent: int, now: datetime) -> tuple[tuple[datetime, int], ...]:
    """Ends at what the page calls sent: who was sent to twice counts once there."""
    if not minutes:
        return ()
    total, points = 0, [(minutes[0][0], 0)]
    for at, count in minutes:
        total += count
        points.append((min(at + timedelta(minutes=1), max(now, at)), min(total, sent)))
    return (*points[:-1], (points[-1][0], sent))


def last_minutes(minutes: Sequence[tuple[datetime, int]], now: datetime) -> list[int]:
    """Readers of each of the last whole minutes, those without any included; at most `BASE_MIN`, none before the first."""
    known = dict(minutes)
    if not known:
        return []
    this = datetime.fromtimestamp(int(now.timestamp()) // 60 * 60, tz=UTC)
    back = [this - timedelta(minutes=number) for number in range(1, BASE_MIN + 1)]
    found = [known.get(at, 0) for at in back if at >= min(known)]
    return found or [known.get(this, 0)]


def forecast(base: Sequence[int], sent: int, whole: int, now: datetime) -> tuple[Ahead, ...]:
    """From `sent` to `whole` at the mean of `base` (readers a minute), with the band; () where nothing moves.

    The band never passes `whole` nor falls below `sent`, and the last point is where
    the forecast reaches `whole`, at most a day ahead.
    """
    mean = sum(base) / len(base) if base else 0.0
    if mean <= 0:
        return ()
    spread = math.sqrt(sum((one - mean) ** 2 for one in base) / (len(base) - 1)) if len(base) > 1 else mean
    minutes = min((whole - sent) / mean, HOURS_MAX * 60.0)
    points = []
    for number in range(AHEAD_POINTS + 1):
        t = minutes * number / AHEAD_POINTS
        middle, half = sent + mean * t, BAND * spread * math.sqrt(t)
        points.append(Ahead(now + timedelta(minutes=t), min(middle, whole), max(float(sent), min(middle - half, whole)), min(middle + half, float(whole))))
    return tuple(points)
