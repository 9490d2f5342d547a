"""Text as it is compared: whatever was done to a word so that nobody finds it is undone, and the way back is kept.

Full-width and compatibility forms (NFKC), capitals, traditional characters (one by
one, OpenCC), blanks, punctuation and invisible characters inside a word make no difference;
the end of a sentence parts two words.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import opencc

ENDS = frozenset("。！？!?；;\n\r\x1f")
"""What no word reaches across."""

END = "\n"
"""How such an end stands in a folded text."""


@dataclass(frozen=True)
class Folded:
    """A folded text.

    Attributes:
        text: the folded one.
        places: for each of its characters the index in the original.
    """

    text: str
    places: tuple[int, ...]


@lru_cache(maxsize=1)
def _to_simplified() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


@lru_cache(maxsize=1)
def _to_traditional() -> opencc.OpenCC:
    return opencc.OpenCC("s2t")


@lru_cache(maxsize=65_536)
def fold_character(character: str) -> str:
    """What stands for one character: nothing, one or a few."""
    if character in ENDS:
        return END
    plain = unicodedata.normalize("NFKC", character).casefold()
    kept = "".join(one for one in plain if one.isalnum())
    return kept if kept.isascii() else str(_to_simplified().convert(kept))


def fold(text: str) -> Folded:
    """`text` as it is compared."""
    parts = [(fold_character(character), place) for place, character in enumerate(text)]
    return Folded("".join(part for part, _ in parts), tuple(place for part, place in parts for _ in part))


@lru_cache(maxsize=65_536)
def script_of(character: str) -> str:
    """`traditional`, `simplified`, or empty for a character that both ways of writing have.

    Only-traditional is what Big5 has and GB 2312 has not, and the other way round;
    OpenCC must know it by another shape besides, so that rare characters of names are neither.
    """
    if character.isascii():
        return ""
    in_big5, in_gb = _has("big5", character), _has("gb2312", character)
    if in_big5 and not in_gb and _to_simplified().convert(character) != character:
        return "traditional"
    if in_gb and not in_big5 and _to_traditional().convert(character) != character:
        return "simplified"
    return ""


def _has(encoding: str, character: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
