"""A link and a text for handsets without MMS: words, pages, the same bytes each time."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from console.slides import first_slide_png
from content.compose.short import PUSH_CHARS_MAX, TEXT_CHARS_MAX, ShortComposition, ShortMessage, compose_short
from content.compose.sources import PictureSource
from content.compose.wap import wap_edition
from content.manuscript import Article, Item, Manuscript, PictureRef, Section
from content.wap.documents import PAGE_TYPE, PICTURE_TYPE, Link, PageDocument, read_page
from content.wap.tokens import wap_address
from huabao.errors import CodecError, UsageError

BASE = "https://wap.example/wap"


def photograph() -> bytes:
    shown = io.BytesIO()
    Image.new("RGB", (640, 480), (90, 140, 60)).save(shown, "JPEG")
    return shown.getvalue()


PICTURE = PictureRef("images/a.jpg", "a" * 64, 640, 480)


def paper(*titles: str, pictures: int = 0, kind: str = "newspaper") -> Manuscript:
    articles = [Item(f"articles/{number}.md", None, article=Article(title, (f"{title}的正文。" * 30,))) for number, title in enumerate(titles, 1)]
    shown = [Item(f"images/{number}.jpg", None, picture=PICTURE) for number in range(1, pictures + 1)]
    return Manuscript("paper", kind, "2026-11-22", "手机早报", date(2026, 11, 22), (Section("要闻", (*articles, *shown)),))


def made(manuscript: Manuscript, *, push: bool) -> ShortComposition:
    return compose_short(manuscript, [item.key for item in manuscript.items], PictureSource(lambda _: photograph()), BASE, push=push)


def opened(found: ShortComposition) -> PageDocument:
    """The document behind the link."""
    name = wap_address(BASE).page_name(found.message.href.removeprefix(f"{BASE}/"))
    return read_page(next(page.body for page in found.wap_pages if page.token == name))


def test_a_text_names_the_paper_and_ends_with_the_link() -> None:
    found = made(paper("清晨的第一班车", "图书馆延长开放"), push=False)
    assert found.message.text == f"手机早报 2026-11-22：清晨的第一班车；图书馆延长开放 {found.message.href}"
    cover = opened(found)
    assert cover.kind == "cover"
    assert {"清晨的第一班车", "图书馆延长开放", "目录"} <= {block.text for block in cover.blocks if isinstance(block, Link)}


@given(st.lists(st.text("春夏秋冬天地人和abc ", min_size=1, max_size=30), min_size=1, max_size=12), st.booleans())
def test_words_keep_to_their_length_and_come_back(titles: list[str], push: bool) -> None:
    message = made(paper(*titles), push=push).message
    assert len(message.text) <= (PUSH_CHARS_MAX if push else TEXT_CHARS_MAX)
    assert push or message.text.endswith(message.href)
    assert ShortMessage.decode(message.encode()) == message


def test_the_same_edition_has_the_same_pages() -> None:
    one, two = (made(paper("一", "二", pictures=2), push=True) for _ in range(2))
    assert (one.message, [page.body for page in one.wap_pages]) == (two.message, [page.body for page in two.wap_pages])


def test_no_other_edition_and_no_other_design_has_them() -> None:
    here = paper("一", pictures=1)
    others = (replace(here, publication="evening"), replace(here, number="2026-11-23"), replace(here, design_sha256="d" * 64))
    names = [{page.token for page in edition.documents} for edition in (wap_edition(one, [item.key for item in here.items], None) for one in (here, *others))]
    assert not names[0] & names[1]
    assert not names[0] & names[2]
    assert len(names[0] & names[3]) == 1, "a picture, which no design dresses"


def test_pictures_are_behind_the_link_too() -> None:
    found = made(paper("一", pictures=2), push=True)
    assert sum(page.media_type == PICTURE_TYPE for page in found.wap_pages) == 1, "the same picture is kept once"
    assert sum(read_page(page.body).kind == "picture" for page in found.wap_pages if page.media_type == PAGE_TYPE) == 2


def test_a_comic_begins_with_its_cover() -> None:
    cover = opened(made(paper(pictures=2, kind="comic"), push=True))
    assert [block.text for block in cover.blocks if isinstance(block, Link)] == ["开始阅读", "目录", "我的套餐"]


def test_an_edition_of_nothing_has_no_link() -> None:
    with pytest.raises(UsageError, match="empty link"):
        made(paper(), push=True)


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"text": "x"}', b"\xff"])
def test_what_is_no_short_message_is_refused(data: bytes) -> None:
    with pytest.raises(CodecError):
        ShortMessage.decode(data)


@pytest.mark.parametrize("channel", ["wap-push", "sms"])
def test_the_console_shows_it_on_a_small_screen(channel: str) -> None:
    message = made(paper("一"), push=channel == "wap-push").message
    with Image.open(io.BytesIO(first_slide_png(message.encode(), channel))) as shown:
        assert shown.size[0] == 240
