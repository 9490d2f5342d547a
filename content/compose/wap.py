"""WAP pages: the whole text of what a message could only begin.

A page keeps to 10 KB of markup, the limit of XHTML-MP browsers. Tokens are
made of the text, so that the same edition has the same links; nothing about
a reader is in them.

Spec: OMA XHTML Mobile Profile 1.0; W3C Mobile Web Best Practices 1.0, 5.3.1.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from content.compose.sentences import sentences_of
from content.compose.slides import WapDocument
from content.designs import Design, base_design

PAGE_BYTES_MAX = 10_000
TEXT_BYTES_MAX = 8_400
"""What a page's paragraphs may take, escaped and in their tags; the rest is head and navigation."""

TOKEN_CHARS = 12
TEMPLATE = "wap/page.xhtml.j2"


@dataclass(frozen=True)
class WapText:
    """Pages that belong together, the first one linked.

    Attributes:
        token: of the first page.
    """

    pages: tuple[WapDocument, ...]

    @property
    def token(self) -> str:
        return self.pages[0].token


@dataclass(frozen=True)
class Entry:
    """A line of an index page that leads to a text."""

    title: str
    token: str


def token_of(*parts: str) -> str:
    """An opaque name of 60 bits made of `parts`."""
    digest = hashlib.sha256("\0".join(parts).encode()).digest()
    return base64.b32encode(digest).decode().lower()[:TOKEN_CHARS]


@lru_cache(maxsize=512)
def text_pages(edition: str, title: str, paragraphs: tuple[str, ...], credit: str | None, design: Design | None = None) -> WapText:
    """An article's pages, chained by next and previous; as the edition's design has them."""
    sheets = _sheets((*paragraphs, credit) if credit else paragraphs)
    whole = hashlib.sha256("\0".join(paragraphs).encode()).hexdigest()
    tokens = [token_of("text", edition, title, whole, credit or "", str(number)) for number in range(len(sheets))]
    pages = []
    for number, sheet in enumerate(sheets):
        body = (design or base_design()).render(
            TEMPLATE,
            edition=edition,
            title=title,
            paragraphs=sheet,
            entries=(),
            number=number + 1,
            count=len(sheets),
            previous=tokens[number - 1] if number else None,
            next=tokens[number + 1] if number + 1 < len(sheets) else None,
        ).encode()
        assert len(body) <= PAGE_BYTES_MAX, "a WAP page outgrew its limit"
        pages.append(WapDocument(tokens[number], body))
    return WapText(tuple(pages))


def index_pages(edition: str, title: str, entries: Sequence[Entry], design: Design | None = None) -> WapText:
    """Pages that lead to other pages, as many as the entries need."""
    sheets = [entries[start : start + 40] for start in range(0, len(entries), 40)]
    names = "\0".join(entry.token for entry in entries)
    tokens = [token_of("index", edition, title, names, str(number)) for number in range(len(sheets))]
    pages = []
    for number, sheet in enumerate(sheets):
        body = (design or base_design()).render(
            TEMPLATE,
            edition=edition,
            title=title,
            paragraphs=(),
            entries=sheet,
            number=number + 1,
            count=len(sheets),
            previous=tokens[number - 1] if number else None,
            next=tokens[number + 1] if number + 1 < len(sheets) else None,
        ).encode()
        pages.append(WapDocument(tokens[number], body))
    return WapText(tuple(pages))


def _sheets(paragraphs: Sequence[str]) -> list[list[str]]:
    sheets: list[list[str]] = [[]]
    used = 0
    for piece in (piece for paragraph in paragraphs for piece in _pieces(paragraph)):
        weight = _weight(piece)
        if used + weight > TEXT_BYTES_MAX and sheets[-1]:
            sheets.append([])
            used = 0
        sheets[-1].append(piece)
        used += weight
    return sheets


def _weight(text: str) -> int:
    return len(text.encode()) + 4 * sum(text.count(mark) for mark in "&<>\"'") + len("<p></p>\n")


def _pieces(paragraph: str) -> list[str]:
    """A paragraph, divided at sentences where it alone would fill a page."""
    if _weight(paragraph) <= TEXT_BYTES_MAX:
        return [paragraph]
    pieces = [""]
    for sentence in sentences_of(paragraph):
        for start in range(0, len(sentence), 1500):
            bit = sentence[start : start + 1500]
            if pieces[-1] and _weight(pieces[-1] + bit) > TEXT_BYTES_MAX // 2:
                pieces.append("")
            pieces[-1] += bit
    return pieces
