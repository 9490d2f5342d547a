"""Messages of every kind for every class: budget, text, SMIL, links, and the same bytes each time."""

from __future__ import annotations

import dataclasses
import io
import re
from collections.abc import Callable
from email import message_from_bytes, policy
from pathlib import Path

import pytest
import yaml
from PIL import Image

from content.codecs.mm1 import RetrieveConf, decode_pdu
from content.codecs.smil import decode_smil
from content.compose import Composition, PictureSource, compose
from content.compose.pieces import text_parts
from content.compose.wap import OWN_PAGE
from content.folder import read_folder
from content.manuscript import Article
from content.preflight.message import failures_of
from content.wap.documents import PAGE_TYPE, read_page
from content.wap.tokens import wap_address
from subscribers.handset_classes import handset_class, handset_classes
from tests.unit.content import editions
from tests.unit.content.composing import BASE, KINDS, composed

EACH = [(kind, name) for kind in KINDS for name in handset_classes()]


@pytest.mark.parametrize(("kind", "name"), EACH)
def test_the_whole_message_fits_and_uses_its_budget(built: Callable[[str, str], Composition], kind: str, name: str) -> None:
    made, handset = built(kind, name), handset_class(name)
    assert len(made.mms) <= handset.budget_bytes
    if made.worst_quality < 90:
        assert len(made.mms) >= 0.95 * handset.budget_bytes
    assert len(made.slides) <= (handset.comic_slides_max if kind == "comic" else handset.slides_max)
    assert failures_of(made, handset) == []


@pytest.mark.parametrize(("kind", "name"), EACH)
def test_smil_names_every_part_in_order_and_keeps_time(built: Callable[[str, str], Composition], kind: str, name: str) -> None:
    made = built(kind, name)
    smil = decode_smil(made.related.parts[0].data)
    named = [source for slide in smil.slides for source in (slide.image_src, slide.text_src) if source]
    assert named == [part.content_location for part in made.related.parts[1:]]
    for slide, shown in zip(made.slides, smil.slides, strict=True):
        seconds = (2 if slide.picture else 0) + -(-len(slide.text) // 6)
        assert shown.duration_ms == slide.duration_ms == 1000 * min(20, max(4, seconds))


@pytest.mark.parametrize(("kind", "name"), EACH)
def test_mime_and_pdu_carry_the_same_parts(built: Callable[[str, str], Composition], kind: str, name: str) -> None:
    made = built(kind, name)
    pdu = decode_pdu(made.mms)
    assert isinstance(pdu, RetrieveConf)
    entity = message_from_bytes(made.mime, policy=policy.HTTP)
    read = [part.get_payload(decode=True) for part in entity.iter_parts()]
    assert entity.get_content_type() == "multipart/related"
    assert read == [part.data for part in made.related.parts] == [part.data for part in pdu.related.parts]


@pytest.mark.parametrize(("kind", "name"), EACH)
def test_text_on_slides(built: Callable[[str, str], Composition], kind: str, name: str) -> None:
    handset = handset_class(name)
    for slide in built(kind, name).slides:
        text, _, link = slide.text.partition("\n全文: ")
        assert len(text) <= handset.slide_chars_max
        assert slide.text.strip() == slide.text
        assert slide.picture is not None or len(text) >= 4, "a slide of nothing"
        assert not re.search(r"(?m)^[，。！？；：、）】》」』”’]", text), "a line that begins with a closing mark"
        assert "\n\n" not in text
        if link:
            assert re.fullmatch(re.escape(BASE) + "/[a-z2-7]{24}", link), "the link comes last"
            assert re.search(r"[。！？”…）]$|篇$", text) or "· " in text or text.count("\n") <= 2, text


@pytest.mark.parametrize(("kind", "name"), EACH)
def test_what_is_cut_is_behind_its_link(built: Callable[[str, str], Composition], kind: str, name: str) -> None:
    made = built(kind, name)
    address = wap_address(BASE)
    kept = {page.token: page for page in made.wap_pages}
    linked = [token for slide in made.slides for token in re.findall(re.escape(BASE) + "/([a-z2-7]+)", slide.text)]
    linked += [moved.where.removeprefix(BASE + "/") for moved in made.moved if moved.where]
    entries = {address.page_name(token) for token in linked}
    assert entries <= set(kept)
    seen: set[str] = set()
    left = [made.wap_pages[0].token, *(name for name in entries if name)]
    while left:
        found = left.pop()
        if found in seen:
            continue
        seen.add(found)
        if kept[found].media_type == PAGE_TYPE:
            page = read_page(kept[found].body)
            named = [page.previous, page.next, page.home, *(getattr(block, "page", "") or getattr(block, "picture", "") for block in page.blocks)]
            left += [one for one in named if one and one != OWN_PAGE]
    assert seen == set(kept), "a page that nothing leads to"


@pytest.mark.parametrize("name", handset_classes())
def test_nothing_of_a_newspaper_is_lost_without_a_word(built: Callable[[str, str], Composition], name: str) -> None:
    made = built("newspaper", name)
    shown = {key for slide in made.slides for key in slide.items}
    moved = {moved.item for moved in made.moved if moved.what == "item"}
    assert {f"articles/{number}.md" for number in range(1, 10)} <= shown | moved
    pages = "".join(page.body.decode() for page in made.wap_pages)
    texts = "".join(slide.text for slide in made.slides)
    for sentence in ("一位老人说", "这是第120句话", "免费入场"):
        assert sentence in texts or sentence in pages


def test_the_smallest_class_still_gets_a_masthead_and_the_lead(built: Callable[[str, str], Composition]) -> None:
    slides = built("newspaper", "30kb-128x160").slides
    assert slides[0].picture is not None
    assert slides[0].text.startswith("江城早报\n11月22日 星期日\n· 新桥通车")
    assert slides[1].picture is not None
    assert "■ 新桥通车" in slides[1].text
    assert len(slides) >= 6


@pytest.mark.parametrize("name", handset_classes())
def test_a_magazine_has_its_parts_in_order(built: Callable[[str, str], Composition], name: str) -> None:
    made = built("magazine", name)
    texts = [slide.text for slide in made.slides]
    assert texts[0].startswith("江城会刊")
    assert texts[1].startswith("本期目录")
    places = [next(place for place, text in enumerate(texts) if word in text) for word in ("■ 写在前面", "■ 彩信怎么看", "■ 散文之1", "江城新桥有几条车道", "四格漫画 1")]
    assert places == sorted(places)
    asked = "\n".join(texts)
    assert "2. 四条" in asked
    assert "编辑短信 DA1、DA2 或 DA3 发送到 10650000。" in asked
    assert "截止12月31日24:00，抽取20名获奖者。" in asked
    panels = [slide for slide in made.slides if slide.text.startswith("四格漫画")]
    assert len(panels) in (2, 4)
    assert all(slide.picture is not None for slide in panels)


@pytest.mark.parametrize("name", handset_classes())
def test_a_comic_shows_every_panel_and_its_credit(built: Callable[[str, str], Composition], name: str) -> None:
    made = built("comic", name)
    assert made.slides[0].text == "小船\n第6期"
    assert "江城出版社, CC BY 4.0" in made.slides[-1].text
    left = [moved.item for moved in made.moved]
    assert {key for slide in made.slides for key in slide.items} | set(left) == {f"pages/{number:02}.png" for number in range(1, 7)}
    assert made.slides[1].text in ("1/7", "1-2/7")
    assert made.slides[-1].text.startswith(f"后面还有{len(left)}页\n" if left else "小船 完\n")


@pytest.mark.parametrize("name", ["30kb-128x160", "100kb-240x320"])
def test_pages_that_do_not_fit_are_pictures_behind_the_last_link(tmp_path: Path, name: str) -> None:
    found = read_folder(editions.comic(tmp_path, 12, panels=False), {})
    made = composed(found, name)
    assert made.worst_quality >= 45, "rather fewer panels"
    shown = {key for slide in made.slides for key in slide.items}
    left = [moved.item for moved in made.moved]
    whole = {moved.item for moved in made.moved if moved.what == "item"}
    assert shown | set(left) == {f"pages/{number:02}.png" for number in range(1, 13)}
    assert left == sorted(left), "the end of the story is left, not the middle"
    assert not shown & whole
    assert made.slides[-1].text.startswith(f"后面还有{len(left)}页\n江城出版社, CC BY 4.0\n全文: {BASE}/")
    assert made.moved[0].where == made.slides[-1].text.partition("全文: ")[2]
    pages = {page.token: page for page in made.wap_pages}
    for moved in made.moved:
        linked = wap_address(BASE).page_name(moved.where.removeprefix(BASE + "/"))
        assert linked is not None
        page = read_page(pages[linked].body)
        assert (page.kind, page.item) == ("picture", moved.item)


def test_a_credit_and_a_title_longer_than_a_slide_are_divided_and_shortened(tmp_path: Path) -> None:
    credit = "；".join(f"第{number}回 江城出版社 www.example.com/{number:04}" for number in range(1, 9))
    title = "一二三四五六七八九十" * 10
    for kind, folder in KINDS.items():
        path = folder(tmp_path / kind)
        document = yaml.safe_load((path / "edition.yaml").read_text("utf-8"))
        (path / "edition.yaml").write_text(yaml.safe_dump({**document, "title": title, "credit": credit}, allow_unicode=True), "utf-8")
        found = read_folder(path, {})
        for name in ("30kb-128x160", "600kb-480x800") if kind == "newspaper" else ("30kb-128x160",):
            handset = handset_class(name)
            made = composed(found, name)
            assert failures_of(made, handset) == []
            texts = [slide.text for slide in made.slides]
            assert all(len(text.partition("\n全文: ")[0]) <= handset.slide_chars_max for text in texts)
            assert credit.replace(" ", "") in "".join(texts).replace("\n", "").replace(" ", "")
            for number in range(1, 9):
                assert any(f"www.example.com/{number:04}" in text for text in texts), "an address is not divided"


def test_a_photograph_that_has_to_go_is_listed(tmp_path: Path) -> None:
    items = [f"{number}.md" for number in range(1, 10)]
    files: dict[str, str | bytes] = {"edition.yaml": editions.edition(sections=[{"title": "要闻", "items": items}])}
    for number, name in enumerate(items):
        files |= {name: editions.article(f"第{number}条", editions.STORY[number * 7 :] + str(number), image=f"{number}.jpg"), f"{number}.jpg": editions.picture(640, 480)}
    found = read_folder(editions.write(tmp_path, files), {})
    small = dataclasses.replace(handset_class("30kb-128x160"), budget_bytes=11_000)
    made = compose(found.manuscript, items, small, PictureSource(lambda sha256: found.assets[sha256][0]), BASE)
    lost = [moved.item for moved in made.moved if moved.what == "picture"]
    assert lost
    assert all(moved.why.endswith("at a quality of at least 40") for moved in made.moved if moved.what == "picture")
    first = {slide.items[0]: slide for slide in reversed(made.slides) if len(slide.items) == 1}
    pictured = {key for key, slide in first.items() if slide.picture is not None}
    assert set(lost) == set(first) - pictured


def test_a_tall_strip_is_divided_with_overlap(tmp_path: Path) -> None:
    editions.write(tmp_path, {"edition.yaml": editions.edition("comic", reading="vertical", pages=[{"image": "s.png"}]), "s.png": editions.picture(200, 1600, form="PNG")})
    made = composed(read_folder(tmp_path, {}), "300kb-320x480")
    assert made.moved == ()
    heights = [slide.picture.height_px for slide in made.slides[1:-1] if slide.picture]
    assert len(heights) >= 4
    assert sum(heights) > 1600 * 0.9, "neighbours overlap"


def test_the_same_input_is_the_same_bytes(tmp_path: Path) -> None:
    found = read_folder(editions.newspaper(tmp_path), {})
    first, second = composed(found, "100kb-240x320"), composed(found, "100kb-240x320")
    assert (first.mms, first.mime, first.wap_pages) == (second.mms, second.mime, second.wap_pages)


def test_other_items_are_another_message(tmp_path: Path) -> None:
    found = read_folder(editions.newspaper(tmp_path), {})
    keys = tuple(item.key for item in found.manuscript.items if item.rule is None)
    fewer = composed(found, "600kb-480x800", keys)
    assert not any("主队" in slide.text for slide in fewer.slides)
    assert any("主队" in slide.text for slide in composed(found, "600kb-480x800").slides)


def test_pictures_fill_the_width_of_the_screen(built: Callable[[str, str], Composition]) -> None:
    slide = built("newspaper", "100kb-240x320").slides[1]
    assert slide.picture is not None
    with Image.open(io.BytesIO(slide.picture.data)) as image:
        assert image.size == (slide.picture.width_px, slide.picture.height_px)
        assert image.width == 240


def test_a_title_is_not_said_twice() -> None:
    parts = text_parts(Article("狗·猫·鼠", ("狗 猫 鼠", "·作者·", "从去年起。")))
    assert (parts.title, parts.byline, parts.paragraphs) == ("狗·猫·鼠", "·作者·", ("从去年起。",))
    assert text_parts(Article("甲", ("（短。）",))).paragraphs == ("（短。）",)


def test_links_are_the_same_for_every_class(tmp_path: Path) -> None:
    found = read_folder(editions.newspaper(tmp_path), {})
    small, large = ({page.token: page.body for page in composed(found, name).wap_pages} for name in ("30kb-128x160", "600kb-480x800"))
    assert small.items() >= {token: body for token, body in large.items() if token in small}.items()
    assert len(set(large) & set(small)) >= 12, "a page is made once, not for each class"
