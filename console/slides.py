"""The first slide of a stored message as its handset shows it, for the variants on a dispatch's page."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

LONGEST_PX = 1200


@lru_cache(maxsize=128)
def first_slide_png(mime: bytes, handset_class_name: str) -> bytes:
    """A PNG of the class's screen; of a pushed link or a text, its words on a small one.

    Raises:
        CodecError: the bytes are no message with SMIL, and no link or text.
        PictureError: the picture of the slide cannot be read.
    """
    from content.adapt import decode
    from content.codecs.mime import decode_entity
    from content.codecs.smil import decode_smil
    from content.compose.short import SCREEN, ShortMessage
    from content.draw import screen
    from content.variants import SHORT, WAP_PUSH
    from huabao.errors import CodecError
    from subscribers.handset_classes import handset_class

    if handset_class_name in SHORT:
        short = ShortMessage.decode(mime)
        return _png(screen(None, f"{short.text}\n{short.href}" if handset_class_name == WAP_PUSH else short.text, handset_class(SCREEN)))
    parts = decode_entity(mime).parts
    by_name = {name: part for part in parts for name in (part.content_location, f"cid:{part.content_id}") if name}
    smil = next((part for part in parts if part.content_type == "application/smil"), None)
    if smil is None:
        raise CodecError("the message has no SMIL part")
    slides = decode_smil(smil.body).slides
    if not slides:
        raise CodecError("the message has no slide")
    first = slides[0]
    image = by_name.get(first.image_src or "")
    text = by_name.get(first.text_src or "")
    picture = decode(image.body, longest_px=LONGEST_PX) if image else None
    return _png(screen(picture, text.text if text else "", handset_class(handset_class_name)))


def _png(drawn: Image) -> bytes:
    out = BytesIO()
    drawn.save(out, "PNG")
    return out.getvalue()
