"""From a picture of a page to the boxes of its panels."""

from __future__ import annotations

import numpy as np
from PIL import Image

from content.adapt.panels.cutting import STRIP_SHAPE, parts_of
from content.adapt.panels.insets import is_text, with_insets
from content.adapt.panels.paper import Box, ink_of

LOOK_PX = 600
"""Longer side of the copy on which gutters are looked for; a real page's gutter of 32 px keeps 11 there."""

PAGE_PX_MIN = 200
"""A picture narrower or lower than that is one panel."""

STRIP_PX_MAX = 6000
"""Height of a strip's copy."""


def find_panels(page: Image.Image, reading: str = "ltr") -> tuple[Box, ...]:
    """The panels of a page in reading order, in the page's pixels; its printed part alone where nothing divides it.

    Args:
        page: upright.
        reading: `rtl` reads the columns of a strip from the right; `ltr` and `vertical` from the left.
    """
    factor = max(1.0, max(page.width, min(page.height, STRIP_SHAPE * page.width)) / LOOK_PX, page.height / STRIP_PX_MAX)
    size = (max(1, round(page.width / factor)), max(1, round(page.height / factor)))
    small = page.convert("RGB").resize(size, Image.Resampling.BOX)
    return tuple(_enlarged(box, page.width / small.width, page.height / small.height, page) for box in _boxes(small, reading, min(page.size) >= PAGE_PX_MIN))


def _boxes(page: Image.Image, reading: str, large: bool) -> list[Box]:
    whole = (0, 0, page.width, page.height)
    ink = ink_of(np.asarray(page, dtype=np.float64))
    if ink is None or not (parts := parts_of(ink, reading)):
        return [whole]
    if len(parts) > 1 and (not large or is_text(parts)):
        boxes = [part.box for part in parts]
        return [(min(box[0] for box in boxes), min(box[1] for box in boxes), max(box[2] for box in boxes), max(box[3] for box in boxes))]
    return [box for part in parts for box in with_insets(part, ink.shape, reading)]


def _enlarged(box: Box, across: float, down: float, page: Image.Image) -> Box:
    left, top, right, bottom = box
    return (int(left * across), int(top * down), min(page.width, -int(-right * across // 1)), min(page.height, -int(-bottom * down // 1)))
