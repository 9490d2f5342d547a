"""Where composing gets pictures from: decoded once for all classes, drawn and encoded once for each."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from PIL import Image

from content.adapt import EncodeCache, decode
from content.adapt.greyscale import grey
from content.adapt.memo import Memo
from content.manuscript import PictureRef
from huabao.lazily import lazily
from subscribers.handset_classes import HandsetClass, handset_classes

T = TypeVar("T")

DECODED_SHARE = 1.5
"""Pictures are decoded to that share of what the largest side of a screen asks for: room to crop, nothing wasted."""

LONGEST_PX_MIN = 64


@dataclass
class PictureSource:
    """Pictures by their SHA-256. What is asked for by several threads is made by one.

    Attributes:
        load: gives the bytes of a picture.
        encodings: what was encoded already, for the next variant of the same class.
        greyscale: pictures are given without colour, our own drawings too.
        wholes: what was decoded, for all classes.
        learnt: what was found on whole pictures, for all classes.
    """

    load: Callable[[str], bytes]
    encodings: EncodeCache = field(default_factory=EncodeCache)
    greyscale: bool = False
    wholes: Memo[Image.Image] = field(default_factory=Memo)
    learnt: Memo[Any] = field(default_factory=Memo)
    _images: Memo[Image.Image] = field(default_factory=Memo)
    _drawn: Memo[Image.Image] = field(default_factory=Memo)
    _found: Memo[Any] = field(default_factory=Memo)

    def of_class(self) -> PictureSource:
        """For one class beside others: what is decoded and learnt is shared, what is made of it goes when this goes."""
        return dataclasses.replace(self, encodings=EncodeCache(), _images=Memo(), _drawn=Memo(), _found=Memo())

    def shown(self, picture: PictureRef, handset: HandsetClass) -> Image.Image:
        """The picture upright, large enough to cover the class's screen; reduced from one that is large enough for every class."""
        wanted_px = longest_px(picture, handset)
        largest_px = max(wanted_px, *(longest_px(picture, each) for each in handset_classes().values()))
        whole = self.wholes.get((picture.sha256, largest_px, self.greyscale), lambda: self.fresh(picture, largest_px))
        factor = max(whole.size) // wanted_px
        return whole if factor < 2 else self._images.get((picture.sha256, "reduced", factor), lambda: whole.reduce(factor))

    def image(self, picture: PictureRef, longest_px: int) -> Image.Image:
        """The picture upright, its longer side at most `longest_px`."""
        return self._images.get((picture.sha256, longest_px), lambda: self.fresh(picture, longest_px))

    def fresh(self, picture: PictureRef, longest_px: int) -> Image.Image:
        """The same, not kept: for what is looked at once."""
        image = decode(self.load(picture.sha256), longest_px=longest_px)
        return grey(image) if self.greyscale else image

    def found(self, key: str, look: Callable[[], T]) -> T:
        """What was learnt from a picture for one class, looked for at first use."""
        value: T = self._found.get(key, look)
        return value

    def found_for_all(self, key: str, look: Callable[[], T]) -> T:
        """What was learnt from a whole picture, whatever the class."""
        value: T = self.learnt.get(key, look)
        return value

    def drawn(self, key: str, draw: Callable[[], Image.Image]) -> Image.Image:
        """A picture of our own making, drawn at first use."""
        return self._drawn.get(key, lambda: grey(draw()) if self.greyscale else draw())

    @lazily
    def without_colour(self) -> PictureSource:
        """The same pictures in grey, kept apart."""
        return PictureSource(self.load, greyscale=True, wholes=self.wholes)


def longest_px(picture: PictureRef, handset: HandsetClass) -> int:
    """The longer side at which a picture covers the whole screen, with room to crop; never more than it has."""
    width_px, height_px = max(picture.width_px, 1), max(picture.height_px, 1)
    share = max(handset.width_px / width_px, handset.height_px / height_px) * DECODED_SHARE
    return max(LONGEST_PX_MIN, round(max(width_px, height_px) * min(share, 1.0)))
