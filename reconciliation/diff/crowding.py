"""Whether a feed holds more records of one number than can be: such a feed is refused, since records of one number are in memory together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt

from reconciliation.codecs.feeds.columns import Columns
from reconciliation.codecs.feeds.digits import Ints
from reconciliation.codecs.feeds.records import FeedError

PLACES: Final = 1 << 20
"""Numbers that are alike in their last 20 bits are counted in one place: four megabytes, however long the feed."""

SUSPECTS_MAX: Final = 64
"""So many full places are no accident: numbers are dealt out evenly."""


class Crowd:
    """Counts the records of a feed as they go by.

    Args:
        most: records of one number.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._counts: npt.NDArray[np.uint32] = np.zeros(PLACES, np.uint32)

    def add(self, block: Columns) -> None:
        """Count some records."""
        np.add.at(self._counts, block.msisdn & (PLACES - 1), 1)

    def suspects(self) -> Ints:
        """Places with more records than one number may have.

        Raises:
            FeedError: there are so many of them that a number has too many for certain, or the feed is made to look so.
        """
        found = np.flatnonzero(self._counts > self._most)
        if len(found) > SUSPECTS_MAX:
            raise FeedError("crowded", detail=f"at most {self._most:,}")
        return found

    def check(self, blocks: Iterable[Columns], suspects: Ints) -> None:
        """Read the feed once more and count each number of the suspect places by itself.

        Raises:
            FeedError: one has too many.
        """
        counts: Counter[int] = Counter()
        for block in blocks:
            numbers, found = np.unique(block.msisdn[np.isin(block.msisdn & (PLACES - 1), suspects)], return_counts=True)
            counts.update(dict(zip(numbers.tolist(), found.tolist(), strict=True)))
        most = max(counts.values(), default=0)
        if most > self._most:
            raise FeedError("crowded", detail=f"{most:,}, at most {self._most:,}")
