"""The nameplates that there are.

`block`: the title on a block of the accent colour, below it a thick rule and the date, as on a broadsheet.
`letterhead`: the title alone in red Song type on white, under it the double rule with a star, as on a paper of record.
`tabloid`: the title on the dark, a tile with the day beside it, a slanted stripe below, as on a kiosk's wall.
"""

from __future__ import annotations

from PIL import Image, ImageDraw

from content.draw.heading import WEEKDAYS, Heading, info_rows, margin_px, put_title, title_set
from content.draw.headline import put
from content.draw.ornaments import polygon, star
from content.draw.style import Style
from content.draw.typeset import width_px
from subscribers.handset_classes import HandsetClass


def block(heading: Heading, handset: HandsetClass, style: Style) -> Image.Image:
    """The title on a block of the accent colour."""
    plate = _plate(heading.title, handset, style)
    info = info_rows(heading, handset, style, handset.height_px * 6 // 10 - plate.height)
    return _stacked(plate, info, style)


def _plate(title: str, handset: HandsetClass, style: Style) -> Image.Image:
    margin = margin_px(handset)
    room = handset.width_px - 2 * margin
    set_ = title_set(title, room * 19 // 20, handset.height_px // 4, (min(handset.height_px // 5, room * 10 // 36), handset.type_px), style)
    pad = max(5, round(set_.size_px * style.spacing / 4))
    rule, gap = max(2, handset.width_px // 80), max(1, handset.width_px // 160)
    image = Image.new("RGB", (handset.width_px, set_.height_px + 2 * pad + rule + 2 * gap), style.paper)
    draw = ImageDraw.Draw(image)
    bottom = set_.height_px + 2 * pad
    draw.rectangle((0, 0, handset.width_px - 1, bottom - 1), fill=style.accent)
    draw.rectangle((0, bottom + gap, handset.width_px - 1, bottom + gap + rule - 1), fill=style.ink)
    for number, row in enumerate(set_.rows):
        put_title(draw, (margin, room), pad + number * set_.leading_px, (row, len(set_.rows)), set_.size_px, style, style.on_accent)
    return image


def letterhead(heading: Heading, handset: HandsetClass, style: Style) -> Image.Image:
    """Red type on white over a double rule with a star in its middle."""
    margin = margin_px(handset)
    room = handset.width_px - 2 * margin
    set_ = title_set(heading.title, room, handset.height_px * 27 // 100, (min(handset.height_px // 5, room * 10 // 36), handset.type_px), style)
    pad = max(4, round(set_.size_px * style.spacing / 5))
    thick, gap = max(2, handset.width_px // 100), max(2, handset.width_px // 120)
    reach = max(5.0, handset.width_px / 36)
    rules = round(2 * reach)
    image = Image.new("RGB", (handset.width_px, set_.height_px + 2 * pad + rules), style.paper)
    draw = ImageDraw.Draw(image)
    for number, row in enumerate(set_.rows):
        put_title(draw, (margin, room), pad + number * set_.leading_px, (row, len(set_.rows)), set_.size_px, style, style.accent)
    middle, clear = image.height - rules / 2, round(reach * 1.9)
    for left, right in ((margin, handset.width_px // 2 - clear), (handset.width_px // 2 + clear, handset.width_px - margin - 1)):
        top = round(middle - thick - gap / 2)
        draw.rectangle((left, top, right, top + thick - 1), fill=style.accent)
        draw.rectangle((left, top + thick + gap - 1, right, top + thick + gap - 1), fill=style.accent)
    star(image, (handset.width_px / 2, middle), reach, style.accent)
    info = info_rows(heading, handset, style, handset.height_px * 6 // 10 - image.height)
    return _stacked(image, info, style)


def tabloid(heading: Heading, handset: HandsetClass, style: Style) -> Image.Image:
    """The title on the dark beside a tile with the day; weekday and issue on a slanted stripe."""
    margin, unit = margin_px(handset), handset.type_px
    tile = max(2 * unit, handset.width_px * 23 // 100)
    room = handset.width_px - tile - 3 * margin
    set_ = title_set(heading.title, room, handset.height_px * 3 // 10, (min(handset.height_px // 6, room * 10 // 30), unit), style)
    pad = max(4, round(set_.size_px * style.spacing / 4))
    height = max(set_.height_px + 2 * pad, round(3.6 * unit))
    stripe = round(unit * 1.6)
    image = Image.new("RGB", (handset.width_px, height + stripe), style.second)
    draw = ImageDraw.Draw(image)
    _tile(image, (handset.width_px - tile, 0, tile, height), heading, unit, style)
    top = (height - set_.height_px) // 2
    for number, row in enumerate(set_.rows):
        own = width_px(row, set_.size_px, weight=style.title_weight)
        put_title(draw, (margin, max(own, room) + margin // 2), top + number * set_.leading_px, (row, len(set_.rows)), set_.size_px, style, style.on_second)
    _stripe(image, height, heading, unit, style)
    return image


def _tile(image: Image.Image, box: tuple[int, int, int, int], heading: Heading, unit: int, style: Style) -> None:
    """The day, as a calendar's leaf has it."""
    left, top, width, height = box
    draw = ImageDraw.Draw(image)
    draw.rectangle((left, top, left + width - 1, top + height - 1), fill=style.accent)
    day, month = str(heading.date.day), f"{heading.date.month}月"
    small = max(12, round(unit * 0.85))
    leading = small + max(2, unit // 6)
    size = min(height - leading - unit // 2, width * 7 // 10)
    first = top + (height - leading - size) // 2
    put(draw, (left + (width - width_px(month, small, weight="bold")) / 2, first), month, small, style.strong_weight, style.on_accent)
    put(draw, (left + (width - width_px(day, size, weight="black")) / 2, first + leading - size // 14), day, size, "black", style.on_accent)


def _stripe(image: Image.Image, top: int, heading: Heading, unit: int, style: Style) -> None:
    """Weekday and issue in a slanted tab of paper, on the accent colour."""
    draw = ImageDraw.Draw(image)
    margin, height = max(4, unit // 2), image.height - top
    draw.rectangle((0, top, image.width - 1, image.height - 1), fill=style.accent)
    words = [WEEKDAYS[heading.date.weekday()], *([heading.issue_line] if heading.issue_line else [])]
    while len(words) > 1 and width_px("　".join(words), unit, weight="bold") > image.width - 2 * margin - height:
        words.pop()
    text = "　".join(words)
    right = margin + width_px(text, unit, weight="bold") + margin
    polygon(image, [(-2, top), (right + height * 0.6, top), (right, image.height), (-2, image.height)], style.paper)
    put(draw, (margin, top + (height - unit) / 2), text, unit, style.strong_weight, style.ink)


def _stacked(above: Image.Image, below: Image.Image, style: Style) -> Image.Image:
    image = Image.new("RGB", (above.width, above.height + below.height), style.paper)
    image.paste(above, (0, 0))
    image.paste(below, (0, above.height))
    return image


PLATES = {"block": block, "letterhead": letterhead, "tabloid": tabloid}
