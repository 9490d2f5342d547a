"""The colours of a drawing and where each stands, by look-up: sorting all pixels takes ten times as long."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Numbers = NDArray[np.int32]


def colours_of(image: Image.Image) -> tuple[Numbers, Numbers]:
    """Every colour of an RGB picture as a number (red << 16 | green << 8 | blue), ascending, and how many pixels have it."""
    found = image.getcolors(image.width * image.height)
    assert found is not None, "no more colours than pixels"
    pairs = sorted((red << 16 | green << 8 | blue, count) for count, (red, green, blue) in found)  # type: ignore[misc]  # RGB gives triples
    table = np.array(pairs, dtype=np.int32)
    return table[:, 0], table[:, 1]


def places(image: Image.Image, colours: Numbers) -> NDArray[np.intp]:
    """For each pixel the place of its colour among `colours`, as `colours_of` gave them."""
    pixels = np.asarray(image, dtype=np.int32)
    return np.searchsorted(colours, pixels[..., 0] << 16 | pixels[..., 1] << 8 | pixels[..., 2])
