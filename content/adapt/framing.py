"""What part of a picture a screen shows, and how large.

A picture is shown whole where it can be. Only one that is much taller than its
region is cut, above and below, to the window that keeps the subject: heads stay
whole (`subjects` finds them), no line of lettering is cut through, and of what is
left edges, skin and the upper third draw the eye.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from content.adapt.animation import Animation

if TYPE_CHECKING:
    from content.adapt.subjects import Subject

Style = Literal["photo", "drawing", "comic", "type"]

WHOLE_SHARE_MIN = 0.86
"""A picture that, shown whole, keeps this share of the width is not cut."""

ENLARGED_MAX = 1.5
"""A picture that must fill a cover is enlarged so far at most."""

HELD_MIN = 0.66
"""Share of what draws the eye that a cut must keep; else less is cut and the picture is shown narrower."""

_WIDTH_SHARES = (1.0, 0.95, 0.9, 0.85, 0.8, 0.75)
_HEAD_WIDTH_SHARES = (0.7, 0.65, 0.6, 0.55, 0.5)
"""Of the region's width that a cut picture takes at least; less only where a head is not whole otherwise."""

_CUT_COST = 0.5
_HEADROOM, _HEADROOM_COST = 0.06, 0.015
"""Air above a subject: a share of the window, where it costs little below."""

HEAD_COST, LETTERING_COST = 4.0, 0.25
"""What it costs a window to lose the largest head, or to cut through a line of lettering, where all that draws the eye is 1."""

MINOR_HEAD_SHARE = 0.2
"""A head of less than that share of the largest one's area is somebody in the background, and counts a tenth."""

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
        moving: the same picture as an animation, taken as it is where the budget has room for it.
    """

    key: str
    image: Image.Image
    width_px_max: int
    height_px_max: int
    style: Style
    crop: bool = True
    rank: int = 0
    optional: bool = True
    moving: Animation | None = None


def frame(request: PictureRequest) -> Image.Image:
    """The picture as large as its region shows it: cut where that is allowed and needed, never enlarged."""
    kept = cropped(request)
    return resized(kept, *shown_size(kept, request))


def cropped(request: PictureRequest) -> Image.Image:
    """The part of the picture that will be shown, in its own pixels."""
    image = request.image if request.image.mode == "RGB" else request.image.convert("RGB")
    width_px, height_px = image.size
    fitting_px = width_px * request.height_px_max / request.width_px_max
    if not request.crop or request.style == "comic" or fitting_px >= height_px * WHOLE_SHARE_MIN:
        return image
    if width_px <= request.width_px_max and height_px <= request.height_px_max:
        return image
    top_px, kept_px = _rows_kept(image, fitting_px)
    return image.crop((0, top_px, width_px, top_px + kept_px))


def _rows_kept(image: Image.Image, fitting_px: float) -> tuple[int, int]:
    """First row and number of rows of the window shown: as few as fill the width, more where too much would be lost.

    Args:
        image: the whole picture.
        fitting_px: rows of a window that fills the region.
    """
    interest, spans = _interest_along(image, rows=True), _spans(subjects_of(image), rows=True)
    found: list[_Window] = []
    for share in (*_WIDTH_SHARES, *_HEAD_WIDTH_SHARES):
        if share < _WIDTH_SHARES[-1] and min(window.lost for window in found) < LETTERING_COST * 2:
            break
        window = _best_window(interest, min(image.height, max(1, round(fitting_px / share))), image.height, spans)
        if window.held >= HELD_MIN and window.lost == 0.0:
            return window.start_px, window.kept_px
        found.append(window)
    least = min(window.lost for window in found)
    enough = [window for window in found if window.lost <= least]
    best = next((window for window in enough if window.held >= HELD_MIN), enough[-1])
    return best.start_px, best.kept_px


def shown_size(kept: Image.Image, request: PictureRequest) -> tuple[int, int]:
    """Width and height in pixels at full size of what was kept; never more than one pixel of the screen for one of it."""
    share = min(1.0, request.width_px_max / kept.width, request.height_px_max / kept.height)
    return max(1, round(kept.width * share)), max(1, round(kept.height * share))


def resized(image: Image.Image, width_px: int, height_px: int) -> Image.Image:
    """A smaller copy by a windowed sinc, lightly sharpened where the picture really shrank."""
    if image.size == (width_px, height_px):
        return image
    shrunk = image.resize((width_px, height_px), Image.Resampling.LANCZOS)
    if image.width < 1.2 * width_px:
        return shrunk
    return shrunk.filter(ImageFilter.UnsharpMask(radius=0.6, percent=45, threshold=2))


def filled(image: Image.Image, width_px: int, height_px: int) -> Image.Image:
    """The picture over the whole of a place, cut where it sticks out; one too small for that on a blur of itself."""
    image = image if image.mode == "RGB" else image.convert("RGB")
    share = max(width_px / image.width, height_px / image.height)
    if share > ENLARGED_MAX:
        return _on_blur(image, width_px, height_px)
    kept_width, kept_height = min(image.width, round(width_px / share)), min(image.height, round(height_px / share))
    top, left = _best_start(image, kept_height, rows=True), _best_start(image, kept_width, rows=False)
    return resized(image.crop((left, top, left + kept_width, top + kept_height)), width_px, height_px)


def _on_blur(image: Image.Image, width_px: int, height_px: int) -> Image.Image:
    ground = image.resize((max(1, width_px // 8), max(1, height_px // 8))).resize((width_px, height_px), Image.Resampling.BICUBIC)
    ground = ground.filter(ImageFilter.GaussianBlur(width_px / 20))
    share = min(1.0, width_px / image.width, height_px / image.height)
    shown = resized(image, max(1, round(image.width * share)), max(1, round(image.height * share)))
    ground.paste(shown, ((width_px - shown.width) // 2, (height_px - shown.height) // 2))
    return ground


def subjects_of(image: Image.Image) -> tuple[Subject, ...]:
    """See `content.adapt.subjects.subjects_in`."""
    from content.adapt.subjects import subjects_in  # OpenCV is loaded by processes that cut pictures, not by all that open them

    return subjects_in(image)


def _best_start(image: Image.Image, kept_px: int, *, rows: bool) -> int:
    """First row or column of the best window of that length."""
    length = image.height if rows else image.width
    if kept_px >= length:
        return 0
    return _best_window(_interest_along(image, rows=rows), kept_px, length, _spans(subjects_of(image), rows=rows)).start_px


def _interest_along(image: Image.Image, *, rows: bool) -> NDArray[np.float64]:
    scale = _LOOK_PX / max(image.size)
    small = image.resize((max(8, round(image.width * scale)), max(8, round(image.height * scale))), Image.Resampling.BILINEAR)
    return _interest(np.asarray(small, dtype=np.float64), rows=rows)


@dataclass(frozen=True)
class _Span:
    """From where to where a subject reaches along one side, in shares of it, and what it costs to cut it."""

    start: float
    end: float
    cost: float
    whole: bool


def _spans(subjects: Sequence[Subject], *, rows: bool) -> list[_Span]:
    """Heads, which must be whole inside a window, and lettering, which may be outside but not be cut through."""
    largest = max((one.area for one in subjects if one.kind == "head"), default=0.0)
    found = []
    for one in subjects:
        start, end = (one.top, one.bottom) if rows else (one.left, one.right)
        if one.kind == "head":
            found.append(_Span(start, end, HEAD_COST * (0.1 if one.area < MINOR_HEAD_SHARE * largest else one.area / largest), whole=True))
        else:
            found.append(_Span(start, end, LETTERING_COST, whole=False))
    return found


@dataclass(frozen=True)
class _Window:
    """Where a window begins, how long it is, what it holds of all that draws the eye, and what its subjects lose."""

    start_px: int
    kept_px: int
    held: float
    lost: float


def _best_window(interest: NDArray[np.float64], kept_px: int, length_px: int, spans: Sequence[_Span]) -> _Window:
    """The window of that length that holds most of what draws the eye, and loses least of the subjects.

    A cut through something busy counts against a window: above a head and below a subject it is mostly quiet.
    """
    window = max(1, round(len(interest) * kept_px / length_px))
    sums = np.concatenate(([0.0], np.cumsum(interest)))
    held = sums[window:] - sums[:-window]
    padded = np.pad(interest, 2, mode="edge")
    busy = np.convolve(padded, np.full(5, 0.2), mode="valid")
    starts = np.arange(len(held))
    cost = np.where(starts > 0, busy[starts], 0.0)
    ends = starts + window
    cost = cost + 0.4 * np.where(ends < len(interest), busy[np.minimum(ends, len(interest) - 1)], 0.0)
    places = np.minimum(length_px - kept_px, np.rint(starts * length_px / len(interest)).astype(np.int64))
    lost = _lost(places / length_px, (places + kept_px) / length_px, spans)
    first = int(np.argmax(held - _CUT_COST * window * cost - lost))
    highest = max(0, first - round(_HEADROOM * window))
    first = next(one for one in range(highest, first + 1) if held[one] >= held[first] - _HEADROOM_COST and lost[one] <= lost[first])
    return _Window(int(places[first]), kept_px, float(held[first]), float(lost[first]))


def _lost(tops: NDArray[np.float64], bottoms: NDArray[np.float64], spans: Sequence[_Span]) -> NDArray[np.float64]:
    """What windows lose: a cut head costs half of what one outside costs, and more the less of it is left; so does cut lettering."""
    lost = np.zeros(len(tops))
    for span in spans:
        seen = np.clip(np.minimum(bottoms, span.end) - np.maximum(tops, span.start), 0.0, None) / (span.end - span.start)
        cut = seen < 1.0 - 1e-6
        lost = lost + span.cost * (0.5 * cut + 0.5 * (1.0 - seen) if span.whole else 1.0 * (cut & (seen > 0)))
    return lost


def _interest(pixels: NDArray[np.float64], *, rows: bool) -> NDArray[np.float64]:
    """How much each row, or each column, draws the eye; the sum of all is 1."""
    if not rows:
        pixels = pixels.transpose(1, 0, 2)
    grey = pixels @ np.array([0.299, 0.587, 0.114])
    edges = np.abs(np.diff(grey, axis=0, prepend=grey[:1])) + np.abs(np.diff(grey, axis=1, prepend=grey[:, :1]))
    edge_rows = np.minimum(edges, 60.0).mean(axis=1)
    skin_rows = _skin(pixels, grey).mean(axis=1)
    lines = edge_rows / (edge_rows.sum() + 1e-9) + 1.5 * skin_rows / (skin_rows.sum() + 1e-9) * min(1.0, 12 * float(skin_rows.mean()))
    upper = 1.25 - 0.5 * np.linspace(0.0, 1.0, len(lines)) if rows else 1.0 - 0.3 * np.abs(np.linspace(-1.0, 1.0, len(lines)))
    weighted: NDArray[np.float64] = lines * upper
    return weighted / weighted.sum() if weighted.sum() > 0 else np.full(len(lines), 1.0 / len(lines))


def _skin(pixels: NDArray[np.float64], grey: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 where a pixel has a colour of skin (chroma box in YCbCr), else 0."""
    blue = 0.564 * (pixels[..., 2] - grey)
    red = 0.713 * (pixels[..., 0] - grey)
    found = (grey > 60) & (blue > -45) & (blue < -3) & (red > 8) & (red < 45)
    return found.astype(np.float64)
