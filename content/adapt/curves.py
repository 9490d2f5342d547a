"""What quality buys: a picture's bytes and similarity over the JPEG quality.

Both are measured at a few qualities and drawn on between them by straight lines,
log bytes and log of what is missing to perfect similarity against the log of
the quantisation's scale, in which they are nearly straight.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from content.adapt.encoding import coarseness
from huabao.lazily import lazily

ANCHORS = (400, 500, 600, 700, 800, 900, 950)
"""Qualities in tenths at which pictures are measured; the first and the last are the lowest and the highest used."""

_LEAST_MISSING = 1e-6
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Curve:
    """One picture at one size.

    Attributes:
        log_bytes, log_missing: at the `ANCHORS`, rising and falling; missing is 1 - similarity.
    """

    log_bytes: tuple[float, ...]
    log_missing: tuple[float, ...]

    @classmethod
    def measured(cls, sizes_bytes: Sequence[int], similarities: Sequence[float]) -> Curve:
        """A curve through what was measured at the anchors; where a higher quality happens to be no better, the last better value goes on."""
        missing = (math.log(max(_LEAST_MISSING, 1.0 - similarity)) for similarity in similarities)
        return cls(tuple(accumulate((math.log(size) for size in sizes_bytes), max)), tuple(accumulate(missing, min)))

    def similarity(self, quality_tenths: int) -> float:
        """About what a JPEG of that quality has."""
        return 1.0 - math.exp(_between(_fineness_of(quality_tenths), _finenesses(), self.log_missing))

    def size_bytes(self, quality_tenths: int) -> float:
        """About what a JPEG of that quality takes."""
        return math.exp(_between(_fineness_of(quality_tenths), _finenesses(), self.log_bytes))

    def quality(self, similarity: float) -> int:
        """The lowest quality, in tenths, that has about this similarity: the highest one where none has."""
        wanted = -math.log(max(_LEAST_MISSING, 1.0 - similarity))
        if wanted >= self._likeness[-1]:
            return ANCHORS[-1]
        return _quality_of(_between(wanted, self._likeness, _finenesses()))

    @lazily
    def _likeness(self) -> tuple[float, ...]:
        return tuple(-missing for missing in self.log_missing)


def _fineness_of(quality_tenths: int) -> float:
    return _every_fineness()[quality_tenths - ANCHORS[0]]


@lru_cache(maxsize=1)
def _finenesses() -> tuple[float, ...]:
    return tuple(_fineness_of(quality) for quality in ANCHORS)


@lru_cache(maxsize=1)
def _every_fineness() -> tuple[float, ...]:
    return tuple(-math.log(coarseness(quality)) for quality in range(ANCHORS[0], ANCHORS[-1] + 1))


def _quality_of(fineness: float) -> int:
    """The lowest quality in tenths that is as fine."""
    return min(ANCHORS[-1], ANCHORS[0] + bisect_left(_every_fineness(), fineness - _ROUNDING))


def _between(at: float, rising: Sequence[float], values: Sequence[float]) -> float:
    """The value of a line through points, level beyond its ends."""
    right = min(len(rising) - 1, max(1, bisect_left(rising, at)))
    left = right - 1
    if at <= rising[0] or rising[right] <= rising[left]:
        return values[left]
    share = min(1.0, (at - rising[left]) / (rising[right] - rising[left]))
    return values[left] + share * (values[right] - values[left])
