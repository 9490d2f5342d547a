"""Of several forms each reader gets one: tones, heroes; and short titles, shares and greyscale as folders say them."""

from __future__ import annotations

import dataclasses
import io
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from content.alternatives import Choice, Taste, parse_tones
from content.compose import Composition, PictureSource, compose
from content.compose.titles import TITLE_CHARACTERS_MAX, suggested
from content.folder import read_folder
from content.folder.shares import levels_warning
from content.manuscript import Item, Manuscript
from content.signatures import SignatureRules
from content.wap.documents import PICTURE_TYPE, read_picture
from huabao.errors import UsageError
from subscribers.handset_classes import handset_class
from subscribers.segments import ReaderFacts
from tests.unit.content import editions

FUNNY = "新桥今天第一次见人，有点紧张，只晃了两下。"
SECTION = [{"title": "要闻", "items": ["articles/bridge.md", "articles/bridge.humorous.md", "articles/last.md"]}]


def told_twice(folder: Path, **values: Any) -> Path:
    return editions.write(
        folder,
        {
            "edition.yaml": editions.edition(sections=SECTION, **values),
            "articles/bridge.md": editions.article("新桥今晨通车，首班车六点十分驶过桥面", short_title="新桥通车"),
            "articles/bridge.humorous.md": editions.article("新桥害羞了", FUNNY),
            "articles/last.md": editions.article("一笑", "月亮没买票，只好跑着。", tone="humorous"),
        },
    )


def message(manuscript: Manuscript, items: tuple[str, ...], assets: dict[str, bytes], name: str = "30kb-128x160") -> Composition:
    return compose(manuscript, items, handset_class(name), PictureSource(assets.__getitem__), "http://w")


def test_a_story_in_two_tones_is_one_story(tmp_path: Path) -> None:
    found = read_folder(told_twice(tmp_path), {})
    assert [item.story for item in found.manuscript.items] == ["articles/bridge", "articles/bridge", None]
    assert found.warnings == ()
    assert Manuscript.from_document(found.manuscript.to_document()) == found.manuscript


@pytest.mark.parametrize(("klass", "first"), [(None, "bridge"), ("A", "bridge"), ("D", "bridge.humorous"), ("F", "bridge")])
def test_a_reader_gets_the_tone_of_his_class_and_the_other_where_there_is_only_that(tmp_path: Path, klass: str | None, first: str) -> None:
    manuscript = read_folder(told_twice(tmp_path), {}).manuscript
    rules = SignatureRules(Manuscript(**{**vars(manuscript), "tones": {"D": "humorous"}}))
    assert rules.items_of(rules.mask_of(ReaderFacts(attribute_class=klass))) == (f"articles/{first}.md", "articles/last.md")
    assert rules.default_items == ("articles/bridge.md", "articles/last.md")
    assert rules.fullest == (rules.default_items, ("articles/bridge.humorous.md", "articles/last.md"))


def test_a_tone_that_nobody_reads_makes_no_rule(tmp_path: Path) -> None:
    manuscript = read_folder(told_twice(tmp_path), {}).manuscript
    assert SignatureRules(manuscript).rules == ()
    assert SignatureRules(manuscript).items_of("") == ("articles/bridge.md", "articles/last.md")


def test_the_same_story_twice_in_one_tone_for_the_same_readers_is_said(tmp_path: Path) -> None:
    items = [*SECTION[0]["items"], "articles/third.md"]
    folder = told_twice(tmp_path)
    text = editions.edition(sections=[{"title": "要闻", "items": items}])
    editions.write(folder, {"edition.yaml": text, "articles/third.md": editions.article("又一座桥", "又说了一遍。", story="articles/bridge")})
    (warning,) = read_folder(folder, {}).warnings
    assert warning.startswith("articles/third.md: tells “articles/bridge” as plain as articles/bridge.md does")


def test_an_unknown_tone_counts_as_plain(tmp_path: Path) -> None:
    editions.write(tmp_path, {"edition.yaml": editions.edition(sections=[{"title": "甲", "items": ["a.md"]}]), "a.md": editions.article("甲", tone="lively")})
    found = read_folder(tmp_path, {})
    assert found.warnings == ("a.md:3: `tone` is 'lively' and counts as plain; there are plain, humorous",)
    assert found.manuscript.items[0].tone == "plain"


@pytest.mark.parametrize(("text", "tones"), [("", {}), ("D=humorous", {"D": "humorous"}), (" D = humorous，C=humorous, A=plain", {"D": "humorous", "C": "humorous"})])
def test_tones_by_class_are_read(text: str, tones: dict[str, str]) -> None:
    assert parse_tones(text) == tones


@pytest.mark.parametrize("text", ["D", "G=humorous", "D=funny", "D=humorous,D=plain", "=plain"])
def test_wrong_tones_by_class_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="write D=humorous"):
        parse_tones(text)


def heroic(folder: Path, heroes: list[dict[str, object]], **values: Any) -> Path:
    text = editions.edition("comic", number="6", pages=[{"image": "pages/01.png"}, {"image": "pages/02.png"}], heroes=heroes, **values)
    names = ("pages/01.png", "pages/02.png", "h/1.png", "h/2.png", "h/3.png", "h/4.png")
    return editions.write(folder, {"edition.yaml": text, **{name: editions.picture(80, 100, f"#{n}0{n}000", form="PNG", noise=False) for n, name in enumerate(names)}})


HEFEI, WUHU = ({"field": "city", "op": "eq", "value": city} for city in ("合肥", "芜湖"))
FANS = {"field": "preferences.topics", "op": "contains", "value": "sport"}
HEROES: list[dict[str, object]] = [
    {"name": "红", "pages": [{"image": "h/1.png"}]},
    {"name": "绿", "segment": HEFEI, "cover": "h/4.png", "pages": [{"image": "h/2.png"}]},
    {"name": "蓝", "segment": FANS, "pages": [{"image": "h/3.png"}]},
]


@pytest.mark.parametrize(
    ("city", "topics", "page"),
    [(None, (), "h/1.png"), ("合肥", (), "h/2.png"), ("芜湖", ("sport",), "h/3.png"), ("合肥", ("sport",), "h/2.png"), ("芜湖", (), "h/1.png")],
)
def test_everybody_has_one_hero_the_first_that_fits(tmp_path: Path, city: str | None, topics: tuple[str, ...], page: str) -> None:
    found = read_folder(heroic(tmp_path, HEROES), {})
    assert [hero.name for hero in found.manuscript.heroes] == ["绿", "蓝", "红"]
    assert Manuscript.from_document(found.manuscript.to_document()) == found.manuscript
    rules = SignatureRules(found.manuscript)
    assert rules.items_of(rules.mask_of(ReaderFacts(city=city, topics=topics))) == ("pages/01.png", "pages/02.png", page)
    assert len(rules.fullest) == 3


def test_a_hero_has_a_cover_of_his_own(tmp_path: Path) -> None:
    found = read_folder(heroic(tmp_path, HEROES), {})
    assets = {sha256: data for sha256, (data, _) in found.assets.items()}
    rules = SignatureRules(found.manuscript)
    covers = {message(found.manuscript, items, assets).slides[0].picture.data for items in rules.fullest}  # type: ignore[union-attr]  # a cover has a picture
    assert len(covers) == 2


@pytest.mark.parametrize(
    ("heroes", "said"),
    [
        ([{"name": "红", "segment": HEFEI, "pages": [{"image": "h/1.png"}]}], "0 heroes without `segment`"),
        ([{"name": "红", "pages": [{"image": "h/1.png"}]}, {"name": "绿", "pages": [{"image": "h/2.png"}]}], "2 heroes without `segment` (红, 绿)"),
        ([{"name": "红"}], "the hero '红' has no page"),
        ([{"name": "红", "pages": [{"image": "h/1.png", "hero": "黑"}]}], "belongs to the hero '黑', whom `heroes` does not name"),
        ([{"pages": [{"image": "h/1.png"}]}], "a hero without `name`"),
        ([{"name": "红", "pages": [{"image": "h/1.png"}]}] * 2, "two heroes are called '红'"),
    ],
)
def test_wrong_heroes_are_refused(tmp_path: Path, heroes: list[dict[str, object]], said: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_folder(heroic(tmp_path, heroes), {})
    assert said in str(refused.value)


def test_of_any_alternatives_each_reader_gets_one() -> None:
    items = st.builds(
        lambda key, story, hero, tone: Item(key, None, article=None, story=story, hero=hero), st.uuids().map(str), st.sampled_from((None, "a", "b")), st.sampled_from((None, "x", "y")), st.none()
    )

    @given(items=st.lists(items, max_size=8), tone=st.sampled_from(("plain", "humorous")), hero=st.sampled_from((None, "x", "y")))
    def holds(items: list[Item], tone: str, hero: str | None) -> None:
        got = set(Choice.among(items, Taste(tone, hero)))
        kept = [item for item in items if item.key in got]
        assert max(Counter(item.story for item in kept if item.story is not None).values(), default=0) <= 1
        assert {item.hero for item in kept} <= {None, hero}
        assert {item.key for item in items if item.story is None and item.hero in (None, hero)} <= got

    holds()


def test_the_smallest_screens_show_short_titles_and_pages_the_whole_ones(tmp_path: Path) -> None:
    sections = [{"title": "要闻和本市新闻", "short_title": "要闻", "items": ["a.md", "b.md"]}]
    long = "新桥今晨通车，首班车六点十分驶过桥面"
    editions.write(
        tmp_path,
        {"edition.yaml": editions.edition(sections=sections), "a.md": editions.article(long, f"{long}\n\n{editions.LONG}", short_title="新桥通车"), "b.md": editions.article("菜价", FUNNY)},
    )
    manuscript = read_folder(tmp_path, {}).manuscript
    small, large = (message(manuscript, ("a.md", "b.md"), {}, name) for name in ("30kb-128x160", "100kb-240x320"))
    texts = ["\n".join(slide.text for slide in one.slides) for one in (small, large)]
    assert "新桥通车" in texts[0] and long not in texts[0]
    assert long in texts[1] and "新桥通车" not in texts[1]
    assert all(any(long in page.body.decode() for page in one.wap_pages) for one in (small,))


@pytest.mark.parametrize(
    ("title", "short"),
    [
        ("合肥地铁四号线今晨全线开通，市民排队体验首班车", "合肥地铁四号线今晨全线开通"),
        ("百年老店的一百二十个故事和它的三代掌柜", None),
        ("他说：“走，我们都去看一看新桥”，大家就都去了", "他说：“走，我们都去看一看新桥”"),
    ],
)
def test_a_short_title_is_suggested_at_a_pause(title: str, short: str | None) -> None:
    assert suggested(title) == short


@given(st.text("，。“”《》甲乙丙丁 ", max_size=60))
def test_a_suggestion_is_part_of_the_title_and_short(title: str) -> None:
    short = suggested(title)
    assert short is None or (short in title and len(short) <= TITLE_CHARACTERS_MAX)


@pytest.mark.parametrize(("kind", "said"), [("newspaper", "greyscale"), ("magazine", "mourning"), ("comic", "mourning")])
def test_a_day_of_mourning_has_no_colour_anywhere(tmp_path: Path, kind: str, said: str) -> None:
    folder = {"newspaper": editions.newspaper, "magazine": editions.magazine, "comic": editions.comic}[kind](tmp_path, greyscale=said == "greyscale")
    found = read_folder(folder, {})
    manuscript = dataclasses.replace(found.manuscript, mourning=said == "mourning")
    assert manuscript.colourless
    made = message(manuscript, SignatureRules(manuscript).all_items, {sha256: data for sha256, (data, _) in found.assets.items()})
    pictures = [slide.picture.data for slide in made.slides if slide.picture is not None]
    assert pictures
    behind = [read_picture(page.body) for page in made.wap_pages if page.media_type == PICTURE_TYPE]
    assert behind and all(one.grey for one in behind)
    for data in pictures:
        red, green, blue = Image.open(io.BytesIO(data)).convert("RGB").split()
        assert red.tobytes() == green.tobytes() == blue.tobytes()


@pytest.mark.parametrize(
    ("shares", "said"),
    [({"province": 0.5, "city": 0.2}, "the shares are 0.7 together"), ({"province": "viel", "city": 1}, "write a number from 0 to 1"), ({"province": 1.5}, "write a number from 0 to 1")],
)
def test_wrong_shares_are_refused(tmp_path: Path, shares: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_folder(editions.newspaper(tmp_path, shares=shares), {})
    assert said in str(refused.value)


def test_a_level_without_an_item_is_said(tmp_path: Path) -> None:
    found = read_folder(editions.newspaper(tmp_path, shares={"province": 0.5, "group": 0.3, "city": 0.2}), {})
    assert found.manuscript.shares == {"province": 0.5, "group": 0.3, "city": 0.2}
    assert levels_warning(found.manuscript) == (
        "no item is of level group (30%), which is to have a share: the others get it; write `level` into an article's front matter"
    )  # fmt: skip
