"""Messages written as MIME: one multipart/related, binary parts, CRLF, a boundary derived from the parts.

The same message is the same bytes. Each part carries Content-Type, Content-ID and Content-Location.

Spec: RFC 2046 5.1, RFC 2387; 3GPP TS 23.140 8.7.1.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import Final

from content.codecs.mime.structs import Part, Related
from huabao.errors import CodecError

_PLAIN: Final = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,500}[\x21-\x7e])?")
_IDENTIFIER: Final = re.compile(r"""[^\s<>"\x00-\x20\x7f-\U0010ffff]{1,200}""")


def choose_boundary(prefix: str, contents: Iterable[bytes]) -> str:
    """A boundary that occurs in none of `contents`, the same one for the same contents."""
    parts = tuple(contents)
    digest = hashlib.sha256()
    for each in parts:
        digest.update(len(each).to_bytes(8, "big"))
        digest.update(each)
    while True:
        boundary = f"{prefix}{digest.hexdigest()[:32]}"
        if not any(boundary.encode("ascii") in each for each in parts):
            return boundary
        digest.update(b"again")


def encode_related(related: Related) -> bytes:
    """The message as an entity: header lines, blank line, parts, closing delimiter; CRLF, no transfer encoding but binary.

    Raises:
        CodecError: `start` names no part, two parts have one Content-ID, or a header value is not plain ASCII (ours).
    """
    return b"".join(around_parts(related, [part.data for part in related.parts]))


def around_parts(related: Related, contents: Sequence[bytes]) -> list[bytes]:
    """The same with other contents in its parts, in pieces: what stands before the first content, that content, what follows it, and so on.

    The boundary is that of the message's own contents.
    """
    _check(related)
    boundary = choose_boundary("mms-", [each for part in related.parts for each in _pieces(part)])
    head = (
        "MIME-Version: 1.0\r\n"
        f'Content-Type: multipart/related; type="{_plain(related.type)}"; start="<{related.start}>"; boundary="{boundary}"\r\n'
        f"Content-ID: <{_identifier(related.content_id)}>\r\n"
        "Content-Transfer-Encoding: binary\r\n"
    )
    pieces = []
    before = head.encode("ascii")
    for part, data in zip(related.parts, contents, strict=True):
        pieces += [before + f"\r\n--{boundary}\r\n".encode("ascii") + _pieces(part)[0] + b"\r\n", data]
        before = b""
    return [*pieces, f"\r\n--{boundary}--\r\n".encode("ascii")]


def _pieces(part: Part) -> tuple[bytes, bytes]:
    header = (
        f"Content-Type: {_plain(part.content_type)}\r\n"
        f"Content-ID: <{_identifier(part.content_id)}>\r\n"
        f"Content-Location: {_plain(part.content_location)}\r\n"
        "Content-Transfer-Encoding: binary\r\n"
    )
    return header.encode("ascii"), part.data


def _check(related: Related) -> None:
    names = [part.content_id for part in related.parts]
    if related.start not in names:
        raise CodecError(f"no part has the start's Content-ID {related.start!r}", theirs=False)
    if len(set(names)) != len(names):
        raise CodecError("two parts have the same Content-ID", theirs=False)


def _plain(text: str) -> str:
    if not _PLAIN.fullmatch(text):
        raise CodecError(f"{text[:60]!r} cannot stand in a MIME header", theirs=False)
    return text


def _identifier(text: str) -> str:
    if not _IDENTIFIER.fullmatch(text):
        raise CodecError(f"{text[:60]!r} cannot be a Content-ID", theirs=False)
    return text
