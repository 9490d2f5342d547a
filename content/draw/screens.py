"""A slide as the screen of its handset class shows it, for editors and proofs.

Picture on top, text below in the class's own type size, black on white, as the
handsets of each class did it. A reader scrolls what does not fit; here the
picture of the screen grows downwards, and two ticks at its edges mark the fold.
"""

from __future__ import annotations

from PIL import Image, ImageDraw

from content.adapt.framing import resized
from content.draw.headline import put
from content.draw.ink import GREY, INK, PAPER
from content.draw.typeset import lines
from subscribers.handset_classes import HandsetClass


def screen(picture: Image.Image | None, text: str, handset: HandsetClass) -> Image.Image:
    """The slide, exactly as large as the screen where it fits, else as wide and as high as it takes.

    Args:
        picture: shown in its own pixels, reduced only where it is wider than the screen.
        text: with its own line ends.
        handset: gives the screen and its type size.
    """
    margin = margin_px(handset)
    shown, below = _shown(picture, handset), text_block(text, handset)
    top = shown.height if shown is not None else 0
    needed = top + (below.height if below is not None else 0)
    image = Image.new("RGB", (handset.width_px, max(handset.height_px, needed)), PAPER)
    if below is not None:
        image.paste(below, (0, top))
    if shown is not None:
        image.paste(shown, ((handset.width_px - shown.width) // 2, 0))
    if needed > handset.height_px:
        draw = ImageDraw.Draw(image)
        for left in (0, handset.width_px - margin + 1):
            draw.line((left, handset.height_px, left + margin - 2, handset.height_px), fill=GREY)
    return image


def margin_px(handset: HandsetClass) -> int:
    """What is left free around a text."""
    return max(3, handset.type_px // 4)


def text_block(text: str, handset: HandsetClass) -> Image.Image | None:
    """The text alone, as wide as the screen and as high as it takes; None where there is none."""
    if not text.strip():
        return None
    size, margin = handset.type_px, margin_px(handset)
    leading = round(size * 1.32)
    rows = lines(text, handset.width_px - 2 * margin, size)
    image = Image.new("RGB", (handset.width_px, 2 * margin + leading * len(rows)), PAPER)
    draw = ImageDraw.Draw(image)
    for number, row in enumerate(rows):
        put(draw, (margin, margin + number * leading), row, size, "regular", INK)
    return image


def _shown(picture: Image.Image | None, handset: HandsetClass) -> Image.Image | None:
    if picture is None:
        return None
    upright = picture.convert("RGB")
    if upright.width <= handset.width_px:
        return upright
    return resized(upright, handset.width_px, max(1, round(upright.height * handset.width_px / upright.width)))
