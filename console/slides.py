"""The first slide of a stored message as its handset shows it, for the variants on a dispatch's page."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image


@lru_cache(maxsize=128)
def first_slide_png(mime: bytes, handset_class_name: str) -> bytes:
    """A PNG of the class's screen; of a pushed link or a text, its words on a small one.

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
    return _png(stored_slides(mime)[0].shown(handset_class(handset_class_name)))


def _png(drawn: Image) -> bytes:
    out = BytesIO()
    drawn.save(out, "PNG")
    return out.getvalue()
