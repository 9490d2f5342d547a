"""When to try a stopped reader again: for each cause the hour that brought most readers back, learnt from past attempts.

Each hour of a cause has a success rate that is not known; what past attempts say of it
is a Beta distribution, in which an old attempt counts less than a new one. The hour of
an attempt is that of the largest of one draw from each (Thompson sampling): hours that
did well are tried most, hours of which little is known now and then. The draw is seeded
by the stop and the number of the attempt, so it can be explained afterwards.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from sqlalchemy import Integer, cast, func, select
from sqlalchemy.orm import Session

from huabao.clock import SHANGHAI
from huabao.hours import Hours
from reconciliation.stop_send.models import RecoveryAttempt
from reconciliation.stop_send.settings import RECOVERY_DAYS, RECOVERY_HALF_LIFE_DAYS, RECOVERY_HOURS

PRIOR_WEIGHT: Final = 4.0
"""Attempts that the cause's mean counts for in an hour of which nothing is known."""

PRIOR_MEAN: Final = 0.3
"""Of a cause of which nothing is known: what a usual month brings."""

LOOK_BACK_HALF_LIVES: Final = 8
"""What is older counts less than half a percent, and is not read."""


@dataclass(frozen=True)
class Arm:
    """What is known of one hour of a cause.

    Attributes:
        tried, reached: attempts and successes, each weighed by its age.
        alpha, beta: of the Beta distribution.
    """

    hour: int
    tried: float
    reached: float
    alpha: float
    beta: float

    @property
    def mean(self) -> float:
        """The rate that is expected."""
        return self.alpha / (self.alpha + self.beta)


def arms(counts: Mapping[int, tuple[float, float]], hours: Sequence[int]) -> tuple[Arm, ...]:
    """The arms of a cause from (tried, reached) by hour; hours of which little is known lean on the cause's mean."""
    tried, reached = sum(one[0] for one in counts.values()), sum(one[1] for one in counts.values())
    mean = (reached + PRIOR_MEAN * PRIOR_WEIGHT) / (tried + PRIOR_WEIGHT)
    found = []
    for hour in hours:
        of_it, good = counts.get(hour, (0.0, 0.0))
        found.append(Arm(hour, of_it, good, PRIOR_WEIGHT * mean + good, PRIOR_WEIGHT * (1 - mean) + max(0.0, of_it - good)))
    return tuple(found)


def choose(known: Sequence[Arm], seed: str) -> Arm:
    """One draw from each arm; the largest wins."""
    draws = random.Random(seed)
    return max(((draws.betavariate(one.alpha, one.beta), one) for one in known), key=lambda pair: pair[0])[1]


def open_hours(text: str) -> tuple[int, ...]:
    """The whole hours, Asia/Shanghai, that begin while it is open."""
    hours = Hours.parse(text)
    day = datetime(2026, 1, 1, tzinfo=SHANGHAI)
    return tuple(hour for hour in range(24) if hours.is_open(day + timedelta(hours=hour))) or tuple(range(24))


@dataclass(frozen=True)
class Knowledge:
    """What the schedule knows now, by cause."""

    by_cause: Mapping[str, Mapping[int, tuple[float, float]]]
    hours: tuple[int, ...]
    days: Mapping[str, int]

    @classmethod
    def of(cls, session: Session, now: datetime) -> Knowledge:
        """From the attempts that ended, each weighed by its age."""
        half_life = RECOVERY_HALF_LIFE_DAYS.get(session)
        one = RecoveryAttempt
        since = now - timedelta(days=half_life * LOOK_BACK_HALF_LIVES)
        day = func.date(one.tried_at)
        rows = session.execute(
            select(one.cause, one.hour, day, func.count(), func.sum(cast(one.reached, Integer)))
            .where(one.ended_at.is_not(None), one.tried_at > since, one.hour.is_not(None), one.reached.is_not(None))
            .group_by(one.cause, one.hour, day)
        )
        found = weighed(((cause, hour, _age(str(day), now), number, reached) for cause, hour, day, number, reached in rows), half_life)
        return cls(found, open_hours(RECOVERY_HOURS.get(session)), {cause: setting.get(session) for cause, setting in RECOVERY_DAYS.items()})

    def arms(self, cause: str) -> tuple[Arm, ...]:
        """Of a cause, by hour."""
        return arms(self.by_cause.get(cause, {}), self.hours)

    def next_try(self, cause: str, stop_id: int, number: int, after: datetime) -> tuple[datetime, str]:
        """When attempt `number` of a stop is due, and why then."""
        arm = choose(self.arms(cause), f"{stop_id}:{number}")
        day = (after + timedelta(days=self.days[cause])).astimezone(SHANGHAI).date()
        at = datetime.combine(day, time(arm.hour), SHANGHAI).astimezone(after.tzinfo)
        why = f"{self.days[cause]} days on; {arm.hour:02}:00 drawn with {arm.mean:.0%} expected ({arm.reached:.1f} of {arm.tried:.1f} tries of late)"
        return at, why


def _age(day: str, now: datetime) -> float:
    then = datetime.fromisoformat(day[:10]).replace(tzinfo=now.tzinfo)
    return max(0.0, (now - then) / timedelta(days=1))


def weighed(rows: Iterable[tuple[str, int, float, int, int]], half_life: float) -> dict[str, dict[int, tuple[float, float]]]:
    """(tried, reached) by cause and hour from rows of (cause, hour, age in days, tried, reached)."""
    found: dict[str, dict[int, tuple[float, float]]] = {}
    for cause, hour, age, number, reached in rows:
        weight = 0.5 ** (age / half_life)
        tried, good = found.setdefault(cause, {}).get(hour, (0.0, 0.0))
        found[cause][hour] = (tried + weight * number, good + weight * (reached or 0))
    return found
