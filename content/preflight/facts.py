"""What is in a message, as a handset will find it: read out of the message itself, not out of what it was made of."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PIL import Image

from content.codecs.mime import Entity, decode_entity
from content.codecs.smil import decode_smil
from content.slots.gaps import Gap, stretched

FORMATS = ("JPEG", "PNG", "GIF")
"""What Pillow may open here: our own pictures are nothing else."""


@dataclass(frozen=True)
class PictureFacts:
    """One picture."""

    media_type: str
    width_px: int
    height_px: int
    animated: bool
    progressive: bool


@dataclass(frozen=True)
class SlideFacts:
    """One slide; `charset` is that of its text, "" without one."""

    text: str
    charset: str
    picture: PictureFacts | None


@dataclass(frozen=True)
class MessageFacts:
    """One message; `size_bytes` is that of the whole M-Retrieve.conf."""

    size_bytes: int
    slides: tuple[SlideFacts, ...]


def facts_of(mime: bytes, size_bytes: int, gaps: Sequence[Gap] = ()) -> MessageFacts:
    """The facts of a message in its multipart/related form, header lines first.

    Args:
        gaps: where a reader's own words go; the message is looked at with the longest ones.

    Raises:
        CodecError: it does not read back.
    """
    entity = decode_entity(stretched(mime, gaps) if gaps else mime)
    parts = {part.content_location: part for part in entity.parts}
    smil = decode_smil(entity.parts[0].body)
    pictures: dict[str, PictureFacts] = {}
    return MessageFacts(size_bytes, tuple(_slide(parts, slide.text_src, slide.image_src, pictures) for slide in smil.slides))


def _slide(parts: Mapping[str, Entity], text_src: str | None, image_src: str | None, pictures: dict[str, PictureFacts]) -> SlideFacts:
    text, image = parts.get(text_src or ""), parts.get(image_src or "")
    if image is not None and image.content_location not in pictures:
        pictures[image.content_location] = _picture(image)
    charset = (text.params.get("charset") or "us-ascii").casefold() if text else ""
    return SlideFacts(text.text if text else "", charset, pictures[image.content_location] if image else None)


def _picture(part: Entity) -> PictureFacts:
    with Image.open(io.BytesIO(part.body), formats=FORMATS) as image:
        return PictureFacts(part.content_type.casefold(), image.width, image.height, bool(getattr(image, "is_animated", False)), bool(image.info.get("progressive")))
