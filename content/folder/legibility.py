"""Characters that a reader may not see: told when an edition comes in, not found out on a handset."""

from __future__ import annotations

from collections.abc import Iterator

from content.draw.glyphs import clusters, missing
from content.folder.problems import Place
from content.manuscript import Article, Manuscript

SHOWN_MAX = 10
"""Characters named in one warning."""

BASIC_PLANE_END = 0x10000
"""Handsets of the time know the first plane of Unicode at most: no emoji, no character of extension B and beyond."""


def illegible(manuscript: Manuscript, place: Place) -> Iterator[tuple[Place, str]]:
    """What would be drawn as 〓, and what a handset's own face will lack in the texts.

    Args:
        place: of the edition's own words.
    """
    lacking = missing("".join(_drawn_words(manuscript)))
    if lacking:
        yield place, f"no face draws {_named(lacking)}: 〓 stands for it in pictures; write it otherwise, or install the package fonts-hanazono"
    for item in manuscript.items:
        if item.article is not None:
            rare = _rare(item.article)
            if rare:
                yield Place(item.key.partition("#")[0]), f"many handsets show no {_named(rare)} in a text; an empty box may stand there"


def _drawn_words(manuscript: Manuscript) -> Iterator[str]:
    """What is drawn into pictures."""
    yield manuscript.title
    yield manuscript.number
    yield manuscript.credit or ""
    for section in manuscript.sections:
        yield section.title + (section.short_title or "")


def _rare(article: Article) -> list[str]:
    """Characters beyond the first plane, each once, in order."""
    text = article.title + "".join(article.paragraphs)
    if text.isascii() or max(text) < chr(BASIC_PLANE_END):
        return []
    return list(dict.fromkeys(cluster for cluster in clusters(text) if any(ord(char) >= BASIC_PLANE_END for char in cluster)))


def _named(characters: list[str]) -> str:
    shown = " ".join(f"{one} (U+{ord(one[0]):04X})" for one in characters[:SHOWN_MAX])
    return shown + (f" and {len(characters) - SHOWN_MAX} more" if len(characters) > SHOWN_MAX else "")
