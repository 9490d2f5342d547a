"""XML from strangers, parsed in bounded time and memory.

Whatever could name a file, a host or an entity of its own is refused before a parser sees it: no DOCTYPE, no entity
declaration, no encoding that hides either (UTF-7, UTF-16, EBCDIC). Size, number of tags, of attributes and depth have limits.
What is left goes to lxml with network, DTDs, entities and huge trees off.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from lxml import etree

from huabao.errors import CodecError

XML_BYTES_MAX: Final = 1024 * 1024
"""A report that names 10,000 recipients takes 400 KB; nothing real is larger. (expat and libxml2 stop at 10 MB a text node.)"""

TAGS_MAX: Final = 40_000
"""Two for each of 10,000 recipients and as many again; bounds the tree to some 10 MB."""

ATTRIBUTES_MAX: Final = 10_000
"""Counted by `=`, so text counts too. One displayOnly for each recipient, nothing else repeats."""

DEPTH_MAX: Final = 32
"""A recipient's Number is 7 deep, a SMIL picture 4. (libxml2 stops at 256 or 2048 by release.)"""

_CODECS: Final = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "ascii",
    "ascii": "ascii",
    "iso-8859-1": "latin-1",
    "latin1": "latin-1",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb18030": "gb18030",
}
"""Encodings that MMSCs in China write (ports are configured UTF-8 or GBK), and what decodes each."""

_UTF8: Final = frozenset({"utf-8", "ascii"})
_DECLARATION: Final = re.compile(rb"""\A\s*<\?xml\s[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._\-]{1,40})["']""")
_MARKUP: Final = re.compile(rb"<!(?!--|\[CDATA\[)")
_BARE_AMPERSAND: Final = re.compile(rb"&(?![A-Za-z#][A-Za-z0-9]{0,40};)")

_parser: Final = etree.XMLParser(
    encoding="utf-8",
    resolve_entities=False,
    no_network=True,
    load_dtd=False,
    dtd_validation=False,
    attribute_defaults=False,
    huge_tree=False,
    remove_comments=True,
    remove_pis=True,
    collect_ids=False,
)


class Name(NamedTuple):
    """An element's name, taken apart; `folded` is the local name in lower case."""

    namespace: str
    local: str
    folded: str


def parse_xml(data: bytes, *, charset: str | None = None) -> etree._Element:
    """The root element of `data`; comments and processing instructions are gone.

    Bare ampersands in text are read as such, since one carrier's client does not escape.

    Args:
        data: at most XML_BYTES_MAX bytes, in one of the encodings of `_CODECS`.
        charset: what the transport says of the encoding; it goes before the document's own word.

    Raises:
        CodecError: not well-formed, or beyond a limit, or with a DOCTYPE or entity of its own (2007).
    """
    return parse_utf8(as_utf8(data, charset))


def parse_utf8(clean: bytes) -> etree._Element:
    """As `parse_xml`, of what `as_utf8` gave.

    Raises:
        CodecError: as `parse_xml`.
    """
    _refuse_excess(clean)
    try:
        root = etree.fromstring(clean, _parser)
    except etree.XMLSyntaxError as error:
        root = _parse_again(clean, error)
    if clean.count(b"<") > 2 * DEPTH_MAX and _deeper_than(root, DEPTH_MAX):
        raise CodecError(f"the XML is nested deeper than {DEPTH_MAX} levels")
    return root


def name_of(tag: str) -> Name:
    """The name behind an element's or attribute's `{namespace}local`."""
    return _remembered(tag) if len(tag) <= _REMEMBERED_CHARS_MAX else _taken_apart(tag)


def _taken_apart(tag: str) -> Name:
    head, brace, local = tag.rpartition("}")
    return Name(head[1:] if brace else "", local, local.lower())


_remembered: Final = lru_cache(maxsize=1024)(_taken_apart)
_REMEMBERED_CHARS_MAX: Final = 200
"""Longer names are nobody's, and a stranger's must not fill the memory."""


def local_name(element: etree._Element) -> str:
    """The element's name without namespace or prefix."""
    return name_of(element.tag).local


def namespace_of(element: etree._Element) -> str:
    """The element's namespace, "" for none."""
    return name_of(element.tag).namespace


def as_utf8(data: bytes, charset: str | None) -> bytes:
    """`data` in UTF-8 (not checked where it says so itself), without a mark and blanks before it.

    Args:
        charset: as `parse_xml`'s.

    Raises:
        CodecError: too large, or in an encoding that nobody here writes (2007).
    """
    if len(data) > XML_BYTES_MAX:
        raise CodecError(f"the XML has {len(data)} bytes, more than {XML_BYTES_MAX}")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in data:
        raise CodecError("the XML is in UTF-16 or UTF-32, or holds NUL bytes; UTF-8 or GBK is expected")
    declared = _DECLARATION.match(data)
    name = charset or (declared.group(1).decode("ascii") if declared else "utf-8")
    codec = _CODECS.get(name.strip().strip("\"'").lower())
    if codec is None:
        raise CodecError(f"the XML is declared as {name[:40]!r}; UTF-8 or GBK is expected")
    if codec in _UTF8:
        return data.removeprefix(b"\xef\xbb\xbf").lstrip()
    try:
        return data.decode(codec).lstrip().encode("utf-8")
    except UnicodeDecodeError as error:
        raise CodecError(f"the XML is not in {name[:40]}, as it says") from error


def _refuse_excess(data: bytes) -> None:
    if _MARKUP.search(data):
        raise CodecError("the XML has a DOCTYPE or a declaration of its own; none is accepted")
    if data.count(b"<") > TAGS_MAX:
        raise CodecError(f"the XML has more than {TAGS_MAX} tags")
    if data.count(b"=") > ATTRIBUTES_MAX:
        raise CodecError(f"the XML has more than {ATTRIBUTES_MAX} attributes")


def _parse_again(data: bytes, first: etree.XMLSyntaxError) -> etree._Element:
    mended, bare = _BARE_AMPERSAND.subn(b"&amp;", data)
    if bare:
        try:
            return etree.fromstring(mended, _parser)
        except etree.XMLSyntaxError:
            pass
    raise CodecError(f"the XML is not well-formed (line {first.lineno}, error {first.code})") from None


def _deeper_than(root: etree._Element, limit: int) -> bool:
    return any(depth > limit for depth in _depths(root))


def _depths(root: etree._Element) -> Iterator[int]:
    level = [root]
    depth = 1
    while level:
        yield depth
        level = [child for element in level for child in element]
        depth += 1
