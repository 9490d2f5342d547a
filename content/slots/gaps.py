"""Where slots lie in a built message: byte offsets, so that a value is spliced in and nothing is composed again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Gap:
    """A slot in the bytes of a message that has its fallbacks in place.

    Attributes:
        at: offset of the fallback.
        length: of the fallback, in bytes.
        chars_max: characters of a value.
        bytes_max: bytes of a value; the budget was kept free for them.
    """

    name: str
    fallback: str
    chars_max: int
    bytes_max: int
    at: int
    length: int

    def to_document(self) -> dict[str, Any]:
        """As it is kept beside the message."""
        return asdict(self)


def gaps_of(documents: Sequence[dict[str, Any]] | None) -> tuple[Gap, ...]:
    """The gaps of `to_document`, in their order."""
    return tuple(Gap(**one) for one in documents or ())


def stretched(mime: bytes, gaps: Sequence[Gap]) -> bytes:
    """The message with the longest values that it may get: what a handset must be able to show."""
    pieces = []
    end = 0
    for gap in gaps:
        pieces += [mime[end : gap.at], ("国" * gap.chars_max).encode()[: gap.bytes_max]]
        end = gap.at + gap.length
    return b"".join((*pieces, mime[end:]))
