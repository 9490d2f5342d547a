"""The texts of a manuscript that a reader sees, each with where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from content.manuscript import Article, Manuscript


@dataclass(frozen=True)
class Passage:
    """One text.

    Attributes:
        item: the key of its item, or empty for the edition itself.
        where: `title`, `paragraph 3`, `question` …
    """

    item: str
    where: str
    text: str


def passages(manuscript: Manuscript) -> Iterator[Passage]:
    """Every text, in reading order; empty ones are left out."""
    for one in _all(manuscript):
        if one.text.strip():
            yield one


def _all(manuscript: Manuscript) -> Iterator[Passage]:
    yield Passage("", "title", manuscript.title)
    yield Passage("", "almanac", manuscript.almanac_line)
    yield Passage("", "credit", manuscript.credit or "")
    for section in manuscript.sections:
        yield Passage("", f"section {section.title}", section.title)
        yield Passage("", f"section {section.title}", section.short_title or "")
        for item in section.items:
            if item.article is not None:
                yield from _of_article(item.key, item.article)


def _of_article(key: str, article: Article) -> Iterator[Passage]:
    yield Passage(key, "title", article.title)
    yield Passage(key, "short title", article.short_title or "")
    yield Passage(key, "summary", article.summary or "")
    for number, paragraph in enumerate(article.paragraphs, 1):
        yield Passage(key, f"paragraph {number}", paragraph)
    if article.quiz is not None:
        yield Passage(key, "question", article.quiz.question)
        for number, choice in enumerate(article.quiz.choices, 1):
            yield Passage(key, f"choice {number}", choice)
    yield Passage(key, "credit", article.credit or "")
