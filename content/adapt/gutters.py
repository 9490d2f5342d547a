"""The panels of a comic page, found by its gutters: a recursive XY-cut.

The page's margin gives the colour of its gutters. Rows of that colour over the
whole width divide the page into strips, columns of it divide a strip, and so on
until nothing divides. What has no straight gutter stays whole: slanted gutters,
balloons that cross one, splash pages and photographs. Insets, panels without a
gutter, and an editor's corrections are not here.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Box = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels, right and bottom outside."""

LOOK_PX = 600
"""Longer side of the grey copy on which gutters are looked for; a real page's gutter of 32 px keeps 11 there."""

PAPER_TOLERANCE = 24
"""Grey levels by which blank paper may differ from itself: scans and JPEG are not quite even."""

STRAY_SHARE = 0.003
"""Share of a gutter's pixels that may have another colour. A panel's two border lines in a blank row are more."""

GUTTER_SHARE_MIN = 0.006
"""A gutter's least width as a share of the page's longer side."""

PANEL_WIDTH_SHARE_MIN, PANEL_HEIGHT_SHARE_MIN = 0.1, 0.06
"""Of the page. What is smaller (a page number, a footnote) belongs to its nearest neighbour."""

DEPTH_MAX = 8

Mask = NDArray[np.bool_]


def find_panels(page: Image.Image, reading: str = "ltr") -> tuple[Box, ...]:
    """The panels of a page in reading order, in the page's pixels; its printed part alone where nothing divides it.

    Args:
        page: upright.
        reading: `rtl` reads the columns of a strip from the right; `ltr` and `vertical` from the left.
    """
    grey = page.convert("L")
    factor = max(1.0, max(page.size) / LOOK_PX)
    small = grey.resize((max(1, round(page.width / factor)), max(1, round(page.height / factor))), Image.Resampling.BOX)
    pixels = np.asarray(small, dtype=np.int16)
    paper = paper_of(pixels)
    if paper is None:
        return ((0, 0, page.width, page.height),)
    ink: Mask = np.abs(pixels - paper) > PAPER_TOLERANCE
    whole = _trimmed(ink, (0, 0, small.width, small.height))
    if whole is None:
        return ((0, 0, page.width, page.height),)
    leaves = _cut(ink, whole, reading, DEPTH_MAX)
    return tuple(_enlarged(box, page.width / small.width, page.height / small.height, page) for box in leaves)


def paper_of(pixels: NDArray[np.int16]) -> int | None:
    """The grey of the margin, or None where the four corners differ: the page bleeds off its edges."""
    depth = max(1, min(pixels.shape) // 100)
    corners = (pixels[:depth, :depth], pixels[:depth, -depth:], pixels[-depth:, :depth], pixels[-depth:, -depth:])
    greys = [int(np.median(corner)) for corner in corners]
    return round(sum(greys) / 4) if max(greys) - min(greys) <= PAPER_TOLERANCE else None


def _blank(ink: Mask, box: Box, axis: int) -> Mask:
    """Which rows (axis 0) or columns (axis 1) of the box are gutter."""
    left, top, right, bottom = box
    part = ink[top:bottom, left:right]
    strays: Mask = part.sum(axis=1 - axis) <= STRAY_SHARE * part.shape[1 - axis]
    return strays


def _trimmed(ink: Mask, box: Box) -> Box | None:
    """The box without blank edges; None where it is all blank."""
    for _ in range(4):
        rows, columns = np.flatnonzero(~_blank(ink, box, 0)), np.flatnonzero(~_blank(ink, box, 1))
        if not len(rows) or not len(columns):
            return None
        left, top = box[0], box[1]
        tight = (left + int(columns[0]), top + int(rows[0]), left + int(columns[-1]) + 1, top + int(rows[-1]) + 1)
        if tight == box:
            break
        box = tight
    return box


def _cut(ink: Mask, box: Box, reading: str, depth: int) -> list[Box]:
    """The box's panels in reading order: strips first, then columns, each again."""
    for axis in (0, 1) if depth else ():
        parts = _parts(ink, box, axis)
        if len(parts) > 1:
            ordered = parts[::-1] if axis == 1 and reading == "rtl" else parts
            return [leaf for part in ordered for leaf in _cut(ink, part, reading, depth - 1)]
    return [box]


def _parts(ink: Mask, box: Box, axis: int) -> list[Box]:
    """The box divided at every gutter along one axis; scraps join their nearest neighbour."""
    start = box[1] if axis == 0 else box[0]
    least_gutter = max(2, round(GUTTER_SHARE_MIN * max(ink.shape)))
    runs = _runs(~_blank(ink, box, axis), least_gutter)
    least = (PANEL_HEIGHT_SHARE_MIN if axis == 0 else PANEL_WIDTH_SHARE_MIN) * ink.shape[axis]
    joined = _joined(runs, least)
    parts = [(box[0], start + low, box[2], start + high) if axis == 0 else (start + low, box[1], start + high, box[3]) for low, high in joined]
    return [trimmed for part in parts if (trimmed := _trimmed(ink, part)) is not None]


def _runs(inked: Mask, least_gutter: int) -> list[tuple[int, int]]:
    """Stretches with ink; blanks narrower than a gutter do not divide them."""
    places = np.flatnonzero(inked)
    if not len(places):
        return []
    breaks = np.flatnonzero(np.diff(places) > least_gutter)
    firsts = [int(places[0]), *(int(places[index + 1]) for index in breaks)]
    lasts = [*(int(places[index]) for index in breaks), int(places[-1])]
    return [(low, high + 1) for low, high in zip(firsts, lasts, strict=True)]


def _joined(runs: list[tuple[int, int]], least: float) -> list[tuple[int, int]]:
    found = list(runs)
    while len(found) > 1:
        small = min(range(len(found)), key=lambda index: found[index][1] - found[index][0])
        if found[small][1] - found[small][0] >= least:
            break
        before = found[small][0] - found[small - 1][1] if small else None
        after = found[small + 1][0] - found[small][1] if small + 1 < len(found) else None
        first = small - 1 if after is None or (before is not None and before <= after) else small
        found[first : first + 2] = [(found[first][0], found[first + 1][1])]
    return found


def _enlarged(box: Box, across: float, down: float, page: Image.Image) -> Box:
    left, top, right, bottom = box
    return (int(left * across), int(top * down), min(page.width, -int(-right * across // 1)), min(page.height, -int(-bottom * down // 1)))
