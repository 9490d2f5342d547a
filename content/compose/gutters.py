"""The white of a page around its panels, taken away where a design shows them on the dark."""

from __future__ import annotations

import numpy as np
from PIL import Image

from content.draw.ink import Colour, luminance

LIGHT = 0.5
"""Luminance from which paper is as light as the gutters of a page."""

WHITE = 232
"""Every channel of a gutter's pixel is at least so bright."""

WHITE_SHARE = 0.97
"""Of a row or column of a gutter; a balloon that reaches a panel's edge fills less."""

TRIMMED_MAX = 0.2
"""Of each side, at most."""


def is_light(paper: Colour) -> bool:
    """Whether the gutters of a page vanish on this paper."""
    return luminance(paper) >= LIGHT


def without_gutter(part: Image.Image) -> Image.Image:
    """A part of a page without the white rows and columns at its edges."""
    white = (np.asarray(part.convert("RGB")) >= WHITE).all(axis=-1)
    top, bottom = _edges(white.mean(axis=1) >= WHITE_SHARE)
    left, right = _edges(white.mean(axis=0) >= WHITE_SHARE)
    return part.crop((left, top, right, bottom))


def _edges(blank: np.ndarray) -> tuple[int, int]:
    most = int(len(blank) * TRIMMED_MAX)
    start, end = 0, len(blank)
    while start < most and blank[start]:
        start += 1
    while len(blank) - end < most and blank[end - 1]:
        end -= 1
    return start, end
