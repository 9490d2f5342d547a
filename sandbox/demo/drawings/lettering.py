"""Words in pictures: speech, captions, sounds. Large enough to be read on a screen 240 pixels wide."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources

from PIL import Image, ImageDraw, ImageFont

from sandbox.demo.drawings.canvas import OVERSIZE, Canvas
from sandbox.demo.drawings.palette import INK, PAPER, WHITE, Colour

LETTER_SHARE = 0.067
"""Of a panel's width: 16 pixels where the panel fills a screen of 240."""

_SC_FACE = 2
_LEADING = 1.32


@lru_cache(maxsize=32)
def face(size_px: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    """Noto Sans CJK, the Simplified Chinese face."""
    if not bold:
        return ImageFont.truetype(str(resources.files("noto_cjk_sans_otc") / "NotoSansCJK-Regular.ttc"), size_px, index=_SC_FACE, layout_engine=ImageFont.Layout.BASIC)
    font = ImageFont.truetype(str(resources.files("manimgx_fonts_cjk") / "NotoSansCJK-VF.otf.ttc"), size_px, index=_SC_FACE, layout_engine=ImageFont.Layout.BASIC)
    font.set_variation_by_axes([700])
    return font


def letter(canvas: Canvas, x: float, y: float, text: str, size: float, fill: Colour, *, bold: bool = True, turn: float = 0.0) -> None:
    """One row of text, its middle at (x, y), `size` units high."""
    font = face(round(size * OVERSIZE), bold=bold)
    if not turn:
        ImageDraw.Draw(canvas.image).text(canvas.spot(x, y), text, font=font, fill=fill, anchor="mm")
        return
    box = font.getbbox(text, anchor="mm")
    reach = int(max(abs(side) for side in box)) + 8
    mask = Image.new("L", (2 * reach, 2 * reach), 0)
    ImageDraw.Draw(mask).text((reach, reach), text, font=font, fill=255, anchor="mm")
    px, py = canvas.spot(x, y)
    canvas.image.paste(fill, (round(px) - reach, round(py) - reach), mask.rotate(-turn, resample=Image.Resampling.BICUBIC))


def say(canvas: Canvas, x: float, y: float, rows: tuple[str, ...], to: tuple[float, float]) -> None:
    """A speech balloon around (x, y) whose tail points `to` the speaker; all in shares of the panel."""
    size = canvas.width * LETTER_SHARE
    cx, cy = x * canvas.width, y * canvas.height
    wide = max(face(round(size * OVERSIZE), bold=True).getlength(row) for row in rows) / OVERSIZE + size * 1.5
    high = len(rows) * size * _LEADING + size * 0.9
    tx, ty = to[0] * canvas.width, to[1] * canvas.height
    root = max(cx - wide / 2 + size, min(cx + wide / 2 - size, tx))
    edge = cy + (high / 2 - 4 if ty > cy else -high / 2 + 4)
    for grow, fill in ((size * 0.09, INK), (0.0, WHITE)):
        canvas.poly([(root - size * 0.42 - grow, edge), (tx, ty + (grow * 2 if ty > cy else -grow * 2)), (root + size * 0.42 + grow, edge)], fill)
        canvas.slab(cx - wide / 2 - grow, cy - high / 2 - grow, wide + 2 * grow, high + 2 * grow, size * 0.8, fill)
        if fill == WHITE:
            canvas.poly([(root - size * 0.42, edge), (tx, ty), (root + size * 0.42, edge)], WHITE)
    _rows(canvas, cx, cy, rows, size, INK)


def tell(canvas: Canvas, y: float, rows: tuple[str, ...]) -> None:
    """A caption across the panel, its middle at `y` (a share of the height)."""
    size = canvas.width * LETTER_SHARE
    high = len(rows) * size * _LEADING + size * 0.7
    wide = max(face(round(size * OVERSIZE), bold=True).getlength(row) for row in rows) / OVERSIZE + size * 1.4
    cx, cy = canvas.width / 2, y * canvas.height
    canvas.rect(cx - wide / 2 - 5, cy - high / 2 - 5, wide + 10, high + 10, INK)
    canvas.rect(cx - wide / 2, cy - high / 2, wide, high, PAPER)
    _rows(canvas, cx, cy, rows, size, INK)


def _rows(canvas: Canvas, cx: float, cy: float, rows: tuple[str, ...], size: float, fill: Colour) -> None:
    top = cy - (len(rows) - 1) * size * _LEADING / 2
    for number, row in enumerate(rows):
        letter(canvas, cx, top + number * size * _LEADING, row, size, fill)
