"""A message's byte budget shared over its pictures, so that the worst of them is as good as possible.

All pictures start at one common quality, the highest that fits. If that is too
low, all become smaller together, down a ladder; then optional ones go, the least
important first. What the common quality leaves over lifts the worst picture,
again and again, until nothing more fits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from content.adapt.encoding import LOSSLESS, EncodeCache, EncodedPicture, Encoding, coarseness, encode_jpeg, encode_palette
from content.adapt.framing import PictureRequest, resized, shown_size
from subscribers.handset_classes import HandsetClass

QUALITY_MIN = 40
"""No picture goes below; rather it becomes smaller."""

QUALITY_MAX = 95
"""Above it bytes buy nothing that a handset shows."""

LADDER = ((1.0, 50), (0.9, 48), (0.8, 45), (0.7, 42), (0.6, 40))
"""Shares of the full size, each with the common quality that must be reached for it to be taken."""

_LAST_RESORTS = (0.5, 0.4, 0.3, 0.2)
"""Shares of the full size for what must not be dropped and fits no other way."""

_SHRINK_BOUND = 0.8
"""A picture of half the pixels takes more than this times half the bytes, at the lower quality of its step of the ladder."""

_SLOPE = 0.7
"""First guess of how bytes grow with fineness: log bytes against log of the quantisation's scale."""

_NEARLY, _NEARLY_MIDDLE = 0.994, 0.997
_FILLED = 0.996
"""Shares of the budget at which the search for a common quality, and the filling, are content."""


@dataclass(frozen=True)
class Fitting:
    """What became of the pictures.

    Attributes:
        pictures: by key.
        dropped: keys of those that did not fit, least important first.
        worst_quality: the lowest quality among them, 100 where there is none.
    """

    pictures: dict[str, EncodedPicture]
    dropped: tuple[str, ...]
    worst_quality: int


class _Sitter:
    """One picture at one size, ready to be encoded at any quality."""

    def __init__(self, request: PictureRequest, share: float, handset: HandsetClass, cache: EncodeCache) -> None:
        self.request = request
        place = (request.key, request.style, request.crop, request.width_px_max, request.height_px_max)
        self._kept = cache.kept(place, request)
        width_px, height_px = shown_size(self._kept, request)
        if request.style == "type" and share >= LADDER[-1][0]:
            share = 1.0  # drawn at the smallest size that can be read
        self.size = (max(1, round(width_px * share)), max(1, round(height_px * share)))
        self._name = (*place, *self.size)
        self._types = handset.image_types
        self._cache = cache

    def _image(self) -> Image.Image:
        found = self._cache.frames.get(self._name)
        if found is None:
            found = resized(self._kept, *self.size)
            self._cache.frames[self._name] = found
        return found

    def at(self, quality_tenths: int) -> Encoding:
        """The smallest encoding of at least this quality."""
        palette = self._palette()
        if palette is not None and palette.quality_tenths >= quality_tenths:
            jpeg = self._jpeg(quality_tenths)
            return palette if len(palette.data) <= len(jpeg.data) else jpeg
        return self._jpeg(quality_tenths)

    def _jpeg(self, quality_tenths: int) -> Encoding:
        name = (*self._name, quality_tenths)
        found = self._cache.encodings.get(name)
        if found is None:
            data = encode_jpeg(self._image(), quality_tenths, self.request.style)
            found = Encoding(data, "image/jpeg", quality_tenths)
            self._cache.encodings[name] = found
        return found

    def _palette(self) -> Encoding | None:
        if self.request.style == "photo":
            return None
        name = (*self._name, self._types)
        if name not in self._cache.palettes:
            self._cache.palettes[name] = encode_palette(self._image(), self._types)
        return self._cache.palettes[name]


def fit_pictures(requests: Sequence[PictureRequest], budget_bytes: int, handset: HandsetClass, *, cache: EncodeCache | None = None) -> Fitting:
    """Encodes the pictures so that together they take no more than the budget, and waste little of it.

    Where some picture is below quality 90, at least 95 % of the budget is used. The same input gives the same bytes.

    Args:
        requests: with keys that differ.
        budget_bytes: for the bytes of all pictures together.
        handset: whose image types are used.
        cache: keeps frames and encodings for the next message with the same keys.
    """
    cache = cache if cache is not None else EncodeCache()
    kept = list(requests)
    dropped: list[str] = []
    while kept:
        chosen = _common(kept, budget_bytes, handset, cache)
        if chosen is not None:
            sitters, encodings = chosen
            _fill(sitters, encodings, budget_bytes)
            return _fitting(sitters, encodings, dropped)
        out = max(kept, key=lambda request: (request.optional, request.rank, kept.index(request)))
        kept.remove(out)
        dropped.append(out.key)
    return Fitting({}, tuple(dropped), 100)


def _common(requests: Sequence[PictureRequest], budget_bytes: int, handset: HandsetClass, cache: EncodeCache) -> tuple[list[_Sitter], list[Encoding]] | None:
    """All pictures at the best common size and quality, or None where one of them must go first."""
    shares: list[tuple[float, int]] = list(LADDER)
    if not any(request.optional for request in requests):
        shares += [(share, QUALITY_MIN) for share in _LAST_RESORTS]
    least = 0.0
    for share, floor in shares:
        if least * share * share > budget_bytes:
            continue
        sitters = [_Sitter(request, share, handset, cache) for request in requests]
        encodings = [sitter.at(floor * 10) for sitter in sitters]
        if _total(encodings) <= budget_bytes:
            return sitters, _highest(sitters, encodings, floor * 10, budget_bytes)
        least = max(least, _SHRINK_BOUND * _total(encodings) / share / share)
    return None


def _total(encodings: Sequence[Encoding]) -> int:
    return sum(len(one.data) for one in encodings)


def _highest(sitters: Sequence[_Sitter], fitting: list[Encoding], floor_tenths: int, budget_bytes: int) -> list[Encoding]:
    """The encodings at about the highest common quality that fits.

    Args:
        sitters: the pictures.
        fitting: their encodings at the floor, known to fit.
        floor_tenths: quality of `fitting`.
        budget_bytes: for all together.
    """
    low, high = floor_tenths, QUALITY_MAX * 10 + 1
    slope = _SLOPE
    while high - low > 1 and _total(fitting) < _NEARLY * budget_bytes:
        wanted = math.log(_NEARLY_MIDDLE * budget_bytes / _total(fitting))
        guess = _quality_of(math.log(coarseness(low)) - wanted / slope)
        tried = min(high - 1, max(low + 1, guess))
        encodings = [sitter.at(tried) for sitter in sitters]
        grown = math.log(_total(encodings) / _total(fitting))
        finer = math.log(coarseness(low) / coarseness(tried))
        slope = min(3.0, max(0.2, grown / finer)) if grown > 0 else slope
        if _total(encodings) <= budget_bytes:
            low, fitting = tried, encodings
        else:
            high = tried
    return fitting


def _quality_of(log_coarseness: float) -> int:
    """The quality in tenths of a coarseness; the inverse of `coarseness`."""
    percent = math.exp(log_coarseness)
    return round(10 * (5000 / percent if percent > 100 else (200 - percent) / 2))


def _fill(sitters: Sequence[_Sitter], encodings: list[Encoding], budget_bytes: int) -> None:
    """Lifts the worst picture by one quality, then by tenths, until the budget is all but used; changes `encodings`."""
    left = budget_bytes - _total(encodings)
    for step in (10, 3, 1):
        stuck: set[int] = set()
        while left > (1 - _FILLED) * budget_bytes:
            open_ = [i for i, one in enumerate(encodings) if i not in stuck and one.quality_tenths + step <= QUALITY_MAX * 10]
            if not open_:
                break
            worst = min(open_, key=lambda i: (encodings[i].quality_tenths, sitters[i].request.rank, i))
            better = sitters[worst].at(encodings[worst].quality_tenths + step)
            cost = len(better.data) - len(encodings[worst].data)
            if cost > left:
                stuck.add(worst)
                continue
            encodings[worst] = better
            left -= cost


def _fitting(sitters: Sequence[_Sitter], encodings: Sequence[Encoding], dropped: Sequence[str]) -> Fitting:
    pictures = {
        sitter.request.key: EncodedPicture(sitter.request.key, one.data, one.media_type, *sitter.size, min(LOSSLESS, one.quality_tenths) // 10)
        for sitter, one in zip(sitters, encodings, strict=True)
    }
    return Fitting(pictures, tuple(dropped), min((one.quality for one in pictures.values()), default=100))
