"""An edition as the editor prepared it, parsed and checked, before any handset is thought of.

A manuscript is immutable. Pictures stand in it by the SHA-256 of their bytes;
the bytes are `Asset`s. Named segments are resolved to rules at import, so that a
later change of the segment does not change what was approved.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

MAGAZINE_PARTS = ("front", "service", "quiz", "comic")


@dataclass(frozen=True)
class PictureRef:
    """A picture of the folder.

    Attributes:
        path: as the editor wrote it, relative to the folder.
        sha256: of its bytes.
        width_px, height_px: as a person sees it (after the EXIF turn).
    """

    path: str
    sha256: str
    width_px: int
    height_px: int


@dataclass(frozen=True)
class Quiz:
    """A question with choices; `answer` counts from 1."""

    question: str
    choices: tuple[str, ...]
    answer: int
    reply_to: str
    keyword: str
    closes_at: datetime
    winners: int


@dataclass(frozen=True)
class Article:
    """One text. `paragraphs` are plain text, Markdown's marks taken away."""

    title: str
    paragraphs: tuple[str, ...]
    picture: PictureRef | None = None
    topics: tuple[str, ...] = ()
    level: str | None = None
    tone: str | None = None
    summary: str | None = None
    quiz: Quiz | None = None
    credit: str | None = None


@dataclass(frozen=True)
class Panel:
    """A box of a page in pixels."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Item:
    """What a segment rule decides on: an article, a picture or a comic page.

    Attributes:
        key: its path in the folder (with `#2` for a second use); stable between versions.
        rule: the reader rule that section and item ask for together, or None for everybody.
        article, picture: exactly one of them is set.
        panels: of a comic page, in reading order; empty where none were named.
    """

    key: str
    rule: dict[str, Any] | None
    article: Article | None = None
    picture: PictureRef | None = None
    panels: tuple[Panel, ...] = ()


@dataclass(frozen=True)
class Section:
    """A run of items under one title; `part` marks a magazine's four parts."""

    title: str
    items: tuple[Item, ...]
    part: str | None = None


@dataclass(frozen=True)
class Manuscript:
    """One edition. A comic's pages are the items of its only section."""

    publication: str
    kind: str
    number: str
    title: str
    issue_date: date
    sections: tuple[Section, ...]
    cover: PictureRef | None = None
    reading: str = "ltr"
    credit: str | None = None

    @property
    def items(self) -> tuple[Item, ...]:
        """All items, in order."""
        return tuple(item for section in self.sections for item in section.items)

    def to_document(self) -> dict[str, Any]:
        """The manuscript as JSON values."""
        return {key: _to_json(value) for key, value in dataclasses.asdict(self).items()}

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Manuscript:
        """The manuscript of `to_document`."""
        return cls(
            **{
                **document,
                "issue_date": date.fromisoformat(document["issue_date"]),
                "sections": tuple(_section(section) for section in document["sections"]),
                "cover": _picture(document["cover"]),
            }
        )


def _to_json(value: Any) -> Any:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _to_json(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_to_json(inner) for inner in value]
    return value


def _picture(document: dict[str, Any] | None) -> PictureRef | None:
    return None if document is None else PictureRef(**document)


def _section(document: dict[str, Any]) -> Section:
    return Section(document["title"], tuple(_item(item) for item in document["items"]), document["part"])


def _item(document: dict[str, Any]) -> Item:
    return Item(
        key=document["key"],
        rule=document["rule"],
        article=_article(document["article"]),
        picture=_picture(document["picture"]),
        panels=tuple(Panel(**panel) for panel in document["panels"]),
    )


def _article(document: dict[str, Any] | None) -> Article | None:
    if document is None:
        return None
    quiz = document["quiz"]
    return Article(
        **{
            **document,
            "paragraphs": tuple(document["paragraphs"]),
            "topics": tuple(document["topics"]),
            "picture": _picture(document["picture"]),
            "quiz": None
            if quiz is None
            else Quiz(**{**quiz, "choices": tuple(quiz["choices"]), "closes_at": datetime.fromisoformat(quiz["closes_at"])}),
        }
    )
