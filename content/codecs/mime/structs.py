"""MIME entities as dataclasses: what is written (`Part`, `Related`) and what was read (`Entity`).

Spec: RFC 2045, RFC 2387.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

_TEXT_CODECS: Final = {
    "us-ascii": "ascii", "ascii": "ascii", "utf-8": "utf-8", "utf8": "utf-8", "iso-8859-1": "latin-1",
    "gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030", "big5": "big5hkscs",
    "iso-10646-ucs-2": "utf-16", "utf-16": "utf-16", "utf-16be": "utf-16-be", "utf-16le": "utf-16-le",
}  # fmt: skip
"""Charsets that handsets in China declare, and what decodes each."""


@dataclass(frozen=True)
class Part:
    """One part of a message.

    Attributes:
        content_type: with parameters, `text/plain; charset=utf-8`.
        content_id: without brackets.
        content_location: what SMIL's `src` names.
    """

    content_type: str
    content_id: str
    content_location: str
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class Related:
    """A multipart/related message.

    Attributes:
        start: Content-ID of the root part, without brackets.
        type: media type of the root part.
        content_id: Content-ID of the whole, that MM7's `Content@href` names.
    """

    parts: tuple[Part, ...]
    start: str
    type: str = "application/smil"
    content_id: str = "mms"


@dataclass(frozen=True)
class Entity:
    """A MIME entity as read.

    Attributes:
        headers: (name, value) in their order, names as sent.
        content_type: in lower case, without parameters; `text/plain` where none was sent.
        params: of the Content-Type, names in lower case.
        body: content with its transfer encoding undone; of a multipart: raw.
        parts: of a multipart.
    """

    headers: tuple[tuple[str, str], ...]
    content_type: str
    params: Mapping[str, str]
    body: bytes = field(repr=False)
    parts: tuple[Entity, ...] = ()

    def header(self, name: str) -> str | None:
        """The first header of that name, in any case."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)

    @property
    def content_id(self) -> str:
        """Content-ID without brackets, "" where there is none."""
        return bare_id(self.header("Content-ID") or "")

    @property
    def content_location(self) -> str:
        """Content-Location, or the file name where there is none, or ""."""
        return (self.header("Content-Location") or self.params.get("name") or "").strip()

    @property
    def text(self) -> str:
        """The body as text, in the declared charset, else UTF-8; what does not fit becomes U+FFFD."""
        return decode_text(self.body, self.params.get("charset", "utf-8"))


def bare_id(text: str) -> str:
    """A Content-ID without blanks, quotes, brackets and `cid:`."""
    bare = text.strip().strip("\"'").strip()
    bare = bare[4:] if bare[:4].lower() == "cid:" else bare
    return bare.removeprefix("<").removesuffix(">").strip()


def decode_text(data: bytes, charset: str) -> str:
    """`data` as text; GB2312 and GBK are read as GB 18030, an unknown charset as UTF-8; what does not fit is U+FFFD."""
    codec = _TEXT_CODECS.get(charset.strip().lower(), "utf-8")
    return data.decode(codec, errors="replace")
