"""The WAP edition: a cover, the contents, every article whole, every picture, the panels of a comic one by one.

Every edition has one, whatever fits a message, made of the text and of boxes of its
pictures, so that it is the same for every handset class; which handset asks decides
how it is cut into pages (`content.wap.rendering`). The name of each document is made
of the edition, its design and the content of all of them: versions with the same content
have the same links, a link leads to what was approved with it, and no other edition has it.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from content.adapt.lettering import LETTERING_PX_MIN, LETTERING_SHARE
from content.adapt.panels import Box
from content.compose.captions import issue_line
from content.compose.pieces import text_parts
from content.compose.slides import WapDocument
from content.designs.dates import closing_text, day_text
from content.manuscript import Article, Item, Manuscript, PictureRef, Quiz, Section
from content.wap.documents import PICTURE_TYPE, Block, Heading, Link, PageDocument, PictureDocument, Shown, Words, write_page, write_picture
from content.wap.tokens import name_of

CONTENTS = "目录"
COVER_HEADLINES_MAX = 5
OWN_PAGE = "my"
"""What stands in place of a name where a link leads to the reader's own pages."""

_COVER, _CONTENTS = "cover", "contents"


@dataclass(frozen=True)
class WapEdition:
    """All documents of an edition for one set of items.

    Attributes:
        cover: name of the first one.
        documents: all of them, each once, the pictures too.
        pages: names of the documents that show an item, by its key: its text, or its pictures in order.
        boxes: what of its picture each of these shows; empty for a text.
        digest: of all their content.
    """

    cover: str
    contents: str
    documents: tuple[WapDocument, ...]
    pages: Mapping[str, tuple[str, ...]]
    boxes: Mapping[str, tuple[Box, ...]]
    digest: str
    edition: str

    def page_of(self, item: str, box: Box | None = None) -> str:
        """The document that shows an item; of several the one that shows most of `box`."""
        names = self.pages[item]
        if box is None or len(names) == 1:
            return names[0]
        shares = [_shared(box, other) for other in self.boxes[item]]
        return names[shares.index(max(shares))]

    def index_of(self, title: str, items: Sequence[Item]) -> WapDocument:
        """A document that lists some of the items."""
        links = tuple(Link(_title(item, number), self.pages[item.key][0]) for number, item in enumerate(items, start=1))
        page = PageDocument("contents", self.edition, title, (Heading(title), *links), home=self.contents)
        return WapDocument(name_of("wap index", self.digest, title, *(item.key for item in items)), write_page(page))


@dataclass
class _Draft:
    """Documents while they are written: links name keys, not yet the names that are made of all content."""

    manuscript: Manuscript
    pages: dict[str, PageDocument] = field(default_factory=dict)
    pictures: dict[str, bytes] = field(default_factory=dict)
    shown: dict[str, list[str]] = field(default_factory=dict)
    boxes: dict[str, list[Box]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """How pages name the edition: `手机早报 2022-10-31-am`."""
        return f"{self.manuscript.title} {self.manuscript.number}"

    def picture(self, picture: PictureRef, alt: str, *, box: Box | None = None, drawn: bool = False) -> Shown:
        """A block that shows a picture or a box of it."""
        document = PictureDocument(picture.sha256, picture.width_px, picture.height_px, box, drawn=drawn, grey=self.manuscript.colourless)
        data = write_picture(document)
        name = name_of("wap picture", *_edition(self.manuscript), data.decode())
        self.pictures[name] = data
        left, top, right, bottom = box or (0, 0, picture.width_px, picture.height_px)
        legible_px = round(LETTERING_PX_MIN * (right - left) / (picture.width_px * LETTERING_SHARE)) if drawn else 0
        return Shown(name, right - left, bottom - top, alt, legible_px)

    def add(self, key: str, page: PageDocument, item: str, box: Box | None = None) -> None:
        """Keep a page that shows an item."""
        self.pages[key] = dataclasses.replace(page, item=item)
        self.shown.setdefault(item, []).append(key)
        if box is not None:
            self.boxes.setdefault(item, []).append(box)


def wap_edition(manuscript: Manuscript, keys: Iterable[str], cover: PictureRef | None, panels: Mapping[str, Sequence[Box]] | None = None) -> WapEdition:
    """The WAP edition of those items of `manuscript` whose keys are wanted.

    Args:
        cover: the picture on the first page.
        panels: boxes of a comic's pages in reading order, by item; a picture without any is shown whole.
    """
    wanted = frozenset(keys)
    draft = _Draft(manuscript)
    sections = [(section, [item for item in section.items if item.key in wanted]) for section in manuscript.sections]
    items = [(section, item) for section, its in sections for item in its]
    for section, item in items:
        if item.article is not None:
            draft.add(f"item:{item.key}", _text(draft, section, item.article), item.key)
    _exhibits(draft, items, panels or {})
    _beside(draft)
    draft.pages = {_COVER: _cover(draft, cover, items), _CONTENTS: _contents(draft, sections), **draft.pages}
    return _named(draft)


def _text(draft: _Draft, section: Section, article: Article) -> PageDocument:
    parts = text_parts(article)
    blocks: list[Block] = [Heading(parts.title)]
    small = [one for one in (parts.byline, f"来源：{article.source}" if article.source else "") if one]
    blocks += [Words(one, small=True) for one in small]
    if article.picture is not None:
        blocks.append(draft.picture(article.picture, parts.title))
    if article.quiz is not None:
        blocks += _question(article.quiz)
    blocks += [Words(one) for one in parts.paragraphs if one.strip()]
    blocks += [Words(article.credit, small=True)] if article.credit else []
    blocks += [Link("在线作答", OWN_PAGE, "5")] if article.quiz is not None else []
    return PageDocument("text" if article.quiz is None else "quiz", draft.name, parts.title or section.title, tuple(blocks))


def _question(quiz: Quiz) -> list[Block]:
    choices = [Words(f"{number}. {choice}") for number, choice in enumerate(quiz.choices, start=1)]
    closes = Words(f"截止{closing_text(quiz.closes_at)}，抽取{quiz.winners}名获奖者。", small=True)
    return [Words(quiz.question), *choices, closes]


def _exhibits(draft: _Draft, items: Sequence[tuple[Section, Item]], panels: Mapping[str, Sequence[Box]]) -> None:
    """Pages of pictures: one for each picture, or one for each panel of it."""
    whole = draft.manuscript.kind == "comic"
    shots = [(section, item, item.picture, box) for section, item in items if item.picture is not None for box in panels.get(item.key) or (_all(item.picture),)]
    for number, (section, item, picture, box) in enumerate(shots, start=1):
        title = draft.manuscript.title if whole else section.title
        shown = draft.picture(picture, f"{title} {number}", box=None if box == _all(picture) else box, drawn=whole or section.part == "comic")
        page = PageDocument("picture", draft.name, f"{title} {number}/{len(shots)}", (shown, Words(f"{number}/{len(shots)}", small=True)))
        draft.add(f"shot:{item.key}:{number}", page, item.key, box)


def _beside(draft: _Draft) -> None:
    """Each text leads to the next text, each picture to the next picture; all to the contents."""
    for kinds in (("text", "quiz"), ("picture",)):
        keys = [key for key, page in draft.pages.items() if page.kind in kinds]
        for place, key in enumerate(keys):
            before, behind = keys[place - 1] if place else "", keys[place + 1] if place + 1 < len(keys) else ""
            draft.pages[key] = dataclasses.replace(draft.pages[key], previous=before, next=behind, home=_CONTENTS)


def _cover(draft: _Draft, cover: PictureRef | None, items: Sequence[tuple[Section, Item]]) -> PageDocument:
    manuscript = draft.manuscript
    blocks: list[Block] = [Heading(manuscript.title), Words(f"{day_text(manuscript.issue_date)} {issue_line(manuscript)}".strip(), small=True)]
    if cover is not None:
        blocks.append(draft.picture(cover, manuscript.title))
    titled = [(item.article.title, draft.shown[item.key][0]) for _, item in items if item.article is not None and item.article.quiz is None]
    if titled:
        blocks += [Heading("要目", 2), *(Link(title, key) for title, key in titled[:COVER_HEADLINES_MAX]), Heading("更多", 2)]
    blocks += [Link("开始阅读", key, "5") for key in list(draft.pages)[:1] if manuscript.kind == "comic"]
    blocks.append(Link(CONTENTS, _CONTENTS, "1"))
    blocks += [Link(page.title, key, "2") for key, page in draft.pages.items() if page.kind == "quiz"][:1]
    blocks.append(Link("我的套餐", OWN_PAGE, "3"))
    blocks += [Words(manuscript.credit, small=True)] if manuscript.credit else []
    return PageDocument("cover", draft.name, manuscript.title, tuple(blocks))


def _contents(draft: _Draft, sections: Sequence[tuple[Section, Sequence[Item]]]) -> PageDocument:
    blocks: list[Block] = [Heading(CONTENTS)]
    for section, items in sections:
        pictures = [item for item in items if item.article is None and item.key in draft.shown]
        lines = [Link(_title(item, 0), draft.shown[item.key][0]) for item in items if item.article is not None]
        if draft.manuscript.kind == "comic":
            lines += [Link(f"第{number}页", draft.shown[item.key][0]) for number, item in enumerate(pictures, start=1)]
        elif pictures:
            lines.append(Link(section.title, draft.shown[pictures[0].key][0], after=f"{len(pictures)}幅"))
        blocks += [Heading(section.title, 2), *lines] if lines and section.title else lines
    return PageDocument("contents", draft.name, CONTENTS, tuple(blocks), home=_COVER)


def _title(item: Item, number: int) -> str:
    return item.article.title if item.article is not None else f"图 {number}"


def _named(draft: _Draft) -> WapEdition:
    """The draft with the keys changed into names, which are made of all of it."""
    digest = hashlib.sha256("\0".join((*_edition(draft.manuscript), draft.manuscript.design_sha256)).encode("utf-8", "surrogatepass"))
    for key, page in draft.pages.items():
        digest.update(f"{key}\0".encode("utf-8", "surrogatepass") + write_page(page) + b"\0")
    whole = digest.hexdigest()
    names = {key: name_of("wap", whole, key) for key in draft.pages} | {"": "", OWN_PAGE: OWN_PAGE}
    documents = [WapDocument(names[key], write_page(_renamed(page, names))) for key, page in draft.pages.items()]
    pictures = [WapDocument(name, data, PICTURE_TYPE) for name, data in draft.pictures.items()]
    pages = {item: tuple(names[key] for key in keys) for item, keys in draft.shown.items()}
    boxes = {item: tuple(found) for item, found in draft.boxes.items()}
    return WapEdition(names[_COVER], names[_CONTENTS], (*documents, *pictures), pages, boxes, whole, draft.name)


def _edition(manuscript: Manuscript) -> tuple[str, str]:
    """What names an edition: a page is a part of one only, which may be killed while another with the same words goes on."""
    return manuscript.publication, manuscript.number


def _renamed(page: PageDocument, names: Mapping[str, str]) -> PageDocument:
    return dataclasses.replace(page, blocks=tuple(_blocks(page, names)), previous=names[page.previous], next=names[page.next], home=names[page.home])


def _blocks(page: PageDocument, names: Mapping[str, str]) -> Iterator[Block]:
    for block in page.blocks:
        yield dataclasses.replace(block, page=names[block.page]) if isinstance(block, Link) else block


def _all(picture: PictureRef) -> Box:
    return (0, 0, picture.width_px, picture.height_px)


def _shared(one: Box, other: Box) -> float:
    """The area that two boxes share, as a share of the smaller."""
    width, height = min(one[2], other[2]) - max(one[0], other[0]), min(one[3], other[3]) - max(one[1], other[1])
    smaller = min((one[2] - one[0]) * (one[3] - one[1]), (other[2] - other[0]) * (other[3] - other[1]))
    return max(width, 0) * max(height, 0) / max(smaller, 1)
