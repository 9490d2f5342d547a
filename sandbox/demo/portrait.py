"""A handset with a slide on its screen: `python -m sandbox.demo.portrait SLIDE.png… OUT.png`, for the README.

The slides are those that `huabao edition build` wrote (`<variant>/screens/NN.png`);
nothing is drawn over them.
"""

from __future__ import annotations

from pathlib import Path

import click
from PIL import Image, ImageDraw

BODY, EDGE, KEYS, GROUND = (36, 38, 46), (92, 96, 108), (58, 61, 72), (246, 243, 236)
OVERSIZE = 3
SIDE, TOP, FOOT, GAP = 22, 52, 92, 40


def handset(slide: Image.Image) -> Image.Image:
    """The slide in a plain handset, on the ground of the page; what the screen does not hold is left to scrolling."""
    slide = slide.crop((0, 0, slide.width, min(slide.height, slide.width * 3 // 2)))
    wide, high = slide.width + 2 * SIDE, slide.height + TOP + FOOT
    sheet = Image.new("RGB", ((wide + 2 * GAP) * OVERSIZE, (high + 2 * GAP) * OVERSIZE), GROUND)
    draw = ImageDraw.Draw(sheet)
    _slab(draw, (GAP, GAP, wide, high), 40, EDGE)
    _slab(draw, (GAP + 3, GAP + 3, wide - 6, high - 6), 37, BODY)
    middle = GAP + wide / 2
    _slab(draw, (middle - 34, GAP + 24, 68, 7), 3.5, EDGE)
    _slab(draw, (GAP + SIDE - 3, GAP + TOP - 3, slide.width + 6, slide.height + 6), 4, (8, 8, 12))
    row = GAP + TOP + slide.height + 22
    _slab(draw, (middle - 38, row, 76, 48), 24, KEYS)
    _slab(draw, (middle - 20, row + 11, 40, 26), 13, EDGE)
    for left, colour in ((GAP + SIDE + 18, (84, 150, 104)), (GAP + wide - SIDE - 88, (190, 76, 66))):
        _slab(draw, (left, row + 8, 70, 32), 16, KEYS)
        _slab(draw, (left + 25, row + 21, 20, 6), 3, colour)
    small = sheet.resize((wide + 2 * GAP, high + 2 * GAP), Image.Resampling.LANCZOS)
    small.paste(slide.convert("RGB"), (GAP + SIDE, GAP + TOP))
    return small


def _slab(draw: ImageDraw.ImageDraw, box: tuple[float, float, float, float], radius: float, fill: tuple[int, int, int]) -> None:
    left, top, wide, high = (side * OVERSIZE for side in box)
    draw.rounded_rectangle((left, top, left + wide, top + high), radius * OVERSIZE, fill=fill)


def portrait(slides: list[Image.Image]) -> Image.Image:
    """Handsets side by side."""
    shown = [handset(slide) for slide in slides]
    sheet = Image.new("RGB", (sum(one.width - GAP for one in shown) + GAP, max(one.height for one in shown)), GROUND)
    left = 0
    for one in shown:
        sheet.paste(one.crop((GAP, 0, one.width, one.height)), (left + GAP, 0))
        left += one.width - GAP
    return sheet


@click.command()
@click.argument("slides", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
def main(slides: tuple[Path, ...], out: Path) -> None:
    """Show SLIDES on handsets, in one picture OUT."""
    out.parent.mkdir(parents=True, exist_ok=True)
    portrait([Image.open(slide) for slide in slides]).save(out, optimize=True)
    click.echo(f"{out}")


if __name__ == "__main__":
    main()
