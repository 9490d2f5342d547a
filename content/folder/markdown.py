"""Markdown to plain paragraphs: a handset shows text, not marks.

Headings, list entries and table rows become paragraphs of their own; emphasis
and links keep their words; pictures and HTML tags are left out and named.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

_TAG = re.compile(r"<[^<>]*>")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufeff\ufffe\uffff\u2028\u2029]")
_BLANKS = re.compile(r"[ \t\u00a0]+")


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": True, "maxNesting": 40}).enable("table")


def clean_text(text: str) -> str:
    """`text` in composed form (NFC), without the control characters that XML and handsets refuse."""
    return _CONTROLS.sub("", unicodedata.normalize("NFC", text)).strip()


def paragraphs_of(source: str) -> tuple[tuple[str, ...], tuple[tuple[int, str], ...]]:
    """The plain paragraphs of a Markdown text.

    Returns:
        the paragraphs, and what was left out as (line from 1, what).
    """
    reader = _Reader()
    reader.read(_parser().parse(source))
    return tuple(reader.paragraphs), tuple(reader.left_out)


class _Reader:
    """Walks block tokens; `marks` holds the list marks that wait for their text."""

    def __init__(self) -> None:
        self.paragraphs: list[str] = []
        self.left_out: dict[tuple[int, str], None] = {}
        self._counters: list[int | None] = []
        self._mark = ""
        self._row: list[str] | None = None

    def read(self, tokens: Sequence[Token]) -> None:
        for token in tokens:
            match token.type:
                case "inline":
                    self._inline(token)
                case "fence" | "code_block":
                    for line in token.content.splitlines():
                        self._add(line)
                case "html_block":
                    self._note(token, "HTML tags")
                    for line in _without_tags(token.content).splitlines():
                        self._add(line)
                case "bullet_list_open":
                    self._counters.append(None)
                case "ordered_list_open":
                    self._counters.append(int(token.attrGet("start") or 1))
                case "bullet_list_close" | "ordered_list_close":
                    self._counters.pop()
                case "list_item_open":
                    self._mark = self._next_mark()
                case "tr_open":
                    self._row = []
                case "tr_close":
                    cells, self._row = self._row or [], None
                    self._add(" ".join(cells))

    def _next_mark(self) -> str:
        counter = self._counters[-1]
        if counter is None:
            return "· "
        self._counters[-1] = counter + 1
        return f"{counter}. "

    def _inline(self, token: Token) -> None:
        parts: list[str] = []
        for child in token.children or ():
            match child.type:
                case "text" | "code_inline" | "text_special":
                    parts.append(child.content)
                case "softbreak":
                    parts.append("\n")
                case "hardbreak":
                    parts.append("\r")
                case "image":
                    self._note(token, "a picture inside the text (name it as `image` in the front matter)")
                case "html_inline":
                    self._note(token, "HTML tags")
        for line in "".join(parts).split("\r"):
            joined = join_lines(line)
            if self._row is not None:
                self._row.append(joined)
            else:
                self._add(joined)

    def _note(self, token: Token, what: str) -> None:
        line = token.map[0] + 1 if token.map else 1
        self.left_out[line, what] = None

    def _add(self, text: str) -> None:
        plain = _BLANKS.sub(" ", clean_text(text))
        if plain:
            self.paragraphs.append(self._mark + plain)
            self._mark = ""


def _without_tags(html: str) -> str:
    """The words of an HTML block, in time that grows with its length only: it may be built to be slow."""
    kept, at = [], 0
    while (begin := html.find("<!--", at)) >= 0 and (end := html.find("-->", begin)) >= 0:
        kept.append(html[at:begin])
        at = end + len("-->")
    return _TAG.sub("", "".join((*kept, html[at:])))


def join_lines(text: str) -> str:
    """Lines that an editor wrapped, as one: no blank between Han, one between words."""
    lines = [line.strip() for line in text.split("\n")]
    joined = lines[0]
    for line in lines[1:]:
        wide = not joined or not line or not (joined[-1].isascii() and line[0].isascii())
        joined += line if wide else " " + line
    return joined
