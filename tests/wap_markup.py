"""Pages held against their DTDs, as a handset's browser would read them; nothing is fetched.

XHTML is held against W3C's XHTML Basic 1.1, of Debian's `w3c-sgml-lib`, and besides may use no element and attribute that
XHTML Mobile Profile 1.0 does not have: the DTD of the profile itself is not packaged anywhere. WML is held against
`tests/vectors/wap/wml13.dtd`, which is written from the specification.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from lxml import etree

BASIC_11 = Path("/usr/share/xml/w3c-sgml-lib/schema/dtd/REC-xhtml-basic-20101123/xhtml-basic11.dtd")
CATALOG = BASIC_11.parent.parent / "catalog.xml"
WML_13 = Path(__file__).parent / "vectors" / "wap" / "wml13.dtd"
NAMESPACE = "{http://www.w3.org/1999/xhtml}"

os.environ.setdefault("XML_CATALOG_FILES", str(CATALOG))  # read by libxml2 when it first looks for a DTD

MOBILE_PROFILE = {
    "html": "version", "head": "profile", "title": "", "meta": "content http-equiv name scheme", "link": "charset href hreflang media rel rev type",
    "base": "href", "style": "media type", "body": "", "h1": "", "h2": "", "h3": "", "h4": "", "h5": "", "h6": "", "p": "", "div": "", "span": "", "br": "",
    "em": "", "strong": "", "b": "", "i": "", "big": "", "small": "", "hr": "", "pre": "", "blockquote": "cite", "address": "", "a": "accesskey charset href hreflang rel rev tabindex type",
    "ul": "", "ol": "start", "li": "value", "dl": "", "dt": "", "dd": "", "img": "alt height longdesc src width",
    "form": "action enctype method", "input": "accesskey checked maxlength name size src tabindex type value", "label": "accesskey for", "select": "multiple name size tabindex",
    "option": "selected value", "textarea": "accesskey cols name rows tabindex", "table": "summary", "caption": "", "tr": "align valign", "td": "align colspan rowspan valign", "th": "align colspan rowspan valign",
}  # fmt: skip
"""Elements of WAP-277-XHTMLMP that pages may use, and the attributes of each beside the common ones."""

_COMMON = {"class", "id", "title", "style", "{http://www.w3.org/XML/1998/namespace}lang"}


@lru_cache(maxsize=2)
def _dtd(path: Path) -> etree.DTD:
    return etree.DTD(file=str(path))


def _root(page: bytes) -> etree._Element:
    return etree.fromstring(page, etree.XMLParser(load_dtd=False, no_network=True, resolve_entities=False))


def faults_of(page: bytes) -> list[str]:
    """What is wrong with a page; nothing where it is valid."""
    root = _root(page)
    if root.tag == "wml":
        dtd = _dtd(WML_13)
        return [] if dtd.validate(root) else [str(error) for error in dtd.error_log]
    dtd = _dtd(BASIC_11)
    found = [] if dtd.validate(root) else [str(error) for error in dtd.error_log.filter_from_errors()]
    for element in root.iter(etree.Element):
        name = str(element.tag).removeprefix(NAMESPACE)
        if name not in MOBILE_PROFILE:
            found.append(f"<{name}> is none of the Mobile Profile's")
        else:
            found += [f"{name}@{one} is none of the Mobile Profile's" for one in element.attrib if one not in _COMMON and one not in MOBILE_PROFILE[name].split()]
    return found


def hrefs_of(page: bytes) -> list[str]:
    """Where its links and forms lead."""
    return [value for element in _root(page).iter(etree.Element) for name, value in element.attrib.items() if name in ("href", "action")]


def sources_of(page: bytes) -> list[str]:
    """Its pictures."""
    return [value for element in _root(page).iter(etree.Element) for name, value in element.attrib.items() if name == "src"]


def words_of(page: bytes) -> str:
    """Its text."""
    return "".join(str(text) for text in _root(page).itertext())
