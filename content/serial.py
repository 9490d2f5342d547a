"""The note of a serial: a line on a chapter's cover, with a link, for readers whose course is not the usual one.

Such readers get a variant of their own, together: its items have one more key, which
says which note it is, where it leads, and which chapter that is. No item of an edition
has such a key.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

MISSED, EARLIER = "missed", "earlier"
"""The chapter before did not arrive; or he begins here, and there are chapters before."""

_KEY = re.compile(r"serial:(missed|earlier):([a-z2-7]{1,40}):(.*)")
_NUMBER_CHARS_MAX = 20


@dataclass(frozen=True)
class Note:
    """What the line says.

    Attributes:
        kind: `MISSED` or `EARLIER`.
        page: name of the WAP document that it leads to.
        chapter: number of the chapter that was missed, or of the last earlier one.
    """

    kind: str
    page: str
    chapter: str

    @property
    def key(self) -> str:
        """As it stands among the items of a variant."""
        return f"serial:{self.kind}:{self.page}:{self.chapter.replace(',', ' ')[:_NUMBER_CHARS_MAX]}"


def note_of(keys: Iterable[str]) -> Note | None:
    """The note among the items of a variant, or None."""
    for key in keys:
        match = _KEY.fullmatch(key)
        if match is not None:
            return Note(match[1], match[2], match[3])
    return None


def without_note(keys: Iterable[str]) -> tuple[str, ...]:
    """The items alone."""
    return tuple(key for key in keys if _KEY.fullmatch(key) is None)


def line_of(note: Note, link: str) -> str:
    """The line on the cover."""
    said = f"上一话（{note.chapter}）没收到？看这里：" if note.kind == MISSED else "前情看这里："
    return said + link
