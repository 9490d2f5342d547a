"""Titles for the smallest screens: as the editor shortened them, and what could be suggested to him where he did not."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator

from content.manuscript import Article, Item, Manuscript

SHORT_TITLES_BELOW_PX = 176
"""Screens narrower than that show short titles."""

TITLE_CHARACTERS_MAX = 18
"""Longer ones take a third line on 128 pixels."""

_PAUSE = re.compile(r"[\s，。；：、！？,;:!?|｜—–-]+")
_OPENED = {"“": "”", "‘": "’", "《": "》", "（": "）", "「": "」", "『": "』", "【": "】", "(": ")"}
SHORTEST = 4


def shortly(item: Item) -> Item:
    """The item with its article's titles exchanged, where that has a short one; the whole one is still known, for a body that repeats it."""
    article = item.article
    if article is None or article.short_title is None:
        return item
    return dataclasses.replace(item, article=dataclasses.replace(article, title=article.short_title, short_title=article.title))


def suggested(title: str) -> str | None:
    """The longest beginning or end of a title between two pauses that two lines hold; None where there is none, or nothing is left open in it."""
    pauses = list(_PAUSE.finditer(title))
    parts = [title[: pause.start()] for pause in pauses] + [title[pause.end() :] for pause in pauses]
    fitting = [part for part in parts if SHORTEST <= len(part) <= TITLE_CHARACTERS_MAX and _closed(part)]
    return max(fitting, key=len, default=None)


def _closed(text: str) -> bool:
    return all(text.count(first) == text.count(last) for first, last in _OPENED.items())


def long_titles(manuscript: Manuscript) -> Iterator[tuple[str, Article, str | None]]:
    """Items whose title, the short one where there is one, takes more than two lines on the smallest screens, each with what could be suggested."""
    for item in manuscript.items:
        article = item.article
        if article is not None and len(article.short_title or article.title) > TITLE_CHARACTERS_MAX:
            yield item.key, article, suggested(article.title)
