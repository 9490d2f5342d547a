"""The contact sheet of a variant: all its slides as the handset shows them, on one picture."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageDraw

from content.adapt.framing import resized
from content.draw.headline import put, put_right
from content.draw.ink import ACCENT, GREY, INK, PAPER, RULE
from content.draw.typeset import lines

GROUND = (240, 240, 237)
WIDTH_PX_MAX = 1680
COLUMNS_MAX = 6
CELL_PX_MAX = 320
"""A wider screen is shown smaller: its type is still read."""

MARGIN_PX = 40
GAP_PX = 28
CAPTION_PX = 34


def contact_sheet(screens: Sequence[Image.Image], title: str, facts: str) -> Image.Image:
    """All screens in reading order, numbered, below a heading.

    Args:
        screens: at least one; all of one width.
        title: which edition it is.
        facts: what the variant is: class, signature, bytes.
    """
    cell = min(CELL_PX_MAX, max(one.width for one in screens))
    shown = [one if one.width == cell else resized(one, cell, max(1, round(one.height * cell / one.width))) for one in screens]
    columns = max(1, min(COLUMNS_MAX, len(shown), (WIDTH_PX_MAX - 2 * MARGIN_PX + GAP_PX) // (cell + GAP_PX)))
    rows = [shown[start : start + columns] for start in range(0, len(shown), columns)]
    width = max(2 * MARGIN_PX + columns * (cell + GAP_PX) - GAP_PX, 640)
    heading = [(row, 30, INK) for row in lines(title, width - 2 * MARGIN_PX, 30)[:2]] + [(row, 17, GREY) for row in lines(facts, width - 2 * MARGIN_PX, 17)[:4]]
    top = MARGIN_PX + sum(round(size * 1.5) for _, size, _ in heading) + 20
    height = top + sum(max(one.height for one in row) + CAPTION_PX + GAP_PX for row in rows) - GAP_PX + MARGIN_PX
    sheet = Image.new("RGB", (width, height), GROUND)
    draw = ImageDraw.Draw(sheet)
    _heading(draw, heading, width, top)
    number = 0
    for row in rows:
        for place, one in enumerate(row):
            number += 1
            _put_screen(sheet, draw, one, (MARGIN_PX + place * (cell + GAP_PX), top), f"{number:02}", f"{number} / {len(shown)}" if number == 1 else "")
        top += max(one.height for one in row) + CAPTION_PX + GAP_PX
    return sheet


def _heading(draw: ImageDraw.ImageDraw, rows: Sequence[tuple[str, int, tuple[int, int, int]]], width: int, bottom: int) -> None:
    top = MARGIN_PX
    for row, size, colour in rows:
        put(draw, (MARGIN_PX, top), row, size, "bold" if size > 20 else "regular", colour)
        top += round(size * 1.5)
    draw.rectangle((MARGIN_PX, bottom - 14, width - MARGIN_PX - 1, bottom - 13), fill=ACCENT)


def _put_screen(sheet: Image.Image, draw: ImageDraw.ImageDraw, one: Image.Image, place: tuple[int, int], number: str, of: str) -> None:
    left, top = place
    draw.rectangle((left - 1, top - 1, left + one.width, top + one.height), outline=RULE, fill=PAPER)
    sheet.paste(one, place)
    put(draw, (left, top + one.height + 7), number, 15, "bold", INK)
    if of:
        put_right(draw, (left + one.width, top + one.height + 7), of, 13, "regular", GREY)
