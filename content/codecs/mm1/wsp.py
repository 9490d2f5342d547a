"""Primitive values of WSP, the binary form of MM1's headers: integers, texts, lengths, content types.

Spec: WAP-230-WSP 8.4.1.2 (general formats), 8.4.2 (values), 8.5 (multipart), table 38 (parameters), table 40 (content types).
"""

from __future__ import annotations

from typing import Final

from content.codecs.mime import parse_content_type
from huabao.errors import CodecError

QUOTE: Final = 0x7F
LENGTH_QUOTE: Final = 0x1F
SHORT_LENGTH_MAX: Final = 30
UTF_8: Final = 0x6A
UINTVAR_OCTETS_MAX: Final = 5
"""32 bits in groups of 7."""

CONTENT_TYPES: Final[dict[str, int]] = {
    "*/*": 0x00, "text/*": 0x01, "text/html": 0x02, "text/plain": 0x03, "text/x-vcalendar": 0x06, "text/x-vcard": 0x07,
    "text/vnd.wap.wml": 0x08, "multipart/mixed": 0x0C, "application/*": 0x10, "image/*": 0x1C, "image/gif": 0x1D,
    "image/jpeg": 0x1E, "image/tiff": 0x1F, "image/png": 0x20, "image/vnd.wap.wbmp": 0x21,
    "application/vnd.wap.multipart.*": 0x22, "application/vnd.wap.multipart.mixed": 0x23,
    "application/vnd.wap.multipart.alternative": 0x26, "application/xml": 0x27, "text/xml": 0x28,
    "application/vnd.wap.multipart.related": 0x33,
}  # fmt: skip
"""Well-known content types that messages use; any other is written and read as text."""

CHARSETS: Final[dict[str, int]] = {
    "us-ascii": 3, "iso-8859-1": 4, "utf-8": UTF_8, "gbk": 113, "gb18030": 114, "iso-10646-ucs-2": 1000,
    "utf-16": 1015, "gb2312": 2025, "big5": 2026,
}  # fmt: skip
"""IANA MIBEnum numbers."""

TEXT_PARAMETERS: Final[dict[int, str]] = {
    0x05: "name", 0x06: "filename", 0x0A: "start", 0x0B: "start-info", 0x0C: "comment", 0x17: "name", 0x18: "filename",
    0x19: "start", 0x1A: "start-info",
}  # fmt: skip
"""Parameters whose value is a text."""

P_CHARSET: Final = 0x01
P_TYPE_NUMBER: Final = 0x03
P_TYPE: Final = 0x09
P_NAME: Final = 0x05
P_START: Final = 0x0A

_TYPE_NAMES: Final = {number: name for name, number in CONTENT_TYPES.items()}
_CHARSET_NAMES: Final = {number: name for name, number in CHARSETS.items()}


def encode_uintvar(value: int) -> bytes:
    """`value` in groups of 7 bits, the highest first, all but the last with their top bit set.

    Raises:
        CodecError: it is below 0 or needs more than 32 bits (ours).
    """
    if not 0 <= value < 1 << 32:
        raise CodecError("a length does not fit a uintvar", theirs=False)
    octets = [value & 0x7F]
    while value := value >> 7:
        octets.append(value & 0x7F | 0x80)
    return bytes(reversed(octets))


def encode_value_length(length: int) -> bytes:
    """A length before a value: one octet up to 30, else 31 and a uintvar."""
    return bytes([length]) if length <= SHORT_LENGTH_MAX else bytes([LENGTH_QUOTE]) + encode_uintvar(length)


def encode_short_integer(value: int) -> bytes:
    """0 to 127 in one octet."""
    return bytes([value | 0x80])


def encode_long_integer(value: int) -> bytes:
    """A number from 0 in as few octets as it takes, their count before them."""
    octets = value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big")
    return bytes([len(octets)]) + octets


def encode_integer(value: int) -> bytes:
    """The shorter of the two forms."""
    return encode_short_integer(value) if value < 0x80 else encode_long_integer(value)


def encode_text(text: str) -> bytes:
    """A text-string: UTF-8, a quote before a first octet above 127, ended by NUL.

    Raises:
        CodecError: it holds a NUL or half a surrogate pair (ours).
    """
    try:
        octets = text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise CodecError("the text holds half a surrogate pair", theirs=False) from error
    if b"\0" in octets:
        raise CodecError("the text holds a NUL", theirs=False)
    quote = bytes([QUOTE]) if octets and octets[0] >= QUOTE else b""
    return quote + octets + b"\0"


def encode_token(text: str) -> bytes:
    """A text of printable ASCII, ended by NUL.

    Raises:
        CodecError: it is empty or something else (ours).
    """
    if not text or not text.isascii() or not text.isprintable():
        raise CodecError(f"{text[:60]!r} is no token", theirs=False)
    return text.encode("ascii") + b"\0"


def encode_encoded_string(text: str) -> bytes:
    """An encoded-string-value: bare for ASCII, else with the charset UTF-8 before it.

    Raises:
        CodecError: as `encode_text`.
    """
    bare = encode_text(text)
    if text.isascii() and (not text or 0x20 <= ord(text[0]) < QUOTE):
        return bare
    marked = encode_short_integer(UTF_8) + bare
    return encode_value_length(len(marked)) + marked


def encode_content_type(value: str, **extra: str) -> bytes:
    """A Content-Type: its number where it has one, parameters charset, type, start and name in WSP's form.

    Args:
        value: as in MIME, `text/plain; charset=utf-8`.
        extra: parameters besides those in `value`.

    Raises:
        CodecError: a charset without a number, or a parameter that WSP has no form for (ours).
    """
    media_type, params = parse_content_type(value)
    number = CONTENT_TYPES.get(media_type)
    media = encode_token(media_type) if number is None else encode_short_integer(number)
    pieces = [_encode_parameter(name, text) for name, text in (params | extra).items()]
    if not pieces:
        return media
    body = media + b"".join(pieces)
    return encode_value_length(len(body)) + body


def _encode_parameter(name: str, value: str) -> bytes:
    if name == "charset":
        number = CHARSETS.get(value.lower())
        if number is None:
            raise CodecError(f"the charset {value[:40]!r} has no number here", theirs=False)
        return encode_short_integer(P_CHARSET) + encode_integer(number)
    if name == "type":
        known = CONTENT_TYPES.get(value.lower())
        return encode_short_integer(P_TYPE) + (encode_token(value) if known is None else encode_short_integer(known))
    if name in ("start", "name"):
        return encode_short_integer(P_START if name == "start" else P_NAME) + encode_text(value)
    return encode_token(name) + encode_text(value)


def type_name(number: int) -> str:
    """The content type of that number; a made-up name for one that no message uses."""
    return _TYPE_NAMES.get(number, f"application/x-wap-{number:02x}")


def charset_name(number: int) -> str:
    """The charset of that MIBEnum number; UTF-8 for one that we do not know."""
    return _CHARSET_NAMES.get(number, "utf-8")
