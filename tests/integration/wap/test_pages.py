"""Every page of an edition for handsets of three ages: valid, within its limit, led to; tokens that open nothing."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from PIL import Image
from sqlalchemy import update

from content.models import Edition, EditionVersion
from content.wap.decks import DECK_BYTES_MAX, compiled_bytes
from subscribers.models import Handset, HandsetName
from tests.integration.wap.conftest import Asking, Site, browsers
from tests.wap_markup import faults_of, hrefs_of, sources_of, words_of

TYPES = {"nokia": "text/vnd.wap.wml", "k750": "application/vnd.wap.xhtml+xml", "phone": "application/xhtml+xml"}


@pytest.mark.parametrize("name", TYPES)
def test_every_page_is_valid_small_and_led_to(still_site: Site, name: str) -> None:
    site, asking = still_site, browsers(still_site)
    client = asking(name)
    left, seen, words = [site.cover], set[str](), ""
    while left:
        path = left.pop()
        if path in seen or path.startswith("my?"):
            continue
        seen.add(path)
        answer = client.get(f"/wap/{path}")
        assert answer.status_code == 200, path
        if answer.headers["content-type"].startswith("image/"):
            with Image.open(io.BytesIO(answer.content)) as image:
                assert image.width <= 1_280
            continue
        assert answer.headers["content-type"] == f"{TYPES[name]}; charset=utf-8"
        assert faults_of(answer.content) == []
        assert len(answer.content) <= 10_000
        assert name != "nokia" or compiled_bytes(answer.content) <= DECK_BYTES_MAX
        words += words_of(answer.content)
        left += hrefs_of(answer.content)
        left += [source for source in sources_of(answer.content) if name != "nokia"]
    for said in ("江城会刊", "写在前面", "第4篇的第60段", "江城新桥有几条车道", "四格漫画", "目录"):
        assert said in words
    assert len(seen) > (24 if name == "nokia" else 15)


def test_caches_know_what_a_page_depends_on(still_site: Site) -> None:
    site, asking = still_site, browsers(still_site)
    client = asking("k750")
    first = client.get(f"/wap/{site.cover}")
    assert {"Accept", "User-Agent", "X-Wap-Profile"} <= {one.strip() for one in first.headers["vary"].split(",")}
    assert first.headers["cache-control"] == "public, max-age=86400"
    assert "set-cookie" not in first.headers
    assert client.get(f"/wap/{site.cover}", headers={"if-none-match": first.headers["etag"]}).status_code == 304
    assert client.get(f"/wap/{site.cover}", headers={"if-none-match": '"other"', "range": "bytes=0-10"}).content == first.content
    head = client.head(f"/wap/{site.cover}")
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", first.headers["etag"])
    assert asking("nokia").get(f"/wap/{site.cover}").headers["etag"] != first.headers["etag"]


def test_pictures_are_as_wide_as_the_handset(site: Site, asking: Asking) -> None:
    with site.runtime.transaction() as session:
        session.add(Handset(model="Sony Ericsson K750i", handset_class="50kb-176x220", brand="Sony Ericsson", source="t", records={"uaprof": {"width_px": 176, "height_px": 220}}))
        session.add(HandsetName(key="sonyericssonk750i", model="Sony Ericsson K750i"))
    client = asking("k750")
    cover = client.get(f"/wap/{site.cover}")
    source = sources_of(cover.content)[0]
    assert source.endswith("?w=176")
    with Image.open(io.BytesIO(client.get(f"/wap/{source}").content)) as image:
        assert (image.format, image.width) == ("JPEG", 176)
    old = asking("nokia").get(f"/wap/{source}", headers={"accept": "image/vnd.wap.wbmp"})
    assert old.headers["content-type"] == "image/vnd.wap.wbmp"
    assert old.content[:2] == b"\0\0"
    profile = asking("phone").get(f"/wap/{site.cover}", headers={"x-wap-profile": '"http://wap.sonyericsson.com/UAprof/K750iR101.xml"'})
    assert "?w=640" in sources_of(profile.content)[0], "a model without its maker names nobody here"
    assert client.get(f"/wap/{source.partition('?')[0]}?w=99999999").status_code == 200


def test_tokens_that_open_nothing(still_site: Site) -> None:
    site, asking = still_site, browsers(still_site)
    for name in TYPES:
        client = asking(name)
        wrong = [site.cover[:-1] + ("a" if site.cover[-1] != "a" else "b"), site.cover.upper(), site.cover[:-1], "x", "x" * 4_000, "%00", "..%2f..%2fetc", "目录", site.address.page_token("aaaaaaaaaaaaa")]
        for token in wrong:
            answer = client.get(f"/wap/{token}")
            assert answer.status_code == 404, token
            assert answer.headers["content-type"].startswith(TYPES[name])
            assert faults_of(answer.content) == []
            assert "链接不对" in words_of(answer.content)
            assert token not in answer.text or len(token) == 1
            assert "set-cookie" not in answer.headers
        assert "链接不对" in words_of(client.get("/wap/a/b/c").content)
        assert client.put(f"/wap/{site.cover}").status_code in (404, 405)


def test_a_link_ends_and_a_killed_edition_is_withdrawn(site: Site, asking: Asking) -> None:
    client = asking("k750")
    with site.runtime.transaction() as session:
        version = session.get_one(EditionVersion, site.version_id)
        version.created_at, version.issue_date = version.created_at - timedelta(days=200), version.issue_date - timedelta(days=400)
    ended = client.get(f"/wap/{site.cover}")
    assert (ended.status_code, ended.headers["cache-control"]) == (410, "private, no-store")
    assert "链接已过期" in words_of(ended.content)
    with site.runtime.transaction() as session:
        session.execute(update(EditionVersion).values(created_at=site.runtime.now()))
    assert client.get(f"/wap/{site.cover}").status_code == 200, "an old paper that was imported now opens"
    with site.runtime.transaction() as session:
        session.get_one(Edition, site.edition_id).state = "killed"
    assert "内容已撤回" in words_of(client.get(f"/wap/{site.cover}").content)


def test_odd_headers_are_no_trouble(still_site: Site) -> None:
    site, asking = still_site, browsers(still_site)
    client = asking("k750")
    for headers in (
        {"accept": ",".join(f"a/b{number};q={number}" for number in range(900))},
        {"accept": "text/vnd.wap.wml;q=nan, text/html;q=-3, ;;;,,"},
        {"user-agent": "Nokia" * 1_000},
        {"user-agent": "\x01\x02(((", "x-wap-profile": '"' * 300},
        {"x-wap-profile": "http://a/" + "../" * 400},
        {"x-up-devcap-screenpixels": "0,0", "ua-pixels": "99999x1"},
        {"accept": ""},
    ):
        assert client.get(f"/wap/{site.cover}", headers=headers).status_code == 200
