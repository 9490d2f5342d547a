"""A provisioning document as WBXML: tokens on two code pages, texts inline, a text that comes twice in the string table.

Spec: WAP-192 (WBXML) 5; OMA-WAP-TS-ProvCont-V1_1 7, public identifier 0x0B.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from content.codecs.mm1.wsp import encode_uintvar
from delivery.codecs.provisioning import tokens
from delivery.codecs.provisioning.structs import Characteristic, Parm, ProvisioningDocument
from huabao.errors import CodecError

WBXML_VERSION: Final = 0x03
PUBLIC_ID: Final = 0x0B
UTF_8: Final = 0x6A

SWITCH_PAGE: Final = 0x00
END: Final = 0x01
STR_I: Final = 0x03
STR_T: Final = 0x83
WITH_CONTENT: Final = 0x40
WITH_ATTRIBUTES: Final = 0x80

DEPTH_MAX: Final = 8
"""Characteristics in characteristics; the specification nests three."""


def encode_provisioning(document: ProvisioningDocument) -> bytes:
    """The document as octets; the same document gives the same octets.

    Raises:
        CodecError: it has no characteristic, or holds a NUL, half a surrogate pair, or too many levels (ours).
    """
    if not document.characteristics:
        raise CodecError("a provisioning document without a characteristic sets nothing", theirs=False)
    return _Writer(document).octets()


class _Writer:
    def __init__(self, document: ProvisioningDocument) -> None:
        self._document = document
        self._page = 0
        counts = Counter(text for one in document.characteristics for text in _texts(one, 1))
        self._places: dict[str, int] = {}
        self._table = b""
        for text, number in counts.items():
            if number > 1:
                self._places[text] = len(self._table)
                self._table += _octets(text) + b"\0"

    def octets(self) -> bytes:
        head = bytes((WBXML_VERSION, PUBLIC_ID, UTF_8)) + encode_uintvar(len(self._table)) + self._table
        start = bytes((tokens.DOC_TAG | WITH_CONTENT | WITH_ATTRIBUTES, tokens.VERSION_1_0, END))
        return head + start + b"".join(self._characteristic(one) for one in self._document.characteristics) + bytes((END,))

    def _characteristic(self, one: Characteristic) -> bytes:
        inside = bool(one.parms or one.characteristics)
        tag = tokens.CHARACTERISTIC_TAG | WITH_ATTRIBUTES | (WITH_CONTENT if inside else 0)
        pieces = [bytes((tag,)), self._known(tokens.TYPES.get(one.type), tokens.TYPE, one.type), bytes((END,))]
        pieces += [self._parm(parm) for parm in one.parms]
        pieces += [self._characteristic(child) for child in one.characteristics]
        return b"".join((*pieces, bytes((END,)) if inside else b""))

    def _parm(self, parm: Parm) -> bytes:
        pieces = [bytes((tokens.PARM_TAG | WITH_ATTRIBUTES,)), self._known(tokens.NAMES.get(parm.name), tokens.NAME, parm.name)]
        if parm.value is not None:
            token = tokens.VALUES.get(parm.value) if parm.name in tokens.TOKEN_VALUED else None
            pieces += [self._on_page(0), bytes((tokens.VALUE,)), self._text(parm.value) if token is None else self._on_page(token[0]) + bytes((token[1],))]
        return b"".join((*pieces, bytes((END,))))

    def _known(self, token: tokens.Token | None, start: int, text: str) -> bytes:
        """An attribute whose whole text is one token, or the token that a text follows."""
        if token is None:
            return self._on_page(0) + bytes((start,)) + self._text(text)
        return self._on_page(token[0]) + bytes((token[1],))

    def _on_page(self, page: int) -> bytes:
        if page == self._page:
            return b""
        self._page = page
        return bytes((SWITCH_PAGE, page))

    def _text(self, text: str) -> bytes:
        place = self._places.get(text)
        return bytes((STR_I,)) + _octets(text) + b"\0" if place is None else bytes((STR_T,)) + encode_uintvar(place)


def _texts(one: Characteristic, depth: int) -> Iterator[str]:
    """Every text of a characteristic that has no token, in order."""
    if depth > DEPTH_MAX:
        raise CodecError(f"characteristics lie more than {DEPTH_MAX} deep", theirs=False)
    if one.type not in tokens.TYPES:
        yield one.type
    for parm in one.parms:
        if parm.name not in tokens.NAMES:
            yield parm.name
        if parm.value is not None and not (parm.name in tokens.TOKEN_VALUED and parm.value in tokens.VALUES):
            yield parm.value
    for child in one.characteristics:
        yield from _texts(child, depth + 1)


def _octets(text: str) -> bytes:
    try:
        octets = text.encode("utf-8")
    except UnicodeEncodeError:
        raise CodecError("a provisioning document holds half a surrogate pair", theirs=False) from None
    if b"\0" in octets:
        raise CodecError("a provisioning document holds a NUL", theirs=False)
    return octets
