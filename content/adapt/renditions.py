"""One picture at one size, ready to be encoded at any quality; all that is made of it is kept for the next message."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

from PIL import Image

from content.adapt.curves import ANCHORS, Curve
from content.adapt.encoding import LOSSLESS, Encoding, encode_jpeg, encode_palette, halves_colour
from content.adapt.framing import PictureRequest, cropped, shown_size
from content.adapt.memo import Memo
from content.adapt.similarity import Reference, opened
from huabao.lazily import lazily
from subscribers.handset_classes import HandsetClass

TYPE_SHARE_MIN = 0.6
"""Drawn type has the smallest size that can be read; it goes below it only where a share so low is asked for."""


@dataclass
class EncodeCache:
    """What was framed, encoded and measured already, for use over several messages and by several threads.

    A key must name one and the same picture as long as the cache lives.
    """

    kept_parts: Memo[Image.Image] = field(default_factory=Memo)
    frames: Memo[Image.Image] = field(default_factory=Memo)
    halvings: Memo[bool] = field(default_factory=Memo)
    references: Memo[Reference] = field(default_factory=Memo)
    encodings: Memo[Encoding] = field(default_factory=Memo)
    palettes: Memo[Encoding | None] = field(default_factory=Memo)
    curves: Memo[Curve] = field(default_factory=Memo)


class Rendition:
    """A picture at a share of the size at which its region shows it.

    Attributes:
        lowest: the quality, in tenths, below which it may not go: that of its size for what carries lettering, which
            suffers more from blocks than its likeness tells.
    """

    def __init__(self, request: PictureRequest, share: float, floor_tenths: int, handset: HandsetClass, cache: EncodeCache) -> None:
        self.request = request
        self.lowest = ANCHORS[0] if request.style == "photo" else max(ANCHORS[0], floor_tenths)
        self._types = handset.image_types
        self._cache = cache
        self._place: tuple[Hashable, ...] = (request.key, request.style, request.crop, request.width_px_max, request.height_px_max)
        self._kept = cache.kept_parts.get(self._place, lambda: cropped(request))
        self._full = shown_size(self._kept, request)
        if request.style == "type" and share >= TYPE_SHARE_MIN:
            share = 1.0
        width_px, height_px = self._full
        self.size = (max(1, round(width_px * share)), max(1, round(height_px * share)))
        self._name = (*self._place, *self.size)

    def at(self, quality_tenths: int) -> Encoding:
        """The smallest encoding of at least this quality."""
        palette = self.palette
        if palette is not None and palette.quality_tenths >= quality_tenths:
            jpeg = self._jpeg(quality_tenths)
            return palette if len(palette.data) <= len(jpeg.data) else jpeg
        return self._jpeg(quality_tenths)

    @lazily
    def settled(self) -> Encoding | None:
        """The one encoding that is taken at every quality: without loss, and no larger than the poorest JPEG."""
        poorest = self.at(self.lowest)
        return poorest if poorest.quality_tenths == LOSSLESS else None

    def quality(self, similarity: float) -> int:
        """The lowest quality that it may have, in tenths, at which it has this similarity, the highest where it never has."""
        return self.lowest if self.settled is not None else max(self.lowest, self.curve.quality(similarity))

    def size_bytes(self, quality_tenths: int) -> float:
        """About what it takes at this quality."""
        if self.settled is not None:
            return len(self.settled.data)
        about = self.curve.size_bytes(quality_tenths)
        palette = self.palette
        return min(about, len(palette.data)) if palette is not None and palette.quality_tenths >= quality_tenths else about

    def similarity(self, encoding: Encoding) -> float:
        """About how alike an encoding of it and the picture at full size are."""
        return 1.0 if encoding.quality_tenths == LOSSLESS else self.curve.similarity(encoding.quality_tenths)

    @lazily
    def curve(self) -> Curve:
        """Its bytes and similarity as JPEG."""
        return self._cache.curves.get(self._name, self._measured)

    @lazily
    def palette(self) -> Encoding | None:
        """It as PNG or GIF, None where it is no drawing or the class shows neither."""
        return self._cache.palettes.get((*self._name, self._types), lambda: encode_palette(self._frame(self.size), self._types))

    def _measured(self) -> Curve:
        jpegs = [self._jpeg(quality).data for quality in ANCHORS]
        reference = self._cache.references.get(self._place, lambda: Reference(self._frame(self._full)))
        return Curve.measured([len(data) for data in jpegs], [reference.similarity(opened(data)) for data in jpegs])

    def _jpeg(self, quality_tenths: int) -> Encoding:
        def encoded() -> Encoding:
            frame, style = self._frame(self.size), self.request.style
            halved = self._cache.halvings.get(self._name, lambda: halves_colour(frame, style))
            return Encoding(encode_jpeg(frame, quality_tenths, style, halved=halved), "image/jpeg", quality_tenths)

        return self._cache.encodings.get((*self._name, quality_tenths), encoded)

    def _frame(self, size: tuple[int, int]) -> Image.Image:
        """The picture at that size. It is not sharpened: that would cost bytes and make it less like what the editor sent."""
        kept = self._kept
        return self._cache.frames.get((*self._place, *size), lambda: kept if kept.size == size else kept.resize(size, Image.Resampling.LANCZOS))
