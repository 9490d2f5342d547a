"""What a WML deck weighs when a gateway has compiled it, since that is what the oldest handsets have room for.

The gateway turns markup into WBXML: a byte for a tag, strings as they are. The
estimate never falls below what a compiler makes: it knows no string table and no
shortened addresses.

Spec: WAP-192-WBXML 5.4 (the document), 5.8 (tokens); WAP-191-WML 14 (tokens of WML); WAP-191-WML 11.5 (a deck's size is the handset's).
"""

from __future__ import annotations

import re

from lxml import etree

DECK_BYTES_MAX = 1_400
"""Of a compiled deck. What every handset of the first kind takes: the Nokia 7110 has 1,397 bytes; Openwave's 4.x have 1,492, later ones 2,048 and more."""

_HEAD_BYTES = 8
"""Version, public identifier, character set and an empty string table, and one more."""

_BLANK = re.compile(rb"[ \t\r\n]+")


def compiled_bytes(deck: bytes) -> int:
    """How many bytes the deck has as WBXML at most."""
    parser = etree.XMLParser(load_dtd=False, no_network=True, resolve_entities=False)
    return _HEAD_BYTES + _element(etree.fromstring(deck, parser))


def _element(element: etree._Element) -> int:
    inner = _text(element.text) + sum(_element(child) + _text(child.tail) for child in element)
    attributes = sum(3 + len(value.encode()) for value in element.attrib.values())
    return 1 + (attributes + 1 if attributes else 0) + (inner + 1 if inner else 0)


def _text(text: str | None) -> int:
    bare = _BLANK.sub(b" ", (text or "").encode())
    return 2 + len(bare) if bare.strip() else 0
