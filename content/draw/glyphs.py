"""Single characters: what a reader sees as one, which face draws it, how wide it is.

A character that the family lacks is drawn by one of the faces that stand in for it (`fallbacks`),
else as its compatibility form, then without its accents, then as the geta mark 〓, the
printers' sign for a missing sort; never as a font's empty box. Whoever takes a
text in tells the editor what would become 〓 (`missing`).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from content.draw.fallbacks import EMOJI, face, holds, is_right_to_left, stand_in
from content.draw.fonts import Weight

MISSING = "〓"

_JOINER = "\u200d"
_MARKS = ("Mn", "Me", "Mc")
_INVISIBLE = ("Cc", "Cf", "Zl", "Zp", "Co", "Cs")
_VARIATIONS = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_FLAGS = range(0x1F1E6, 0x1F200)
_MARKS_MAX = 4
"""On one character: scripts that stack marks use no more, and what stacks more runs over the lines around it."""

_KEYCAP = "\u20e3"
_PICTURED = "\ufe0f"
_TAGS = range(0xE0020, 0xE0080)


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
    if char < "\u0300" or cluster == "\n":
        return False
    code = ord(char)
    if char in (_JOINER, _KEYCAP) or cluster[-1] == _JOINER or code in _SKIN_TONES or code in _TAGS or any(code in one for one in _VARIATIONS):
        return True
    if code in _FLAGS:
        return len(cluster) == 1 and ord(cluster) in _FLAGS
    return unicodedata.category(char) in _MARKS


@dataclass(frozen=True)
class Sort:
    """A cluster as it is drawn: the text given to a face, and the face's name, "" for the family's; no text, no shape."""

    text: str
    face: str = ""


@lru_cache(maxsize=65536)
def sort_of(cluster: str, weight: Weight = "regular") -> Sort:
    """How a cluster is drawn."""
    visible = "".join(char for char in cluster if not _is_shapeless(char))
    if not visible:
        return Sort("")
    joined = unicodedata.normalize("NFC", _restrained(visible))
    pictured = _PICTURED in cluster or _JOINER in cluster
    if not pictured and not is_right_to_left(joined) and all(holds("", char, weight) for char in joined):
        return Sort(joined)
    name = stand_in(joined, weight, pictured=pictured)
    if name == EMOJI:
        return Sort("".join(char for char in cluster if char == _JOINER or not _is_shapeless(char)), EMOJI)
    if name is not None:
        return Sort(joined, name)
    for form in (unicodedata.normalize("NFKC", joined), visible[0]):
        if all(holds("", char, weight) for char in form):
            return Sort(form)
    return Sort(MISSING)


def _restrained(visible: str) -> str:
    """The cluster with as many marks as are drawn."""
    kept, marks = "", 0
    for char in visible:
        marks += unicodedata.category(char) in _MARKS
        kept += char if marks <= _MARKS_MAX or unicodedata.category(char) not in _MARKS else ""
    return kept


def drawable(cluster: str) -> str:
    """The cluster as it is drawn; empty for what has no shape, such as a joiner or a control."""
    return sort_of(cluster).text


def missing(text: str) -> list[str]:
    """The clusters of a text that would be drawn as 〓, each once, in order."""
    return list(dict.fromkeys(cluster for cluster in clusters(text) if sort_of(cluster).text == MISSING and cluster != MISSING))


def sorts(text: str, weight: Weight) -> list[Sort]:
    """A line in runs of one face; words written from right to left are one run with the spaces between them."""
    runs: list[Sort] = []
    for cluster in clusters(text):
        one = sort_of(cluster, weight)
        if runs and runs[-1].face == one.face:
            runs[-1] = Sort(runs[-1].text + one.text, one.face)
        elif len(runs) > 1 and runs[-2].face == one.face and runs[-1].text.isspace() and is_right_to_left(one.text) and is_right_to_left(runs[-2].text):
            runs[-2:] = [Sort(runs[-2].text + runs[-1].text + one.text, one.face)]
        elif one.text:
            runs.append(one)
    return runs


def _is_shapeless(char: str) -> bool:
    code = ord(char)
    return unicodedata.category(char) in _INVISIBLE or any(code in one for one in _VARIATIONS) or code in _TAGS


@lru_cache(maxsize=131072)
def advance_px(cluster: str, size_px: int, weight: Weight) -> float:
    """How far the cluster moves the pen, in pixels."""
    one = sort_of(cluster, weight)
    return face(one.face, size_px, weight).getlength(one.text) if one.text else 0.0
