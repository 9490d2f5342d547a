"""Breaking text into lines by the Chinese rules, and measuring it.

No line begins with a mark that closes or ends one that opens; words and numbers
in Latin letters stay whole unless one is longer than a line; a cluster is never
parted. A mark that may not begin a line takes the character before it along,
and the empty right half of a closing mark may hang over a line's end, where no ink
is. A paragraph does not end with a single character on a line of its own.
"""

from __future__ import annotations

import math
import unicodedata

from content.draw.fonts import Weight
from content.draw.glyphs import advance_px, clusters, drawable

NEVER_FIRST = frozenset("，。！？；：、）】》」』”’〉〕］｝…—～·‧•％‰℃℉°,.!?;:)]}>")
NEVER_LAST = frozenset("（【《「『“‘〈〔［｛([{<￥¥$€£＄＃#№")

_HANGING = frozenset("，。、；：）】》」』”’〉〕］｝")
"""Full-width marks whose right half holds no ink in a Simplified Chinese face."""

_CONNECTORS = frozenset("-_'/\\.:@&+,%#=?~*^|°′″·")
"""What may stand inside a Latin word, number or address."""

_JOINTS = frozenset("-_/\\.@&?=#")
"""Where a word that is longer than a line is broken first: the joints of an address."""

_STRAIGHT_QUOTES = frozenset("\"'")


def width_px(text: str, size_px: int, *, weight: Weight = "regular") -> int:
    """Advance width in whole pixels, rounded up."""
    return math.ceil(sum(advance_px(cluster, size_px, weight) for cluster in clusters(text)))


def shown(text: str) -> str:
    """The text as the fonts can draw it, see `content.draw.glyphs.drawable`."""
    return "".join(drawable(cluster) for cluster in clusters(text))


def lines(text: str, width_px_max: int, size_px: int, *, bold: bool = False, weight: Weight | None = None) -> list[str]:
    """The text in lines that are no wider than asked, a hanging mark's empty half not counted.

    A single cluster wider than that stands alone. White space at the ends of a line is dropped, the indent of a
    paragraph's first line is kept.

    Args:
        text: its own line ends are kept; an empty line stays an empty line.
        width_px_max: of a line.
        size_px: height of a Han glyph.
        bold: a shorthand for `weight="bold"`.
        weight: of the type.
    """
    measure = _Measure(width_px_max, size_px, weight or ("bold" if bold else "regular"))
    return [line for paragraph in text.splitlines() or [""] for line in _paragraph(paragraph, measure)]


def balanced(text: str, width_px_max: int, size_px: int, *, weight: Weight = "regular") -> list[str]:
    """As `lines`, the lines as equal in length as their number allows: for titles."""
    best = lines(text, width_px_max, size_px, weight=weight)
    low, high = size_px, width_px_max
    while len(best) > 1 and low < high:
        middle = (low + high) // 2
        tried = lines(text, middle, size_px, weight=weight)
        if len(tried) <= len(best) and all(width_px(line, size_px, weight=weight) <= width_px_max for line in tried):
            best, high = tried, middle
        else:
            low = middle + 1
    return best


class _Measure:
    """Whether something fits on a line of one width in one type."""

    def __init__(self, width_px_max: int, size_px: int, weight: Weight) -> None:
        self.width_px_max = width_px_max
        self._size_px = size_px
        self._weight: Weight = weight

    def fits(self, parts: list[str]) -> bool:
        """Whether these clusters fit on one line."""
        end = len(parts)
        while end and parts[end - 1].isspace():
            end -= 1
        width = sum(advance_px(part, self._size_px, self._weight) for part in parts[:end])
        hanging = self._size_px / 2 if end > 1 and parts[end - 1] in _HANGING else 0.0
        return width - hanging <= self.width_px_max


def _paragraph(text: str, measure: _Measure) -> list[str]:
    found: list[list[list[str]]] = [[]]
    for unit in _units(text):
        if not found[-1] or measure.fits([*_flat(found[-1]), *unit]):
            found[-1].append(unit)
        elif not "".join(unit).isspace():
            found.append([unit])
        while len(found[-1]) == 1 and not measure.fits(found[-1][0]) and len(found[-1][0]) > 1:
            head, tail = _split(found[-1][0], measure)
            found[-1] = [head]
            found.append([tail])
    _keep_company(found, measure)
    first, *others = ("".join(_flat(line)) for line in found)
    return [first.rstrip(), *(line.strip() for line in others)]


def _keep_company(found: list[list[list[str]]], measure: _Measure) -> None:
    """Moves one more unit down where the last line would hold a single character."""
    if len(found) < 2 or sum(part not in NEVER_FIRST and not part.isspace() for part in _flat(found[-1])) > 1:
        return
    before = found[-2]
    if len(before) > 1 and len(_flat(before[:-1])) > 2 and measure.fits([*before[-1], *_flat(found[-1])]):
        found[-1].insert(0, before.pop())


def _flat(units: list[list[str]]) -> list[str]:
    return [part for unit in units for part in unit]


def _split(unit: list[str], measure: _Measure) -> tuple[list[str], list[str]]:
    """A unit longer than a line, broken where it must be, between marks only if nowhere else."""
    count = 1
    while count < len(unit) and measure.fits(unit[: count + 1]):
        count += 1
    count = min(count, len(unit) - 1)
    for kept in range(count, count // 3, -1):
        if unit[kept - 1] in _JOINTS and unit[kept] not in NEVER_FIRST:
            return unit[:kept], unit[kept:]
    kept = count
    while kept > 1 and (unit[kept][0] in NEVER_FIRST or unit[kept - 1][-1] in NEVER_LAST):
        kept -= 1
    if unit[kept][0] in NEVER_FIRST or unit[kept - 1][-1] in NEVER_LAST:
        kept = count
    return unit[:kept], unit[kept:]


def _units(text: str) -> list[list[str]]:
    """The clusters of the text, grouped so that a line may end after each group."""
    found: list[list[str]] = []
    quotes_open = dict.fromkeys(_STRAIGHT_QUOTES, False)
    sticky = False
    for part in clusters(text):
        opens = False
        if part in _STRAIGHT_QUOTES and not (found and _is_word(found[-1][-1][-1]) and part == "'"):
            opens = quotes_open[part] = not quotes_open[part]
            closes = not opens
        else:
            closes = part[0] in NEVER_FIRST or part.isspace()
        if found and (sticky or closes or _is_one_word(found[-1][-1], part)):
            found[-1].append(part)
        else:
            found.append([part])
        sticky = opens or part[-1] in NEVER_LAST
    return found


def _is_one_word(before: str, part: str) -> bool:
    last, first = before[0], part[0]
    if last in _CONNECTORS and first in _CONNECTORS:
        return True
    return (_is_word(last) or last in _CONNECTORS) and (_is_word(first) or first in _CONNECTORS)


def _is_word(char: str) -> bool:
    """A letter or digit of a script that is written in words."""
    return unicodedata.east_asian_width(char) not in ("W", "F") and char.isalnum()
