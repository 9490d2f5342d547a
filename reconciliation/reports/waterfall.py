"""From three totals to the agreed one: of each side, what it holds and the others do not hold alike. Pure.

A side's total less its steps is the agreed number, and so for all three sides alike; `Ladder.adds_up` says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from reconciliation.diff.classes import ATTRIBUTES, CLASSES, SIDES

REST: Final = ""
"""The step of all classes that have none of their own."""

STEPS_MAX: Final = 6
"""Steps of one side that are shown by themselves."""


@dataclass(frozen=True, slots=True)
class Step:
    """Orders that a side holds and that are not agreed.

    Attributes:
        name: of the class; `REST` for several.
        classes: how many there are in it.
    """

    name: str
    count: int
    classes: int = 1


@dataclass(frozen=True, slots=True)
class Ladder:
    """One side.

    Attributes:
        total: orders that it holds, active or paused, without those that were in flight.
        steps: what goes off, the largest first and `REST` last.
    """

    side: str
    total: int
    steps: tuple[Step, ...]
    agreed: int

    @property
    def adds_up(self) -> bool:
        """Whether the steps lead from the total to the agreed number."""
        return self.total - sum(one.count for one in self.steps) == self.agreed


def ladders(equal: Mapping[str, int], differences: Mapping[str, int], *, steps_max: int = STEPS_MAX) -> tuple[Ladder, ...]:
    """The three sides.

    Args:
        equal: keys that agree, by their letters.
        differences: keys that differ, by class.
    """
    agreed = sum(count for letters, count in equal.items() if set(letters) <= {"a", "p"})
    found = []
    for at, side in enumerate(SIDES):
        held = {name: count for name, count in differences.items() if count and _holds(name, at)}
        found.append(Ladder(side, agreed + sum(held.values()), _steps(held, steps_max), agreed))
    return tuple(found)


def _holds(name: str, side: int) -> bool:
    """Whether a side holds an order where a difference is of this class; where the letters agree all do."""
    return name in ATTRIBUTES or (name in CLASSES and name[side] in "ap")


def _steps(held: Mapping[str, int], most: int) -> tuple[Step, ...]:
    ranked = sorted(held.items(), key=lambda one: (-one[1], one[0]))
    if len(ranked) <= most:
        return tuple(Step(name, count) for name, count in ranked)
    kept, rest = ranked[: most - 1], ranked[most - 1 :]
    return (*(Step(name, count) for name, count in kept), Step(REST, sum(count for _, count in rest), len(rest)))
