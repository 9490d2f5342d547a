"""The narrow band that opens a section, and the page that ends an edition."""

from __future__ import annotations

from PIL import Image, ImageDraw

from content.draw.fonts import font
from content.draw.ink import ACCENT, INK, PAPER
from content.draw.typeset import lines
from subscribers.handset_classes import HandsetClass


def section_band(title: str, handset: HandsetClass) -> Image.Image:
    """A band as wide as the screen with the section's title."""
    size = handset.type_px
    image = Image.new("RGB", (handset.width_px, 2 * size), ACCENT)
    ImageDraw.Draw(image).text((size // 2, size // 4), lines(title, handset.width_px - size, size, bold=True)[0], font=font(size, "bold"), fill=PAPER)
    return image


def end_page(title: str, text: str, handset: HandsetClass) -> Image.Image:
    """The last page: a title and a short text such as the credit."""
    size = handset.type_px
    image = Image.new("RGB", (handset.width_px, handset.height_px * 6 // 10), PAPER)
    draw = ImageDraw.Draw(image)
    draw.text((size // 2, size), title, font=font(size, "bold"), fill=INK)
    draw.text((size // 2, 3 * size), "\n".join(lines(text, handset.width_px - size, size)), font=font(size), fill=INK)
    return image
