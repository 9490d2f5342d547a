"""What a source writes under all its stories: who edited, where to subscribe, what else there is to read.

Such sentences would make two stories alike that have nothing else in common, so they are left out where stories are
compared. They stand at the end, and recur: what one story shares with its own updates is not enough.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

STORIES_MIN: Final = 3
"""Stories of one source under which a sentence stands before it counts as the source's own, not theirs."""

SENTENCES_MAX: Final = 12
"""That are looked at, from the end of a story."""

_SENTENCE: Final = re.compile(r"[^。！？!?\n]+[。！？!?”’」』）)]*")


def recurring(stories: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
    """By source the sentences that stand at the end of several of its stories.

    Stories that begin alike are one, told anew: they count once.

    Args:
        stories: source and text of each.
    """
    under: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for source, text in stories:
        first, *rest = _sentences(text) or [""]
        for sentence in rest[-SENTENCES_MAX:]:
            under[source][sentence].add(first)
    return {source: frozenset(sentence for sentence, firsts in found.items() if len(firsts) >= STORIES_MIN) for source, found in under.items()}


def without_tail(source: str, text: str, known: Mapping[str, frozenset[str]]) -> str:
    """`text` up to the sentences that its source writes under all stories; its first sentence always stays."""
    own = known.get(source, frozenset())
    places = [(found.start(), found.end()) for found in _SENTENCE.finditer(text)]
    kept = len(places)
    while kept > 1 and _plain(text[slice(*places[kept - 1])]) in own:
        kept -= 1
    return text[: places[kept - 1][1]] if kept < len(places) else text


def _sentences(text: str) -> list[str]:
    return [plain for found in _SENTENCE.finditer(text) if (plain := _plain(found.group()))]


def _plain(sentence: str) -> str:
    return "".join(letter for letter in sentence if letter.isalnum())
