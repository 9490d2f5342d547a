"""Where a comic's lettering stands: blocks of dark strokes, close together both ways, on white.

What it models is a balloon or caption as comics letter them: near black on near
white. Lettering in colour, or on a painted ground, is not found; sound words are
large enough to be read without.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from content.adapt.panels import Box

LETTERING_SHARE = 1 / 52
"""Height of a Han glyph as a share of the page's width: on 18 real pages the lettering is 24 px on 1240, 48 on 2481."""

LETTERING_PX_MIN = 9
"""Height of a glyph on the screen below which it asks for a close-up."""

_GLYPH_PX = 12
"""Height of a glyph on the copy that is looked at."""

_CELL_PX = 6
_WHITE_MIN, _DARK_MAX, _STEP_MIN = 205, 120, 70
_STEPS_MIN = 0.10
"""Share of a neighbourhood's pixels at which a stroke begins or ends, across and down; on a clean ground half of it will do."""

_WHITE_SHARE_MIN = 0.45
_CELLS_MIN = 10
"""About three glyphs."""


CROSSING_GLYPHS = 0.6
"""Blocks of two panels that are so near to each other are one, cut by the line between the panels; a real gutter is wider."""


def reunited(panels: Sequence[Box], lettering: Sequence[Sequence[Box]], glyph_px: float) -> tuple[list[Box], list[list[Box]]]:
    """Panels and the lettering of each, with every block that stands across a gutter whole in the panel that holds most of it.

    That panel grows to hold it; the other keeps its box and loses its part of the block.
    """
    boxes, blocks = list(panels), [list(one) for one in lettering]
    for number in range(len(boxes)):
        for other in range(number + 1, len(boxes)):
            _reunite(boxes, blocks, number, other, CROSSING_GLYPHS * glyph_px)
    return boxes, blocks


def _reunite(boxes: list[Box], blocks: list[list[Box]], number: int, other: int, gap: float) -> None:
    pairs = [(one, two) for one in blocks[number] for two in blocks[other] if _touch(one, two, gap)]
    for one, two in pairs:
        if one not in blocks[number] or two not in blocks[other]:
            continue
        keeps, loses = ((number, one), (other, two)) if _area(one) >= _area(two) else ((other, two), (number, one))
        both = around((one, two))
        blocks[keeps[0]][blocks[keeps[0]].index(keeps[1])] = both
        blocks[loses[0]].remove(loses[1])
        boxes[keeps[0]] = around((boxes[keeps[0]], both))


def _touch(one: Box, other: Box, gap: float) -> bool:
    """Whether the blocks go on in each other: no more than a gap apart one way, level with each other the other way."""
    across, down = min(one[2], other[2]) - max(one[0], other[0]), min(one[3], other[3]) - max(one[1], other[1])
    return min(across, down) >= -gap and max(across, down) > 0


def _area(box: Box) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])


def around(boxes: Sequence[Box]) -> Box:
    """The least box that holds all."""
    return (min(box[0] for box in boxes), min(box[1] for box in boxes), max(box[2] for box in boxes), max(box[3] for box in boxes))


def find_lettering(page: Image.Image, within: Box, glyph_px: float) -> tuple[Box, ...]:
    """The blocks of lettering in a part of a page, in the page's pixels, from top to bottom.

    Args:
        page: upright, RGB or grey.
        within: e.g. a panel.
        glyph_px: expected height of a glyph, in the page's pixels.
    """
    left, top, right, bottom = within
    scale = min(1.0, _GLYPH_PX / glyph_px)
    size = (round((right - left) * scale), round((bottom - top) * scale))
    if min(size) < 3 * _CELL_PX:
        return ()
    small = page.convert("L").crop(within).resize(size, Image.Resampling.BOX)
    cells = _cells(np.asarray(small, dtype=np.int16))
    blocks = [_bounds(group) for group in _groups(cells)]
    found = [box for box in blocks if box[2] - box[0] >= 3 and box[3] - box[1] >= 2]
    unit = _CELL_PX / scale
    placed = [(left + round(west * unit), top + round(north * unit), left + round(east * unit), top + round(south * unit)) for west, north, east, south in found]
    return tuple((west, north, min(right, east), min(bottom, south)) for west, north, east, south in sorted(placed, key=lambda box: (box[1], box[0])))


def _cells(pixels: NDArray[np.int16]) -> NDArray[np.bool_]:
    """Which cells lie in lettering."""
    across = np.zeros(pixels.shape)
    across[:, 1:] = np.abs(np.diff(pixels, axis=1)) > _STEP_MIN
    down = np.zeros(pixels.shape)
    down[1:] = np.abs(np.diff(pixels, axis=0)) > _STEP_MIN
    white, dark = _around(pixels >= _WHITE_MIN), _around(pixels <= _DARK_MAX)
    steps = np.minimum(_around(across), _around(down))
    busy = (steps >= _STEPS_MIN) & (white >= _WHITE_SHARE_MIN) & (dark >= 0.06) & (white + dark >= 0.62)
    clean = (steps >= _STEPS_MIN / 2) & (white >= 0.7) & (dark >= 0.05) & (white + dark >= 0.85)
    found: NDArray[np.bool_] = busy | clean
    return found


def _around(marks: NDArray[np.float64] | NDArray[np.bool_]) -> NDArray[np.float64]:
    """Share of the marked pixels in each cell and the eight around it."""
    rows, columns = marks.shape[0] // _CELL_PX, marks.shape[1] // _CELL_PX
    cells = marks[: rows * _CELL_PX, : columns * _CELL_PX].astype(np.float64).reshape(rows, _CELL_PX, columns, _CELL_PX).mean(axis=(1, 3))
    padded = np.pad(cells, 1, mode="edge")
    summed: NDArray[np.float64] = sum((padded[dy : dy + rows, dx : dx + columns] for dy in range(3) for dx in range(3)), np.zeros(cells.shape))
    return summed / 9


def _groups(cells: NDArray[np.bool_]) -> list[list[tuple[int, int]]]:
    """Cells that lie together: at most two empty ones between them in a line, one between lines."""
    open_ = {(int(row), int(column)) for row, column in np.argwhere(cells)}
    groups: list[list[tuple[int, int]]] = []
    for start in sorted(open_):
        if start not in open_:
            continue
        open_.discard(start)
        group, waiting = [start], [start]
        while waiting:
            row, column = waiting.pop()
            near = [(row + dy, column + dx) for dy in range(-2, 3) for dx in range(-3, 4) if (row + dy, column + dx) in open_]
            open_.difference_update(near)
            group += near
            waiting += near
        if len(group) >= _CELLS_MIN:
            groups.append(group)
    return groups


def _bounds(group: list[tuple[int, int]]) -> Box:
    rows, columns = [row for row, _ in group], [column for _, column in group]
    return (min(columns), min(rows), max(columns) + 1, max(rows) + 1)
