"""The slides of a message that was built, read back out of its bytes: what a proof, a preview and a page of the console show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from PIL import Image

from content.adapt import decode
from content.codecs.mime import decode_entity
from content.codecs.smil import decode_smil
from content.draw.screens import screen
from huabao.errors import CodecError
from subscribers.handset_classes import HandsetClass

LONGEST_PX = 2000
"""No picture of a message of ours is longer on a side."""


@dataclass(frozen=True)
class StoredSlide:
    """One slide as it lies in the message.

    Attributes:
        picture: the bytes of its picture, or None.
        media_type: of the picture, "" without one.
        text: "" for none.
        duration_ms: how long it stays.
    """

    picture: bytes | None = field(repr=False)
    media_type: str
    text: str
    duration_ms: int

    def shown(self, handset: HandsetClass) -> Image.Image:
        """The slide on the screen of a handset, see `content.draw.screens.screen`.

        Raises:
            PictureError: its picture cannot be read.
        """
        return screen(self.decoded(), self.text, handset)

    def decoded(self) -> Image.Image | None:
        """Its picture, or None.

        Raises:
            PictureError: it cannot be read.
        """
        return None if self.picture is None else decode(self.picture, longest_px=LONGEST_PX)


def stored_slides(mime: bytes) -> Sequence[StoredSlide]:
    """The slides of a message in its multipart/related form, header lines first; at least one.

    Raises:
        CodecError: it does not read back, or has no SMIL or no slide.
    """
    parts = decode_entity(mime).parts
    by_name = {name: part for part in parts for name in (part.content_location, f"cid:{part.content_id}") if name}
    smil = next((part for part in parts if part.content_type == "application/smil"), None)
    if smil is None:
        raise CodecError("the message has no SMIL part")
    found = []
    for slide in decode_smil(smil.body).slides:
        image, text = by_name.get(slide.image_src or ""), by_name.get(slide.text_src or "")
        found.append(StoredSlide(image.body if image else None, image.content_type if image else "", text.text if text else "", slide.duration_ms))
    if not found:
        raise CodecError("the message has no slide")
    return found
