"""The first slide of a stored message as its handset shows it, for the variants on a dispatch's page."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO

LONGEST_PX = 1200


@lru_cache(maxsize=128)
def first_slide_png(mime: bytes, handset_class_name: str) -> bytes:
    """A PNG of the class's screen.

    Raises:
        CodecError: the bytes are no message with SMIL.
        PictureError: the picture of the slide cannot be read.
    """
    from content.adapt import decode
    from content.codecs.mime import decode_entity
    from content.codecs.smil import decode_smil
    from content.draw import screen
    from huabao.errors import CodecError
    from subscribers.handset_classes import handset_class

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
    drawn = screen(picture, text.text if text else "", handset_class(handset_class_name))
    out = BytesIO()
    drawn.save(out, "PNG")
    return out.getvalue()
