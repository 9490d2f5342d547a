"""Plans of sections, shares, whose section it is, whom an article names as its source."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.manuscript import Article, Item, Manuscript, Section
from content.proof.wording import say
from content.workflow.cities import guard_section, guard_version, is_of
from content.workflow.hits import KINDS
from content.workflow.plans import parse_sections, parse_shares
from content.workflow.screening import sources_of
from huabao.errors import UsageError


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("- 要闻\n- {title: 合肥, city: 合肥, fallback: yesterday}", [{"title": "要闻"}, {"title": "合肥", "city": "合肥", "fallback": "yesterday"}]),
        ("- {title: 常识, fallback: 2026-standing, city: ''}", [{"title": "常识", "fallback": "2026-standing"}]),
    ],
)
def test_a_plan_is_read(text: str, found: list[dict[str, Any]]) -> None:
    assert parse_sections(text) == found


@pytest.mark.parametrize("text", ["x: 1", "- {titel: 甲}", "- 甲\n- 甲", "- [甲]", "- {title: " + "甲" * 61 + "}", "- {title: [", "7"])
def test_a_wrong_plan_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_sections(text)


@given(st.text("-{}[]:,& *!甲a1\n '\"", max_size=60))
def test_no_plan_makes_it_fall(text: str) -> None:
    try:
        found = parse_sections(text)
    except UsageError:
        return
    assert all(set(one) <= {"title", "city", "fallback"} and one["title"] for one in found)


@pytest.mark.parametrize(("text", "found"), [("", {}), ("city=0.2, province=0.5,group=0.3", {"province": 0.5, "group": 0.3, "city": 0.2}), ("province=1,city=0", {"province": 1.0})])
def test_shares_are_read(text: str, found: dict[str, float]) -> None:
    assert parse_shares(text) == found


@pytest.mark.parametrize("text", ["province", "province=0.5", "town=1", "province=nan", "province=0.5,province=0.5", "province=2"])
def test_wrong_shares_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_shares(text)


def rule(op: str, value: Any) -> dict[str, Any]:
    return {"field": "city", "op": op, "value": value}


@pytest.mark.parametrize(
    ("section", "own"),
    [
        (Section("城市", (), city="合肥"), True),
        (Section("合肥", (), city="芜湖"), False),
        (Section("合肥", (Item("a", None),)), True),
        (Section("城市", (Item("a", rule("eq", "合肥")),)), True),
        (Section("城市", (Item("a", {"all": [rule("in", ["合肥"]), {"field": "drive", "op": "eq", "value": "x"}]}),)), True),
        (Section("城市", (Item("a", rule("in", ["合肥", "芜湖"])),)), False),
        (Section("城市", (Item("a", {"any": [rule("eq", "合肥"), rule("eq", "芜湖")]}),)), False),
        (Section("城市", (Item("a", rule("eq", "合肥")), Item("b", None))), False),
    ],
)
def test_whose_section_it_is(section: Section, own: bool) -> None:
    assert is_of(section, "合肥") == own


def paper(*sections: Section, **values: Any) -> Manuscript:
    return Manuscript("p", "newspaper", "1", "报", date(2026, 11, 22), sections, **values)


NEWS, CITY = Section("要闻", (Item("a", None, Article("甲", ("一",))),)), Section("合肥", (Item("b", None, Article("乙", ("二",))),))


@pytest.mark.parametrize(
    ("after", "refused"),
    [
        (paper(NEWS, Section("合肥", ())), ""),
        (paper(NEWS), ""),
        (paper(CITY, NEWS), ""),
        (paper(CITY), "section '要闻'"),
        (paper(NEWS, CITY, credit="x"), "credit"),
        (paper(NEWS, CITY, Section("芜湖", ())), "section '芜湖'"),
        (paper(NEWS, CITY, mourning=True), ""),
        (paper(Section("要闻", NEWS.items, city="合肥"), CITY), "section '要闻'"),
        (paper(NEWS, CITY, Section("合肥天气", (Item("c", rule("eq", "合肥")),))), ""),
    ],
)
def test_what_a_city_editor_may_change(after: Manuscript, refused: str) -> None:
    if not refused:
        guard_version(paper(NEWS, CITY), after, "合肥")
        return
    with pytest.raises(UsageError, match=refused):
        guard_version(paper(NEWS, CITY), after, "合肥")


def test_a_city_without_a_section_is_told_how_to_get_one() -> None:
    with pytest.raises(UsageError, match=r"`city: 安庆` in edition\.yaml makes one his"):
        guard_section(paper(NEWS, CITY), "", "安庆")


@pytest.mark.parametrize(
    ("article", "names"),
    [
        (Article("甲", ("一",), source="新华社、本报"), ["新华社", "本报"]),
        (Article("甲", ("一",), credit="来源：BBC News，新华社"), ["BBC News", "新华社"]),
        (Article("甲", ("一",), credit="摄影 某某"), []),
        (Article("甲", ("一",), source="新华社", credit="来源：别处"), ["新华社"]),
    ],
)
def test_whom_an_article_names_as_its_source(article: Article, names: list[str]) -> None:
    assert sources_of(article) == names


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_proof_has_words_for_every_hit(language: str) -> None:
    assert all(say(language, f"hit_{kind}") for kind in KINDS)
