"""How carefully an act on readers is asked for: what the sheets of the pages and the API have in common."""

from __future__ import annotations

from dataclasses import dataclass

MOVED_SHARE = 0.01
REASON_CHARS_MAX = 300


@dataclass(frozen=True)
class Verb:
    """How carefully an act is asked for.

    Attributes:
        reason: a reason must be given.
        typed: the count must be typed.
        tone: of its button: plain, main or danger.
    """

    name: str
    reason: bool = False
    typed: bool = False
    tone: str = "plain"


VERBS = {
    verb.name: verb
    for verb in (
        Verb("release", reason=True, tone="main"),
        Verb("pause"),
        Verb("hold"),
        Verb("resume", reason=True, tone="main"),
        Verb("cancel", reason=True, typed=True, tone="danger"),
        Verb("kill", reason=True, typed=True, tone="danger"),
    )
}


def number_of(text: str) -> int | None:
    """A count as people type it, with or without separators; None where it is none."""
    bare = text.replace(",", "").replace("，", "").replace(" ", "")
    return int(bare) if bare.isascii() and bare.isdecimal() and len(bare) < 12 else None
