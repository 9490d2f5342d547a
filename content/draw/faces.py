"""Covers of designs with a ground of their own: a stitched book's slip, a poster, a film's title card.

None of them lays type on a picture: it stands on flat colour, where it can be read,
and hides nothing of what somebody photographed or drew.
"""

from __future__ import annotations

import re

from PIL import Image, ImageDraw

from content.adapt.framing import ENLARGED_MAX, filled, resized
from content.draw.glyphs import clusters
from content.draw.heading import margin_px, title_set
from content.draw.headline import put
from content.draw.ornaments import disc, perforation, seal, stripes
from content.draw.style import Style
from content.draw.typeset import lines, width_px
from subscribers.handset_classes import HandsetClass

UPRIGHT_MAX = 8
"""Characters of a title that is written from top to bottom."""


def study(picture: Image.Image | None, title: str, subtitle: str, handset: HandsetClass, size: tuple[int, int], style: Style) -> Image.Image:
    """Ivory ground, the picture in a thin frame, the title upright in a double-ruled slip, a seal below it."""
    width, height = size
    unit, margin = handset.type_px, max(margin_px(handset), handset.type_px // 2)
    foot = _foot(subtitle, width - 2 * margin, unit)
    image = Image.new("RGB", size, style.ground)
    draw = ImageDraw.Draw(image)
    slip_height = height - 2 * margin - (round(unit * 1.5) if foot else 0)
    slip = _slip(title, handset, slip_height, style)
    if slip is None:
        return _lying(picture, title, subtitle, handset, size, style)
    right = width - margin
    image.paste(slip, (right - slip.width, margin))
    side = round(unit * 1.7)
    box = (margin, margin, right - slip.width - margin - 1, margin + slip_height - 1)
    if picture is not None:
        _framed(image, picture, box, style)
    else:
        middle = ((box[0] + box[2] - side) // 2, (box[1] + box[3] - side) // 2)
        seal(image, middle, side, _seal_text(title), (style.accent, style.on_accent), style.title_weight)
    if foot:
        put(draw, (margin, height - margin - unit + 1), foot, unit, style.text_weight, style.on_ground)
        mark = round(unit * 0.9)
        seal(image, (right - mark, height - margin - mark), mark, "刊", (style.accent, style.on_accent), "bold")
    return image


def _slip(title: str, handset: HandsetClass, height_px: int, style: Style) -> Image.Image | None:
    """The title upright in its slip; None where it would be too small so."""
    parts = [part for part in clusters(title) if not part.isspace()]
    if not parts or len(parts) > UPRIGHT_MAX or any(part.isascii() for part in parts):
        return None
    unit = handset.type_px
    inset = max(2, unit // 6)
    pad = inset + max(3, unit // 3)
    size = min((height_px - 2 * pad) * 100 // (100 * len(parts) + 12 * (len(parts) - 1)), round(unit * 2.2), handset.width_px // 5)
    if size < unit:
        return None
    image = Image.new("RGB", (size + 2 * pad, height_px), style.paper)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, image.width - 1, height_px - 1), outline=style.ink, width=max(1, unit // 12))
    draw.rectangle((inset, inset, image.width - 1 - inset, height_px - 1 - inset), outline=style.ink)
    gap = (height_px - 2 * pad - size * len(parts)) / max(1, len(parts) - 1)
    gap = min(gap, size * 0.45)
    top = (height_px - size * len(parts) - gap * (len(parts) - 1)) / 2
    for number, part in enumerate(parts):
        put(draw, (pad, round(top + number * (size + gap))), part, size, style.title_weight, style.ink)
    return image


def _lying(picture: Image.Image | None, title: str, subtitle: str, handset: HandsetClass, size: tuple[int, int], style: Style) -> Image.Image:
    """The same for a title too long to stand: the picture above, the title below it."""
    width, height = size
    unit, margin = handset.type_px, max(margin_px(handset), handset.type_px // 2)
    image = Image.new("RGB", size, style.ground)
    draw = ImageDraw.Draw(image)
    foot = _foot(subtitle, width - 2 * margin, unit)
    foot_px = round(unit * 1.5) if foot else 0
    room = height - foot_px - 2 * margin if picture is None else height * 2 // 5 - foot_px
    set_ = title_set(title, width - 2 * margin, max(unit, room), (max(unit, round(unit * 1.9)), unit), style)
    title_top = height - margin - foot_px - set_.height_px if picture is not None else (height - foot_px - set_.height_px) // 2
    for number, row in enumerate(set_.rows):
        left = (width - width_px(row, set_.size_px, weight=set_.weight)) / 2
        put(draw, (left, title_top + number * set_.leading_px), row, set_.size_px, set_.weight, style.on_ground)
    if picture is not None:
        _framed(image, picture, (margin, margin, width - margin - 1, title_top - margin - 1), style)
    if foot:
        put(draw, (margin, height - margin - unit + 1), foot, unit, style.text_weight, style.on_ground)
        mark = round(unit * 0.9)
        seal(image, (width - margin - mark, height - margin - mark), mark, "刊", (style.accent, style.on_accent), "bold")
    return image


def _framed(image: Image.Image, picture: Image.Image, box: tuple[int, int, int, int], style: Style) -> None:
    """A picture in a thin frame with a paper mat; `box` includes its right and bottom edges."""
    left, top, right, bottom = box
    draw = ImageDraw.Draw(image)
    mat = max(2, (right - left) // 60)
    draw.rectangle(box, fill=style.paper, outline=style.ink)
    inner = (right - left + 1 - 2 * mat, bottom - top + 1 - 2 * mat)
    image.paste(filled(picture, max(1, inner[0]), max(1, inner[1])), (left + mat, top + mat))


def _seal_text(title: str) -> str:
    letters = [part for part in clusters(title) if not part.isspace() and not part.isascii()]
    return "".join(letters[:4] if len(letters) >= 4 else letters[:1]) or "刊"


def _foot(subtitle: str, room_px: int, unit: int) -> str:
    rows = lines(subtitle, room_px - 2 * unit, unit)
    return subtitle if rows == [subtitle] else ""


def poster(picture: Image.Image | None, title: str, subtitle: str, handset: HandsetClass, size: tuple[int, int], style: Style) -> Image.Image:
    """The picture above a block of bright colour with the title, stripes along its edge, the number in a round sticker."""
    width, height = size
    unit, margin = handset.type_px, max(margin_px(handset), handset.type_px // 2)
    sticker = _sticker_words(subtitle)
    radius = round(unit * (1.6 if len(sticker) > 1 else 1.4)) if sticker else 0
    set_ = title_set(title, width - 2 * margin, height * 2 // 5, (min(round(unit * 2.9), (width - 2 * margin) // 4), round(unit * 1.1)), style)
    pad, edge = max(4, round(set_.size_px * style.spacing / 4)), max(4, unit // 2)
    block_height = set_.height_px + 2 * pad
    clear = height - block_height - edge
    image = Image.new("RGB", size, style.accent)
    if picture is not None:
        image.paste(filled(picture, width, clear), (0, 0))
    else:
        stripes(image, (0, 0, width - 1, clear - 1), max(8, width // 8), style.second)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, clear, width - 1, clear + edge - 1), fill=style.paper)
    stripes(image, (0, clear, width - 1, clear + edge - 1), max(3, edge), style.second)
    for number, row in enumerate(set_.rows):
        put(draw, (margin, clear + edge + pad + number * set_.leading_px), row, set_.size_px, set_.weight, style.on_accent)
    if sticker:
        beside = 2 * margin + set_.width_px + 2 * radius <= width - margin
        middle = clear - radius // 3 if beside else clear + edge - 2 - radius
        _sticker(image, (width - margin - radius, middle), radius, sticker, unit, style)
    return image


def _sticker_words(subtitle: str) -> tuple[str, ...]:
    """Number or month in at most two short lines."""
    text = subtitle.strip()
    dated = re.fullmatch(r"(\d{4})年(\d{1,2}月)号?", text)
    if dated:
        return (dated[1], dated[2])
    return (text,) if 0 < width_px(text, 12) <= 12 * 4 else ()


def _sticker(image: Image.Image, centre: tuple[int, int], radius: int, words: tuple[str, ...], unit: int, style: Style) -> None:
    disc(image, centre, radius + max(1, unit // 7), style.paper)
    disc(image, centre, radius, style.second)
    draw = ImageDraw.Draw(image)
    sizes = [max(12, round(unit * 0.9))] if len(words) == 1 else [max(12, round(unit * 0.8)), round(unit * 1.15)]
    while len(words) == 1 and sizes[0] > 12 and width_px(words[0], sizes[0], weight="black") > 1.7 * radius:
        sizes[0] -= 1
    top = centre[1] - (sum(sizes) + (len(sizes) - 1) * unit // 8) / 2
    for text, size in zip(words, sizes, strict=True):
        put(draw, (centre[0] - width_px(text, size, weight="black") / 2, top), text, size, "black", style.on_second)
        top += size + unit // 8


def cinema(picture: Image.Image | None, title: str, subtitle: str, handset: HandsetClass, size: tuple[int, int], style: Style) -> Image.Image:
    """A film's title card: the picture whole on the dark between two film edges, the title in the accent colour below."""
    width, height = size
    unit, margin = handset.type_px, max(margin_px(handset), handset.type_px // 2)
    film = max(6, round(unit * 0.65))
    set_ = title_set(title, width - 2 * margin, height // 4, (min(round(unit * 2.0), (width - 2 * margin) // 4), unit), style)
    foot = _foot(subtitle, width - 2 * margin, unit)
    pad = max(4, round(unit * style.spacing / 2))
    type_height = 2 * pad + set_.height_px + (round(unit * 1.4) if foot else 0)
    shown: Image.Image | None = None
    if picture is not None:
        room = height - 2 * film - type_height
        share = min(width / picture.width, room / picture.height, ENLARGED_MAX)
        full = round(picture.height * width / picture.width)
        if room < full <= room * 12 // 11:
            shown = filled(picture, width, room)
        else:
            shown = resized(picture.convert("RGB"), max(1, round(picture.width * share)), max(1, round(picture.height * share)))
    top = film + (shown.height if shown is not None else 2 * unit)
    image = Image.new("RGB", (width, top + type_height + film), style.ground)
    if shown is not None:
        image.paste(shown, ((width - shown.width) // 2, film))
    perforation(image, 0, film, style.ground, style.muted)
    perforation(image, image.height - film, film, style.ground, style.muted)
    draw = ImageDraw.Draw(image)
    for number, row in enumerate(set_.rows):
        left = (width - width_px(row, set_.size_px, weight=set_.weight)) / 2
        put(draw, (left, top + pad + number * set_.leading_px), row, set_.size_px, set_.weight, style.accent)
    if foot:
        put(draw, ((width - width_px(foot, unit)) / 2, top + pad + set_.height_px + unit * 2 // 5), foot, unit, style.text_weight, style.on_ground)
    return image
