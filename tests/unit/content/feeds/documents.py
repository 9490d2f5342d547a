"""Feeds as publishers write them, made for tests in every dialect and encoding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape


@dataclass(frozen=True)
class Told:
    """A story as a publisher has it; `html` is its text."""

    guid: str
    title: str
    html: str
    link: str = ""
    at: datetime = datetime(2022, 10, 30, 12, tzinfo=UTC)
    origin: str = ""


def rss(stories: Sequence[Told], charset: str = "utf-8") -> bytes:
    """RSS 2.0."""
    items = "".join(
        f"<item><title>{escape(one.title)}</title><link>{escape(one.link)}</link><guid isPermaLink='false'>{escape(one.guid)}</guid>"
        f"<description>{escape(one.html)}</description><pubDate>{format_datetime(one.at)}</pubDate>"
        + (f"<source url='http://news.example/'>{escape(one.origin)}</source>" if one.origin else "")
        + "</item>"
        for one in stories
    )
    return _encoded(f"<rss version='2.0'><channel><title>要闻</title><link>http://news.example/</link>{items}</channel></rss>", charset)


def atom(stories: Sequence[Told], charset: str = "utf-8") -> bytes:
    """Atom."""
    entries = "".join(
        f"<entry><id>{escape(one.guid)}</id><title>{escape(one.title)}</title><link href='{escape(one.link)}'/>"
        f"<updated>{one.at.isoformat()}</updated><content type='html'>{escape(one.html)}</content></entry>"
        for one in stories
    )
    return _encoded(f"<feed xmlns='http://www.w3.org/2005/Atom'><title>要闻</title><id>urn:feed</id>{entries}</feed>", charset)


def rdf(stories: Sequence[Told], charset: str = "utf-8") -> bytes:
    """RSS 1.0."""
    items = "".join(
        f"<item rdf:about='{escape(one.guid)}'><title>{escape(one.title)}</title><link>{escape(one.link)}</link>"
        f"<description><![CDATA[{one.html}]]></description><dc:date>{one.at.isoformat()}</dc:date></item>"
        for one in stories
    )
    spaces = "xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/' xmlns:dc='http://purl.org/dc/elements/1.1/'"
    return _encoded(f"<rdf:RDF {spaces}><channel rdf:about='u'><title>要闻</title></channel>{items}</rdf:RDF>", charset)


DIALECTS = {"rss": rss, "atom": atom, "rdf": rdf}
CHARSETS = {"utf-8": "utf-8", "gb2312": "gb18030", "gbk": "gb18030", "big5": "cp950", "big5-hkscs": "big5hkscs"}
"""What a publisher declares, and what his program writes."""


def _encoded(body: str, charset: str) -> bytes:
    return f"<?xml version='1.0' encoding='{charset}'?>\n{body}".encode(CHARSETS[charset], "xmlcharrefreplace")
