"""A provisioning document read from WBXML: for the simulator, for tests, and for whoever looks at what was sent.

Spec: as `wbxml`; tags and attributes with names of their own (WBXML literals) are not read.
"""

from __future__ import annotations

from typing import Final

from content.codecs.mm1.reader import WSPReader
from delivery.codecs.provisioning import tokens, wbxml
from delivery.codecs.provisioning.structs import Characteristic, Parm, ProvisioningDocument
from huabao.errors import CodecError

ELEMENTS_MAX: Final = 500
"""Of one document; a real one has thirty."""

_TYPES: Final = {token: name for name, token in tokens.TYPES.items()}
_NAMES: Final = {token: name for name, token in tokens.NAMES.items()}
_VALUES: Final = {token: name for name, token in tokens.VALUES.items()}
_TEXT_STARTS: Final = {tokens.VERSION: "version", tokens.TYPE: "type", tokens.NAME: "name", tokens.VALUE: "value"}


def decode_provisioning(data: bytes) -> ProvisioningDocument:
    """The document in these octets.

    Raises:
        CodecError: it ends too early, is of another kind, or has what provisioning documents have not.
    """
    reader = WSPReader(data)
    reader.octet()
    public_id = reader.uintvar()
    if public_id != wbxml.PUBLIC_ID:
        raise CodecError(f"the document sets nothing (public id {public_id})")
    charset = reader.uintvar()
    if charset != wbxml.UTF_8:
        raise CodecError(f"the document is not in UTF-8 but in charset {charset}")
    return _Document(reader, reader.take(reader.uintvar())).whole()


class _Document:
    """A document's octets behind its head, and its string table."""

    def __init__(self, reader: WSPReader, table: bytes) -> None:
        self._reader = reader
        self._table = table
        self._page = 0
        self._elements = 0

    def whole(self) -> ProvisioningDocument:
        tag = self._tag()
        if tag & 0x3F != tokens.DOC_TAG or not tag & wbxml.WITH_CONTENT:
            raise CodecError("the document does not begin with wap-provisioningdoc")
        if tag & wbxml.WITH_ATTRIBUTES:
            self._attributes()
        found = []
        while not self._ends():
            tag = self._tag()
            if tag & 0x3F != tokens.CHARACTERISTIC_TAG:
                raise CodecError("a provisioning document holds characteristics only")
            found.append(self._characteristic(tag, 1))
        if not found:
            raise CodecError("the document sets nothing")
        return ProvisioningDocument(tuple(found))

    def _characteristic(self, tag: int, depth: int) -> Characteristic:
        if depth > wbxml.DEPTH_MAX:
            raise CodecError(f"characteristics lie more than {wbxml.DEPTH_MAX} deep")
        type_ = (self._attributes() if tag & wbxml.WITH_ATTRIBUTES else {}).get("type")
        if type_ is None:
            raise CodecError("a characteristic has no type")
        parms: list[Parm] = []
        inside: list[Characteristic] = []
        while tag & wbxml.WITH_CONTENT and not self._ends():
            child = self._tag()
            if child & 0x3F == tokens.PARM_TAG:
                parms.append(self._parm(child))
            elif child & 0x3F == tokens.CHARACTERISTIC_TAG:
                inside.append(self._characteristic(child, depth + 1))
            else:
                raise CodecError("a characteristic holds parameters and characteristics only")
        return Characteristic(type_, tuple(parms), tuple(inside))

    def _parm(self, tag: int) -> Parm:
        attributes = self._attributes() if tag & wbxml.WITH_ATTRIBUTES else {}
        if "name" not in attributes:
            raise CodecError("a parameter has no name")
        if tag & wbxml.WITH_CONTENT and not self._ends():
            raise CodecError("a parameter holds nothing")
        return Parm(attributes["name"], attributes.get("value"))

    def _tag(self) -> int:
        """The next element; tags mean the same on both code pages."""
        self._elements += 1
        if self._elements > ELEMENTS_MAX:
            raise CodecError("the document has too many elements")
        while (tag := self._reader.octet()) == wbxml.SWITCH_PAGE:
            self._reader.octet()
        return tag

    def _ends(self) -> bool:
        if self._reader.peek() != wbxml.END:
            return False
        self._reader.octet()
        return True

    def _attributes(self) -> dict[str, str]:
        found: dict[str, str] = {}
        name = ""
        while (octet := self._reader.octet()) != wbxml.END:
            if octet == wbxml.SWITCH_PAGE:
                self._page = self._reader.octet()
            elif octet in (wbxml.STR_I, wbxml.STR_T) or octet >= 0x80:
                if not name:
                    raise CodecError("a value stands before any attribute")
                found[name] = found.get(name, "") + self._value(octet)
            else:
                name, text = self._start(octet)
                if name in found:
                    raise CodecError(f"an element has two of {name}")
                found |= {name: text} if text or name in ("value", "name", "type") else {}
        return found

    def _start(self, octet: int) -> tuple[str, str]:
        """The attribute that begins here, and what of its value its token says."""
        if octet in _TEXT_STARTS:
            return _TEXT_STARTS[octet], ""
        if octet == tokens.VERSION_1_0:
            return "version", "1.0"
        known = (self._page, octet)
        if known in _TYPES:
            return "type", _TYPES[known]
        if known in _NAMES:
            return "name", _NAMES[known]
        raise CodecError(f"there is no attribute {octet:#04x} on code page {self._page}")

    def _value(self, octet: int) -> str:
        if octet == wbxml.STR_I:
            octets = bytearray()
            while one := self._reader.octet():
                octets.append(one)
            return octets.decode("utf-8", errors="replace")
        if octet == wbxml.STR_T:
            return self._table[self._reader.uintvar() :].split(b"\0", 1)[0].decode("utf-8", errors="replace")
        known = _VALUES.get((self._page, octet))
        if known is None:
            raise CodecError(f"there is no value {octet:#04x} on code page {self._page}")
        return known
