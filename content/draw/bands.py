"""The narrow band that opens a section, and the page that ends an edition; each in the styles that there are.

Bands: `tab` is a tab on a rule, `ornament` a title between rules with diamonds, `slant` a
bar with a slanted end, `seal` a small seal before the title, `ribbon` a round label with two dots.
Ends: `rules` stands between two rules, `card` in a double frame, `curtain` on the dark between film edges.
"""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image, ImageDraw

from content.draw.flat import flat
from content.draw.heading import margin_px
from content.draw.headline import Headline, headline, put, put_right
from content.draw.ornaments import diamond, disc, perforation, polygon, rounded, seal
from content.draw.style import DEFAULT, Style
from content.draw.typeset import balanced, lines, width_px
from subscribers.handset_classes import HandsetClass


def section_band(title: str, handset: HandsetClass, note: str = "", *, style: Style = DEFAULT) -> Image.Image:
    """A section's title, as the design opens a page with it.

    Args:
        title: of the section.
        handset: gives width and type size.
        note: a few words at the right, e.g. the paper's name; left out where there is no room, and by most styles.
        style: of the design.
    """
    return flat(BANDS[style.band](title, note, handset, style))


def _set(title: str, room_px: int, handset: HandsetClass, style: Style) -> Headline:
    size = round(handset.type_px * 1.15)
    weight = style.title_weight if style.title_weight in ("song", "songti") and size >= 18 else style.strong_weight
    return headline(title, room_px, 3 * size, largest_px=size, smallest_px=handset.type_px, weight=weight)


def _pad_px(handset: HandsetClass, style: Style) -> int:
    return max(3, round(handset.type_px * 1.15 * style.spacing) // 4)


def _put_rows(draw: ImageDraw.ImageDraw, set_: Headline, place: tuple[int, int], fill: tuple[int, int, int], centred_px: int = 0) -> None:
    for number, row in enumerate(set_.rows):
        left = place[0] + ((centred_px - width_px(row, set_.size_px, weight=set_.weight)) // 2 if centred_px else 0)
        put(draw, (left, place[1] + number * set_.leading_px), row, set_.size_px, set_.weight, fill)


def _tab(title: str, note: str, handset: HandsetClass, style: Style) -> Image.Image:
    margin, pad = margin_px(handset), _pad_px(handset, style)
    set_ = _set(title, handset.width_px - 4 * margin, handset, style)
    rule = max(2, handset.width_px // 80)
    tab_height = set_.height_px + 2 * pad
    image = Image.new("RGB", (handset.width_px, tab_height + rule), style.paper)
    draw = ImageDraw.Draw(image)
    tab_right = margin + set_.width_px + 2 * margin
    if 4 * tab_right > 3 * handset.width_px:
        tab_right = handset.width_px
    draw.rectangle((0, 0, tab_right - 1, tab_height), fill=style.accent)
    draw.rectangle((0, tab_height, handset.width_px - 1, tab_height + rule - 1), fill=style.accent)
    _put_rows(draw, set_, (margin + margin // 2, pad), style.on_accent)
    if note and tab_right + 2 * margin + width_px(note, handset.type_px) <= handset.width_px:
        place = (handset.width_px - margin, tab_height - handset.type_px - pad)
        put_right(draw, place, note, handset.type_px, style.text_weight, style.muted)
    return image


def _ornament(title: str, note: str, handset: HandsetClass, style: Style) -> Image.Image:
    del note
    margin, pad, unit = margin_px(handset), _pad_px(handset, style), handset.type_px
    set_ = _set(title, handset.width_px - 6 * margin - 2 * unit, handset, style)
    image = Image.new("RGB", (handset.width_px, set_.height_px + 2 * pad + 2), style.paper)
    draw = ImageDraw.Draw(image)
    middle = image.height // 2
    left = (handset.width_px - set_.width_px) // 2
    reach = max(3, unit // 4)
    for start, end, mark in ((margin, left - unit, left - unit * 5 // 8), (left + set_.width_px + unit, handset.width_px - margin - 1, left + set_.width_px + unit * 5 // 8)):
        draw.line((start, middle - 1, end, middle - 1), fill=style.accent, width=max(1, unit // 14))
        draw.line((start, middle + max(1, unit // 8), end, middle + max(1, unit // 8)), fill=style.accent)
        diamond(image, (mark, middle), reach, style.accent)
    _put_rows(draw, set_, (0, pad + 1), style.accent, centred_px=handset.width_px)
    return image


def _slant(title: str, note: str, handset: HandsetClass, style: Style) -> Image.Image:
    del note
    margin, pad = margin_px(handset), _pad_px(handset, style)
    set_ = _set(title, handset.width_px - 4 * margin, handset, style)
    height = set_.height_px + 2 * pad
    image = Image.new("RGB", (handset.width_px, height), style.second)
    right = min(handset.width_px + height, margin + set_.width_px + 2 * margin)
    gap = max(3, height // 5)
    for start, fill in ((right + 2 * gap, style.accent), (right + gap, style.second), (right, style.accent)):
        polygon(image, [(-2, -2), (start + height // 2, -2), (start, height + 2), (-2, height + 2)], fill)
    _put_rows(ImageDraw.Draw(image), set_, (margin + margin // 2, pad), style.on_accent)
    return image


def _seal(title: str, note: str, handset: HandsetClass, style: Style) -> Image.Image:
    del note
    margin, pad, unit = margin_px(handset), _pad_px(handset, style), handset.type_px
    side = round(unit * 0.8)
    set_ = _set(title, handset.width_px - 3 * margin - side, handset, style)
    image = Image.new("RGB", (handset.width_px, set_.height_px + 2 * pad + 1), style.paper)
    draw = ImageDraw.Draw(image)
    top = pad + (set_.size_px - side) // 2 + 1
    seal(image, (margin, top), side, "", (style.accent, style.on_accent), "bold")
    inset = max(2, side // 5)
    draw.rectangle((margin + inset, top + inset, margin + side - 1 - inset, top + side - 1 - inset), outline=style.on_accent)
    left = margin + side + max(4, unit // 3)
    _put_rows(draw, set_, (left, pad), style.ink)
    draw.line((margin, image.height - 1, handset.width_px - margin - 1, image.height - 1), fill=style.ink)
    return image


def _ribbon(title: str, note: str, handset: HandsetClass, style: Style) -> Image.Image:
    del note
    margin, pad, unit = margin_px(handset), _pad_px(handset, style), handset.type_px
    set_ = _set(title, handset.width_px - 5 * margin - 2 * unit, handset, style)
    height = set_.height_px + 2 * pad
    image = Image.new("RGB", (handset.width_px, height + max(2, pad // 2)), style.paper)
    right = margin + set_.width_px + 2 * pad + unit // 2
    rounded(image, (margin, 0, right, height - 1), min(height // 2, unit), style.accent)
    reach = max(2.5, unit * 0.22)
    for number, fill in enumerate((style.second, style.accent, style.second)):
        centre = right + unit * 0.75 + number * reach * 3
        if centre + reach < handset.width_px - margin:
            disc(image, (centre, height / 2), reach, fill)
    _put_rows(ImageDraw.Draw(image), set_, (margin + pad + unit // 4, pad), style.on_accent)
    return image


BANDS: dict[str, Callable[[str, str, HandsetClass, Style], Image.Image]] = {"tab": _tab, "ornament": _ornament, "slant": _slant, "seal": _seal, "ribbon": _ribbon}


def end_page(title: str, text: str, handset: HandsetClass, *, style: Style = DEFAULT) -> Image.Image:
    """The last page: a title and a short text such as the credit, as high as both need.

    Args:
        title: e.g. 本期完.
        text: a few lines; its own line ends are kept.
        handset: gives width and type size.
        style: of the design.
    """
    return flat(ENDS[style.end](title, text, handset, style))


def _rules(title: str, text: str, handset: HandsetClass, style: Style) -> Image.Image:
    margin, size = margin_px(handset), handset.type_px
    room = handset.width_px - 2 * margin
    set_ = headline(title, room, 4 * size, largest_px=round(size * 1.6), smallest_px=size, weight=style.title_weight)
    rows = lines(text, room, size) if text else []
    leading, rule = round(size * 1.4), max(2, handset.width_px // 80)
    text_top = rule + size + set_.height_px + size
    image = Image.new("RGB", (handset.width_px, text_top + leading * len(rows) + (size if rows else rule)), style.paper)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, handset.width_px - 1, rule - 1), fill=style.accent)
    _put_rows(draw, set_, (0, rule + size), style.ink, centred_px=handset.width_px)
    for number, row in enumerate(rows):
        left = margin if len(rows) > 1 else (handset.width_px - width_px(row, size)) // 2
        put(draw, (left, text_top + number * leading), row, size, style.text_weight, style.ink)
    draw.line((0, image.height - 1, handset.width_px - 1, image.height - 1), fill=style.ink)
    return image


def _card(title: str, text: str, handset: HandsetClass, style: Style) -> Image.Image:
    size, inset = handset.type_px, max(2, handset.type_px // 5)
    margin = margin_px(handset)
    image, draw, bottom = _middled(title, text, handset, style, (style.ground, style.on_ground, style.on_ground), 2 * inset + size)
    for step in (margin, margin + inset):
        draw.rectangle((step, step, image.width - 1 - step, bottom - 1 - step), outline=style.on_ground)
    return image


def _curtain(title: str, text: str, handset: HandsetClass, style: Style) -> Image.Image:
    film = max(6, round(handset.type_px * 0.65))
    image, _, bottom = _middled(title, text, handset, style, (style.ground, style.accent, style.on_ground), film + handset.type_px // 2)
    perforation(image, 0, film, style.ground, style.muted)
    perforation(image, bottom - film, film, style.ground, style.muted)
    return image


def _middled(title: str, text: str, handset: HandsetClass, style: Style, colours: tuple[tuple[int, int, int], ...], edge_px: int) -> tuple[Image.Image, ImageDraw.ImageDraw, int]:
    """Title and text in the middle of a ground; `colours` are of ground, title and text."""
    margin, size = margin_px(handset), handset.type_px
    room = handset.width_px - 4 * margin
    set_ = headline(title, room, 4 * size, largest_px=round(size * 1.6), smallest_px=size, weight=style.title_weight)
    rows = balanced(text, room, size) if text else []
    leading, top = round(size * 1.4), edge_px + size // 2
    text_top = top + set_.height_px + (size * 2 // 3 if rows else 0)
    bottom = text_top + leading * len(rows) + edge_px + size // 4
    image = Image.new("RGB", (handset.width_px, bottom), colours[0])
    draw = ImageDraw.Draw(image)
    _put_rows(draw, set_, (0, top), colours[1], centred_px=handset.width_px)
    for number, row in enumerate(rows):
        put(draw, ((handset.width_px - width_px(row, size)) // 2, text_top + number * leading), row, size, style.text_weight, colours[2])
    return image, draw, bottom


ENDS: dict[str, Callable[[str, str, HandsetClass, Style], Image.Image]] = {"rules": _rules, "card": _card, "curtain": _curtain}
