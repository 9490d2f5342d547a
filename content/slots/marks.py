"""Marks in an article's text: `{{greeting|亲爱的读者}}`, a slot's name and what stands there for a reader without a value.

They count where `edition.yaml` declares the slot; in an edition without `slots` two
braces are two braces. The paragraphs that everybody else reads hold the fallbacks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from content.slots.names import known_names, slot_name

Declared = Mapping[str, int]
"""Declared slots: most characters of a value, by name."""

MARKS_MAX = 64
"""Of one edition."""

_MARK = re.compile(r"\{\{([^{}|]*)(?:\|([^{}]*))?\}\}")
_REMEDY = "write {{name|what stands there without a value}} in one line"


@dataclass(frozen=True)
class Mark:
    """A slot in a text.

    Attributes:
        paragraph: from 0.
        start: characters of the paragraph before the fallback.
    """

    name: str
    fallback: str
    paragraph: int
    start: int


def problems_of(body: str, declared: Declared) -> Iterator[tuple[int, str, str]]:
    """What is wrong with the marks of an article's Markdown: line from 1, what, what to do."""
    for number, line in enumerate(body.split("\n"), start=1):
        for match in _MARK.finditer(line):
            yield from ((number, what, remedy) for what, remedy in _wrong(match, declared))
        left = _MARK.sub("", line)
        if "{{" in left or "}}" in left:
            yield number, "a slot's mark begins or ends here and is not whole", _REMEDY


def _wrong(match: re.Match[str], declared: Declared) -> Iterator[tuple[str, str]]:
    name, fallback = match[1].strip(), (match[2] or "").strip()
    if slot_name(name) is None:
        yield f"there is no slot {name[:60]!r}", f"there are {known_names()}"
    elif name not in declared:
        yield f"slot {name!r} is not declared", f"add it to `slots` in edition.yaml: {', '.join((*declared, name))}"
    elif not fallback:
        yield f"slot {name!r} has no fallback", _REMEDY
    elif len(fallback) > declared[name]:
        yield f"the fallback of slot {name!r} has {len(fallback)} characters, the slot {declared[name]}", "shorten it, or give the slot more in edition.yaml"


def looks_marked(body: str) -> bool:
    """Whether a text without declared slots holds what would be one."""
    return any(slot_name(match[1].strip()) is not None for match in _MARK.finditer(body))


def extract(paragraphs: Sequence[str], declared: Declared) -> tuple[tuple[str, ...], tuple[Mark, ...]]:
    """Paragraphs with fallbacks in place of marks, and the marks; an undeclared one stays as it is."""
    plain: list[str] = []
    marks: list[Mark] = []
    for number, paragraph in enumerate(paragraphs):
        pieces: list[str] = []
        length = end = 0
        for match in _MARK.finditer(paragraph):
            name, fallback = match[1].strip(), (match[2] or "").strip()
            if name not in declared or not fallback:
                continue
            before = paragraph[end : match.start()]
            marks.append(Mark(name, fallback, number, length + len(before)))
            pieces += [before, fallback]
            length, end = length + len(before) + len(fallback), match.end()
        plain.append("".join((*pieces, paragraph[end:])))
    return tuple(plain), tuple(marks)
