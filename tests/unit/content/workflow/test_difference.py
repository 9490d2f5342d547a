"""What changed between two versions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from content.manuscript import Article, Item, Manuscript, PictureRef, Section
from content.workflow.binding import Binding, drift
from content.workflow.difference import TOKENS_MAX, difference, runs, sections_changed

PICTURE = PictureRef("images/a.jpg", "ab" * 32, 640, 480)


def item(key: str, *paragraphs: str, title: str = "标题", rule: dict[str, str] | None = None) -> Item:
    return Item(key, rule, Article(title, paragraphs))


def paper(*sections: Section) -> Manuscript:
    return Manuscript("p", "newspaper", "1", "早报", date(2026, 11, 22), sections)


BEFORE = paper(Section("要闻", (item("1", "星期一早晨开放。", "第二段。"), item("2", "没变。"))), Section("体育", (item("3", "赢了。"),)))


def with_first(one: Item) -> Manuscript:
    return replace(BEFORE, sections=(Section("要闻", (one, BEFORE.items[1])), BEFORE.sections[1]))


def test_nothing_changed() -> None:
    found = difference(BEFORE, BEFORE)
    assert found.empty
    assert found.is_text_only
    assert found.characters == 0


def test_a_typo() -> None:
    found = difference(BEFORE, with_first(item("1", "星期二早晨开放。", "第二段。")))
    (change,) = found.items
    assert (change.item, change.what, change.facts) == ("1", "changed", {})
    (text,) = change.texts
    assert (text.where, text.runs) == ("paragraph 1", (("=", "星期"), ("-", "一"), ("+", "二"), ("=", "早晨开放。")))
    assert (found.characters, found.is_text_only) == (2, True)


def test_paragraphs_that_come_and_go() -> None:
    found = difference(BEFORE, with_first(item("1", "新来的。", "星期一早晨开放。", "第二段。")))
    assert [(text.where, text.runs) for text in found.items[0].texts] == [("paragraph 1", (("+", "新来的。"),))]
    found = difference(BEFORE, with_first(item("1", "第二段。")))
    assert [text.runs for text in found.items[0].texts] == [(("-", "星期一早晨开放。"),)]


def test_pictures_rules_and_order_are_no_typos() -> None:
    first = BEFORE.items[0]
    assert first.article is not None
    for one in (replace(first, rule={"field": "city"}), replace(first, article=replace(first.article, picture=PICTURE)), replace(first, article=replace(first.article, tone="humorous"))):
        found = difference(BEFORE, with_first(one))
        assert not found.is_text_only
        assert len(found.items[0].facts) == 1
    found = difference(BEFORE, replace(BEFORE, sections=(Section("要闻", BEFORE.items[1::-1]), BEFORE.sections[1])))
    assert found.order == (("1", "2", "3"), ("2", "1", "3"))
    assert not found.is_text_only
    found = difference(BEFORE, replace(BEFORE, title="晚报"))
    assert found.edition == {"title": ("早报", "晚报")}
    found = difference(BEFORE, replace(BEFORE, sections=BEFORE.sections[:1]))
    assert [(one.item, one.what) for one in found.items] == [("3", "removed")]
    assert found.edition == {"sections": (["要闻", "体育"], ["要闻"])}
    assert difference(replace(BEFORE, sections=BEFORE.sections[:1]), BEFORE).items[0].what == "added"


def test_sections_changed() -> None:
    assert sections_changed(BEFORE, BEFORE) == set()
    assert sections_changed(BEFORE, with_first(item("1", "别的"))) == {"要闻"}
    assert sections_changed(BEFORE, replace(BEFORE, sections=BEFORE.sections[:1])) == {"体育"}


@given(st.text(max_size=80), st.text(max_size=80))
def test_runs_lead_from_one_text_to_the_other(before: str, after: str) -> None:
    found = runs(before, after)
    assert "".join(text for kind, text in found if kind != "+") == before
    assert "".join(text for kind, text in found if kind != "-") == after
    assert (before == after) == all(kind == "=" for kind, _ in found)


def test_a_text_that_would_be_slow_is_shown_whole() -> None:
    before, after = "甲乙" * TOKENS_MAX, "乙甲" * TOKENS_MAX
    assert runs(before, after) == (("-", before), ("+", after))


SUMS = st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(["1" * 64, "2" * 64]))


@given(SUMS, SUMS, SUMS, SUMS)
def test_drift_is_empty_where_all_that_was_bound_is_there(variants: dict[str, str], pages: dict[str, str], more: dict[str, str], others: dict[str, str]) -> None:
    bound = Binding("m", (), variants, pages)
    assert drift(bound, Binding("m", (), {**more, **variants}, {**others, **pages})).changed == ()
    now = Binding("m", (), {**variants, **more}, pages)
    changed = [name for name, sum_ in more.items() if name in variants and variants[name] != sum_]
    assert len(drift(bound, now).changed) == len(changed)
    assert set(drift(bound, now).late) == set(more) - set(variants)
    assert drift(bound, Binding("m", ("name",), variants, pages)).changed == ("the text or its slots",)
    assert (bound.digest == now.digest) == ({**variants, **more} == variants)
    assert Binding.from_document(bound.to_document()).digest == bound.digest
