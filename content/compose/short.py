"""An edition for a handset without MMS: its WAP pages, the line of a pushed link, and a text that carries the link.

Everything of the edition is behind the link: the index of all articles, the
pictures as a gallery. The same items give the same pages, tokens and words.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from content.adapt import PictureRequest
from content.compose import comic
from content.compose.captions import shortened
from content.compose.gallery import Exhibit, gallery
from content.compose.issue import Issue, PictureSource
from content.compose.slides import WapDocument
from content.compose.wap import Entry, index_pages
from content.manuscript import Item, Manuscript
from huabao.errors import CodecError, UsageError
from subscribers.handset_classes import handset_class

PUSH_CHARS_MAX = 28
"""Of the line that comes with a pushed link: with the link it stays in two SMS."""

TEXT_CHARS_MAX = 134
"""Of a text: two parts of UCS-2, 67 characters each. What it costs is counted by part."""

SCREEN = "100kb-240x320"
"""Pictures on the pages are made for this class: whoever opens a pushed link has a small screen."""

INDEX_TITLE = "目录"
GALLERY_TITLE = "图片"


@dataclass(frozen=True)
class ShortMessage:
    """What such a reader gets.

    Attributes:
        text: of the SMS, the link in it; or the line of the pushed link.
        href: the first of the pages.
    """

    text: str
    href: str

    def encode(self) -> bytes:
        """As it is kept beside the payloads of MMS variants."""
        return json.dumps({"text": self.text, "href": self.href}, ensure_ascii=False, sort_keys=True).encode()

    @classmethod
    def decode(cls, data: bytes) -> ShortMessage:
        """What `encode` wrote.

        Raises:
            CodecError: it is none.
        """
        try:
            document = json.loads(data)
            return cls(str(document["text"]), str(document["href"]))
        except (ValueError, KeyError, TypeError) as error:
            raise CodecError("no link or text message") from error


@dataclass(frozen=True)
class ShortComposition:
    """A short message and the pages behind its link."""

    message: ShortMessage
    wap_pages: tuple[WapDocument, ...]


def compose_short(manuscript: Manuscript, items: Sequence[str], pictures: PictureSource, wap_base_url: str, *, push: bool) -> ShortComposition:
    """The message of a pushed link (`push`) or of an SMS text.

    Raises:
        UsageError: there is nothing among the items that a page could show.
        PictureError: a picture's bytes are not what they were at import.
    """
    issue = Issue.of(manuscript, items, handset_class(SCREEN), pictures, wap_base_url)
    token, pages = _pages(issue)
    href = issue.link(token)
    return ShortComposition(ShortMessage(_push_line(issue) if push else _text(issue, href), href), pages)


def _pages(issue: Issue) -> tuple[str, tuple[WapDocument, ...]]:
    """The token of the first page, and all pages."""
    if issue.manuscript.kind == "comic":
        found = comic.whole_gallery(issue)
        if found.tokens:
            return found.tokens[0], found.documents
    items = [item for section in issue.sections for item in section.items]
    pictured = [item for item in items if item.picture is not None]
    shown = gallery(issue, [_exhibit(issue, item) for item in pictured])
    texts = [(item.article.title, issue.text_of(item)) for item in items if item.article is not None]
    entries = [Entry(title, text.token) for title, text in texts] + ([Entry(GALLERY_TITLE, shown.tokens[0])] if shown.tokens else [])
    if not entries:
        raise UsageError(f"{issue.name} has no article and no picture for a WAP page; a reader without MMS would get an empty link")
    index = index_pages(issue.name, INDEX_TITLE, entries, issue.design)
    return index.token, (*index.pages, *(page for _, text in texts for page in text.pages), *shown.documents)


def _exhibit(issue: Issue, item: Item) -> Exhibit:
    assert item.picture is not None, "a picture item without a picture"
    handset = issue.handset
    image = issue.decoded(item.picture).copy()
    image.thumbnail((handset.width_px, handset.height_px))
    return Exhibit(PictureRequest(f"{item.key}@wap", image, handset.width_px, handset.height_px, "photo", crop=False), "")


def _push_line(issue: Issue) -> str:
    return shortened(f"{issue.name} {_headlines(issue)}".strip(), PUSH_CHARS_MAX)


def _text(issue: Issue, href: str) -> str:
    room = TEXT_CHARS_MAX - len(href) - 1
    name = shortened(issue.name, max(room, 1))
    headlines = _headlines(issue)
    lead = f"{name}：{headlines}" if headlines else name
    return f"{shortened(lead, max(room, 1))} {href}"


def _headlines(issue: Issue) -> str:
    return "；".join(item.article.title for section in issue.sections for item in section.items if item.article is not None)
