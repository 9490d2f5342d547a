"""What each combination of three sides means, as arrays to look up by it.

A combination has three bits for each side (`merging.SIDE_BITS`): 0 absent, else the record's state + 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np
import numpy.typing as npt

from reconciliation.diff.classes import ATTRIBUTES, CLASSES
from reconciliation.diff.merging import SIDE_BITS

COMBINATIONS: Final = 1 << 3 * SIDE_BITS
NAMES: Final = tuple(CLASSES)
INDEX: Final = {name: at for at, name in enumerate(NAMES)}
ATTRIBUTE_CLASSES: Final = np.array([0, *(INDEX[name] for name in ATTRIBUTES)], np.int64)
"""The class of each attribute, counted from 1."""

DIRECTIONS: Final = np.array([CLASSES[name].direction for name in NAMES])
STATE_NAMES: Final = {0: "absent", 1: "unknown", 2: "active", 3: "paused", 4: "cancelled"}
_LETTERS: Final = {1: "u", 2: "a", 3: "p", 4: "x"}


@dataclass(frozen=True, slots=True)
class Tables:
    """Looked up by combination.

    Attributes:
        classes: index of the class in `NAMES`.
        known: how many sides are known.
        differs: at least two are known, and do not say the same.
        alike: all known sides, at least two, say active or all say paused, so that attributes are compared.
        states: for each side, the names of its states by the side's bits.
    """

    classes: npt.NDArray[np.int64]
    known: npt.NDArray[np.int64]
    differs: npt.NDArray[np.bool_]
    alike: npt.NDArray[np.bool_]
    states: tuple[dict[int, str], dict[int, str], dict[int, str]]


def tables(absent_is_known: Sequence[bool]) -> Tables:
    """The tables for three sides.

    Args:
        absent_is_known: of each side, whether a key without a record is absent; else it is unknown there.
    """
    found = Tables(
        np.zeros(COMBINATIONS, np.int64),
        np.zeros(COMBINATIONS, np.int64),
        np.zeros(COMBINATIONS, np.bool_),
        np.zeros(COMBINATIONS, np.bool_),
        _states(absent_is_known),
    )
    for states in product(range(5), repeat=3):
        letters = [_LETTERS.get(state, "x" if known else "u") for state, known in zip(states, absent_is_known, strict=True)]
        says = [one for one in letters if one != "u"]
        at = sum(state << SIDE_BITS * side for side, state in enumerate(states))
        found.classes[at] = INDEX["".join(letters)]
        found.known[at] = len(says)
        found.differs[at] = len(set(says)) > 1
        found.alike[at] = len(says) > 1 and set(says) in ({"a"}, {"p"})
    return found


def _states(absent_is_known: Sequence[bool]) -> tuple[dict[int, str], dict[int, str], dict[int, str]]:
    boss, misc, platform = (STATE_NAMES | {0: "absent" if known else "unknown"} for known in absent_is_known)
    return boss, misc, platform
