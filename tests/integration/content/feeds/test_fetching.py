"""Fetching from a real server: conditions, limits, redirects, and addresses that lead inside."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.feeds.fetching import Fetched, FetchError, Limits, Wanted, fetch_all, is_public, server_of
from tests.integration.content.feeds.publisher import Page, Publisher, published

LIMITS = Limits(size_bytes_max=100_000, time_s=5, redirects_max=2)


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with published() as found:
        yield found


def asked(publisher: Publisher, path: str, limits: Limits = LIMITS, *, trusted: bool = True, etag: str = "") -> Fetched | FetchError:
    return fetch_all([Wanted(f"{publisher.url}{path}", server_of(publisher.url) if trusted else "", etag)], limits)[0]


def test_a_copy_that_is_the_newest_is_not_sent_again(publisher: Publisher) -> None:
    publisher.pages["/feed"] = Page(b"<rss/>", "text/xml", '"7"', headers={"Last-Modified": "Mon, 03 Oct 2022 10:00:00 GMT"})
    first = asked(publisher, "/feed")
    assert isinstance(first, Fetched) and (first.body, first.etag, first.last_modified[:6]) == (b"<rss/>", '"7"', "Mon, 0")
    again = asked(publisher, "/feed", etag=first.etag)
    assert isinstance(again, Fetched) and again.body is None


def test_redirects_are_followed_and_counted(publisher: Publisher) -> None:
    publisher.pages["/a"] = Page(b"", status=301, headers={"Location": "/b"})
    publisher.pages["/b"] = Page(b"here")
    publisher.pages["/loop"] = Page(b"", status=302, headers={"Location": "/loop"})
    found = asked(publisher, "/a")
    assert isinstance(found, Fetched) and (found.body, found.url) == (b"here", f"{publisher.url}/b")
    assert "more than 2 times" in str(asked(publisher, "/loop"))
    assert len(publisher.asked) == 2 + LIMITS.redirects_max + 1


@pytest.mark.parametrize("target", ["http://127.0.0.1:1/x", "http://[::1]:1/x", "http://localhost:1/x", "http://169.254.169.254/latest", "http://2130706433:1/", "file:///etc/passwd", "//user:pw@a.example/"])
def test_a_strangers_word_leads_nowhere_inside(publisher: Publisher, target: str) -> None:
    publisher.pages["/a"] = Page(b"", status=302, headers={"Location": target})
    assert isinstance(asked(publisher, "/a"), FetchError)


def test_a_private_server_is_asked_only_where_an_operator_named_it(publisher: Publisher) -> None:
    publisher.pages["/p.jpg"] = Page(b"x")
    assert "not public" in str(asked(publisher, "/p.jpg", trusted=False))
    assert publisher.asked == []


def test_too_much_is_not_taken_packed_or_not(publisher: Publisher) -> None:
    publisher.pages["/long"] = Page(b"x" * 200_000)
    publisher.pages["/bomb"] = Page(gzip.compress(b"\0" * 5_000_000), headers={"Content-Encoding": "gzip"})
    for path in ("/long", "/bomb"):
        assert "more than 100,000 bytes" in str(asked(publisher, path))


def test_a_server_that_stalls_is_left(publisher: Publisher) -> None:
    publisher.pages["/slow"] = Page(b"x", stall=True)
    assert "took longer" in str(asked(publisher, "/slow", Limits(1000, 0.2, 0)))


def test_a_server_that_is_away_is_said() -> None:
    (found,) = fetch_all([Wanted("http://127.0.0.1:1/feed", "127.0.0.1:1")], LIMITS)
    assert "cannot be reached" in str(found)


@pytest.mark.parametrize("address", ["10.0.0.1", "127.0.0.1", "::1", "169.254.1.1", "::ffff:192.168.0.1", "64:ff9b::a00:1", "2002:7f00:1::", "0.0.0.0", "224.0.0.1", "100.64.0.1", "fe80::1%eth0"])
def test_addresses_inside(address: str) -> None:
    assert not is_public(address)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_as_public_in_ipv6_clothes(address: object) -> None:
    assert is_public(f"::ffff:{address}") == is_public(str(address))
