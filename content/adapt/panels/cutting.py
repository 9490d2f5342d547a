"""A page cut at its gutters, strips first, then columns, then each part again.

A gutter is straight and blank; else straight and crossed by little (a sound word,
the lettering of a balloon) with panels close along both of its sides; else slanted
(not in a strip to scroll through). What nothing divides stays whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from content.adapt.panels.paper import Box, Mask

STRAY_SHARE = 0.003
"""Share of a gutter's pixels that may have another colour. A panel's two border lines in a blank row are more."""

GUTTER_SHARE_MIN, GUTTER_SHARE_MAX = 0.006, 0.05
"""A gutter's width as a share of the page's longer side; the most counts for one that something crosses."""

CROSSED_SHARE, SLANTED_SHARE = 0.2, 0.06
"""Share of a line of a gutter that may be crossed; less where it is slanted, since so many slants are tried."""

CROSSED_SHARE_MEAN = 0.13
"""Of all its lines."""

SIDES = (0.75, 0.45)
"""Share of ink beside a crossed or slanted gutter, on the one side and on the other: panels end there, drawings fade."""

SIDE_SHARE = 0.012
"""Of the page's longer side; so near to the gutter is looked."""

SLANT_MAX = 0.6
"""Of a slanted gutter: how far it goes to the side for each pixel of its length."""

PANEL_WIDTH_SHARE_MIN, PANEL_HEIGHT_SHARE_MIN = 0.1, 0.06
"""Of the page. What is smaller (a page number, a footnote) belongs to its nearest neighbour."""

STRIP_SHAPE = 1.5
"""Height by width from which a page is a strip to scroll through: what is measured by its height is measured by its width."""

DEPTH_MAX = 8

SLANTED_LINES = 48
"""Of a slanted gutter so many places along its length are looked at."""


@dataclass(frozen=True)
class Part:
    """A part of the page.

    Attributes:
        ink: of its box; what belongs to other parts is blanked.
    """

    left: int
    top: int
    ink: Mask

    @property
    def box(self) -> Box:
        """On the page."""
        return (self.left, self.top, self.left + self.ink.shape[1], self.top + self.ink.shape[0])

    def slice(self, box: Box) -> Part:
        """A part of it, by its place on the page."""
        left, top, right, bottom = box
        return Part(left, top, self.ink[top - self.top : bottom - self.top, left - self.left : right - self.left])


@dataclass(frozen=True)
class Measures:
    """Of one page, in pixels of the copy that is looked at."""

    gutter_min: int
    gutter_max: int
    side: int
    panel_min: tuple[float, float]

    @classmethod
    def of(cls, ink: Mask) -> Measures:
        """By the page's size."""
        height, width = ink.shape
        height = min(height, width) if height > STRIP_SHAPE * width else height
        longer = max(height, width)
        least = max(2, round(GUTTER_SHARE_MIN * longer))
        return cls(least, max(least, round(GUTTER_SHARE_MAX * longer)), max(2, round(SIDE_SHARE * longer)), (PANEL_HEIGHT_SHARE_MIN * height, PANEL_WIDTH_SHARE_MIN * width))


def parts_of(ink: Mask, reading: str) -> list[Part]:
    """The page's parts in reading order; none where it is all blank."""
    whole = trimmed(Part(0, 0, ink))
    return [] if whole is None else _cut(whole, Measures.of(ink), reading, DEPTH_MAX)


def _cut(part: Part, measures: Measures, reading: str, depth: int) -> list[Part]:
    for parts, axis in _ways(part, measures, reading) if depth else ():
        if len(parts) > 1:
            ordered = parts[::-1] if axis == 1 and reading == "rtl" else parts
            return [leaf for one in ordered for leaf in _cut(one, measures, reading, depth - 1)]
    return [part]


def _ways(part: Part, measures: Measures, reading: str) -> Iterator[tuple[list[Part], int]]:
    """The part divided in one way after the other, and along which axis."""
    yield _straight(part, 0, measures), 0
    if reading != "vertical" or _between_panels(part, measures):
        yield _straight(part, 1, measures), 1
    for axis in (0, 1):
        yield _crossed(part, axis, measures), axis
    for axis in (1, 0) if reading != "vertical" else ():
        yield _slanted(part, axis, measures), axis


# --- straight and blank ----------------------------------------------------------------------------------------------


def _blank(ink: Mask, axis: int) -> Mask:
    """Which rows (axis 0) or columns (axis 1) are gutter."""
    strays: Mask = ink.sum(axis=1 - axis) <= STRAY_SHARE * ink.shape[1 - axis]
    return strays


def trimmed(part: Part) -> Part | None:
    """The part without blank edges; None where it is all blank."""
    for _ in range(4):
        rows, columns = np.flatnonzero(~_blank(part.ink, 0)), np.flatnonzero(~_blank(part.ink, 1))
        if not len(rows) or not len(columns):
            return None
        left, top = part.left, part.top
        tight = (left + int(columns[0]), top + int(rows[0]), left + int(columns[-1]) + 1, top + int(rows[-1]) + 1)
        if tight == part.box:
            break
        part = part.slice(tight)
    return part


def _straight(part: Part, axis: int, measures: Measures) -> list[Part]:
    """The part divided at every blank gutter along one axis; scraps join their nearest neighbour."""
    runs = _runs(~_blank(part.ink, axis), measures.gutter_min)
    sizes = [high - low if _extent(part.ink, axis, low, high) >= measures.panel_min[1 - axis] else 0 for low, high in runs]
    return _sliced(part, axis, _joined(runs, sizes, measures.panel_min[axis]))


def _extent(ink: Mask, axis: int, low: int, high: int) -> int:
    """How far a run's ink reaches along the other axis."""
    run = ink[low:high] if axis == 0 else ink[:, low:high]
    places = np.flatnonzero(~_blank(run, 1 - axis))
    return int(places[-1] - places[0] + 1) if len(places) else 0


def _between_panels(part: Part, measures: Measures) -> bool:
    """Whether a blank column has panels close along both sides: figures without borders are no columns of a strip."""
    shares = part.ink.mean(axis=0)
    return _best_band(shares, STRAY_SHARE, measures, measures.panel_min[1]) is not None


def _sliced(part: Part, axis: int, runs: list[tuple[int, int]]) -> list[Part]:
    left, top, right, bottom = part.box
    boxes = [(left, top + low, right, top + high) if axis == 0 else (left + low, top, left + high, bottom) for low, high in runs]
    return [tight for box in boxes if (tight := trimmed(part.slice(box))) is not None]


def _runs(inked: Mask, gutter_min: int) -> list[tuple[int, int]]:
    """Stretches with ink; blanks narrower than a gutter do not divide them."""
    places = np.flatnonzero(inked)
    if not len(places):
        return []
    breaks = np.flatnonzero(np.diff(places) > gutter_min)
    firsts = [int(places[0]), *(int(places[index + 1]) for index in breaks)]
    lasts = [*(int(places[index]) for index in breaks), int(places[-1])]
    return [(low, high + 1) for low, high in zip(firsts, lasts, strict=True)]


def _joined(runs: list[tuple[int, int]], sizes: list[int], least: float) -> list[tuple[int, int]]:
    found, lengths = list(runs), list(sizes)
    while len(found) > 1:
        small = min(range(len(found)), key=lambda index: lengths[index])
        if lengths[small] >= least:
            break
        before = found[small][0] - found[small - 1][1] if small else None
        after = found[small + 1][0] - found[small][1] if small + 1 < len(found) else None
        first = small - 1 if after is None or (before is not None and before <= after) else small
        found[first : first + 2] = [(found[first][0], found[first + 1][1])]
        lengths[first : first + 2] = [found[first][1] - found[first][0]]
    return found


# --- crossed, and slanted --------------------------------------------------------------------------------------------


def _crossed(part: Part, axis: int, measures: Measures) -> list[Part]:
    """The part divided at its best straight gutter that something crosses."""
    band = _best_band(part.ink.mean(axis=1 - axis), CROSSED_SHARE, measures, measures.panel_min[axis])
    if band is None:
        return [part]
    middle = (band[1] + band[2]) // 2
    return _panels(_sliced(part, axis, [(0, middle), (middle, part.ink.shape[axis])]), part, measures)


def _best_band(shares: NDArray[np.float64], share_max: float, measures: Measures, least: float) -> tuple[float, int, int] | None:
    """The blankest band between two panels, as its mean share of ink, start and end."""
    found = []
    for low, high in _runs(shares <= share_max, 1):
        if low < least or len(shares) - high < least or not measures.gutter_min <= high - low <= measures.gutter_max:
            continue
        sides = (float(shares[max(0, low - measures.side) : low].max()), float(shares[high : high + measures.side].max()))
        if max(sides) >= SIDES[0] and min(sides) >= SIDES[1]:
            found.append((float(shares[low:high].mean()), low, high))
    best = min(found, default=None)
    return best if best is not None and best[0] <= CROSSED_SHARE_MEAN else None


def _panels(parts: list[Part], whole: Part, measures: Measures) -> list[Part]:
    """The parts where each is large enough for a panel, else the whole."""
    large = all(one.ink.shape[0] >= measures.panel_min[0] and one.ink.shape[1] >= measures.panel_min[1] for one in parts)
    return parts if large else [whole]


def _slanted(part: Part, axis: int, measures: Measures) -> list[Part]:
    """The part divided at its best slanted gutter: its bands along every slant are looked at."""
    ink = part.ink if axis == 1 else part.ink.T
    length, across = ink.shape
    least = measures.panel_min[axis]
    rows = np.arange(0, length, max(1, length // SLANTED_LINES))
    sampled = ink[rows]
    blank_min = (1 - SLANTED_SHARE) * measures.gutter_min
    if across < 2 * least or length < measures.panel_min[1 - axis] or (np.count_nonzero(~sampled, axis=1) >= blank_min).mean() < 1 - 2 * SLANTED_SHARE:
        return [part]
    reach = round(min(SLANT_MAX * length, across / 2))
    step = max(1, measures.gutter_min // 2)
    best: tuple[float, int, int, int] | None = None
    for slant in range(-(reach // step) * step, reach + 1, step):
        shift = np.round(rows * (slant / length)).astype(np.int64)
        first, last = max(0, -slant), across - max(0, slant)
        lines = np.arange(first, last)
        shares = sampled[np.arange(len(rows))[:, None], lines[None, :] + shift[:, None]].mean(axis=0)
        band = _best_band(shares, SLANTED_SHARE, measures, least / 2)
        if band is not None and (best is None or band[0] < best[0]):
            best = (band[0], slant, first + band[1], first + band[2])
    if best is None:
        return [part]
    return _panels(_sheared(part, axis, best[1], (best[2] + best[3]) // 2), part, measures)


def _sheared(part: Part, axis: int, slant: int, start: int) -> list[Part]:
    """What lies before a slanted line and what behind it."""
    length = part.ink.shape[1 - axis]
    border = start + np.round(np.arange(length) * (slant / length)).astype(np.int64)
    places = np.arange(part.ink.shape[axis])
    before: Mask = places[None, :] < border[:, None]
    if axis == 0:
        before = before.T
    halves = (Part(part.left, part.top, part.ink & before), Part(part.left, part.top, part.ink & ~before))
    return [tight for half in halves if (tight := trimmed(half)) is not None]
