"""What of a page is ink, and what the paper that its margin and gutters show.

The paper may have any colour and may change evenly from one end of the page to the
other. Where panels run off the page it is what most of the page's edge still shows.
A page without such an edge has no paper: a photograph, a splash page.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Box = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels, right and bottom outside."""

Mask = NDArray[np.bool_]
Colours = NDArray[np.float64]

PAPER_TOLERANCE = 24
"""Levels of a channel by which blank paper may differ from itself: scans and JPEG are not quite even."""

EDGE_SHARE_MIN = 0.45
"""Share of the page's edge that must be paper; 0.55 is the least on sample pages whose panels run off two edges."""

EDGE_POINTS_MAX = 4000
"""Of the edge are looked at."""


def ink_of(pixels: Colours) -> Mask | None:
    """Which pixels are not paper; None where no paper is seen.

    Args:
        pixels: height × width × 3, 0 to 255.
    """
    height, width = pixels.shape[:2]
    points = _edge_points(height, width)
    edge = pixels[points[:, 0], points[:, 1]]
    ground = _ground(points / (height, width), edge)
    if ground is None:
        return None
    rows, columns = np.arange(height) / height, np.arange(width) / width
    ink: Mask = np.zeros((height, width), dtype=bool)
    for channel in range(3):
        paper = ground[0, channel] + rows[:, None] * ground[1, channel] + columns[None, :] * ground[2, channel]
        ink |= np.abs(pixels[:, :, channel] - paper) > PAPER_TOLERANCE
    return ink


def _edge_points(height: int, width: int) -> NDArray[np.int64]:
    """Rows and columns of the page's outermost hundredth, every side as often as it is long."""
    depth = max(1, min(height, width) // 100)
    near = np.ones((height, width), dtype=bool)
    near[depth : height - depth, depth : width - depth] = False
    points = np.argwhere(near)
    return points[:: max(1, len(points) // EDGE_POINTS_MAX)]


def _ground(places: NDArray[np.float64], colours: Colours) -> Colours | None:
    """Colour at the top left, and how it changes to the bottom and to the right; None where the edge is no paper."""
    terms = np.column_stack((np.ones(len(places)), places))
    starts = (np.ones(len(places), dtype=bool), _commonest(colours))
    found = [_fitted(terms, colours, start) for start in starts]
    share, ground = max(found, key=lambda one: one[0])
    return ground if share >= EDGE_SHARE_MIN else None


def _commonest(colours: Colours) -> Mask:
    """Which points have the commonest of 16 × 16 × 16 colours, or nearly."""
    coarse = (colours // 16).astype(np.int64)
    code = coarse[:, 0] * 256 + coarse[:, 1] * 16 + coarse[:, 2]
    values, counts = np.unique(code, return_counts=True)
    colour = np.median(colours[code == values[np.argmax(counts)]], axis=0)
    near: Mask = np.abs(colours - colour).max(axis=1) <= PAPER_TOLERANCE
    return near


def _fitted(terms: NDArray[np.float64], colours: Colours, chosen: Mask) -> tuple[float, Colours]:
    """The even change of colour that most points follow, and their share."""
    ground: Colours = np.zeros((3, 3))
    for _ in range(4):
        if chosen.sum() < 3:
            return 0.0, ground
        ground = np.asarray(np.linalg.lstsq(terms[chosen], colours[chosen], rcond=None)[0], dtype=np.float64)
        chosen = np.abs(terms @ ground - colours).max(axis=1) <= PAPER_TOLERANCE
    return float(chosen.mean()), ground
