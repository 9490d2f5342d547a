"""Titles: as large as their place allows, in few and even lines."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import ImageDraw

from content.draw.fallbacks import face
from content.draw.fonts import Weight, stroke_px
from content.draw.glyphs import advance_px, clusters, sorts
from content.draw.ink import Colour
from content.draw.typeset import NEVER_FIRST, balanced, width_px

_BASELINE = 0.88
"""Of the em box, from its top: where Noto Sans CJK puts the baseline."""


_PAUSES = frozenset("，。！？；：、—…·")
_PHRASE_SHARE = 0.6
"""Of the largest possible size, that breaking at a pause may cost."""


@dataclass(frozen=True)
class Headline:
    """A title set in lines of one size."""

    rows: tuple[str, ...]
    size_px: int
    weight: Weight
    leading_px: int

    @property
    def height_px(self) -> int:
        """From the top of the first line's em box to the bottom of the last one's."""
        return self.size_px + self.leading_px * (len(self.rows) - 1)

    @property
    def width_px(self) -> int:
        """Of the longest line."""
        return max(width_px(row, self.size_px, weight=self.weight) for row in self.rows)


def headline(text: str, width_px_max: int, height_px_max: int, *, largest_px: int, smallest_px: int, weight: Weight) -> Headline:
    """The title at the largest size at which it fits; below the smallest size it is cut, with an ellipsis.

    A somewhat smaller size that lets every line end where the title pauses is preferred.

    Args:
        text: one paragraph.
        width_px_max, height_px_max: of its place.
        largest_px, smallest_px: of a Han glyph.
        weight: of the type.
    """
    text = " ".join(text.split())
    phrases = _phrases(text)
    free: Headline | None = None
    for size_px in range(largest_px, smallest_px - 1, -1):
        leading_px = round(size_px * 1.2)
        phrased = Headline(_packed(phrases, width_px_max, size_px, weight), size_px, weight, leading_px)
        if phrased.width_px <= width_px_max and phrased.height_px <= height_px_max:
            return phrased if free is None or size_px >= _PHRASE_SHARE * free.size_px else free
        if free is None:
            tried = Headline(tuple(balanced(text, width_px_max, size_px, weight=weight)), size_px, weight, leading_px)
            fits = tried.width_px <= width_px_max and tried.height_px <= height_px_max
            free = tried if fits and _is_even(tried) else None
    return free or _cut(text, width_px_max, height_px_max, smallest_px, weight)


def _phrases(text: str) -> list[str]:
    """The title cut where it pauses: after a space or a mark, the space left out."""
    found = [""]
    for char in text:
        if char.isspace():
            found.append("")
            continue
        if found[-1] and found[-1][-1] in _PAUSES and char not in NEVER_FIRST:
            found.append("")
        found[-1] += char
    return [phrase for phrase in found if phrase] or [""]


def _packed(phrases: list[str], width_px_max: int, size_px: int, weight: Weight) -> tuple[str, ...]:
    """Whole phrases in as few rows as they fit; a phrase of Latin words keeps its space."""
    rows = [phrases[0]]
    for phrase in phrases[1:]:
        joined = rows[-1] + ("" if rows[-1][-1] in _PAUSES else " ") + phrase
        if width_px(joined, size_px, weight=weight) <= width_px_max:
            rows[-1] = joined
        else:
            rows.append(phrase)
    return tuple(rows)


def _is_even(set_: Headline) -> bool:
    """Whether no line is a stump of less than a third of the longest."""
    return all(3 * width_px(row, set_.size_px, weight=set_.weight) >= set_.width_px for row in set_.rows)


def _cut(text: str, width_px_max: int, height_px_max: int, size_px: int, weight: Weight) -> Headline:
    leading_px = round(size_px * 1.2)
    rows_max = 1 + max(0, height_px_max - size_px) // leading_px
    parts = clusters(text)
    rows = balanced(text, width_px_max, size_px, weight=weight)
    while len(rows) > rows_max and parts:
        parts.pop()
        rows = balanced("".join(parts).rstrip("，、；：") + "…", width_px_max, size_px, weight=weight)
    return Headline(tuple(rows), size_px, weight, leading_px)


def put(draw: ImageDraw.ImageDraw, place: tuple[float, float], text: str, size_px: int, weight: Weight, fill: Colour) -> None:
    """Writes one line, the upper left corner of its em box at `place`."""
    left, top = place
    baseline = top + round(_BASELINE * size_px)
    for run in sorts(text, weight):
        type_ = face(run.face, size_px, weight)
        draw.text((left, baseline), run.text, font=type_, fill=fill, anchor="ls", stroke_width=0 if run.face else stroke_px(size_px, weight))
        left += type_.getlength(run.text)


def put_right(draw: ImageDraw.ImageDraw, place: tuple[float, float], text: str, size_px: int, weight: Weight, fill: Colour) -> None:
    """As `put`, `place` being the upper right corner."""
    put(draw, (place[0] - width_px(text, size_px, weight=weight), place[1]), text, size_px, weight, fill)


def put_spread(draw: ImageDraw.ImageDraw, place: tuple[float, float], width: float, text: str, size_px: int, weight: Weight, fill: Colour) -> None:
    """As `put`, with equal gaps between the characters so that the line is as wide as asked."""
    parts = [part for part in clusters(text) if not part.isspace()]
    gap = (width - sum(advance_px(part, size_px, weight) for part in parts)) / max(1, len(parts) - 1)
    left = place[0]
    for part in parts:
        put(draw, (round(left), place[1]), part, size_px, weight, fill)
        left += advance_px(part, size_px, weight) + gap
