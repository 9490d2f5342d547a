"""Pages of a comic: panels in rows, each drawn by itself, with the box in which it stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image, ImageDraw

from sandbox.demo.drawings import bell_story as story
from sandbox.demo.drawings.canvas import KEPT, Canvas
from sandbox.demo.drawings.palette import INK, WHITE

PAGE_WIDE, PAGE_HIGH = 960, 1280
MARGIN, GUTTER, BORDER = 28, 24, 3

Scene = Callable[[Canvas], None]


@dataclass(frozen=True)
class Row:
    """Panels side by side, and the share of the page's height that they get."""

    share: float
    scenes: tuple[Scene, ...]


PAGES: tuple[tuple[Row, ...], ...] = (
    (Row(1.0, (story.printing_house,)),),
    (Row(0.46, (story.over_the_roofs,)), Row(0.54, (story.cat_window, story.last_one))),
    (Row(0.48, (story.label,)), Row(0.52, (story.into_fog,))),
    (Row(1.0, (story.lost,)),),
    (Row(0.46, (story.follow,)), Row(0.54, (story.ferry, story.tower))),
    (Row(0.5, (story.ringing, story.delivered)), Row(0.5, (story.squinting, story.reading))),
    (Row(0.46, (story.thanks,)), Row(0.54, (story.front_page, story.tea_for_two))),
)


@dataclass(frozen=True)
class Page:
    """A page and the boxes of its panels (x, y, width, height in pixels), in reading order; a page that is one picture is one panel."""

    image: Image.Image
    panels: tuple[tuple[int, int, int, int], ...]


def page(number: int) -> Page:
    """Page `number`, from 1."""
    rows = PAGES[number - 1]
    if len(rows) == 1:
        canvas = Canvas(round(PAGE_WIDE * KEPT), round(PAGE_HIGH * KEPT))
        rows[0].scenes[0](canvas)
        return Page(canvas.finish(), ((0, 0, PAGE_WIDE, PAGE_HIGH),))
    image = Image.new("RGB", (PAGE_WIDE, PAGE_HIGH), WHITE)
    room = PAGE_HIGH - 2 * MARGIN - GUTTER * (len(rows) - 1)
    boxes: list[tuple[int, int, int, int]] = []
    top = MARGIN
    for row in rows:
        high = round(room * row.share)
        wide = (PAGE_WIDE - 2 * MARGIN - GUTTER * (len(row.scenes) - 1)) // len(row.scenes)
        for column, scene in enumerate(row.scenes):
            box = (MARGIN + column * (wide + GUTTER), top, wide, high)
            _panel(image, box, scene)
            boxes.append(box)
        top += high + GUTTER
    return Page(image, tuple(boxes))


def _panel(image: Image.Image, box: tuple[int, int, int, int], scene: Scene) -> None:
    x, y, wide, high = box
    canvas = Canvas(round(wide * KEPT), round(high * KEPT))
    scene(canvas)
    image.paste(canvas.finish().resize((wide, high)), (x, y))
    ImageDraw.Draw(image).rectangle((x, y, x + wide - 1, y + high - 1), outline=INK, width=BORDER)


def cover() -> Canvas:
    """The chapter's cover."""
    canvas = Canvas(1200, 1200)
    story.cover(canvas)
    return canvas
