"""The items of an edition, ready to be laid out: what each says, and how its slides could look.

A piece can be laid out on several numbers of slides (`sizes`); the allotment
chooses one for each. What a piece shows on its slides is a list of `Sheet`s:
the name of a template, its values, and the picture wanted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Protocol

from content.compose.flow import Flow, Room, flow, slides_needed
from content.compose.sentences import Thought, thoughts_of
from content.compose.templates import Template
from content.manuscript import Article, Item, PictureRef, Section
from content.slots.tokens import Numbered, reserve
from huabao.lazily import lazily

SLIDES_A_TEXT_MAX = 12
BYLINE_CHARS_MAX = 14

_thoughts = lru_cache(maxsize=512)(thoughts_of)
_flow = lru_cache(maxsize=4096)(flow)
"""The variants of an edition divide the same texts into the same slides; they are divided once."""


@dataclass(frozen=True)
class Sheet:
    """One slide before it is rendered.

    Attributes:
        template: of the edition's design.
        values: for it.
        pictures: what stands on it: one, or two small panels; () for none.
        items: keys of the items that it shows.
        band: title of a section that this slide opens, or "".
    """

    template: Template
    values: Mapping[str, Any]
    pictures: tuple[PictureRef, ...] = ()
    items: tuple[str, ...] = ()
    band: str = ""

    @property
    def text(self) -> str:
        return self.template.render(**self.values)


class Piece(Protocol):
    """Something that gets some number of slides, or none."""

    @property
    def keys(self) -> tuple[str, ...]: ...

    @property
    def section(self) -> Section: ...

    @property
    def opens(self) -> bool: ...

    @property
    def sizes(self) -> tuple[int, ...]: ...

    def sheets(self, slides: int) -> tuple[Sheet, ...]: ...


@dataclass(frozen=True)
class Limits:
    """What a class allows and the link that this text would get."""

    slide_chars_max: int
    link_chars: int


@dataclass(frozen=True)
class TextParts:
    """An article's text with its repeated title taken away.

    Attributes:
        byline: a line such as `·鲁迅·` that stood below the title, or "".
    """

    title: str
    byline: str
    paragraphs: tuple[str, ...]


def text_parts(article: Article) -> TextParts:
    """Title, byline and body; a title that the body repeats is not said twice."""
    paragraphs = list(article.paragraphs)
    if paragraphs and _letters(paragraphs[0]) in {_letters(title) for title in (article.title, article.short_title) if title}:
        del paragraphs[0]
    byline = ""
    if len(paragraphs) > 1 and len(paragraphs[0]) <= BYLINE_CHARS_MAX and paragraphs[0][0] in "·—（(" and paragraphs[0][-1] in "·—）)":
        byline = paragraphs.pop(0)
    return TextParts(article.title, byline, tuple(paragraphs))


@lru_cache(maxsize=1024)
def _letters(text: str) -> str:
    return "".join(letter for letter in text if letter.isalnum())


@dataclass(frozen=True)
class TextPiece:
    """An article.

    Attributes:
        template: of its slides.
        label: the section's title, for the first slide of the section.
        link: where its whole text will be, should it be cut.
        slots: of its text; room for their longest values is kept.
    """

    item: Item
    section: Section
    opens: bool
    template: Template
    limits: Limits
    link: str
    slides_max: int = SLIDES_A_TEXT_MAX
    slots: Numbered = field(default_factory=dict)

    @property
    def keys(self) -> tuple[str, ...]:
        return (self.item.key,)

    @property
    def article(self) -> Article:
        assert self.item.article is not None, "a text piece without an article"
        return self.item.article

    @lazily
    def parts(self) -> TextParts:
        if not self.slots:
            return text_parts(self.article)
        return text_parts(replace(self.article, paragraphs=reserve(self.article.paragraphs, self.slots)))

    @lazily
    def thoughts(self) -> tuple[Thought, ...]:
        credit = (self.article.credit,) if self.article.credit else ()
        return _thoughts((*self.parts.paragraphs, *credit))

    def room(self, slides: int) -> Room:
        """What the body may take when it gets that many slides."""
        first = self.limits.slide_chars_max - self.head_chars - 1
        return Room(max(first, 0), self.limits.slide_chars_max, slides, self.limits.link_chars)

    @lazily
    def head_chars(self) -> int:
        """What stands above the body on the first slide."""
        return len(self.sheet("", 0, "").text)

    @lazily
    def sizes(self) -> tuple[int, ...]:
        most = slides_needed(self.thoughts, self.room(self.slides_max), self.slides_max)
        found: list[int] = []
        for slides in range(1, most + 1):
            used = len(self.flowed(slides).bodies)
            if used not in found:
                found.append(used)
            if not self.flowed(slides).cut:
                break
        return tuple(found)

    def flowed(self, slides: int) -> Flow:
        """Its text on at most that many slides."""
        return _flow(self.thoughts, self.room(slides))

    @property
    def brief(self) -> bool:
        """Whether it may share a slide: short, whole, without a picture."""
        return self.article.picture is None and self.article.quiz is None and self.sizes == (1,) and not self.flowed(1).cut

    def sheets(self, slides: int) -> tuple[Sheet, ...]:
        found = self.flowed(slides)
        last = len(found.bodies) - 1
        return tuple(self.sheet(body, number, self.link if found.cut and number == last else "") for number, body in enumerate(found.bodies))

    def sheet(self, body: str, number: int, link: str) -> Sheet:
        """Slide `number` (from 0) of the article."""
        first = number == 0
        picture = self.article.picture if first else None
        opens = self.opens and first
        values = {
            "section": self.section.title if opens and picture is not None else "",
            "title": self.parts.title if first else "",
            "byline": self.parts.byline if first else "",
            "body": body,
            "link": link,
        }
        band = self.section.title if opens and picture is None else ""
        return Sheet(self.template, values, (picture,) if picture else (), self.keys, band)


@dataclass(frozen=True)
class QuizPiece:
    """A question: what is asked, how to answer, until when."""

    item: Item
    section: Section
    opens: bool
    template: Template
    limits: Limits

    @property
    def keys(self) -> tuple[str, ...]:
        return (self.item.key,)

    @lazily
    def sizes(self) -> tuple[int, ...]:
        return (len(self.sheets(2)),)

    def sheets(self, slides: int) -> tuple[Sheet, ...]:
        article = self.item.article
        assert article is not None and article.quiz is not None, "a quiz piece without a quiz"
        title = article.title if article.title != self.section.title else ""
        pictures = (article.picture,) if article.picture else ()
        band = self.section.title if self.opens and not pictures else ""
        both = {"title": title, "quiz": article.quiz, "how": article.paragraphs, "ask": True, "answer": True}
        whole = Sheet(self.template, both, pictures, self.keys, band)
        if len(whole.text) <= self.limits.slide_chars_max:
            return (whole,)
        return (
            Sheet(self.template, {**both, "answer": False}, pictures, self.keys, band),
            Sheet(self.template, {**both, "ask": False}, (), self.keys),
        )


@dataclass(frozen=True)
class StripPiece:
    """Pictures that tell one story: one a slide, or two where slides are few."""

    items: tuple[Item, ...]
    section: Section
    opens: bool
    template: Template

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(item.key for item in self.items)

    @property
    def sizes(self) -> tuple[int, ...]:
        count = len(self.items)
        return tuple(sorted({(count + 1) // 2, count}))

    def sheets(self, slides: int) -> tuple[Sheet, ...]:
        count = len(self.items)
        step = 1 if slides >= count else 2
        groups = [self.items[start : start + step] for start in range(0, count, step)]
        return tuple(self._sheet(group, 1 + number * step) for number, group in enumerate(groups))

    def _sheet(self, group: tuple[Item, ...], first: int) -> Sheet:
        last = first + len(group) - 1
        values = {"section": self.section.title, "first": first, "last": last, "count": len(self.items)}
        pictures = tuple(item.picture for item in group if item.picture is not None)
        return Sheet(self.template, values, pictures, tuple(item.key for item in group))

