"""The narrow band that opens a section, and the page that ends an edition."""

from __future__ import annotations

from PIL import Image, ImageDraw

from content.draw.flat import flat
from content.draw.headline import headline, put, put_right
from content.draw.ink import ACCENT, GREY, INK, PAPER
from content.draw.nameplate import margin_px
from content.draw.style import DEFAULT, Style
from content.draw.typeset import lines, width_px
from subscribers.handset_classes import HandsetClass


def section_band(title: str, handset: HandsetClass, note: str = "", *, style: Style = DEFAULT) -> Image.Image:
    """A tab with the section's title on a rule across the screen, as a newspaper opens a page.

    Args:
        title: of the section.
        handset: gives width and type size.
        note: a few words at the right, e.g. the paper's name; left out where there is no room.
    """
    margin = margin_px(handset)
    size = round(handset.type_px * 1.15)
    pad = max(3, size // 4)
    set_ = headline(title, handset.width_px - 4 * margin, 3 * size, largest_px=size, smallest_px=handset.type_px, weight="bold")
    rule = max(2, handset.width_px // 80)
    tab_height = set_.height_px + 2 * pad
    image = Image.new("RGB", (handset.width_px, tab_height + rule), PAPER)
    draw = ImageDraw.Draw(image)
    tab_right = margin + set_.width_px + 2 * margin
    if 4 * tab_right > 3 * handset.width_px:
        tab_right = handset.width_px
    draw.rectangle((0, 0, tab_right - 1, tab_height), fill=ACCENT)
    draw.rectangle((0, tab_height, handset.width_px - 1, tab_height + rule - 1), fill=ACCENT)
    for number, row in enumerate(set_.rows):
        put(draw, (margin + margin // 2, pad + number * set_.leading_px), row, set_.size_px, "bold", PAPER)
    if note and tab_right + 2 * margin + width_px(note, handset.type_px) <= handset.width_px:
        place = (handset.width_px - margin, tab_height - handset.type_px - pad)
        put_right(draw, place, note, handset.type_px, "regular", GREY)
    return flat(image)


def end_page(title: str, text: str, handset: HandsetClass, *, style: Style = DEFAULT) -> Image.Image:
    """The last page: a title between two rules and a short text such as the credit, as high as both need.

    Args:
        title: e.g. 本期完.
        text: a few lines; its own line ends are kept.
        handset: gives width and type size.
    """
    margin, size = margin_px(handset), handset.type_px
    room = handset.width_px - 2 * margin
    set_ = headline(title, room, 4 * size, largest_px=round(size * 1.6), smallest_px=size, weight="black")
    rows = lines(text, room, size) if text else []
    leading = round(size * 1.4)
    rule = max(2, handset.width_px // 80)
    text_top = rule + size + set_.height_px + size
    image = Image.new("RGB", (handset.width_px, text_top + leading * len(rows) + (size if rows else rule)), PAPER)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, handset.width_px - 1, rule - 1), fill=ACCENT)
    for number, row in enumerate(set_.rows):
        place = ((handset.width_px - width_px(row, set_.size_px, weight="black")) / 2, rule + size + number * set_.leading_px)
        put(draw, place, row, set_.size_px, "black", INK)
    for number, row in enumerate(rows):
        put(draw, (margin, text_top + number * leading), row, size, "regular", INK)
    draw.line((0, image.height - 1, handset.width_px - 1, image.height - 1), fill=INK)
    return flat(image)
