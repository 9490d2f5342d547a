"""A slide as the handset's screen shows it."""

from __future__ import annotations

from PIL import Image, ImageDraw

from content.draw.fonts import font
from content.draw.ink import INK, PAPER
from content.draw.typeset import lines
from subscribers.handset_classes import HandsetClass


def screen(picture: Image.Image | None, text: str, handset: HandsetClass) -> Image.Image:
    """Picture above, text below; taller than the screen where the reader must scroll."""
    size = handset.type_px
    margin = size // 3
    leading = size * 4 // 3
    set_lines = lines(text, handset.width_px - 2 * margin, size) if text else []
    top = picture.height + margin if picture is not None else margin
    height = max(handset.height_px, top + leading * len(set_lines) + margin)
    image = Image.new("RGB", (handset.width_px, height), PAPER)
    if picture is not None:
        image.paste(picture.convert("RGB"), ((handset.width_px - picture.width) // 2, 0))
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(set_lines):
        draw.text((margin, top + number * leading), line, font=font(size), fill=INK)
    return image
