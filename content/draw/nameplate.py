"""A newspaper's nameplate: the one picture that a reader knows the paper by.

A cinnabar block carries the title in white, as heavy as the family goes. Below a
thick and a thin rule stand date, weekday and issue, as on a broadsheet. It keeps
to flat colour, so that it stays sharp in few bytes.
"""

from __future__ import annotations

from datetime import date as Date

from PIL import Image, ImageDraw

from content.draw.flat import flat
from content.draw.fonts import Weight
from content.draw.headline import headline, put, put_right, put_spread
from content.draw.ink import ACCENT, GREY, INK, PAPER, Colour
from content.draw.style import DEFAULT, Style
from content.draw.typeset import lines, width_px
from subscribers.handset_classes import HandsetClass

WEEKDAYS = ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日")


def masthead(title: str, issue_line: str, date: Date, handset: HandsetClass, *, style: Style = DEFAULT) -> Image.Image:
    """The nameplate, as wide as the screen and at most 60 % of its height.

    Args:
        title: of the publication.
        issue_line: e.g. 第1234期; empty for none.
        date: of the edition.
        handset: gives width and type size.
    """
    plate = _plate(title, handset)
    info = _info(issue_line, date, handset, handset.height_px * 6 // 10 - plate.height)
    image = Image.new("RGB", (handset.width_px, plate.height + info.height), PAPER)
    image.paste(plate, (0, 0))
    image.paste(info, (0, plate.height))
    return flat(image)


def margin_px(handset: HandsetClass) -> int:
    """Room left and right of drawn type."""
    return max(4, handset.width_px // 30)


def _plate(title: str, handset: HandsetClass) -> Image.Image:
    margin = margin_px(handset)
    room = handset.width_px - 2 * margin
    set_ = headline(
        title,
        room * 19 // 20,
        handset.height_px // 4,
        largest_px=min(handset.height_px // 5, room * 10 // 36),
        smallest_px=handset.type_px,
        weight="black",
    )
    pad = max(5, set_.size_px // 4)
    rule, gap = max(2, handset.width_px // 80), max(1, handset.width_px // 160)
    image = Image.new("RGB", (handset.width_px, set_.height_px + 2 * pad + rule + 2 * gap), PAPER)
    draw = ImageDraw.Draw(image)
    bottom = set_.height_px + 2 * pad
    draw.rectangle((0, 0, handset.width_px - 1, bottom - 1), fill=ACCENT)
    draw.rectangle((0, bottom + gap, handset.width_px - 1, bottom + gap + rule - 1), fill=INK)
    for number, row in enumerate(set_.rows):
        own = width_px(row, set_.size_px, weight="black")
        wide = own if len(set_.rows) > 1 else max(own, min(room * 19 // 20, round(own * 1.3)))
        place = ((handset.width_px - wide) / 2, pad + number * set_.leading_px)
        if row.isascii():
            put(draw, ((handset.width_px - own) / 2, place[1]), row, set_.size_px, "black", PAPER)
        else:
            put_spread(draw, place, wide, row, set_.size_px, "black", PAPER)
    return image


def _info(issue_line: str, date: Date, handset: HandsetClass, height_px_max: int) -> Image.Image:
    """Date, weekday and issue in one row or two, over a hairline; an issue line too long for its place ends in an ellipsis."""
    size, margin = handset.type_px, margin_px(handset)
    rows = _info_rows(" ".join(issue_line.split()), date, size, handset.width_px - 2 * margin)
    leading, top = round(size * 1.3), max(3, size // 4)
    rows_max = max(1, (height_px_max - top - max(2, size // 6)) // leading)
    if len(rows) > rows_max:
        rows = rows[:rows_max]
        if rows_max > 1:
            rows[-1] = (_ended(rows[-1][0], size, handset.width_px - 2 * margin), "")
    image = Image.new("RGB", (handset.width_px, top + leading * len(rows) + max(2, size // 6)), PAPER)
    draw = ImageDraw.Draw(image)
    for number, (left, right) in enumerate(rows):
        height = top + number * leading
        put(draw, (margin, height), left, size, *_look(left))
        put_right(draw, (handset.width_px - margin, height), right, size, *_look(right))
    draw.line((0, image.height - 1, handset.width_px - 1, image.height - 1), fill=INK)
    return image


def _info_rows(issue: str, date: Date, size_px: int, room_px: int) -> list[tuple[str, str]]:
    """What stands left and right in each row; the date is written shorter where it must be."""
    weekday = WEEKDAYS[date.weekday()]
    long, short = f"{date.year}年{date.month}月{date.day}日", f"{date.year}.{date.month}.{date.day}"
    if not issue:
        return [(long, weekday)] if _fit(long, weekday, size_px, room_px) else [(short, weekday)]
    if _fit(f"{long} {weekday}", issue, size_px, room_px):
        return [(f"{long} {weekday}", issue)]
    if _fit(long, weekday, size_px, room_px):
        return [(long, weekday), *((row, "") for row in lines(issue, room_px, size_px))]
    if _fit(weekday, issue, size_px, room_px):
        return [(long, ""), (weekday, issue)]
    return [(short, weekday), *((row, "") for row in lines(issue, room_px, size_px))]


def _ended(text: str, size_px: int, room_px: int) -> str:
    while text and width_px(text + "…", size_px) > room_px:
        text = text[:-1]
    return text.rstrip() + "…"


def _fit(left: str, right: str, size_px: int, room_px: int) -> bool:
    return width_px(left, size_px, weight="bold") + size_px // 2 + width_px(right, size_px, weight="bold") <= room_px


def _look(text: str) -> tuple[Weight, Colour]:
    """Weight and colour of a piece of the information rows."""
    if text in WEEKDAYS:
        return "bold", ACCENT
    return ("bold", INK) if text[:1].isdigit() else ("regular", GREY)
