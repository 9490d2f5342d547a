"""Keeping drawn pictures to so few colours that a palette holds them without loss."""

from __future__ import annotations

import numpy as np
from PIL import Image

from content.adapt.colours import colours_of, places

COLOURS_MAX = 128
"""Of a drawn picture: grounds and inks stay what they are, rare shades at the edges of type go to their nearest neighbour."""


def flat(image: Image.Image) -> Image.Image:
    """The picture in its `COLOURS_MAX` most frequent colours."""
    colours, counts = colours_of(image)
    if len(colours) <= COLOURS_MAX:
        return image
    values = np.stack([colours >> 16, colours >> 8 & 255, colours & 255], axis=-1)
    kept = values[np.argsort(-counts, kind="stable")[:COLOURS_MAX]]
    distances = ((values[:, None, :] - kept[None, :, :]) ** 2).sum(axis=-1)
    nearest = kept[np.argmin(distances, axis=1)]
    return Image.fromarray(nearest[places(image, colours)].astype(np.uint8))
