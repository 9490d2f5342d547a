"""What part of a picture a screen shows, and how large.

A picture is shown whole where it can be. Only one that is much taller than its
region is cut, above and below, to the window that keeps the subject: edges,
skin and the upper third draw the eye. No face is looked for by name; skin with
detail in it, and room above it for the hair, does that work.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Style = Literal["photo", "drawing", "comic", "type"]

WHOLE_SHARE_MIN = 0.86
"""A picture that, shown whole, keeps this share of the width is not cut."""

_LOOK_PX = 96
"""Longer side of the copy on which saliency is measured."""


@dataclass(frozen=True)
class PictureRequest:
    """One picture wanted on a slide.

    Attributes:
        key: names picture and use; the answer carries it.
        image: RGB, upright, as `decode` gives it.
        width_px_max, height_px_max: the region; what comes back is no larger.
        style: photographs are kept from low quality by smaller size; the others carry lettering and flat colour.
        crop: whether a picture taller than the region may be cut; never a comic's.
        rank: importance; the lowest value is dropped last.
        optional: whether it may be dropped at all while others remain that may.
    """

    key: str
    image: Image.Image
    width_px_max: int
    height_px_max: int
    style: Style
    crop: bool = True
    rank: int = 0
    optional: bool = True


def frame(request: PictureRequest) -> Image.Image:
    """The picture as large as its region shows it: cut where that is allowed and needed, never enlarged."""
    return resized(cropped(request), *shown_size(request))


def cropped(request: PictureRequest) -> Image.Image:
    """The part of the picture that will be shown, in its own pixels."""
    image = request.image if request.image.mode == "RGB" else request.image.convert("RGB")
    height_px = _kept_height(request)
    if height_px >= image.height:
        return image
    top_px = _best_top(image, height_px)
    return image.crop((0, top_px, image.width, top_px + height_px))


def shown_size(request: PictureRequest) -> tuple[int, int]:
    """Width and height in pixels at full size; never more than one pixel of the screen for one of the picture."""
    width_px, height_px = request.image.width, _kept_height(request)
    share = min(1.0, request.width_px_max / width_px, request.height_px_max / height_px)
    return max(1, round(width_px * share)), max(1, round(height_px * share))


def resized(image: Image.Image, width_px: int, height_px: int) -> Image.Image:
    """A smaller copy by a windowed sinc, lightly sharpened where the picture really shrank."""
    if image.size == (width_px, height_px):
        return image
    shrunk = image.resize((width_px, height_px), Image.Resampling.LANCZOS)
    if image.width < 1.2 * width_px:
        return shrunk
    return shrunk.filter(ImageFilter.UnsharpMask(radius=0.6, percent=45, threshold=2))


def _kept_height(request: PictureRequest) -> int:
    """Rows of the picture that are kept: all, unless it may be cut and showing it whole would make it narrow."""
    width_px, height_px = request.image.size
    fitting_px = width_px * request.height_px_max / request.width_px_max
    if not request.crop or request.style == "comic" or fitting_px >= height_px * WHOLE_SHARE_MIN:
        return height_px
    if width_px * WHOLE_SHARE_MIN <= request.width_px_max and height_px <= request.height_px_max:
        return height_px
    return max(1, round(fitting_px))


def _best_top(image: Image.Image, height_px: int) -> int:
    """First row of the window of that height that holds most of what draws the eye."""
    scale = _LOOK_PX / max(image.size)
    small = image.resize((max(8, round(image.width * scale)), max(8, round(image.height * scale))), Image.Resampling.BILINEAR)
    rows = _row_interest(np.asarray(small, dtype=np.float64))
    window = max(1, round(len(rows) * height_px / image.height))
    sums = np.concatenate(([0.0], np.cumsum(rows)))
    scores = sums[window:] - sums[:-window]
    first = int(np.argmax(scores))
    return min(image.height - height_px, round(first * image.height / len(rows)))


def _row_interest(pixels: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much each row draws the eye; the sum of all rows is 1."""
    grey = pixels @ np.array([0.299, 0.587, 0.114])
    edges = np.abs(np.diff(grey, axis=0, prepend=grey[:1])) + np.abs(np.diff(grey, axis=1, prepend=grey[:, :1]))
    edge_rows = np.minimum(edges, 60.0).mean(axis=1)
    skin_rows = _skin(pixels, grey).mean(axis=1)
    rows = edge_rows / (edge_rows.sum() + 1e-9) + 1.5 * skin_rows / (skin_rows.sum() + 1e-9) * min(1.0, 12 * float(skin_rows.mean()))
    upper = 1.25 - 0.5 * np.linspace(0.0, 1.0, len(rows))
    weighted: NDArray[np.float64] = rows * upper
    return weighted / weighted.sum() if weighted.sum() > 0 else np.full(len(rows), 1.0 / len(rows))


def _skin(pixels: NDArray[np.float64], grey: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 where a pixel has a colour of skin (chroma box in YCbCr), else 0."""
    blue = 0.564 * (pixels[..., 2] - grey)
    red = 0.713 * (pixels[..., 0] - grey)
    found = (grey > 60) & (blue > -45) & (blue < -3) & (red > 8) & (red < 45)
    return found.astype(np.float64)
