"""Covers of magazines and comics."""

from __future__ import annotations

from PIL import Image, ImageDraw

from content.adapt.framing import PictureRequest, frame
from content.draw.fonts import font
from content.draw.ink import INK, PAPER
from content.draw.typeset import lines
from subscribers.handset_classes import HandsetClass


def cover(picture: Image.Image | None, title: str, subtitle: str, handset: HandsetClass) -> Image.Image:
    """A magazine's cover: the picture full-bleed, the title on a calm band."""
    size = handset.type_px
    image = Image.new("RGB", (handset.width_px, handset.height_px), PAPER)
    if picture is not None:
        image.paste(frame(PictureRequest("", picture, *image.size, "photo")))
    draw = ImageDraw.Draw(image)
    top = handset.height_px - 5 * size
    draw.rectangle((0, top, *image.size), fill=PAPER)
    draw.text((size // 2, top + size // 2), lines(title, handset.width_px - size, 2 * size, bold=True)[0], font=font(2 * size, "bold"), fill=INK)
    draw.text((size // 2, top + 3 * size), lines(subtitle, handset.width_px - size, size)[0], font=font(size), fill=INK)
    return image


def comic_cover(picture: Image.Image | None, title: str, subtitle: str, handset: HandsetClass) -> Image.Image:
    """A comic's cover: the picture untouched, the title below."""
    return cover(picture, title, subtitle, handset)
