"""The room of a slot while an edition is laid out: as many characters as its longest value may have.

A token is one character of the private use area for each character of room, three bytes
each in UTF-8 as a Han character has; the first says which slot it is. It ends no sentence,
so that a slide never ends within one. `filled` takes the tokens out again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from content.manuscript import Slot

_FIRST, _REST = 0xE100, "\ue2ff"
_TOKEN = re.compile("([\ue100-\ue2fe])(\ue2ff*)")
BYTES_A_CHAR = 3
"""Of room; a value has no more bytes, however many characters."""

Numbered = Mapping[int, Slot]
"""Slots of one article by their number in the edition."""


@dataclass(frozen=True)
class Hole:
    """A slot in a text, by its bytes.

    Attributes:
        at: bytes before it.
        length: bytes of the fallback that stands there.
    """

    slot: Slot
    at: int
    length: int


def reserve(paragraphs: Sequence[str], slots: Numbered) -> tuple[str, ...]:
    """Paragraphs with each fallback changed into a token; where a class reads other words, the fallback stays."""
    found = list(paragraphs)
    for number, slot in sorted(slots.items(), key=lambda entry: -entry[1].start):
        text = found[slot.paragraph] if slot.paragraph < len(found) else ""
        if not text.startswith(slot.fallback, slot.start):
            continue
        token = chr(_FIRST + number) + _REST * (slot.chars_max - 1)
        found[slot.paragraph] = text[: slot.start] + token + text[slot.start + len(slot.fallback) :]
    return tuple(found)


def filled(text: str, slots: Sequence[Slot]) -> tuple[str, tuple[Hole, ...]]:
    """A text with its fallbacks again, and where they lie.

    A token that a template shortened is filled and has no place: who gets it gets the fallback.
    """
    pieces: list[str] = []
    holes: list[Hole] = []
    at = end = 0
    for match in _TOKEN.finditer(text):
        number = ord(match[1]) - _FIRST
        if number >= len(slots):
            continue
        slot = slots[number]
        before = text[end : match.start()]
        at += len(before.encode())
        length = len(slot.fallback.encode())
        if len(match[0]) == slot.chars_max:
            holes.append(Hole(slot, at, length))
        pieces += [before, slot.fallback]
        at, end = at + length, match.end()
    return "".join((*pieces, text[end:])), tuple(holes)
