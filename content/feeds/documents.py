"""RSS 0.9x, 1.0 (RDF), 2.0 and Atom from strangers, read in bounded time and memory.

The bytes become text (`charsets`), the text a tree that lxml mends where a feed is not well-formed, with network, DTDs
and entities off; what is left, well-formed and short, goes to feedparser, which knows the dialects.
Spec: RSS 2.0; RFC 4287; RDF Site Summary 1.0.
"""

from __future__ import annotations

import calendar
import io
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from html.entities import name2codepoint
from typing import Any, Final

import feedparser
from lxml import etree

from content.feeds.charsets import decoded
from content.feeds.entries import Entries, Entry
from content.feeds.markup import ELEMENTS_MAX, Picture, as_html, picture_of, to_markdown, words_of
from huabao.clock import SHANGHAI
from huabao.errors import CodecError

FEED_BYTES_MAX: Final = 4_000_000
"""A feed of 100 whole articles has 1 MB."""

TAGS_MAX: Final = 100_000

ENTRIES_MAX: Final = 300
"""Of one feed; the first ones, which are the newest by everybody's habit."""

TITLE_CHARACTERS_MAX: Final = 200

FORMED_TAGS_MAX: Final = 50_000
"""In the texts of all stories; those that come after so many keep their words, not their form. 100 articles have 5,000."""

TAG_CHARACTERS_MAX: Final = 8_000
"""Of one start tag: the time for its attributes grows with the square of their number."""

_ROOTS: Final = frozenset(("rss", "feed", "rdf"))
_ITEMS: Final = frozenset(("item", "entry"))
_NAMED: Final = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,31});")
_BARE_AMPERSAND: Final = re.compile(r"&(?!#?[A-Za-z0-9]{1,32};)")
_VOID: Final = re.compile(r"<(br|hr|img\b[^<>]{0,2000}?)\s*/?>", re.IGNORECASE)
_KEPT: Final = frozenset(("lt", "gt", "amp", "quot", "apos"))
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ZONE: Final = re.compile(r"(?:Z|[A-Za-z]{2,5}|[+-]\d{2}:?\d{2})\s*$")
_CHINESE_DATE: Final = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日(?:\s*(\d{1,2})[:：时時](\d{1,2})(?:[:：分](\d{1,2}))?)?")


def parse_feed(data: bytes, *, content_type: str = "", url: str = "") -> Entries:
    """The stories of a feed.

    Args:
        data: the document.
        content_type: as the HTTP header gave it.
        url: where it came from; what its addresses are relative to.

    Raises:
        CodecError: too large, no feed at all, or one that declares entities of its own.
    """
    if len(data) > FEED_BYTES_MAX:
        raise CodecError(f"the feed has {len(data):,} bytes, more than {FEED_BYTES_MAX:,}; ask its publisher for a shorter one")
    text, _ = decoded(data, content_type)
    root = _tree(_without_prolog(text))
    items = [element for element in root.iter() if _name(element) in _ITEMS]
    for surplus in items[ENTRIES_MAX:]:
        parent = surplus.getparent()
        if parent is not None:
            parent.remove(surplus)
    found = _read(etree.tostring(root, encoding="utf-8", xml_declaration=True))
    problems = [f"only the first {ENTRIES_MAX} of {len(items)} stories are read"] if len(items) > ENTRIES_MAX else []
    entries: dict[str, Entry] = {}
    tags = 0
    for number, raw in enumerate(found.entries, start=1):
        text = _fullest(raw)
        tags += text.count("<")
        entry = _entry(raw, text, url, elements_max=ELEMENTS_MAX if tags <= FORMED_TAGS_MAX else 0)
        if entry is None:
            problems.append(f"story {number} has neither title nor text")
        else:
            told = entries.get(entry.guid)
            entries[entry.guid] = entry if told is None or _later(entry, told) else told
    return Entries(tuple(entries.values()), tuple(problems))


def _later(entry: Entry, told: Entry) -> bool:
    """Whether `entry` is a newer telling than `told`, of one guid in one feed; without times the first stands, as feeds begin with the newest."""
    at, before = (one.updated_at or one.published_at for one in (entry, told))
    return at is not None and (before is None or at > before)


def _read(document: bytes) -> Any:
    """What feedparser makes of a well-formed feed; one with elements in each other in a way that it does not expect is refused."""
    try:
        return feedparser.parse(io.BytesIO(document), response_headers={"content-type": "application/xml; charset=utf-8"}, sanitize_html=False, resolve_relative_uris=False)
    except (LookupError, AttributeError, TypeError, ValueError) as error:
        raise CodecError("the feed's elements stand in each other in a way that no feed reader understands; ask its publisher to mend it") from error


def _without_prolog(text: str) -> str:
    """`text` from its root element on, named characters of HTML written out.

    Raises:
        CodecError: the document type declares something of its own.
    """
    at = 0
    while (begin := text.find("<", at)) >= 0:
        if text.startswith("<?", begin):
            end, width = text.find("?>", begin), 2
        elif text.startswith("<!--", begin):
            end, width = text.find("-->", begin), 3
        elif text[begin : begin + 9].upper() == "<!DOCTYPE":
            end, width = text.find(">", begin), 1
            if "[" in text[begin : end if end >= 0 else len(text)]:
                raise CodecError("the feed declares a document type with entities of its own; that is refused, since such a text can be built to explode")
        else:
            return _mended(text[begin:])
        if end < 0:
            break
        at = end + width
    raise CodecError("this is no feed: it holds no element; check the address")


def _mended(text: str) -> str:
    """What publishers write and XML refuses, written as it likes it: `&nbsp;`, a bare `&`, `<br>`, control characters."""
    named = _BARE_AMPERSAND.sub("&amp;", _NAMED.sub(_character, text))
    return _NOT_XML.sub("", _VOID.sub(r"<\1/>", named))


def _refuse_excess(text: str) -> None:
    if len(text) > FEED_BYTES_MAX:
        raise CodecError("the feed is full of characters that are no XML; ask its publisher to mend it")
    tags = [tag for piece in _outside_cdata(text) for tag in piece.split("<")[1:]]
    if len(tags) > TAGS_MAX:
        raise CodecError(f"the feed has more than {TAGS_MAX:,} tags; ask its publisher for a shorter one")
    if any(tag.find(">") > TAG_CHARACTERS_MAX or (len(tag) > TAG_CHARACTERS_MAX and ">" not in tag) for tag in tags):
        raise CodecError(f"the feed has a tag of more than {TAG_CHARACTERS_MAX:,} characters; no publisher writes such a thing")


def _outside_cdata(text: str) -> Iterator[str]:
    at = 0
    while at < len(text):
        begin = text.find("<![CDATA[", at)
        yield text[at : begin if begin >= 0 else len(text)]
        end = text.find("]]>", begin) if begin >= 0 else -1
        at = end if end >= 0 else len(text)


def _character(match: re.Match[str]) -> str:
    name = match[1]
    return match[0] if name in _KEPT or name not in name2codepoint else chr(name2codepoint[name])


def _tree(text: str) -> etree._Element:
    _refuse_excess(text)
    parser = etree.XMLParser(
        encoding="utf-8",
        recover=True,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
    )
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError as error:
        raise CodecError(f"the feed cannot be read as XML (line {error.lineno})") from error
    name = "" if root is None else _name(root)
    if name == "html":
        raise CodecError(f"this is a web page, no feed; {_better_address(text)}")
    if name not in _ROOTS:
        raise CodecError(f"this is no feed: its root is <{name[:40]}>, not rss, feed or RDF; check the address")
    return root


def _name(element: etree._Element) -> str:
    """Its local name in small letters; what recovery left as `<:>` has none, and `etree.QName` would refuse it."""
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def _better_address(text: str) -> str:
    found = re.search(r"""<link\b[^<>]{0,300}application/(?:rss|atom)\+xml[^<>]{0,300}""", text[:100_000])
    address = re.search(r"""href\s*=\s*["']([^"'<>]{1,300})""", found[0]) if found else None
    return f"the page names its feed as {address[1]}" if address else "look on it for the address of its feed"


def _entry(raw: Mapping[str, Any], text: str, url: str, *, elements_max: int) -> Entry | None:
    link = str(raw.get("link") or "")
    page = picture_of(link, url) if link else None
    base = page.url if page is not None else url
    marked = to_markdown(text, base, elements_max=elements_max)
    title = words_of(str(raw.get("title") or "")[: 10 * TITLE_CHARACTERS_MAX])[:TITLE_CHARACTERS_MAX] or marked.markdown.split("\n", 1)[0][:40]
    if not title:
        return None
    pictures = {picture.url: picture for picture in (*_enclosed(raw, base), *marked.pictures)}
    published = _moment(raw, "published") or _moment(raw, "created")
    return Entry(
        guid=str(raw.get("id") or link or f"{title}\n{marked.markdown}"),
        link=page.url if page is not None else "",
        title=title,
        body=marked.markdown or title,
        pictures=tuple(pictures.values()),
        origin=_origin(raw),
        topics=tuple(dict.fromkeys(word for word in (words_of(str(tag.get("term") or ""))[:40] for tag in raw.get("tags") or ()) if word))[:10],
        published_at=published,
        updated_at=_moment(raw, "updated") or published,
    )


def _fullest(raw: Mapping[str, Any]) -> str:
    """The longest of a story's texts, as HTML."""
    details = [*(raw.get("content") or ()), raw.get("summary_detail") or {}]
    texts = [as_html(str(one.get("value") or "")) if one.get("type") == "text/plain" else str(one.get("value") or "") for one in details]
    return max(texts, key=len, default="")


def _enclosed(raw: Mapping[str, Any], base: str) -> Iterator[Picture]:
    """Pictures beside the text: Media RSS, then enclosures, then thumbnails."""
    media = [one for one in raw.get("media_content") or () if one.get("medium") == "image" or str(one.get("type") or "").startswith("image/")]
    links = [one for one in raw.get("links") or () if one.get("rel") == "enclosure" and str(one.get("type") or "").startswith("image/")]
    addresses = [*(one.get("url") for one in media), *(one.get("href") for one in links), *(one.get("url") for one in raw.get("media_thumbnail") or ())]
    for address in addresses:
        found = picture_of(str(address), base) if address else None
        if found is not None:
            yield found


def _origin(raw: Mapping[str, Any]) -> str:
    source = raw.get("source") or {}
    named = source.get("title") if isinstance(source, Mapping) else source
    return words_of(str(named or raw.get("publisher") or ""))[:80]


def _moment(raw: Mapping[str, Any], name: str) -> datetime | None:
    """An instant of a story; one without an offset is meant in Shanghai, as Chinese sites mean it."""
    if name not in raw:  # feedparser would answer `updated` with `published`
        return None
    written, parsed = str(raw.get(name) or "").strip(), raw.get(f"{name}_parsed")
    chinese = _CHINESE_DATE.search(written[:80])
    try:
        if chinese is not None:
            return datetime(*(int(part or 0) for part in chinese.groups()), tzinfo=SHANGHAI).astimezone(UTC)  # type: ignore[misc, arg-type]  # six numbers
        if parsed is not None:
            at = datetime.fromtimestamp(calendar.timegm(parsed), UTC)
            return at if _ZONE.search(written) else at.replace(tzinfo=SHANGHAI).astimezone(UTC)
    except (ValueError, OverflowError, OSError, TypeError):
        return None
    return None
