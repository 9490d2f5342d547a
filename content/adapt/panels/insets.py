"""A panel within a panel, and what is no panel at all: loose text.

An inset is ink by itself, with four straight full sides, inside a larger panel or
across a corner of it. Its host stays whole, so that nothing is lost where a drawn
window or picture frame is taken for one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from content.adapt.panels.components import components
from content.adapt.panels.cutting import Part, trimmed
from content.adapt.panels.paper import Box, Mask

INSET_SHARES_MIN = (0.1, 0.06)
"""Width and height of an inset, of the page's."""

SIDE_INK_MIN = 0.85
"""Share of each side of an inset that has ink, within two pixels."""

LOOSE_SHARE = 0.2
"""Of a part's box: what hangs together in it and is nowhere larger is text, not a drawing."""

LOOSE_PAGE_SHARE = 0.5
"""Of all parts' area: where more is loose, the page is one of text and stays whole."""


def with_insets(part: Part, page: tuple[int, int], reading: str) -> list[Box]:
    """The part's box, and those of its insets, in reading order.

    Args:
        page: height and width.
    """
    found = [one for one in components(part.ink) if _is_inset(part.ink, one.box, page)]
    rest = part.ink.copy()
    boxes = []
    for one in found:
        rest &= ~one.mask(part.ink.shape)
        boxes.append(_placed(part, one.box))
    host = trimmed(Part(part.left, part.top, rest))
    if not boxes or host is None or any(_area(box) > 0.6 * _area(host.box) for box in boxes):
        return [part.box]
    first = [box for box in boxes if _comes_first(box, part.box, reading)]
    return [*first, host.box, *(box for box in boxes if box not in first)]


def _is_inset(ink: Mask, box: Box, page: tuple[int, int]) -> bool:
    left, top, right, bottom = box
    if right - left < INSET_SHARES_MIN[0] * page[1] or bottom - top < INSET_SHARES_MIN[1] * page[0]:
        return False
    if (right - left, bottom - top) == (ink.shape[1], ink.shape[0]):
        return False
    part = ink[top:bottom, left:right]
    sides = (part[:2].any(axis=0), part[-2:].any(axis=0), part[:, :2].any(axis=1), part[:, -2:].any(axis=1))
    return all(float(side.mean()) >= SIDE_INK_MIN for side in sides)


def _placed(part: Part, box: Box) -> Box:
    return (box[0] + part.left, box[1] + part.top, box[2] + part.left, box[3] + part.top)


def _area(box: Box) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])


def _comes_first(inset: Box, host: Box, reading: str) -> bool:
    """Whether its middle lies in the quarter of its host at which reading begins."""
    across, down = inset[0] + inset[2] - host[0] - host[2], inset[1] + inset[3] - host[1] - host[3]
    return down < 0 and (across > 0 if reading == "rtl" else across < 0)


def is_text(parts: Sequence[Part]) -> bool:
    """Whether most of a page is loose text."""
    areas = [_area(part.box) for part in parts]
    loose = sum(area for part, area in zip(parts, areas, strict=True) if _is_loose(part))
    return loose > LOOSE_PAGE_SHARE * sum(areas)


def _is_loose(part: Part) -> bool:
    """Whether nothing in it is large; strokes two pixels from each other count as one."""
    height, width = part.ink.shape
    even = np.pad(part.ink, ((0, height % 2), (0, width % 2)))
    coarse: Mask = even[::2, ::2] | even[1::2, ::2] | even[::2, 1::2] | even[1::2, 1::2]
    largest = max((_area(one.box) for one in components(coarse)), default=0)
    return largest < LOOSE_SHARE * coarse.size
