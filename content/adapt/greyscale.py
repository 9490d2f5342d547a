"""Pictures without colour, for days of mourning.

A grey has the luminance of the colour that it stands for, so that what could be read
on what still can: the contrast of type and ground is what it was.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

ROWS_AT_ONCE = 256
"""Of a picture in memory as numbers."""

_STEPS = np.arange(256) / 255
_LINEAR = np.where(_STEPS <= 0.04045, _STEPS / 12.92, ((_STEPS + 0.055) / 1.055) ** 2.4).astype(np.float32)
_LUMINANCES = 65_536
_NEAREST = np.searchsorted((_LINEAR[1:] + _LINEAR[:-1]) / 2, np.arange(_LUMINANCES) / (_LUMINANCES - 1)).astype(np.uint8)
"""The grey nearest to each luminance."""


def grey(image: Image.Image) -> Image.Image:
    """The RGB picture in greys, RGB still. Spec: WCAG 2.2, relative luminance; IEC 61966-2-1."""
    pixels = np.asarray(image.convert("RGB"))
    found = np.empty(pixels.shape[:2], dtype=np.uint8)
    for top in range(0, len(pixels), ROWS_AT_ONCE):
        rows = pixels[top : top + ROWS_AT_ONCE]
        luminance = 0.2126 * _LINEAR[rows[..., 0]] + 0.7152 * _LINEAR[rows[..., 1]] + 0.0722 * _LINEAR[rows[..., 2]]
        found[top : top + ROWS_AT_ONCE] = _NEAREST[np.rint(np.minimum(luminance, 1) * (_LUMINANCES - 1)).astype(np.uint16)]
    return Image.fromarray(found).convert("RGB")
