"""MIME entities read from strangers: tolerant in form, bounded in time, memory and depth.

Departures that are read (each has a vector in tests/vectors/mime): LF for CRLF, a boundary unquoted or one that begins with
`--` and is used as it stands, a missing last delimiter, no boundary at all, base64 with rubbish in it, folded headers.

Spec: RFC 2045, RFC 2046 5.1.
"""

from __future__ import annotations

import binascii
import quopri
import re
from typing import Final

from content.codecs.mime.structs import Entity, Part, Related, bare_id
from huabao.errors import CodecError

ENTITY_BYTES_MAX: Final = 8 * 1024 * 1024
"""The largest message class is 600 KB; base64 and four of them nested stay far below."""

PARTS_MAX: Final = 500
"""In one multipart. A slide has three parts, and no handset shows more than a few dozen slides."""

DEPTH_MAX: Final = 6
"""SOAP's multipart, the message, an alternative in it: three are real."""

HEADER_BYTES_MAX: Final = 16 * 1024
HEADERS_MAX: Final = 64
"""Of one part. Web servers allow 8 to 16 KB and a hundred lines for a whole request."""

_BLANK_LINE: Final = re.compile(rb"\A\r?\n|\r?\n[ \t]*\r?\n")
_FOLD: Final = re.compile(r"\r?\n[ \t]+")
_PARAMETER: Final = re.compile(r""";\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^;]*))""", re.DOTALL)
_SNIFFED: Final = re.compile(rb"\A\s{0,100}--([^\r\n]{1,200})\r?\n")


def decode_entity(data: bytes) -> Entity:
    """`data`, header lines first, as an entity with its parts.

    Raises:
        CodecError: beyond a limit, or a multipart in which no delimiter is found (2007).
    """
    _refuse_size(data)
    return _entity(data, 1)


def decode_body(content_type: str, body: bytes) -> Entity:
    """As `decode_entity`, with the header apart, as HTTP carries it.

    Raises:
        CodecError: as `decode_entity`.
    """
    _refuse_size(body)
    return _content((("Content-Type", content_type[:HEADER_BYTES_MAX].strip()),), body, 1)


def related_of(entity: Entity) -> Related:
    """A multipart as the message that `encode_related` would write; parts without a Content-ID get their place as one.

    Raises:
        CodecError: it has no parts.
    """
    if not entity.parts:
        raise CodecError("the message has no parts")
    parts = tuple(
        Part(
            each.header("Content-Type") or each.content_type,
            each.content_id or f"part-{place}",
            each.content_location or each.content_id or f"part-{place}",
            each.body,
        )
        for place, each in enumerate(entity.parts, 1)
    )
    start = bare_id(entity.params.get("start", ""))
    if start not in {part.content_id for part in parts}:
        start = parts[0].content_id
    return Related(parts, start, entity.params.get("type", "application/smil"), entity.content_id or "mms")


def parse_content_type(value: str) -> tuple[str, dict[str, str]]:
    """A Content-Type's media type in lower case, "" where there is none, and its parameters."""
    media_type = value.partition(";")[0].strip().lower()
    params: dict[str, str] = {}
    for name, quoted, bare in _PARAMETER.findall(value):
        params.setdefault(name.lower(), re.sub(r"\\(.)", r"\1", quoted) if quoted else bare.strip())
    return media_type, params


def _refuse_size(data: bytes) -> None:
    if len(data) > ENTITY_BYTES_MAX:
        raise CodecError(f"the message has {len(data)} bytes, more than {ENTITY_BYTES_MAX}")


def _entity(data: bytes, depth: int) -> Entity:
    blank = _BLANK_LINE.search(data[: HEADER_BYTES_MAX + 4])
    if blank is None:
        if len(data) > HEADER_BYTES_MAX:
            raise CodecError(f"a part's headers have more than {HEADER_BYTES_MAX} bytes")
        return _content(_headers(data), b"", depth)
    return _content(_headers(data[: blank.start()]), data[blank.end() :], depth)


def _headers(block: bytes) -> tuple[tuple[str, str], ...]:
    text = _FOLD.sub(" ", block.decode("utf-8", errors="replace"))
    lines = [line for line in re.split(r"\r?\n", text) if line.strip()]
    if len(lines) > HEADERS_MAX:
        raise CodecError(f"a part has more than {HEADERS_MAX} headers")
    pairs = (line.partition(":") for line in lines)
    return tuple((name.strip(), value.strip()) for name, colon, value in pairs if colon)


def _content(headers: tuple[tuple[str, str], ...], body: bytes, depth: int) -> Entity:
    entity = Entity(headers, "text/plain", {}, body)
    media_type, params = parse_content_type(entity.header("Content-Type") or "")
    media_type = media_type or "text/plain"
    if media_type.startswith("multipart/"):
        if depth >= DEPTH_MAX:
            raise CodecError(f"the message is nested deeper than {DEPTH_MAX} levels")
        bodies = _split(body, params.get("boundary", ""))
        return Entity(headers, media_type, params, body, tuple(_entity(each, depth + 1) for each in bodies))
    encoding = (entity.header("Content-Transfer-Encoding") or "").strip().lower()
    return Entity(headers, media_type, params, _undo(encoding, body))


def _undo(encoding: str, body: bytes) -> bytes:
    if encoding == "base64":
        kept = re.sub(rb"[^A-Za-z0-9+/]", b"", body)
        kept = kept[:-1] if len(kept) % 4 == 1 else kept
        return binascii.a2b_base64(kept + b"=" * (-len(kept) % 4))
    if encoding == "quoted-printable":
        return quopri.decodestring(body)
    return body


def _split(body: bytes, boundary: str) -> list[bytes]:
    """The parts of a multipart's body."""
    name = boundary.encode("utf-8", errors="replace")
    if not name:
        sniffed = _SNIFFED.match(body)
        name = sniffed.group(1).strip() if sniffed else b""
    if not name:
        raise CodecError("the multipart has no boundary")
    parts = _parts(body, b"--" + name)
    if parts is None and name.startswith(b"--"):
        parts = _parts(body, name)
    if parts is None:
        raise CodecError("the multipart's boundary does not occur in it")
    return parts


def _parts(body: bytes, delimiter: bytes) -> list[bytes] | None:
    """What stands between the delimiter lines; None where there is none."""
    lines = re.finditer(rb"(?:\A|\r?\n)" + re.escape(delimiter) + rb"(--)?[ \t]*(?=\r?\n|\Z)", body)
    parts: list[bytes] = []
    start: int | None = None
    for line in lines:
        if start is not None:
            parts.append(_after_line_end(body, start, line.start()))
            if len(parts) > PARTS_MAX:
                raise CodecError(f"the multipart has more than {PARTS_MAX} parts")
        start = line.end()
        if line.group(1):
            return parts
    if start is None:
        return None
    parts.append(_after_line_end(body, start, len(body)))
    return parts


def _after_line_end(body: bytes, start: int, end: int) -> bytes:
    """`body[start:end]` without the line end that closes the delimiter's line."""
    if body.startswith(b"\r\n", start):
        start += 2
    elif body.startswith(b"\n", start):
        start += 1
    return body[min(start, end) : end]
