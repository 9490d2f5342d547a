"""Finding the same story told twice in one edition.

Two texts are compared by their pairs of neighbouring characters: the share of
the shorter one's pairs that the longer one has too. That survives another
wording of a name and a few characters in the other script.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from content.manuscript import Article, Item

TEXT_SHARE_MIN = 0.6
"""Measured on real news: other stories of one day share up to 0.29, two tellings of one 0.87."""

TITLE_SHARE_MIN = 0.85

TITLE_PAIRS_MIN = 3
"""Shorter titles are alike by chance."""

CHARACTERS_COMPARED = 600
"""The beginning of a text decides; a book is not compared whole."""


@dataclass(frozen=True)
class _Gist:
    key: str
    story: str | None
    title: str
    title_pairs: frozenset[str]
    text_pairs: frozenset[str]


def character_pairs(text: str) -> frozenset[str]:
    """The distinct pairs of neighbouring letters, digits and Han of `text`."""
    letters = [letter for letter in text.lower() if letter.isalnum()]
    return frozenset(first + second for first, second in pairwise(letters))


def shared(first: frozenset[str], second: frozenset[str]) -> float:
    """The share of the smaller set that the larger one has too, 0 to 1."""
    smaller = min(len(first), len(second))
    return len(first & second) / smaller if smaller else 0.0


def repeated_stories(items: Sequence[Item]) -> list[tuple[str, str]]:
    """Keys of items that seem to tell the story of an earlier one, with what they share in words; each with its nearest.

    Items of which a reader gets one only (`Item.story`) are not held against each other.
    """
    gists = [_gist(item, item.article) for item in items if item.article is not None and item.article.quiz is None]
    found: list[tuple[str, str]] = []
    for place, later in enumerate(gists):
        others = ((number, earlier) for number, earlier in enumerate(gists[:place]) if earlier.story is None or earlier.story != later.story)
        likeness, _, earlier = max(((_likeness(earlier, later), -number, earlier) for number, earlier in others), default=(0.0, 0, later))
        if likeness >= 1.0:
            text = shared(earlier.text_pairs, later.text_pairs)
            share = f"{text:.0%} of the text" if text >= TEXT_SHARE_MIN else "nearly the same title"
            titles = f"“{later.title}” and “{earlier.title}”"
            found.append((later.key, f"tells the same story as {earlier.key} ({share}): {titles}; keep one, or keep both on purpose"))
    return found


def _likeness(earlier: _Gist, later: _Gist) -> float:
    """From 1.0 on the two are taken for one story."""
    titled = min(len(earlier.title_pairs), len(later.title_pairs)) >= TITLE_PAIRS_MIN
    title = shared(earlier.title_pairs, later.title_pairs) if titled else 0.0
    return max(shared(earlier.text_pairs, later.text_pairs) / TEXT_SHARE_MIN, title / TITLE_SHARE_MIN)


def _gist(item: Item, article: Article) -> _Gist:
    text = "".join(article.paragraphs)[:CHARACTERS_COMPARED]
    return _Gist(item.key, item.story, article.title, character_pairs(article.title), character_pairs(text))
