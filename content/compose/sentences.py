"""Paragraphs cut into thoughts: stretches after which a slide may end.

A thought ends with a full stop, question or exclamation mark outside every
quotation and bracket, or with a paragraph that stands complete. A heading, or a
line that ends in a comma or colon, is kept with what follows it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

OPENERS = "“‘「『《〈（(【〔［[{〖"
CLOSERS = "”’」』》〉）)】〕］]}〗"
_CLOSER_OF = dict(zip(OPENERS, CLOSERS, strict=True))
STOPS = "。！？!?．"
_TRAIL = "…—"
_HANGING = "，、：；:;,—－-"
_ABBREVIATED = re.compile(r"(?:^|[^A-Za-z])[A-Z][a-z]{0,2}$")
_LIST_MARK = re.compile(r"(· |\d+\. )")


@dataclass(frozen=True)
class Thought:
    """A stretch of text that is never divided.

    Attributes:
        text: its paragraphs' pieces, with line breaks between paragraphs.
        ends_paragraph: whether the next thought begins on a new line.
    """

    text: str
    ends_paragraph: bool


def thoughts_of(paragraphs: Sequence[str]) -> tuple[Thought, ...]:
    """The thoughts of a text, in order; nothing of it is lost."""
    found: list[Thought] = []
    held = ""
    for number, paragraph in enumerate(paragraphs):
        sentences = sentences_of(paragraph)
        for sentence in sentences[:-1]:
            found.append(Thought(held + sentence, False))
            held = ""
        last = held + sentences[-1]
        following = paragraphs[number + 1] if number + 1 < len(paragraphs) else None
        if following is None or _complete(paragraph, following):
            found.append(Thought(last, True))
            held = ""
        else:
            held = last + "\n"
    return tuple(found)


def _complete(paragraph: str, following: str) -> bool:
    body = paragraph.rstrip(CLOSERS + _TRAIL + "\"'")
    if body.endswith(tuple(STOPS)) or (paragraph.endswith("…") and body):
        return True
    if paragraph.endswith(tuple(_HANGING)):
        return False
    listed = _LIST_MARK.match(paragraph) is not None
    next_is_prose = following.rstrip(CLOSERS + _TRAIL + "\"'").endswith(tuple(STOPS))
    return listed or not next_is_prose


def sentences_of(paragraph: str) -> list[str]:
    """One paragraph's sentences, at least one; joined they are the paragraph."""
    found = _split(paragraph, quoted=True)
    if len(found) == 1 and not _balanced(paragraph):
        found = _split(paragraph, quoted=False)
    return found


def _balanced(text: str) -> bool:
    depth: list[str] = []
    for letter in text:
        if letter in _CLOSER_OF:
            depth.append(_CLOSER_OF[letter])
        elif depth and letter == depth[-1]:
            depth.pop()
    return not depth and text.count('"') % 2 == 0


def _split(text: str, *, quoted: bool) -> list[str]:
    found: list[str] = []
    open_marks: list[str] = []
    straight = False
    start = index = 0
    while index < len(text):
        letter = text[index]
        index += 1
        if quoted and letter in _CLOSER_OF:
            open_marks.append(_CLOSER_OF[letter])
        elif quoted and letter == '"':
            straight = not straight
        elif open_marks and letter == open_marks[-1]:
            open_marks.pop()
            if not open_marks and not straight and text[index - 2] in STOPS + "…" and text[index : index + 1] in OPENERS:
                found.append(text[start:index])
                start = index
        elif not open_marks and not straight and _stops_at(text, index - 1):
            while index < len(text) and text[index] in STOPS + _TRAIL + CLOSERS:
                index += 1
            found.append(text[start:index])
            start = index
    if text[start:].strip() or not found:
        found.append(text[start:])
    else:
        found[-1] += text[start:]
    return found


def _stops_at(text: str, index: int) -> bool:
    if text[index] in STOPS:
        return not (text[index] in "!?．" and text[index + 1 : index + 2].isalnum())
    if text[index] != ".":
        return False
    after = text[index + 1 : index + 4]
    return text[index - 1 : index].isalnum() and after[:1] == " " and after.lstrip()[:1].isupper() and not _ABBREVIATED.search(text, 0, index)
