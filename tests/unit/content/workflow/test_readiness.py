"""A magazine without one of its four parts is not ready, and the message names the part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from content.manuscript import Article, Item, Manuscript, Panel, PictureRef, Quiz, Section
from content.workflow.readiness import RESERVED, magazine_lacks, partial_parts
from delivery.reports.keywords import KEYWORDS, keyword_of

NOW = datetime(2009, 8, 1, tzinfo=UTC)
QUIZ = Quiz("作者是谁？", ("鲁迅", "巴金"), 1, "10658666", "DA", datetime(2009, 8, 24, 16, tzinfo=UTC), 3)


def picture(number: int = 1) -> PictureRef:
    return PictureRef(f"panels/{number}.png", f"{number:064}", 200, 260)


def magazine(quiz: Quiz | None = QUIZ, panels: int = 4) -> Manuscript:
    text = Article("写在前面", ("您好。",))
    sections = (
        Section("卷首", (Item("a.md", None, text),), "front"),
        Section("业务介绍", (Item("b.md", None, text),), "service"),
        Section("互动问答", (Item("q.md", None, replace(text, quiz=quiz)),), "quiz"),
        Section("四格漫画", tuple(Item(f"panels/{one}.png", None, picture=picture(one)) for one in range(panels)), "comic"),
    )
    return Manuscript("huikan", "magazine", "1", "会刊", date(2009, 8, 1), sections)


def without(part: str) -> Manuscript:
    whole = magazine()
    return replace(whole, sections=tuple(one for one in whole.sections if one.part != part))


def test_a_whole_magazine_lacks_nothing() -> None:
    assert magazine_lacks(magazine(), NOW) == []


@pytest.mark.parametrize(("part", "name"), [("front", "卷首"), ("service", "业务介绍"), ("quiz", "互动问答"), ("comic", "四格漫画")])
def test_a_missing_part_is_named(part: str, name: str) -> None:
    (said,) = magazine_lacks(without(part), NOW)
    assert said.startswith(f"the magazine lacks its {'service introduction' if part == 'service' else 'four-panel comic' if part == 'comic' else part} ({name})")
    assert f"`part: {part}`" in said


def test_all_that_is_missing_is_named_at_once() -> None:
    bare = replace(magazine(), sections=())
    assert len(magazine_lacks(bare, NOW)) == 4


def test_other_kinds_lack_no_part() -> None:
    assert magazine_lacks(replace(magazine(), kind="newspaper", sections=()), NOW) == []
    (said,) = magazine_lacks(replace(magazine(replace(QUIZ, closes_at=NOW)), kind="newspaper"), NOW)
    assert "already" in said, "a quiz is a quiz wherever it stands"


CASES: list[tuple[Callable[[], Manuscript], str]] = [
    (lambda: magazine(None), "asks nothing"),
    (lambda: magazine(panels=3), "has 3 of 4 panels"),
    (lambda: magazine(replace(QUIZ, answer=3)), "an answer among them"),
    (lambda: magazine(replace(QUIZ, choices=("鲁迅",))), "2 to 20 choices"),
    (lambda: magazine(replace(QUIZ, question=" ")), "needs a question"),
    (lambda: magazine(replace(QUIZ, choices=("鲁迅", "魯迅"))), "two choices of the same words"),
    (lambda: magazine(replace(QUIZ, closes_at=NOW)), "closed at 2009-08-01 08:00:00 already"),
    (lambda: magazine(replace(QUIZ, reply_to="热线")), "is no number"),
    (lambda: magazine(replace(QUIZ, keyword="ｔｄ")), "by which readers leave"),
    (lambda: magazine(replace(QUIZ, keyword="退訂有奖")), "by which readers leave"),
]


@pytest.mark.parametrize(("made", "said"), CASES, ids=[said for _, said in CASES])
def test_a_part_without_what_makes_it_one_is_not_there(made: Callable[[], Manuscript], said: str) -> None:
    (found,) = magazine_lacks(made(), NOW)
    assert said in found


def test_a_service_part_of_pictures_alone_introduces_nothing() -> None:
    whole = magazine()
    pictures = replace(whole.sections[1], items=(Item("s.png", None, picture=picture()),))
    (found,) = magazine_lacks(replace(whole, sections=(whole.sections[0], pictures, *whole.sections[2:])), NOW)
    assert "业务介绍" in found


def test_one_page_of_four_named_panels_is_a_four_panel_comic() -> None:
    whole = magazine()
    page = Item("p.png", None, picture=picture(), panels=tuple(Panel(0, at * 50, 200, 50) for at in range(4)))
    assert magazine_lacks(replace(whole, sections=(*whole.sections[:3], replace(whole.sections[3], items=(page,)))), NOW) == []


def test_a_keyword_that_another_open_quiz_has_is_named_with_its_owner() -> None:
    (found,) = magazine_lacks(magazine(), NOW, lambda _quiz: "huikan/7 (DA)")
    assert "huikan/7 (DA)" in found
    assert "choose another" in found


def test_two_quizzes_of_one_edition_need_two_keywords() -> None:
    whole = magazine()
    second = Item("q2.md", None, Article("再问", (), quiz=replace(QUIZ, keyword="da")))
    quizzes = replace(whole.sections[2], items=(*whole.sections[2].items, second))
    (found,) = magazine_lacks(replace(whole, sections=(*whole.sections[:2], quizzes, whole.sections[3])), NOW)
    assert "2 quizzes" in found


def test_an_open_quiz_may_have_closed_when_its_magazine_is_corrected() -> None:
    late = datetime(2009, 9, 1, tzinfo=UTC)
    assert magazine_lacks(magazine(), late) != []
    assert magazine_lacks(magazine(), late, opened=frozenset({"q.md"})) == []


def test_a_part_for_some_readers_only_is_pointed_out() -> None:
    whole = magazine()
    by_class = [{"field": "attribute_class", "op": "eq", "value": name} for name in "ABCDE"]
    items = tuple(Item(f"s{number}.md", rule, Article("介绍", ("好",))) for number, rule in enumerate(by_class))
    some = replace(whole, sections=(whole.sections[0], replace(whole.sections[1], items=items), *whole.sections[2:]))
    assert partial_parts(whole) == []
    assert partial_parts(some) == ["readers of class F, none may get no service introduction (业务介绍): its items are for segments only"]


def test_words_by_which_readers_leave_are_those_that_the_intake_knows() -> None:
    assert set(RESERVED) == {word for one in KEYWORDS for word in one.words}
    assert all(keyword_of(f"{word} 1") is not None for word in RESERVED)
