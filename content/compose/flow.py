"""Thoughts flowed into slides: how many fit, and where the breaks stand best.

Lengths are characters. A slide always ends after a whole thought. When a text
is longer than the slides it may have, it is cut after a thought, and the room
for the line with the link is kept in the last slide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from content.compose.sentences import Thought

PARAGRAPH_BONUS = 0.15
"""How much of a full slide's slack a break at the end of a paragraph is worth."""

SHORT_SHARE = 0.6
"""Where keeping room for the link leaves less than that share of the text, the link is printed beyond the limit."""


@dataclass(frozen=True)
class Room:
    """What an article may take.

    Attributes:
        first_chars, next_chars: of body text on its first and on any later slide.
        slides: how many slides.
        link_chars: what the line with the link takes from the last slide of a text that is cut.
    """

    first_chars: int
    next_chars: int
    slides: int
    link_chars: int


@dataclass(frozen=True)
class Flow:
    """Body texts, one a slide; the first may be empty where nothing fitted.

    Attributes:
        cut: whether some of the text is not on the slides.
    """

    bodies: tuple[str, ...]
    cut: bool


def flow(thoughts: Sequence[Thought], room: Room) -> Flow:
    """The best division of `thoughts` into at most `room.slides` slides."""
    if not thoughts:
        return Flow(("",), cut=False)
    if _most(thoughts, room, 0) == len(thoughts):
        return Flow(_divide(thoughts, room, last_extra=0) or ("",), cut=False)
    found = [_cut(thoughts, room, link_chars) for link_chars in (room.link_chars, 0)]
    short = sum(map(len, found[0])) < SHORT_SHARE * sum(map(len, found[1]))
    return Flow(found[1] if short else found[0], cut=True)


def _cut(thoughts: Sequence[Thought], room: Room, link_chars: int) -> tuple[str, ...]:
    """As much of the beginning as fits, `link_chars` kept free on the last slide."""
    for kept in range(_most(thoughts, room, link_chars), 0, -1):
        bodies = _divide(thoughts[:kept], room, last_extra=link_chars)
        if bodies is not None:
            return bodies
    return ("",)


def slides_needed(thoughts: Sequence[Thought], room: Room, most: int) -> int:
    """How many slides the whole text takes, at most `most`; also `most` where a thought is too long for a slide."""
    used, left = 1, room.first_chars
    line = ""
    for thought in thoughts:
        longer = line + thought.text
        if len(longer.rstrip()) <= left:
            line = longer + ("\n" if thought.ends_paragraph else "")
            continue
        used, left = used + 1, room.next_chars
        if len(thought.text) > left or used > most:
            return most
        line = thought.text + ("\n" if thought.ends_paragraph else "")
    return min(used, most)


def _most(thoughts: Sequence[Thought], room: Room, last_extra: int) -> int:
    """How many thoughts fit, greedily, when the last slide keeps `last_extra` characters free."""
    taken = 0
    for slide in range(room.slides):
        left = (room.first_chars if slide == 0 else room.next_chars) - (last_extra if slide == room.slides - 1 else 0)
        count = _fitting(thoughts[taken:], left)
        if count == 0:
            break
        taken += count
    return taken


def _fitting(thoughts: Sequence[Thought], chars: int) -> int:
    text = ""
    for count, thought in enumerate(thoughts):
        text += thought.text
        if len(text) > chars:
            return count
        if thought.ends_paragraph:
            text += "\n"
    return len(thoughts)


def body_of(thoughts: Sequence[Thought]) -> str:
    """The text of neighbouring thoughts as it stands on a slide."""
    return "".join(thought.text + ("\n" if thought.ends_paragraph else "") for thought in thoughts).strip()


def _divide(thoughts: Sequence[Thought], room: Room, *, last_extra: int) -> tuple[str, ...] | None:
    """All thoughts on as few slides as can be, evenly filled; None where they do not fit."""
    for slides in range(1, room.slides + 1):
        breaks = _breaks(tuple(thoughts), slides, room, last_extra)
        if breaks is not None:
            edges = (0, *breaks, len(thoughts))
            return tuple(body_of(thoughts[start:end]) for start, end in pairwise(edges))
    return None


def _breaks(thoughts: tuple[Thought, ...], slides: int, room: Room, last_extra: int) -> tuple[int, ...] | None:
    lengths = [0]
    for thought in thoughts:
        lengths.append(lengths[-1] + len(thought.text) + thought.ends_paragraph)
    count = len(thoughts)

    @cache
    def best(start: int, left: int) -> tuple[float, tuple[int, ...]] | None:
        slide = slides - left
        chars = (room.first_chars if slide == 0 else room.next_chars) - (last_extra if left == 1 else 0)
        found: tuple[float, tuple[int, ...]] | None = None
        for end in range(start + 1, count + 1):
            used = lengths[end] - lengths[start] - thoughts[end - 1].ends_paragraph
            if used > chars:
                break
            if (left == 1) != (end == count):
                continue
            slack = (chars - used) / max(chars, 1)
            cost = slack * slack - (PARAGRAPH_BONUS if thoughts[end - 1].ends_paragraph else 0.0)
            rest = (0.0, ()) if left == 1 else best(end, left - 1)
            if rest is None:
                continue
            total = (cost + rest[0], (end, *rest[1]) if left > 1 else ())
            if found is None or total[0] < found[0]:
                found = total
        return found

    if count < slides:
        return None
    result = best(0, slides)
    return None if result is None else result[1]
