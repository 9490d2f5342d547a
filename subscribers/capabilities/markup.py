"""XML of handset data, from strangers: read in bounded time and memory.

No DOCTYPE and no declaration of its own is accepted, in whatever encoding it hides:
the text is decoded first, by a list of encodings, and parsed as UTF-8.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lxml import etree

from huabao.errors import UsageError

XML_BYTES_MAX: Final = 32 * 1024 * 1024
"""OpenDDR's devices take 2.5 MB, a UAProf profile 5 to 100 KB."""

TAGS_MAX: Final = 1_000_000
_ENCODINGS: Final = frozenset({"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "iso-8859-15", "windows-1252", "gb2312", "gbk", "gb18030", "big5"})
_DECLARATION: Final = re.compile(rb"""\A<\?xml\s[^>]{0,200}?\?>""")
_ENCODING: Final = re.compile(rb"""encoding\s*=\s*["']([A-Za-z0-9._\-]{1,40})["']""")
_OWN_MARKUP: Final = re.compile(r"<!(?!--|\[CDATA\[)")


def parse(data: bytes) -> etree._Element:
    """The root element; comments and processing instructions are gone.

    Raises:
        UsageError: too large, not well-formed, with a DOCTYPE, or in an encoding that is not read.
    """
    if len(data) > XML_BYTES_MAX:
        raise UsageError(f"has {len(data):,} bytes; XML of at most {XML_BYTES_MAX:,} is read")
    text = _decoded(data)
    if _OWN_MARKUP.search(text):
        raise UsageError("has a DOCTYPE or an entity of its own, which is not read from strangers; take the DOCTYPE out")
    if text.count("<") > TAGS_MAX:
        raise UsageError(f"has more than {TAGS_MAX:,} tags")
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        return etree.fromstring(text.encode("utf-8"), parser)
    except (etree.XMLSyntaxError, UnicodeEncodeError) as error:
        line = getattr(error, "lineno", None)
        raise UsageError(f"is no well-formed XML{f': line {line}' if line else ''}; mend it there") from None


def _decoded(data: bytes) -> str:
    bare = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in data:
        raise UsageError("is in UTF-16 or UTF-32; save it as UTF-8")
    declaration = _DECLARATION.match(bare)
    said = _ENCODING.search(declaration[0]) if declaration else None
    name = said[1].decode("ascii").lower() if said else "utf-8"
    if name not in _ENCODINGS:
        raise UsageError(f"says that it is in {name!r}; save it as UTF-8")
    try:
        text = bare[declaration.end() if declaration else 0 :].decode({"gb2312": "gb18030", "gbk": "gb18030"}.get(name, name))
    except UnicodeDecodeError as error:
        raise UsageError(f"is not in {name}, as it says; save it as UTF-8") from error
    if "\0" in text:
        raise UsageError("holds NUL characters")
    return text.lstrip()


def local(tag: object) -> str:
    """A name without its namespace."""
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def children(element: etree._Element, name: str) -> Iterator[etree._Element]:
    """Children called `name`, in whatever namespace."""
    return (child for child in element if local(child.tag) == name)
