"""Feeds in every dialect and encoding read alike; hostile ones are refused or read in bounded work."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from content.feeds.charsets import charset_of, decoded
from content.feeds.documents import FEED_BYTES_MAX, TAG_CHARACTERS_MAX, TAGS_MAX, parse_feed
from content.feeds.markup import Picture
from huabao.errors import CodecError
from tests.unit.content.feeds.documents import CHARSETS, DIALECTS, Told, rss

SIMPLE = Told("g1", "镕城新桥通车 & <开放>", "<p>江边的新桥在星期一早晨开放，桥长1.2公里。</p><p>双向四车道。</p><img src='/p.jpg' alt='桥'>", "http://news.example/a/1")
FULL = Told("g2", "臺北新橋通車", "<p>江邊的新橋在星期一早晨開放。</p>", "http://news.example/a/2")


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("charset", CHARSETS)
@pytest.mark.parametrize("header", ["", "text/xml", "application/xml; charset=iso-8859-1"])
def test_every_dialect_in_every_encoding(dialect: str, charset: str, header: str) -> None:
    told = FULL if charset.startswith("big5") else SIMPLE
    (entry,) = parse_feed(DIALECTS[dialect]([told], charset), content_type=header, url="http://news.example/feed").entries
    assert (entry.guid, entry.title, entry.link) == (told.guid, told.title, told.link)
    assert entry.body.startswith("江边的新桥在星期一早晨开放，桥长1.2公里。\n\n双向四车道。" if told is SIMPLE else "江邊的新橋在星期一早晨開放。")
    assert entry.updated_at == datetime(2022, 10, 30, 12, tzinfo=UTC)
    assert entry.pictures == ((Picture("http://news.example/p.jpg", "桥"),) if told is SIMPLE else ())


def test_a_header_that_lies_is_not_believed() -> None:
    data = rss([SIMPLE], "utf-8")
    assert parse_feed(data, content_type="text/xml; charset=gb2312").entries[0].title.startswith("镕城")


def test_stories_without_link_or_guid_stay_apart() -> None:
    data = "<rss version='2.0'><channel><item><title>一</title></item><item><title>二</title></item><item></item></channel></rss>".encode()
    found = parse_feed(data, url="http://news.example/feed")
    assert [(one.title, one.link) for one in found.entries] == [("一", ""), ("二", "")]
    assert len({one.guid for one in found.entries}) == 2 and found.problems == ("story 3 has neither title nor text",)


def test_of_one_story_told_twice_in_a_feed_the_newer_stands() -> None:
    def item(title: str, date: str) -> str:
        return f"<item><guid>a</guid><title>{title}</title>{date}</item>"

    old, new, undated = item("旧", "<pubDate>2022-10-03T10:00:00+08:00</pubDate>"), item("新", "<pubDate>2022-10-03T11:00:00+08:00</pubDate>"), item("无", "")
    for items, stands in (((old, new), "新"), ((new, old), "新"), ((undated, new), "新"), ((new, undated), "新"), ((undated, undated), "无")):
        (entry,) = parse_feed(f"<rss version='2.0'><channel>{''.join(items)}</channel></rss>".encode()).entries
        assert entry.title == stands


@pytest.mark.parametrize(
    ("written", "hour"),
    [("2022-10-03 10:00:00", 2), ("2022-10-03T10:00:00+08:00", 2), ("Mon, 03 Oct 2022 10:00:00 GMT", 10), ("2022年10月3日 10:00", 2), ("Mon, 03 Oct 2022 10:00:00 +0800", 2)],
)
def test_a_time_without_offset_is_meant_in_shanghai(written: str, hour: int) -> None:
    data = f"<rss version='2.0'><channel><item><title>t</title><pubDate>{written}</pubDate></item></channel></rss>".encode()
    assert parse_feed(data).entries[0].published_at == datetime(2022, 10, 3, hour, tzinfo=UTC)


def test_what_publishers_write_wrong_is_mended() -> None:
    data = "<rss version='2.0'><channel><item><title>A&B&nbsp;报</title><description>一 & 二<br>三</description><pubDate>2022-10-03 10:00</pubDate></item><item><title>次".encode()
    first, second = parse_feed(data).entries
    assert (first.title, first.published_at is not None, second.title) == ("A&B 报", True, "次")


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("<!DOCTYPE rss [<!ENTITY a 'x'>]><rss>&a;</rss>", "entities of its own"),
        ("<?xml version='1.0'?><!-- --><!DOCTYPE rss\n[\n<!ENTITY % p SYSTEM 'file:///etc/passwd'> %p;]><rss/>", "entities of its own"),
        ("<html><head><link rel='alternate' type='application/rss+xml' href='/rss.xml'></head></html>", "/rss.xml"),
        ("<opml/>", "no feed"),
        ("", "no element"),
        ("<?" * 1000, "no element"),
        ("<rss>" + "<a>" * (TAGS_MAX + 1), "tags"),
        ("<rss " + " ".join(f"a{n}='1'" for n in range(TAG_CHARACTERS_MAX)) + "/>", "a tag of more than"),
        ("<rss>" + "&" * (FEED_BYTES_MAX - 10), "no XML"),
        ("x" * (FEED_BYTES_MAX + 1), "bytes"),
    ],
)
def test_what_no_publisher_writes_is_refused(document: str, said: str) -> None:
    with pytest.raises(CodecError, match=said):
        parse_feed(document.encode())


def test_a_plain_document_type_is_no_reason_to_refuse() -> None:
    data = b"<!DOCTYPE rss PUBLIC '-//Netscape Communications//DTD RSS 0.91//EN' 'http://my.example/rss-0.91.dtd'><rss version='0.91'><channel><item><title>t</title></item></channel></rss>"
    assert parse_feed(data).entries[0].title == "t"


def test_hostile_samples(samples: Path) -> None:
    for path in sorted((samples / "hostile" / "xml").iterdir()):
        with pytest.raises(CodecError):
            parse_feed(path.read_bytes())


@example(b"<:")
@example(b"<rss version='2.0'><channel><item><title>t</title><link>http://a/b</link><description>x</descripti<item>on></channel></rss>")
@example(b"<rss><channel><item><link>u<item/></link></item></channel></rss>")
@example(b"<rss><channel><:item><title>t</title></:item></channel></rss>")
@given(st.one_of(st.binary(max_size=300), st.builds(lambda start, middle: b"<rss version='2.0'><channel><item><title>" + start + b"</title>" + middle, st.binary(max_size=80), st.binary(max_size=80))))
def test_any_bytes_are_a_feed_or_a_refusal(data: bytes) -> None:
    try:
        found = parse_feed(data, content_type="text/xml; charset=gb2312")
    except CodecError:
        return
    assert all(one.guid and one.title and one.body for one in found.entries)


@given(st.text(alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=4, max_size=60))
def test_gb18030_comes_back_whole_where_it_is_named(text: str) -> None:
    assert decoded(text.encode("gb18030"), "text/xml; charset=GB2312")[0] == text


@given(st.binary(max_size=400), st.text(max_size=30))
def test_decoding_never_fails(data: bytes, header: str) -> None:
    text, codec = decoded(data, header)
    assert isinstance(text, str) and codec
    assert charset_of(header) == charset_of(header).lower()
