"""A reader's value made fit to stand in a message: one line, no characters that do harm, never longer than its slot."""

from __future__ import annotations

import re
import unicodedata

_HARMFUL = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
_JOINER = "\u200d"
"""Holds an emoji together; the only invisible character that stays."""

INPUT_CHARS_MAX = 4_000
"""What is longer is looked at no further than here."""

_SENTENCE_END = re.compile(r"[。！？!?；;]")
_WORD_END = re.compile(r"[\s，、,：:）)】」』”’]")


def clean(value: str) -> str:
    """`value` in composed form and in one line, without control, format, private and unassigned characters."""
    text = unicodedata.normalize("NFC", " ".join(value[:INPUT_CHARS_MAX].split()))
    kept = "".join(letter for letter in text if letter == _JOINER or unicodedata.category(letter) not in _HARMFUL)
    return " ".join(kept.split()).strip(_JOINER)


def fitted(value: str, chars_max: int, bytes_max: int, *, cuts: bool) -> str:
    """A clean value no longer than its slot; "" where it cannot be made so, and the fallback stands in.

    Args:
        cuts: a longer one ends after a sentence, else after a word; otherwise it is not used.
    """
    if _fits(value, chars_max, bytes_max):
        return value
    if not cuts:
        return ""
    head = value[:chars_max]
    while not _fits(head, chars_max, bytes_max):
        head = head[:-1]
    for ends in (_SENTENCE_END, _WORD_END):
        at = max((match.end() for match in ends.finditer(head)), default=0)
        if at:
            return head[:at].strip(" ，、,：:")
    return ""


def _fits(value: str, chars_max: int, bytes_max: int) -> bool:
    return len(value) <= chars_max and len(value.encode()) <= bytes_max
