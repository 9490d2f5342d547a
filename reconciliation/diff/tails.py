"""Whether a side stops early: orders behind its last number that the other two hold.

A sorted file that was cut at the end of a line, and says no count, looks whole. What it
lacks lies all at its end, where the two others go on and it does not.
"""

from __future__ import annotations

from itertools import product
from typing import Final

import numpy as np

from reconciliation.diff.merging import SIDE_BITS, Chunk

_HOLDS: Final = (2, 3)
"""Active and paused, as a combination has them."""


def _lacking(side: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """By combination, whether that side has nothing and the two others an order."""
    found = np.zeros(1 << 3 * SIDE_BITS, np.bool_)
    others = [one for one in range(3) if one != side]
    for states in product(_HOLDS, repeat=2):
        found[sum(state << SIDE_BITS * other for state, other in zip(states, others, strict=True))] = True
    return found


_LACKING: Final = tuple(_lacking(side) for side in range(3))


class Tails:
    """Counts, for each side, what it lacks behind its last record."""

    def __init__(self) -> None:
        self.counts = [0, 0, 0]

    def look(self, chunk: Chunk) -> None:
        """Take up the next keys."""
        for side, places in enumerate(chunk.places):
            behind = int(places[-1]) + 1 if len(places) else 0
            if len(places):
                self.counts[side] = 0
            if behind < len(chunk.keys):
                self.counts[side] += int(np.count_nonzero(_LACKING[side][chunk.combined[behind:]]))
