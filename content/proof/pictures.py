"""The slides of a message for a proof: the picture in the very bytes that leave, the text as its screen sets it.

A picture goes into the PDF as it stands in the message, so that a proof is hardly larger
than the messages it shows, and what is printed is what was approved. The same
picture or text on another slide, or in another variant, is held once.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping

from PIL import Image

from content.draw.screens import text_block
from content.draw.stored import StoredSlide
from content.proof.facts import Shape, SlideProof
from subscribers.handset_classes import HandsetClass

AS_IT_IS = ("image/jpeg", "image/png")
"""What a PDF takes as it stands; of an animated GIF the first picture is shown."""


class Pictures:
    """The resources of a proof, by name."""

    def __init__(self) -> None:
        self.resources: dict[str, bytes] = {}
        self._texts: dict[tuple[str, str], Shape | None] = {}

    def slide(self, number: int, slide: StoredSlide, handset: HandsetClass, marks: Mapping[int, str]) -> SlideProof:
        """One slide on the screen of its class.

        Raises:
            PictureError: its picture cannot be read.
        """
        picture = self._picture(slide, handset)
        top = picture.height if picture else 0
        text = self._text(slide.text, handset)
        height = max(handset.height_px, top + (text.height if text else 0))
        fold = handset.height_px if height > handset.height_px else None
        return SlideProof(number, round(slide.duration_ms / 1000), handset.width_px, height, fold, picture, text, marks.get(number, ""))

    def _picture(self, slide: StoredSlide, handset: HandsetClass) -> Shape | None:
        image = slide.decoded()
        if image is None or slide.picture is None:
            return None
        width, height = image.size
        if width > handset.width_px:
            width, height = handset.width_px, max(1, round(height * handset.width_px / width))
        data = slide.picture if slide.media_type in AS_IT_IS else _png(image.convert("RGB"))
        return Shape(self._keep(data), (handset.width_px - width) // 2, width, height)

    def _text(self, text: str, handset: HandsetClass) -> Shape | None:
        key = (text, handset.name)
        if key not in self._texts:
            drawn = text_block(text, handset)
            self._texts[key] = None if drawn is None else Shape(self._keep(_png(_plain(drawn))), 0, drawn.width, drawn.height)
        return self._texts[key]

    def _keep(self, data: bytes) -> str:
        name = hashlib.sha256(data).hexdigest()[:32]
        self.resources.setdefault(name, data)
        return name


def _plain(image: Image.Image) -> Image.Image:
    """Without colours where there are none."""
    red, green, blue = image.split()
    return red if red.tobytes() == green.tobytes() == blue.tobytes() else image


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", optimize=False, compress_level=6)
    return out.getvalue()
