"""A message with slots, once it is laid out: the room of their values is given up for the fallbacks, and where these lie is noted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from content.codecs.mime import Related, around_parts
from content.manuscript import Slot
from content.slots.gaps import Gap
from content.slots.tokens import BYTES_A_CHAR, Hole, filled


def with_fallbacks(related: Related, slots: Sequence[Slot]) -> tuple[Related, bytes, tuple[Gap, ...]]:
    """The message for a reader without values: its parts, its entity, and the gaps in the entity's bytes.

    Args:
        related: as it was laid out, with tokens in its texts.
    """
    contents: list[bytes] = []
    holes: list[tuple[Hole, ...]] = []
    for part in related.parts:
        if part.content_type.startswith("text/plain"):
            text, found = filled(part.data.decode(), slots)
            contents.append(text.encode())
        else:
            contents.append(part.data)
            found = ()
        holes.append(found)
    pieces = around_parts(related, contents)
    gaps: list[Gap] = []
    at = 0
    for number, piece in enumerate(pieces):
        if number % 2:
            gaps += [_gap(hole, at) for hole in holes[number // 2]]
        at += len(piece)
    parts = tuple(replace(part, data=data) for part, data in zip(related.parts, contents, strict=True))
    return replace(related, parts=parts), b"".join(pieces), tuple(gaps)


def _gap(hole: Hole, begins: int) -> Gap:
    slot = hole.slot
    return Gap(slot.name, slot.fallback, slot.chars_max, slot.chars_max * BYTES_A_CHAR, begins + hole.at, hole.length)
