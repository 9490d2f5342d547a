"""SI and SL as WBXML: tokens for tags, attributes and the usual ends of an address; dates as digits of four bits.

Spec: WAP-192 (WBXML) 5 and 7; WAP-167 8.3 (tokens of SI, dates); WAP-168 8.3 (tokens of SL).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from content.codecs.mm1.wsp import encode_uintvar
from delivery.codecs.wap_push.structs import PushMessage, ServiceIndication
from huabao.errors import CodecError

VERSION: Final = 0x02
"""WBXML 1.2, as SI and SL name it."""
SI_PUBLIC_ID: Final = 0x05
SL_PUBLIC_ID: Final = 0x06
UTF_8: Final = 0x6A

END: Final = 0x01
STR_I: Final = 0x03
OPAQUE: Final = 0xC3
WITH_CONTENT: Final = 0x40
WITH_ATTRIBUTES: Final = 0x80

SI_TAG: Final = 0x05
INDICATION_TAG: Final = 0x06
SL_TAG: Final = 0x05

SI_ACTIONS: Final[Mapping[str, int]] = {"signal-none": 0x05, "signal-low": 0x06, "signal-medium": 0x07, "signal-high": 0x08, "delete": 0x09}
SL_ACTIONS: Final[Mapping[str, int]] = {"execute-low": 0x05, "execute-high": 0x06, "cache": 0x07}
CREATED: Final = 0x0A
EXPIRES: Final = 0x10
SI_ID: Final = 0x11
SI_HREFS: Final[Mapping[str, int]] = {"https://www.": 0x0F, "https://": 0x0E, "http://www.": 0x0D, "http://": 0x0C, "": 0x0B}
SL_HREFS: Final[Mapping[str, int]] = {"https://www.": 0x0C, "https://": 0x0B, "http://www.": 0x0A, "http://": 0x09, "": 0x08}
"""The beginning of an address, longest first."""
DOMAINS: Final[Mapping[str, int]] = {".com/": 0x85, ".edu/": 0x86, ".net/": 0x87, ".org/": 0x88}
"""Values that stand inside an address."""

_DOMAIN: Final = re.compile("(" + "|".join(map(re.escape, DOMAINS)) + ")")


def encode_wbxml(message: PushMessage) -> bytes:
    """The document as octets.

    Raises:
        CodecError: no address, a NUL, half a surrogate pair, an action that there is not (ours).
    """
    if not message.href:
        raise CodecError("a push without an address says nothing", theirs=False)
    if isinstance(message, ServiceIndication):
        return bytes((VERSION, SI_PUBLIC_ID, UTF_8, 0, SI_TAG | WITH_CONTENT)) + _indication(message) + bytes((END,))
    attributes = _href(message.href, SL_HREFS) + _action(message.action, SL_ACTIONS, "execute-low") + bytes((END,))
    return bytes((VERSION, SL_PUBLIC_ID, UTF_8, 0, SL_TAG | WITH_ATTRIBUTES)) + attributes


def _indication(message: ServiceIndication) -> bytes:
    flags = WITH_ATTRIBUTES | (WITH_CONTENT if message.text else 0)
    pieces = [bytes((INDICATION_TAG | flags,)), _href(message.href, SI_HREFS)]
    if message.si_id:
        pieces += [bytes((SI_ID,)), _text(message.si_id)]
    if message.created is not None:
        pieces += [bytes((CREATED,)), encode_date(message.created)]
    if message.expires is not None:
        pieces += [bytes((EXPIRES,)), encode_date(message.expires)]
    pieces += [_action(message.action, SI_ACTIONS, "signal-medium"), bytes((END,))]
    if message.text:
        pieces += [_text(message.text), bytes((END,))]
    return b"".join(pieces)


def _action(action: str, known: Mapping[str, int], default: str) -> bytes:
    if action not in known:
        raise CodecError(f"there is no action {action[:40]!r}", theirs=False)
    return b"" if action == default else bytes((known[action],))


def _href(href: str, starts: Mapping[str, int]) -> bytes:
    start = next(each for each in starts if href.startswith(each))
    pieces = [bytes((starts[start],))]
    for piece in _DOMAIN.split(href[len(start) :]):
        pieces.append(bytes((DOMAINS[piece],)) if piece in DOMAINS else _text(piece) if piece else b"")
    return b"".join(pieces)


def _text(text: str) -> bytes:
    try:
        octets = text.encode("utf-8")
    except UnicodeEncodeError:
        raise CodecError("a push holds half a surrogate pair", theirs=False) from None
    if b"\0" in octets:
        raise CodecError("a push holds a NUL", theirs=False)
    return bytes((STR_I,)) + octets + b"\0"


def encode_date(at: datetime) -> bytes:
    """An instant in UTC as opaque data, YYYYMMDDhhmmss in digits of four bits, without the zeros at its end (WAP-167 8.2.2)."""
    digits = bytes.fromhex(f"{at.astimezone(UTC):%Y%m%d%H%M%S}").rstrip(b"\0")
    return bytes((OPAQUE,)) + encode_uintvar(len(digits)) + digits
