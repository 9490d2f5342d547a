"""SI and SL read from WBXML: for the simulator, for tests, and for whoever looks at what was sent.

Spec: as `wbxml`; strings of a table, entities and unknown attributes are read, tags with other names are not.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from content.codecs.mm1.reader import WSPReader
from delivery.codecs.wap_push import wbxml
from delivery.codecs.wap_push.structs import PushMessage, ServiceIndication, ServiceLoading
from huabao.errors import CodecError

ENTITY: Final = 0x02
STR_T: Final = 0x83
LITERALS: Final = (0x04, 0x44, 0x84, 0xC4)
ATTRIBUTES_MAX: Final = 20

_SI: Final[Mapping[int, tuple[str, str]]] = {
    **{code: ("action", name) for name, code in wbxml.SI_ACTIONS.items()},
    **{code: ("href", start) for start, code in wbxml.SI_HREFS.items()},
    wbxml.CREATED: ("created", ""),
    wbxml.EXPIRES: ("expires", ""),
    wbxml.SI_ID: ("si_id", ""),
}
_SL: Final[Mapping[int, tuple[str, str]]] = {
    **{code: ("action", name) for name, code in wbxml.SL_ACTIONS.items()},
    **{code: ("href", start) for start, code in wbxml.SL_HREFS.items()},
}
_VALUES: Final = {code: text for text, code in wbxml.DOMAINS.items()}


def decode_wbxml(data: bytes) -> PushMessage:
    """The document in these octets.

    Raises:
        CodecError: it ends too early, is of another kind, or names no address.
    """
    reader = WSPReader(data)
    reader.octet()
    public_id = reader.uintvar()
    if public_id not in (wbxml.SI_PUBLIC_ID, wbxml.SL_PUBLIC_ID):
        raise CodecError(f"the document is neither SI nor SL (public id {public_id})")
    charset = reader.uintvar()
    if charset != wbxml.UTF_8:
        raise CodecError(f"the document is not in UTF-8 but in charset {charset}")
    document = _Document(reader, reader.take(reader.uintvar()))
    found = document.indication() if public_id == wbxml.SI_PUBLIC_ID else document.loading()
    if not found.href:
        raise CodecError("the document names no address")
    return found


class _Document:
    """A document's octets behind its head, and its string table."""

    def __init__(self, reader: WSPReader, table: bytes) -> None:
        self._reader = reader
        self._table = table

    def indication(self) -> ServiceIndication:
        if self._reader.octet() != wbxml.SI_TAG | wbxml.WITH_CONTENT:
            raise CodecError("the document does not begin with si")
        tag = self._reader.octet()
        if tag & 0x3F != wbxml.INDICATION_TAG:
            raise CodecError("there is no indication in the document")
        attributes = self._attributes(_SI) if tag & wbxml.WITH_ATTRIBUTES else {}
        text = self._strings() if tag & wbxml.WITH_CONTENT else ""
        created, expires = (_date(attributes.pop(name, "")) for name in ("created", "expires"))
        return ServiceIndication(href=attributes.pop("href", ""), text=text, created=created, expires=expires, **attributes)

    def loading(self) -> ServiceLoading:
        tag = self._reader.octet()
        if tag != wbxml.SL_TAG | wbxml.WITH_ATTRIBUTES:
            raise CodecError("the document does not begin with sl")
        attributes = self._attributes(_SL)
        return ServiceLoading(href=attributes.pop("href", ""), **attributes)

    def _attributes(self, names: Mapping[int, tuple[str, str]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for _ in range(ATTRIBUTES_MAX):
            start = self._reader.octet()
            if start == wbxml.END:
                return found
            if start in LITERALS:
                raise CodecError("the document has an attribute that SI and SL do not know")
            name, text = names.get(start, ("", ""))
            value: str | bytes = text
            while self._reader.peek() >= 0x80 or self._reader.peek() in (wbxml.STR_I, ENTITY):
                piece = self._piece()
                value = piece if isinstance(piece, bytes) or isinstance(value, bytes) else value + piece
            if name:
                found[name] = value if isinstance(value, str) or name in ("created", "expires") else value.decode("utf-8", errors="replace")
        raise CodecError("the document has too many attributes")

    def _strings(self) -> str:
        pieces: list[str] = []
        while (code := self._reader.peek()) != wbxml.END:
            if code not in (wbxml.STR_I, STR_T, ENTITY, wbxml.OPAQUE):
                raise CodecError("an indication holds only text")
            piece = self._piece()
            pieces.append(piece if isinstance(piece, str) else piece.decode("utf-8", errors="replace"))
        return "".join(pieces)

    def _piece(self) -> str | bytes:
        code = self._reader.octet()
        if code == wbxml.STR_I:
            return self._inline()
        if code == wbxml.OPAQUE:
            return self._reader.take(self._reader.uintvar())
        if code == STR_T:
            at = self._reader.uintvar()
            return self._table[at:].split(b"\0", 1)[0].decode("utf-8", errors="replace")
        if code == ENTITY:
            point = self._reader.uintvar()
            return chr(point) if point < 0x110000 and not 0xD800 <= point < 0xE000 else "�"
        return _VALUES.get(code, "")

    def _inline(self) -> str:
        octets = bytearray()
        while octet := self._reader.octet():
            octets.append(octet)
        return octets.decode("utf-8", errors="replace")


def _date(value: str | bytes) -> datetime | None:
    if not isinstance(value, bytes):
        return None
    try:
        return datetime.strptime(value.hex().ljust(14, "0"), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
