"""A document cut into pages for the browser that asks, each within its limit.

A page is filled block by block; what a block weighs is found by rendering it, so
that a design may dress pages as it likes and the limit still holds. A paragraph that
alone would fill a third of a page is divided behind a sentence.

Spec: W3C Mobile Web Best Practices 1.0, 5.3.1 (10 KB of markup, 20 KB with pictures).
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from content.wap.browsers import WIDTHS, Browser, step_of
from content.wap.decks import DECK_BYTES_MAX, compiled_bytes
from content.wap.documents import Block, Form, Heading, Link, PageDocument, Shown, Words
from huabao.errors import HuabaoError

PAGE_BYTES_MAX = 10_000
PAGES_MAX = 999
DIVIDED_SHARE = 3
"""A paragraph may take a third of a page before it is divided."""

WML_TITLE_CHARS = 24
"""Of a card's title, which such a screen shows in one line."""

LINE_CHARS_MAX = {"wml": 60, "xhtml": 400}
"""Of a heading or a link, which are not divided; of a longer one the beginning is shown."""

CHOICE_CHARS_MAX = {"wml": 20, "xhtml": 80}
"""The same of a form's choices and buttons, which stand on one page."""

NEARLY_LEGIBLE = 1.1
"""A picture that would have to be wider by so little for its lettering is left as it is."""

_SENTENCE = re.compile(r"[^。！？!?；;…]*[。！？!?；;…]*[”’」』）)]*")
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")

Render = Callable[..., str]
"""A design's way to fill in a template: its name, then values."""


class Hrefs(Protocol):
    """Where the links of a page lead."""

    def page(self, name: str) -> str: ...

    def part(self, number: int) -> str: ...

    def picture(self, name: str, width_px: int) -> str: ...


@dataclass(frozen=True)
class _Unit:
    """What is not divided: a block, or a part of a paragraph; `goes_on` where the one before it is the same paragraph."""

    block: Block
    goes_on: bool = False


@dataclass(frozen=True)
class _Sheet:
    document: PageDocument
    browser: Browser
    hrefs: Hrefs
    render: Render

    def page(self, blocks: Sequence[Block], number: int, count: int) -> bytes:
        """One page; its blocks are given, its links to others follow from its place."""
        clean = self.clean
        document, hrefs = self.document, self.hrefs
        last = number == count
        title = self.line(document.title)
        values: dict[str, Any] = {
            "kind": document.kind,
            "title": title if self.browser.markup == "xhtml" else _short(title, WML_TITLE_CHARS),
            "edition": clean(document.edition),
            "groups": list(self._groups(blocks)),
            "number": number,
            "count": count,
            "back": hrefs.part(number - 1) if number > 1 else "",
            "on": hrefs.part(number + 1) if not last else "",
            "previous": hrefs.page(document.previous) if document.previous and number == 1 else "",
            "next": hrefs.page(document.next) if document.next and last else "",
            "home": hrefs.page(document.home) if document.home else "",
            "html": self.browser.media_type == "text/html",
        }
        return (self.render(f"wap/document.{self.browser.markup}.j2", **values) + "\n").encode()

    def clean(self, text: str) -> str:
        """The text without what XML forbids; WML's mark of a variable doubled."""
        found = _NO_XML.sub("", text)
        return found.replace("$", "$$") if self.browser.markup == "wml" else found

    def line(self, text: str) -> str:
        """The same of what stands in one line."""
        return self.clean(_short(text, LINE_CHARS_MAX[self.browser.markup]))

    def size(self, page: bytes) -> int:
        """What counts of a page: the bytes of XHTML, the compiled bytes of WML."""
        return compiled_bytes(page) if self.browser.markup == "wml" else len(page)

    @property
    def limit(self) -> int:
        return DECK_BYTES_MAX if self.browser.markup == "wml" else PAGE_BYTES_MAX

    def _groups(self, blocks: Sequence[Block]) -> Iterator[dict[str, Any]]:
        """Blocks as a template takes them; links that follow each other are one list."""
        links: list[dict[str, Any]] = []
        for block in blocks:
            if isinstance(block, Link):
                links.append({"href": self.hrefs.page(block.page), "text": self.line(block.text), "key": block.key, "after": self.line(block.after)})
                continue
            if links:
                yield {"block": "links", "links": links}
                links = []
            yield self._view(block)
        if links:
            yield {"block": "links", "links": links}

    def _view(self, block: Heading | Words | Shown | Form) -> dict[str, Any]:
        if isinstance(block, Shown):
            width_px = min(step_of(self.browser.width_px), block.width_px)
            height_px = max(1, round(block.height_px * width_px / block.width_px))
            wide = min(next((one for one in WIDTHS if one >= block.legible_px), WIDTHS[-1]), block.width_px)
            larger = self.hrefs.picture(block.picture, wide) if block.legible_px > NEARLY_LEGIBLE * width_px and wide > width_px else ""
            source = self.hrefs.picture(block.picture, width_px)
            return {"block": "picture", "source": source, "width": width_px, "height": height_px, "alt": self.line(block.alt), "larger": larger}
        view = dataclasses.asdict(block)
        if isinstance(block, Form):
            return {**view, "choices": [self._choice(one) for one in view["choices"]], "buttons": [self._choice(one) for one in view["buttons"]]}
        return {**view, "text": self.clean(block.text) if isinstance(block, Words) else self.line(block.text)}

    def _choice(self, choice: dict[str, str]) -> dict[str, str]:
        return {**choice, "text": self.line(_short(choice["text"], CHOICE_CHARS_MAX[self.browser.markup]))}


def render_pages(document: PageDocument, browser: Browser, hrefs: Hrefs, render: Render) -> list[bytes]:
    """The pages of a document, one at least.

    Raises:
        HuabaoError: the design's page leaves no room for anything.
    """
    sheet = _Sheet(document, browser, hrefs, render)
    room = sheet.limit - _foot(sheet)
    parts = list(_packed(list(_units(sheet, room)), sheet, room))
    if room <= 0 or len(parts) > PAGES_MAX:
        raise HuabaoError(f"a WAP page of {sheet.limit} bytes has no room for {document.title[:40]!r}; make head and foot of the design's wap/document.{browser.markup}.j2 smaller")
    pages = [sheet.page(part, number, len(parts)) for number, part in enumerate(parts, start=1)]
    for page in pages:
        if sheet.size(page) > sheet.limit:
            raise HuabaoError(f"a WAP page of {document.title[:40]!r} has {sheet.size(page)} bytes, more than {sheet.limit}; a single line or form of it is too long")
    return pages


def _foot(sheet: _Sheet) -> int:
    """What a page of nothing has, with as many links at its foot as any."""
    return max(sheet.size(sheet.page((), number, count)) for number, count in ((1, 1), (1, PAGES_MAX), (PAGES_MAX // 2, PAGES_MAX), (PAGES_MAX, PAGES_MAX)))


def _units(sheet: _Sheet, room: int) -> Iterator[_Unit]:
    for block in sheet.document.blocks:
        if isinstance(block, Words) and _bytes(block.text) > room // DIVIDED_SHARE:
            for number, part in enumerate(divided(block.text, max(room // DIVIDED_SHARE, 60))):
                yield _Unit(dataclasses.replace(block, text=part), goes_on=number > 0)
        else:
            yield _Unit(block)


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "replace")) + 4 * sum(text.count(mark) for mark in "&<>\"'$")


def divided(text: str, bytes_max: int) -> list[str]:
    """A text in parts of at most so many bytes, divided behind sentences where they are short enough; joined they are the text."""
    parts = [""]
    for sentence in _SENTENCE.findall(text):
        for piece in _short_pieces(sentence, bytes_max):
            if parts[-1] and _bytes(parts[-1] + piece) > bytes_max:
                parts.append("")
            parts[-1] += piece
    return [part for part in parts if part] or [text]


def _short_pieces(sentence: str, bytes_max: int) -> Iterator[str]:
    """A sentence whole, or in pieces where it alone is too long."""
    while _bytes(sentence) > bytes_max:
        end = max(1, bytes_max // 8)
        while end < len(sentence) and _bytes(sentence[: end + 1]) <= bytes_max:
            end += 1
        while end > 1 and _bytes(sentence[:end]) > bytes_max:
            end -= 1
        yield sentence[:end]
        sentence = sentence[end:]
    yield sentence


def _packed(units: Sequence[_Unit], sheet: _Sheet, room: int) -> Iterator[list[Block]]:
    """Units as pages; a heading is not left alone at the end of one."""
    empty = sheet.size(sheet.page((), 1, 1))
    page: list[_Unit] = []
    used = 0
    for unit in units:
        weight = sheet.size(sheet.page((unit.block,), 1, 1)) - empty
        if page and used + weight > room:
            held = [page.pop()] if len(page) > 1 and isinstance(page[-1].block, Heading) else []
            yield _joined(page)
            page = held
            used = sum(sheet.size(sheet.page((one.block,), 1, 1)) - empty for one in held)
        page.append(unit)
        used += weight
    yield _joined(page)


def _joined(units: Sequence[_Unit]) -> list[Block]:
    """Parts of one paragraph that came to one page are one again."""
    blocks: list[Block] = []
    for unit in units:
        if unit.goes_on and blocks and isinstance(blocks[-1], Words) and isinstance(unit.block, Words):
            blocks[-1] = dataclasses.replace(blocks[-1], text=blocks[-1].text + unit.block.text)
        else:
            blocks.append(unit.block)
    return blocks


def _short(text: str, chars: int) -> str:
    return text if len(text) <= chars else text[: chars - 1] + "…"
