"""Breaking text into lines by the Chinese rules, and measuring it.

No line begins with a mark that closes or ends one that opens; words and numbers
in Latin letters stay whole unless one is longer than a line; what a reader sees
as one character (a letter with its accents, an emoji family) is never parted.
GB/T 15834 asks for no more; how many marks may move to the next line is the
typesetter's: the mark takes the character before it along.
"""

from __future__ import annotations

import unicodedata

from content.draw.fonts import Weight, font

NEVER_FIRST = frozenset("，。！？；：、）】》」』”’〉〕］｝…—～·%％‰℃,.!?;:)]}>")
NEVER_LAST = frozenset("（【《「『“‘〈〔［｛([{<$￥¥#＃")

_JOINER = "\u200d"
_VARIATION = range(0xFE00, 0xFE10)
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_FLAGS = range(0x1F1E6, 0x1F200)


def clusters(text: str) -> list[str]:
    """What a reader sees as single characters, in order; joined they are the text again."""
    found: list[str] = []
    for char in text:
        if found and _belongs(found[-1], char):
            found[-1] += char
        else:
            found.append(char)
    return found


def _belongs(cluster: str, char: str) -> bool:
    code = ord(char)
    if char == "\n" or cluster == "\n":
        return False
    if cluster.endswith(_JOINER) or char == _JOINER or code in _VARIATION or code in _SKIN_TONES:
        return True
    if code in _FLAGS:
        return len(cluster) == 1 and ord(cluster) in _FLAGS
    return unicodedata.category(char) in ("Mn", "Me", "Mc")


def width_px(text: str, size_px: int, *, weight: Weight = "regular") -> int:
    """Advance width in whole pixels, rounded up."""
    return int(-(-font(size_px, weight).getlength(text) // 1))


def lines(text: str, width_px_max: int, size_px: int, *, bold: bool = False, weight: Weight | None = None) -> list[str]:
    """The text in lines that are no wider than asked, unless one single character is.

    Args:
        text: its own line ends are kept; an empty line stays an empty line.
        width_px_max: of a line.
        size_px: height of a Han glyph.
        bold: a shorthand for `weight="bold"`.
        weight: of the type.
    """
    face: Weight = weight or ("bold" if bold else "regular")
    return [line for paragraph in text.split("\n") for line in _paragraph(paragraph, width_px_max, size_px, face)]


def _paragraph(text: str, width_px_max: int, size_px: int, weight: Weight) -> list[str]:
    found: list[str] = []
    line = ""
    for unit in _units(text):
        if not line or width_px((line + unit).rstrip(), size_px, weight=weight) <= width_px_max:
            line += unit
        else:
            found.append(line.rstrip())
            line = unit.lstrip()
        while width_px(line.rstrip(), size_px, weight=weight) > width_px_max and len(clusters(line)) > 1:
            head, line = _split(line, width_px_max, size_px, weight)
            found.append(head)
    return [*found, line.rstrip()]


def _split(unit: str, width_px_max: int, size_px: int, weight: Weight) -> tuple[str, str]:
    """A unit longer than a line, broken where it must be."""
    parts = clusters(unit)
    head = parts[0]
    count = 1
    while count < len(parts) and width_px(head + parts[count], size_px, weight=weight) <= width_px_max:
        head += parts[count]
        count += 1
    while 1 < count < len(parts) and (parts[count][0] in NEVER_FIRST or parts[count - 1][0] in NEVER_LAST):
        count -= 1
    return "".join(parts[:count]), "".join(parts[count:])


def _units(text: str) -> list[str]:
    """The text cut wherever a line may end."""
    found: list[str] = []
    for cluster in clusters(text):
        if found and _sticks(found[-1], cluster):
            found[-1] += cluster
        else:
            found.append(cluster)
    return found


def _sticks(before: str, cluster: str) -> bool:
    """Whether no line may end between the two."""
    last, first = before[-1], cluster[0]
    if first in NEVER_FIRST or last in NEVER_LAST or first.isspace():
        return True
    return _is_word(last) and _is_word(first) and not last.isspace()


def _is_word(char: str) -> bool:
    """Part of a word or number that stays whole: letters and digits that are not ideographs."""
    if char in "-_'’./:@&+,%#=?~":
        return True
    return unicodedata.east_asian_width(char) not in ("W", "F") and (char.isalnum() or unicodedata.category(char).startswith("M"))
