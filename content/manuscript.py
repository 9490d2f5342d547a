"""An edition as the editor prepared it, parsed and checked, before any handset is thought of.

A manuscript is immutable. Pictures stand in it by the SHA-256 of their bytes;
the bytes are `Asset`s. Named segments are resolved to rules at import, so that a
later change of the segment does not change what was approved.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

MAGAZINE_PARTS = ("front", "service", "quiz", "comic")

LEVELS = ("province", "group", "city")
"""Whom an item concerns; one that does not say is the province's."""

PLAIN, HUMOROUS = "plain", "humorous"
TONES = (PLAIN, HUMOROUS)


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
    """One text. `paragraphs` are plain text, Markdown's marks taken away.

    Attributes:
        short_title: for the smallest screens, or None.
        source: who reported it, as the editor wrote it, or None.
        evergreen: tomorrow's paper may use it where nothing else is there.
    """

    title: str
    paragraphs: tuple[str, ...]
    picture: PictureRef | None = None
    topics: tuple[str, ...] = ()
    level: str | None = None
    tone: str | None = None
    summary: str | None = None
    quiz: Quiz | None = None
    credit: str | None = None
    short_title: str | None = None
    source: str | None = None
    evergreen: bool = False


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
        story: what it tells, where other items tell the same in another tone: of these a reader gets one.
        hero: whose page of a comic it is; None for everybody's.
    """

    key: str
    rule: dict[str, Any] | None
    article: Article | None = None
    picture: PictureRef | None = None
    panels: tuple[Panel, ...] = ()
    story: str | None = None
    hero: str | None = None

    @property
    def level(self) -> str:
        """Whom it concerns."""
        return (self.article.level if self.article else None) or LEVELS[0]

    @property
    def tone(self) -> str:
        """How it is told."""
        tone = self.article.tone if self.article else None
        return tone if tone in TONES else PLAIN


@dataclass(frozen=True)
class Slot:
    """A place in an article's text that a reader's own words fill; the fallback stands there in the text.

    Attributes:
        name: see `content.slots.names`.
        chars_max: characters of a value.
        item: key of its item.
        paragraph: of the article, from 0.
        start: characters of the paragraph before the fallback.
    """

    name: str
    fallback: str
    chars_max: int
    item: str
    paragraph: int
    start: int


@dataclass(frozen=True)
class Section:
    """A run of items under one title; `part` marks a magazine's four parts.

    Attributes:
        short_title: for the smallest screens, or None.
        city: whose section it is, or None.
        standin: where its items come from when nobody delivered any, in words; "" where they are its own.
        offers: `package` or `unheld` where its articles are written from the catalogue of services, see `content.introducing`; else "".
    """

    title: str
    items: tuple[Item, ...]
    part: str | None = None
    short_title: str | None = None
    city: str | None = None
    standin: str = ""
    offers: str = ""


@dataclass(frozen=True)
class Hero:
    """Who leads a chapter of a comic for some readers: of all heroes a reader gets the first whose rule fits him.

    Attributes:
        rule: None for the one whom everybody else gets.
        cover: in place of the edition's, or None.
    """

    name: str
    rule: dict[str, Any] | None
    cover: PictureRef | None = None


@dataclass(frozen=True)
class Manuscript:
    """One edition. A comic's pages are the items of its only section.

    Attributes:
        heroes: of a comic, the one for everybody else last.
        tones: tone by attribute class, of classes that do not read the plain one.
        shares: of the slides, by level; empty where any may have all.
        greyscale: its folder wants everything shown without colour.
        mourning: so does the day on which it appears.
        almanac: what stands beside the date: `lunar` (十月十四), `term` (小雪), `note`; empty for nothing.
        design: by which it is set; "" for its kind's.
        design_sha256: of that design as it was at import; "" where none was kept.
    """

    publication: str
    kind: str
    number: str
    title: str
    issue_date: date
    sections: tuple[Section, ...]
    cover: PictureRef | None = None
    reading: str = "ltr"
    credit: str | None = None
    heroes: tuple[Hero, ...] = ()
    tones: Mapping[str, str] = field(default_factory=dict)
    shares: Mapping[str, float] = field(default_factory=dict)
    greyscale: bool = False
    mourning: bool = False
    almanac: Mapping[str, str] = field(default_factory=dict)
    slots: tuple[Slot, ...] = ()
    design: str = ""
    design_sha256: str = ""

    @property
    def almanac_line(self) -> str:
        """What stands beside the date: 农历十月十四 小雪; "" for nothing."""
        lunar = self.almanac.get("lunar")
        return " ".join(part for part in (f"农历{lunar}" if lunar else "", self.almanac.get("term", ""), self.almanac.get("note", "")) if part)

    @property
    def colourless(self) -> bool:
        """Whether everything is shown without colour."""
        return self.greyscale or self.mourning

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
                "slots": tuple(Slot(**slot) for slot in document.get("slots", ())),
                "heroes": tuple(Hero(one["name"], one["rule"], _picture(one["cover"])) for one in document.get("heroes", ())),
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
    return Section(**{**document, "items": tuple(_item(item) for item in document["items"])})


def _item(document: dict[str, Any]) -> Item:
    return Item(
        **{
            **document,
            "article": _article(document["article"]),
            "picture": _picture(document["picture"]),
            "panels": tuple(Panel(**panel) for panel in document["panels"]),
        }
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
