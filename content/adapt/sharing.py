"""A budget shared over pictures so that the one least like its original is as much like it as can be."""

from __future__ import annotations

from collections.abc import Sequence

from content.adapt.curves import ANCHORS
from content.adapt.encoding import LOSSLESS, Encoding
from content.adapt.renditions import Rendition

STEPS_MAX = 17
"""Halvings of the range of similarity: finer than a tenth of a quality."""

_NEARLY, _NEARLY_MIDDLE = 0.985, 0.995
_FILLED = 0.996
"""Shares of the budget at which the search for a common similarity, and the filling, are content."""

_TRIES_MAX = 6


def shared(renditions: Sequence[Rendition], budget_bytes: int) -> list[Encoding]:
    """The encodings that make the worst picture best within the budget.

    All reach one similarity, as far as none needs more than the highest quality for it. What that leaves over lifts the
    worst picture, again and again, until nothing more fits.

    Args:
        renditions: that fit the budget, each at its lowest quality.
    """
    encodings = _level(renditions, budget_bytes)
    _fill(renditions, encodings, budget_bytes)
    return encodings


def total_bytes(encodings: Sequence[Encoding]) -> int:
    """Of all together."""
    return sum(len(one.data) for one in encodings)


def _level(renditions: Sequence[Rendition], budget_bytes: int) -> list[Encoding]:
    """Encodings of about one similarity that take most of the budget.

    The search is on curves; what it finds is encoded, and aimed anew by what that took. Whole qualities only, so that
    variants of one class come upon the same encodings.
    """
    best = [one.at(one.lowest) for one in renditions]
    aim = _NEARLY_MIDDLE * budget_bytes
    for _ in range(_TRIES_MAX):
        qualities = _qualities(renditions, aim)
        found = [one.at(quality) for one, quality in zip(renditions, qualities, strict=True)]
        used = total_bytes(found)
        if total_bytes(best) < used <= budget_bytes:
            best = found
        if _NEARLY * budget_bytes <= used <= budget_bytes or min(qualities) == ANCHORS[-1]:
            break
        aim *= _NEARLY_MIDDLE * budget_bytes / used
    return best


def _qualities(renditions: Sequence[Rendition], aim_bytes: float) -> list[int]:
    """Qualities in tenths that give all about one similarity, the highest whose bytes are no more than `aim_bytes`."""
    low, high = 0.0, 1.0
    for _ in range(STEPS_MAX):
        middle = (low + high) / 2
        if sum(one.size_bytes(one.quality(middle)) for one in renditions) <= aim_bytes:
            low = middle
        else:
            high = middle
    return [one.quality(low) // 10 * 10 for one in renditions]


def _fill(renditions: Sequence[Rendition], encodings: list[Encoding], budget_bytes: int) -> None:
    """Lifts the worst picture by one quality, then by tenths, until the budget is all but used; changes `encodings`."""
    left = budget_bytes - total_bytes(encodings)
    for step in (10, 3, 1):
        open_ = {number for number, one in enumerate(encodings) if one.quality_tenths != LOSSLESS}
        while left > (1 - _FILLED) * budget_bytes:
            open_ = {number for number in open_ if encodings[number].quality_tenths + step <= ANCHORS[-1]}
            if not open_:
                break
            worst = min(open_, key=lambda number: (renditions[number].similarity(encodings[number]), renditions[number].request.rank, number))
            better = renditions[worst].at(encodings[worst].quality_tenths + step)
            cost = len(better.data) - len(encodings[worst].data)
            if cost > left:
                open_.discard(worst)
                continue
            encodings[worst] = better
            left -= cost
