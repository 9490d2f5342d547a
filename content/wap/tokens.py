"""What a link carries: names and readers sealed so that nobody reads them, and nobody makes one of his own.

A token is a code of the content and the content under it (a synthetic IV): the same
content gives the same token, so that the same edition is the same bytes, and whoever
changes a letter has no token. It is written in small letters and the digits 2 to 7,
which every handset makes a link of. No token holds a number, sealed or not.

A page's token stands in messages that go to thousands at once: it names the page and
nobody. A reader's own stands in what he alone is sent; it names him by his row, what
it is for, and the minute at which it ends.

Spec: RFC 5297 1.3.2 (the construction, here over RFC 2104 HMAC with SHA-256), RFC 4648 6 (base32).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import struct
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

PAGE_CHARS, PERSONAL_CHARS = 24, 40
"""The two kinds of token are told apart by their length."""

_PAGE_CODE_BYTES, _PERSONAL_CODE_BYTES = 7, 11
_NAME_BYTES = 8
_TOKEN = re.compile("[a-z2-7]+")
_BEGAN = datetime(2020, 1, 1, tzinfo=UTC)
_MINUTES_MAX = 2**24 - 1

PURPOSES = ("package", "leave", "quiz", "form")
"""What a reader's own token may be for; only ever added to, since their places are in tokens that are out."""


def name_of(*parts: str) -> str:
    """An opaque name of 64 bits made of `parts`: 13 letters and digits."""
    return _letters(hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).digest()[:_NAME_BYTES])


@dataclass(frozen=True)
class Ticket:
    """What a reader's own token says.

    Attributes:
        purpose: one of `PURPOSES`.
        about: a version of an edition, or another number by purpose; 0 for none.
        ends_at: it opens nothing from then on; whole minutes.
    """

    reader_id: int
    purpose: str
    about: int
    ends_at: datetime


@dataclass(frozen=True)
class WapAddress:
    """Where WAP pages are, and the key that seals what stands behind the address.

    Attributes:
        base_url: what links begin with.
        key: of this installation; never shown.
    """

    base_url: str
    key: bytes = field(repr=False)

    def link(self, name: str) -> str:
        """The address of the page called `name`."""
        return self.at(self.page_token(name))

    def at(self, token: str) -> str:
        """The address of a token."""
        return f"{self.base_url.rstrip('/')}/{token}"

    @property
    def link_chars(self) -> int:
        """How long the address of a page is."""
        return len(self.at("x" * PAGE_CHARS))

    def page_token(self, name: str) -> str:
        """The token of a page."""
        return self._sealed("page", _bytes(name), _PAGE_CODE_BYTES)

    def page_name(self, token: str) -> str | None:
        """The page that a token names; None where we did not make it."""
        content = self._opened("page", token, PAGE_CHARS, _PAGE_CODE_BYTES)
        return None if content is None else _letters(content)

    def personal_token(self, ticket: Ticket) -> str:
        """The token of a reader's own link."""
        minutes = -(-(ticket.ends_at - _BEGAN) // timedelta(minutes=1))
        if not 0 <= ticket.reader_id < 2**48 or not 0 <= ticket.about < 2**32 or not 0 <= minutes <= _MINUTES_MAX:
            raise ValueError("no reader's id, version or end that a token has room for")
        content = struct.pack(">BHIIHB", PURPOSES.index(ticket.purpose), ticket.reader_id >> 32, ticket.reader_id & 0xFFFFFFFF, ticket.about, minutes >> 8, minutes & 0xFF)
        return self._sealed("personal", content, _PERSONAL_CODE_BYTES)

    def ticket(self, token: str) -> Ticket | None:
        """What a reader's own token says, ended or not; None where we did not make it."""
        content = self._opened("personal", token, PERSONAL_CHARS, _PERSONAL_CODE_BYTES)
        if content is None:
            return None
        purpose, high, low, about, hours, rest = struct.unpack(">BHIIHB", content)
        if purpose >= len(PURPOSES):
            return None
        return Ticket(high << 32 | low, PURPOSES[purpose], about, _BEGAN + timedelta(minutes=hours << 8 | rest))

    def _sealed(self, label: str, content: bytes, code_bytes: int) -> str:
        code = self._code(label, content)[:code_bytes]
        return _letters(code + self._veiled(label, code, content))

    def _opened(self, label: str, token: str, chars: int, code_bytes: int) -> bytes | None:
        if len(token) != chars or not _TOKEN.fullmatch(token):
            return None
        whole = _bytes(token)
        code, content = whole[:code_bytes], self._veiled(label, whole[:code_bytes], whole[code_bytes:])
        return content if hmac.compare_digest(code, self._code(label, content)[:code_bytes]) else None

    def _code(self, label: str, content: bytes) -> bytes:
        return hmac.digest(self.key, f"wap {label} code\0".encode() + content, "sha256")

    def _veiled(self, label: str, code: bytes, content: bytes) -> bytes:
        stream = hmac.digest(self.key, f"wap {label} veil\0".encode() + code, "sha256")
        return bytes(one ^ other for one, other in zip(content, stream, strict=False))


def _letters(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=").lower()


def _bytes(letters: str) -> bytes:
    return base64.b32decode(letters.upper() + "=" * (-len(letters) % 8))


def wap_address(base: WapAddress | str) -> WapAddress:
    """The address; one that is a text only gets seals that no installation opens, and nothing secret is in them."""
    return WapAddress(base, b"trial") if isinstance(base, str) else base
