"""The waterfall as a picture: three ladders below each other, for a phone and for paper.

A step is a thousandth of a total, so the bars begin near the agreed number and not at zero; a torn edge
and a sentence say so. Every bar has its number; colour only repeats what the words say.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageDraw

from content.draw.fonts import Weight, font
from content.draw.typeset import lines, width_px
from reconciliation.diff.classes import CLASSES, DIRECTIONS
from reconciliation.reports.figures import DayFigures
from reconciliation.reports.waterfall import REST, Ladder, Step, ladders
from reconciliation.reports.wording import say

WIDTH_PX: Final = 1080
MARGIN_PX: Final = 48
BAR_PX: Final = 26
TOTAL_BAR_PX: Final = 40
TEXT_PX: Final = 32
SMALL_PX: Final = 28
TITLE_PX: Final = 46
TEAR_PX: Final = 22
LEAST_PX: Final = 4
"""A step is never thinner, however small."""

PAPER, INK, INK_2, LINE = "#ffffff", "#1c1d21", "#55585f", "#dedfdc"
TOTAL_FILL, AGREED_FILL, OTHER_FILL = "#55585f", "#009e7a", "#868a93"
FILLS: Final = {"charged_not_served": "#a3150f", "served_not_charged": "#bd8000", "charged_otherwise": "#174a94", "charged_to_another": "#174a94"}


@dataclass(frozen=True, slots=True)
class _Row:
    """One bar: its text, its number, and which part of the scale it covers."""

    words: str
    number: str
    low: int
    high: int
    fill: str
    is_total: bool = False


@dataclass(frozen=True, slots=True)
class _Scale:
    begins: int
    ends: int

    def x(self, value: int) -> float:
        """Where a value stands; the scale begins behind the torn edge."""
        left, right = MARGIN_PX + TEAR_PX, WIDTH_PX - MARGIN_PX
        return left + (right - left) * (value - self.begins) / max(1, self.ends - self.begins)


def waterfall_png(day: DayFigures, language: str) -> bytes:
    """The picture of a run in which all three sides were known; PNG, `WIDTH_PX` wide."""
    found = ladders(day.equal, day.differences)
    scale = _scale(found)
    blocks = [(one, _rows(one, language)) for one in found]
    note = say(language, "waterfall_note", day=day.day.isoformat(), flight=day.in_flight)
    if scale.begins:
        note += (" " if language == "en" else "") + say(language, "waterfall_from", from_=scale.begins)
    notes = lines(note, WIDTH_PX - 2 * MARGIN_PX, SMALL_PX)
    height = _Pen.height(blocks, len(notes))
    image = Image.new("RGB", (WIDTH_PX, height), PAPER)
    pen = _Pen(ImageDraw.Draw(image), scale)
    pen.text(say(language, "waterfall"), TITLE_PX, "bold", INK)
    pen.down(18)
    for line in notes:
        pen.text(line, SMALL_PX, "regular", INK_2)
    pen.legend(language)
    for ladder, rows in blocks:
        pen.rule()
        pen.text(f"{say(language, ladder.side)}", TEXT_PX + 4, "bold", INK)
        pen.down(8)
        for row in rows:
            pen.row(row)
    out = io.BytesIO()
    image.convert("P", palette=Image.Palette.ADAPTIVE, colors=64).save(out, "PNG", optimize=True)
    return out.getvalue()


def _scale(found: Sequence[Ladder]) -> _Scale:
    top, agreed = max(one.total for one in found), found[0].agreed
    span = max(top - agreed, 1)
    return _Scale(max(0, agreed - max(1, span // 5)), top)


def _rows(ladder: Ladder, language: str) -> list[_Row]:
    rows = [_Row(say(language, "total"), f"{ladder.total:,}", 0, ladder.total, TOTAL_FILL, is_total=True)]
    at = ladder.total
    for step in ladder.steps:
        rows.append(_Row(_words(step, language), f"−{step.count:,}", at - step.count, at, _fill(step)))
        at -= step.count
    return [*rows, _Row(say(language, "agreed"), f"{ladder.agreed:,}", 0, ladder.agreed, AGREED_FILL, is_total=True)]


def _words(step: Step, language: str) -> str:
    if step.name == REST:
        return say(language, "rest", n=step.classes)
    said = CLASSES[step.name]
    return f"{step.name}  {said.zh if language == 'zh' else said.en}"


def _fill(step: Step) -> str:
    return FILLS.get(CLASSES[step.name].direction, OTHER_FILL) if step.name in CLASSES else OTHER_FILL


class _Pen:
    """Draws downwards."""

    def __init__(self, draw: ImageDraw.ImageDraw, scale: _Scale) -> None:
        self._draw, self._scale = draw, scale
        self._y = MARGIN_PX

    @staticmethod
    def height(blocks: Sequence[tuple[Ladder, Sequence[_Row]]], notes: int) -> int:
        """How high the picture becomes."""
        rows = [row for _, some in blocks for row in some]
        found = MARGIN_PX + _line(TITLE_PX) + 18 + notes * _line(SMALL_PX) + _LEGEND_PX + len(blocks) * (_RULE_PX + _line(TEXT_PX + 4) + 8)
        return found + sum(_row_px(row) for row in rows) + MARGIN_PX // 2

    def down(self, by: int) -> None:
        """Leave room."""
        self._y += by

    def text(self, text: str, size: int, weight: Weight, colour: str, *, right: str = "") -> None:
        """A line, and perhaps a number at its right end."""
        self._draw.text((MARGIN_PX, self._y), text, colour, font(size, weight))
        if right:
            self._draw.text((WIDTH_PX - MARGIN_PX, self._y), right, INK, font(size, "bold"), anchor="ra")
        self._y += _line(size)

    def rule(self) -> None:
        """A thin line across."""
        self._y += _RULE_PX // 2
        self._draw.line((MARGIN_PX, self._y, WIDTH_PX - MARGIN_PX, self._y), LINE, 2)
        self._y += _RULE_PX // 2

    def legend(self, language: str) -> None:
        """What the colours repeat."""
        self._y += 14
        for name in ("charged_not_served", "served_not_charged"):
            self._draw.rectangle((MARGIN_PX, self._y + 8, MARGIN_PX + 26, self._y + 30), FILLS[name])
            self._draw.text((MARGIN_PX + 42, self._y), DIRECTIONS[name][1 if language == "zh" else 0], INK_2, font(SMALL_PX))
            self._y += _line(SMALL_PX)

    def row(self, row: _Row) -> None:
        """One bar with its words above."""
        size, weight = (TEXT_PX, "bold") if row.is_total else (SMALL_PX, "regular")
        shown = lines(row.words, _words_px(row), size, weight=weight)  # type: ignore[arg-type]  # two of the weights
        for at, line in enumerate(shown):
            self.text(line, size, weight, INK if row.is_total else INK_2, right="" if at else row.number)  # type: ignore[arg-type]  # likewise
        self._y += _ABOVE_PX
        high = TOTAL_BAR_PX if row.is_total else BAR_PX
        left = float(MARGIN_PX) if row.is_total else self._scale.x(row.low)
        right = max(self._scale.x(row.high), left + LEAST_PX)
        self._draw.rectangle((left, self._y, right, self._y + high), row.fill)
        if row.is_total and self._scale.begins:
            self._tear(high)
        self._y += high + _GAP_PX

    def _tear(self, high: int) -> None:
        """Where the bar is torn: what is left of here is not to scale."""
        x, y, third = MARGIN_PX + TEAR_PX // 2, self._y, high / 4
        edge = [(x + (6 if at % 2 else -6), y - 2 + at * third * (high + 4) / high) for at in range(5)]
        self._draw.line(edge, PAPER, 7)


_LEGEND_PX: Final = 14 + 2 * round(SMALL_PX * 1.4)
_RULE_PX: Final = 40
_ABOVE_PX: Final = 7
_GAP_PX: Final = 20


def _line(size: int) -> int:
    return round(size * 1.4)


def _words_px(row: _Row) -> int:
    return WIDTH_PX - 2 * MARGIN_PX - width_px(row.number, TEXT_PX if row.is_total else SMALL_PX, weight="bold") - 24


def _row_px(row: _Row) -> int:
    size, weight = (TEXT_PX, "bold") if row.is_total else (SMALL_PX, "regular")
    shown = lines(row.words, _words_px(row), size, weight=weight)  # type: ignore[arg-type]  # two of the weights
    return len(shown) * _line(size) + _ABOVE_PX + (TOTAL_BAR_PX if row.is_total else BAR_PX) + _GAP_PX
