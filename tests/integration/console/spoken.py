"""What a page says to people, and what of it is in another language than the page's own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from console.texts import one_of

SPOKEN = ("title", "aria-label", "aria-description", "aria-valuetext", "placeholder", "alt", "summary", "label", "hx-confirm")
"""Attributes that people read or hear."""

VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "use", "wbr"}
SILENT = {"script", "style", "pre", "code", "kbd", "textarea"}
"""What holds no sentence of the house: code, keys, what somebody types."""

_WORDS = re.compile(r"[A-Za-z][A-Za-z'’]*(?:[-/][A-Za-z'’]+)*(?:,? \(?[A-Za-z][A-Za-z'’]*(?:-[A-Za-z'’]+)*)+")
_HAN = re.compile("[\u4e00-\u9fff]{2,}")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.said: list[tuple[str, str]] = []
        self._open: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        language = given.get("lang", self._language())
        spoken = [given[name] for name in SPOKEN if given.get(name)]
        spoken += [given["value"]] if tag == "input" and given.get("type") in ("submit", "button") and given.get("value") else []
        self.said += [(language, one) for one in spoken if tag not in SILENT]
        if tag not in VOID:
            self._open.append((tag, language))

    def handle_endtag(self, tag: str) -> None:
        for place in range(len(self._open) - 1, -1, -1):
            if self._open[place][0] == tag:
                del self._open[place:]
                break

    def handle_data(self, data: str) -> None:
        if data.strip() and not any(tag in SILENT for tag, _ in self._open):
            self.said.append((self._language(), " ".join(data.split())))

    def _language(self) -> str:
        return self._open[-1][1] if self._open else ""


def said_by(page: str) -> list[tuple[str, str]]:
    """(language that it is marked with, text) of each text that people read or hear."""
    reader = _Reader()
    reader.feed(page)
    return reader.said


def english_in(page: str, known: re.Pattern[str]) -> Iterator[str]:
    """Texts of a Chinese page that hold two English words in a row, after what is `known` was left out."""
    for _, text in said_by(page):
        if _WORDS.search(known.sub("·", text)):
            yield text


def chinese_in(page: str, content: str) -> Iterator[str]:
    """Texts of an English page that hold Chinese that stands nowhere in `content`; what is marked as Chinese is meant to be."""
    for language, text in said_by(page):
        if not language.startswith("zh") and any(one not in content for one in _HAN.findall(text)):
            yield text


def not_one_in(page: str) -> Iterator[str]:
    """Texts that count one of a thing and name it in the plural."""
    return (text for _, text in said_by(page) if one_of(text) != text)
