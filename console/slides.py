"""The slides of a message as its handset shows them, drawn out of its bytes."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image


def first_slide_png(mime: bytes, handset_class_name: str) -> bytes:
    """The first one.

    Raises:
        CodecError, PictureError: as `slide_png`.
    """
    found = slide_png(mime, handset_class_name, 1)
    assert found is not None, "a message without a slide does not read back"
    return found


@lru_cache(maxsize=256)
def slide_png(mime: bytes, handset_class_name: str, number: int) -> bytes | None:
    """The slide of that number, from 1, on the class's screen; of a pushed link or a text, its words on a small one. None where there is no such slide.

    Raises:
        CodecError: the bytes are no message with SMIL, and no link or text.
        PictureError: the picture of the slide cannot be read.
    """
    from content.compose.short import SCREEN, ShortMessage
    from content.draw import screen
    from content.draw.stored import stored_slides
    from content.variants import SHORT, WAP_PUSH
    from subscribers.handset_classes import handset_class

    if handset_class_name in SHORT:
        short = ShortMessage.decode(mime)
        return _png(screen(None, f"{short.text}\n{short.href}" if handset_class_name == WAP_PUSH else short.text, handset_class(SCREEN)))
    slides = stored_slides(mime)
    return _png(slides[number - 1].shown(handset_class(handset_class_name))) if 1 <= number <= len(slides) else None


def _png(drawn: Image) -> bytes:
    out = BytesIO()
    drawn.save(out, "PNG")
    return out.getvalue()
