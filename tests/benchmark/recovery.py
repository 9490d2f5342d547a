"""What the schedule's learning is worth: a simulated population whose true rates are known, tried by the learnt schedule and by fixed ones.

Each day some readers are stopped. Whether a try reaches a reader depends on his cause and
on the hour alone, by rates that the schedules do not know. All schedules see the same
readers and the same luck, so the difference between two is paired by seed.
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean, stdev
from typing import Final

from reconciliation.stop_send.causes import MEMORY_FULL, UNKNOWN, UNREACHABLE
from reconciliation.stop_send.schedule import Arm, arms, choose, weighed
from tests.benchmark.figures import Figure, figure

HOURS: Final = tuple(range(9, 21))
DAYS_BETWEEN, TRIES_MAX, HALF_LIFE = 7, 6, 30.0
SEEDS, DAYS, STOPS_A_DAY = 20, 120, 40

TRUTH: Final[Mapping[str, Callable[[int], float]]] = {
    UNREACHABLE: lambda hour: 0.30 if hour >= 19 else 0.06,
    MEMORY_FULL: lambda hour: 0.28 if hour in (12, 13) else 0.08,
    UNKNOWN: lambda hour: 0.12,
}
"""The true rate of a try by hour: who is off comes home in the evening, who is full reads at noon, of the rest the hour says nothing."""

Learn = Callable[[str, int, int, bool], None]
Pick = Callable[[str, int, int, int], int]
"""(cause, reader, number of the try, day) to the hour."""


@dataclass
class Learner:
    """The product's schedule, fed by what its own tries brought."""

    known: dict[tuple[str, int, int], list[int]]
    _day: int = -1
    _arms: dict[str, Sequence[Arm]] = field(default_factory=dict)

    def pick(self, cause: str, reader: int, number: int, day: int) -> int:
        """The hour of a try; what is known is read once a day."""
        if day != self._day:
            rows = ((of, hour, float(day - at), tried, good) for (of, hour, at), (tried, good) in self.known.items())
            found = weighed(rows, HALF_LIFE)
            self._arms, self._day = {of: arms(found.get(of, {}), HOURS) for of in TRUTH}, day
        return choose(self._arms[cause], f"{reader}:{number}").hour

    def learn(self, cause: str, hour: int, day: int, reached: bool) -> None:
        """Remember a try."""
        one = self.known.setdefault((cause, hour, day), [0, 0])
        one[0] += 1
        one[1] += reached


def simulate(seed: int, pick: Pick, learn: Learn = lambda *_: None, *, days: int = DAYS, stops: int = STOPS_A_DAY) -> float:
    """The share of the stopped who were brought back."""
    people = random.Random(f"people:{seed}")
    causes = [people.choice(tuple(TRUTH)) for _ in range(days * stops)]
    due: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for reader in range(len(causes)):
        due[reader // stops].append((reader, 1))
    back = 0
    for day in range(days + DAYS_BETWEEN * TRIES_MAX):
        for reader, number in due.pop(day, ()):
            cause = causes[reader]
            hour = pick(cause, reader, number, day)
            luck = random.Random(f"{seed}:{reader}:{number}").random()
            reached = luck < TRUTH[cause](hour)
            learn(cause, hour, day, reached)
            back += reached
            if not reached and number < TRIES_MAX:
                due[day + DAYS_BETWEEN].append((reader, number + 1))
    return back / len(causes)


def learnt(seed: int, *, days: int = DAYS, stops: int = STOPS_A_DAY) -> float:
    """By the product's schedule."""
    learner = Learner({})
    return simulate(seed, learner.pick, learner.learn, days=days, stops=stops)


def fixed(seed: int, *, days: int = DAYS, stops: int = STOPS_A_DAY) -> float:
    """Always at ten in the morning."""
    return simulate(seed, lambda *_: 10, days=days, stops=stops)


def spread(seed: int, *, days: int = DAYS, stops: int = STOPS_A_DAY) -> float:
    """Round the hours, the same for every cause."""
    return simulate(seed, lambda _cause, reader, number, _day: HOURS[(reader * 7 + number) % len(HOURS)], days=days, stops=stops)


def best(seed: int, *, days: int = DAYS, stops: int = STOPS_A_DAY) -> float:
    """By the truth: what no schedule can exceed but by luck."""
    hours = {cause: max(HOURS, key=rate) for cause, rate in TRUTH.items()}
    return simulate(seed, lambda cause, *_: hours[cause], days=days, stops=stops)


def interval(values: list[float]) -> tuple[float, float, float]:
    """Mean and 95 % interval over seeds (normal; Student's t for fewer than 30 differs little at 20)."""
    half = 2.093 * stdev(values) / math.sqrt(len(values)) if len(values) > 1 else math.inf
    return fmean(values), fmean(values) - half, fmean(values) + half


def run() -> list[Figure]:
    """The share of the stopped that each schedule brings back, and the paired advantage of the learnt one, with intervals over seeds."""
    seeds = range(SEEDS)
    mine = [learnt(seed) for seed in seeds]
    found = []
    for name, other in (("fixed 10:00", fixed), ("spread over the hours", spread), ("the truth known", best)):
        theirs = [other(seed) for seed in seeds]
        mean, low, high = interval([one - two for one, two in zip(mine, theirs, strict=True)])
        said = f"{name}; advantage {100 * mean:+.1f} points, 95 % {100 * low:+.1f} to {100 * high:+.1f} over {SEEDS} seeds"
        found.append(figure("recovered by the learnt schedule", "%", [100 * one for one in mine], said, [100 * one for one in theirs]))
    return found
