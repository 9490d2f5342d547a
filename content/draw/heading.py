"""What nameplates share: what they say, the title in its place, and the rows of date, weekday and issue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date as Date

from PIL import Image, ImageDraw

from content.draw.fonts import Weight
from content.draw.headline import Headline, headline, put, put_right, put_spread
from content.draw.ink import Colour
from content.draw.style import Style
from content.draw.typeset import lines, width_px
from subscribers.handset_classes import HandsetClass

WEEKDAYS = ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日")


@dataclass(frozen=True)
class Heading:
    """What a nameplate says."""

    title: str
    issue_line: str
    date: Date


def margin_px(handset: HandsetClass) -> int:
    """Room left and right of drawn type."""
    return max(4, handset.width_px // 30)


def put_title(draw: ImageDraw.ImageDraw, place: tuple[int, int], top: int, row: tuple[str, int], size_px: int, style: Style, fill: Colour) -> None:
    """A row of a title in the middle of its place; one that stands alone is spread as far as the design says.

    Args:
        place: left edge and width.
        row: its text, and how many rows the title has.
    """
    text, rows = row
    left, room = place
    own = width_px(text, size_px, weight=style.title_weight)
    if text.isascii():
        put(draw, (left + (room - own) / 2, top), text, size_px, style.title_weight, fill)
        return
    wide = own if rows > 1 else max(own, min(room * 19 // 20, round(own * style.tracking)))
    put_spread(draw, (left + (room - wide) / 2, top), wide, text, size_px, style.title_weight, fill)


def info_rows(heading: Heading, handset: HandsetClass, style: Style, height_px_max: int) -> Image.Image:
    """Date, weekday and issue in one row or two, over a hairline; an issue line too long for its place ends in an ellipsis."""
    size, margin = handset.type_px, margin_px(handset)
    rows = _info_rows(" ".join(heading.issue_line.split()), heading.date, size, handset.width_px - 2 * margin)
    leading, top = round(size * 1.3), max(3, size // 4)
    rows_max = max(1, (height_px_max - top - max(2, size // 6)) // leading)
    if len(rows) > rows_max:
        rows = rows[:rows_max]
        if rows_max > 1:
            rows[-1] = (_ended(rows[-1][0], size, handset.width_px - 2 * margin), "")
    image = Image.new("RGB", (handset.width_px, top + leading * len(rows) + max(2, size // 6)), style.paper)
    draw = ImageDraw.Draw(image)
    for number, (left, right) in enumerate(rows):
        height = top + number * leading
        put(draw, (margin, height), left, size, *_look(left, style))
        put_right(draw, (handset.width_px - margin, height), right, size, *_look(right, style))
    draw.line((0, image.height - 1, handset.width_px - 1, image.height - 1), fill=style.ink)
    return image


def _info_rows(issue: str, date: Date, size_px: int, room_px: int) -> list[tuple[str, str]]:
    """What stands left and right in each row; the date is written shorter where it must be."""
    weekday = WEEKDAYS[date.weekday()]
    long, short = f"{date.year}年{date.month}月{date.day}日", f"{date.year}.{date.month}.{date.day}"
    if not issue:
        return [(long, weekday)] if _fit(long, weekday, size_px, room_px) else [(short, weekday)]
    if _fit(f"{long} {weekday}", issue, size_px, room_px):
        return [(f"{long} {weekday}", issue)]
    if _fit(weekday, issue, size_px, room_px):
        return [(long, ""), (weekday, issue)]
    if _fit(long, weekday, size_px, room_px):
        return [(long, weekday), *((row, "") for row in lines(issue, room_px, size_px))]
    return [(short, weekday), *((row, "") for row in lines(issue, room_px, size_px))]


def _ended(text: str, size_px: int, room_px: int) -> str:
    while text and width_px(text + "…", size_px) > room_px:
        text = text[:-1]
    return text.rstrip() + "…"


def _fit(left: str, right: str, size_px: int, room_px: int) -> bool:
    return width_px(left, size_px, weight="bold") + size_px // 2 + width_px(right, size_px, weight="bold") <= room_px


def _look(text: str, style: Style) -> tuple[Weight, Colour]:
    """Weight and colour of a piece of the information rows."""
    if text in WEEKDAYS:
        return style.strong_weight, style.accent
    return (style.strong_weight, style.ink) if text[:1].isdigit() else (style.text_weight, style.muted)


def title_set(title: str, room_px: int, height_px_max: int, sizes: tuple[int, int], style: Style) -> Headline:
    """A title in one row where it is large enough so, since a name is not to be torn; else in as few as fit.

    Args:
        sizes: the largest and the smallest of a Han glyph.
    """
    largest_px, smallest_px = sizes
    one = headline(title, room_px, largest_px, largest_px=largest_px, smallest_px=smallest_px, weight=style.title_weight)
    if len(one.rows) == 1 and "…" not in one.rows[0] and (one.size_px >= 1.3 * smallest_px or " " not in title.strip()):
        return one
    return headline(title, room_px, height_px_max, largest_px=largest_px, smallest_px=smallest_px, weight=style.title_weight)
