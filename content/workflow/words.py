"""Words of the lists in a text (敏感词): all of them at once, however they were hidden.

An automaton (Aho–Corasick) looks for every folded word in the folded text, so the
time grows with the text and not with the lists. A word of Latin letters must stand by
itself. A hit inside a phrase that is allowed is none; of hits inside each other the longest counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import ahocorasick

from content.workflow.folding import fold
from content.workflow.hits import Hit, hit_in
from content.workflow.passages import Passage

ALLOW = "allow"


@dataclass(frozen=True)
class Word:
    """A listed word, see `content.workflow.models.ScreenWord`."""

    listed_in: str
    word: str
    severity: str
    note: str = ""
    advice: str = ""


@dataclass(frozen=True)
class _Found:
    start: int
    end: int
    words: tuple[Word, ...]


class Screen:
    """All lists, ready to look with."""

    def __init__(self, words: Iterable[Word]) -> None:
        by_text: dict[str, tuple[Word, ...]] = {}
        for one in words:
            folded = fold(one.word).text
            if folded:
                by_text[folded] = (*by_text.get(folded, ()), one)
        self._automaton: Any = ahocorasick.Automaton()
        for folded, found in by_text.items():
            self._automaton.add_word(folded, (len(folded), found))
        self._automaton.make_automaton()

    def look(self, passage: Passage) -> list[Hit]:
        """The hits in one text, in order."""
        found = list(self._matches(passage.text))
        allowed = [one for one in found if any(word.severity == ALLOW for word in one.words)]
        hits = []
        for one in _longest([one for one in found if one not in allowed]):
            if not any(other.start <= one.start and one.end <= other.end for other in allowed):
                hits += [_hit(passage, one, word) for word in one.words]
        return hits

    def _matches(self, text: str) -> Iterator[_Found]:
        if not len(self._automaton):  # one without words cannot look
            return
        folded = fold(text)
        for last, (length, words) in self._automaton.iter(folded.text):
            start, end = folded.places[last - length + 1], folded.places[last] + 1
            if not folded.text[last - length + 1 : last + 1].isascii() or _stands_alone(text, start, end):
                yield _Found(start, end, words)


def _stands_alone(text: str, start: int, end: int) -> bool:
    return not (start > 0 and _is_latin(text[start - 1])) and not (end < len(text) and _is_latin(text[end]))


def _is_latin(character: str) -> bool:
    return character.isascii() and character.isalnum()


def _longest(found: Sequence[_Found]) -> list[_Found]:
    """Those that lie in no other, in order."""
    kept: list[_Found] = []
    furthest = -1
    for one in sorted(found, key=lambda one: (one.start, -one.end)):
        if one.end > furthest:
            kept.append(one)
            furthest = one.end
    return kept


def _hit(passage: Passage, one: _Found, word: Word) -> Hit:
    advice = "; ".join(part for part in (word.note, f"write {word.advice}" if word.advice else "") if part)
    return hit_in(passage, one.start, one.end, kind="word", severity=word.severity, rule=word.word, source=word.listed_in, advice=advice)
