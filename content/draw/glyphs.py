"""Single characters: what a reader sees as one, whether the fonts have it, how wide it is.

A character that the family lacks is drawn as its compatibility form, then
without its accents, then as the geta mark 〓, the printers' sign for a missing
sort; never as the font's empty box.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from content.draw.fonts import Weight, font

MISSING = "〓"

_JOINER = "\u200d"
_MARKS = ("Mn", "Me", "Mc")
_INVISIBLE = ("Cc", "Cf", "Zl", "Zp", "Co", "Cs")
_VARIATIONS = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_FLAGS = range(0x1F1E6, 0x1F200)
_PROBE_PX = 24
_NO_CHARACTER = "\U0010fffe"


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
    if char == _JOINER or cluster[-1] == _JOINER or code in _SKIN_TONES or any(code in one for one in _VARIATIONS):
        return True
    if code in _FLAGS:
        return len(cluster) == 1 and ord(cluster) in _FLAGS
    return unicodedata.category(char) in _MARKS


@lru_cache(maxsize=65536)
def drawable(cluster: str) -> str:
    """The cluster as the fonts can draw it; empty for what has no shape, such as a joiner or a control."""
    shaped = "".join(char for char in cluster if not _is_shapeless(char))
    if not shaped:
        return ""
    for form in (unicodedata.normalize("NFC", shaped), unicodedata.normalize("NFKC", shaped), shaped[0]):
        if all(_has_glyph(char) for char in form):
            return form
    return MISSING


def _is_shapeless(char: str) -> bool:
    return unicodedata.category(char) in _INVISIBLE or any(ord(char) in one for one in _VARIATIONS)


@lru_cache(maxsize=65536)
def _has_glyph(char: str) -> bool:
    if char.isspace():
        return True
    return _shape(char) != _shape(_NO_CHARACTER)


def _shape(char: str) -> bytes:
    return bytes(font(_PROBE_PX).getmask(char, "1"))


@lru_cache(maxsize=131072)
def advance_px(cluster: str, size_px: int, weight: Weight) -> float:
    """How far the cluster moves the pen, in pixels."""
    return font(size_px, weight).getlength(drawable(cluster))
