"""An edition for a handset without MMS: its WAP pages, the line of a pushed link, and a text that carries the link.

The whole WAP edition is behind the link: cover, contents, articles, pictures. The
same items give the same pages, tokens and words.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from content.compose import comic
from content.compose.captions import shortened
from content.compose.issue import Issue
from content.compose.slides import WapDocument
from content.compose.sources import PictureSource
from content.manuscript import Manuscript
from content.wap.tokens import WapAddress, wap_address
from huabao.errors import CodecError, UsageError
from subscribers.handset_classes import handset_class

PUSH_CHARS_MAX = 28
"""Of the line that comes with a pushed link: with the link it stays in two SMS."""

TEXT_CHARS_MAX = 134
"""Of a text: two parts of UCS-2, 67 characters each. What it costs is counted by part."""

SCREEN = "100kb-240x320"
"""Of no meaning for the pages: each is cut for the handset that opens it."""


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


def compose_short(manuscript: Manuscript, items: Sequence[str], pictures: PictureSource, wap: WapAddress | str, *, push: bool) -> ShortComposition:
    """The message of a pushed link (`push`) or of an SMS text.

    Raises:
        UsageError: there is nothing among the items that a page could show.
        PictureError: a picture's bytes are not what they were at import.
    """
    issue = Issue.of(manuscript, items, handset_class(SCREEN), pictures, wap_address(wap))
    edition = comic.wap_pages(issue) if manuscript.kind == "comic" else issue.pages
    if not edition.pages:
        raise UsageError(f"{issue.name} has no article and no picture for a WAP page; a reader without MMS would get an empty link")
    href = issue.link(edition.cover)
    return ShortComposition(ShortMessage(_push_line(issue) if push else _text(issue, href), href), edition.documents)


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
