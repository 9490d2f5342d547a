"""What readers mean by their texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.quiz.reading import folded, number_of, read_bare, read_text

CHOICES = ("鲁迅", "巴金", "老舍")

MEANS = [
    ("DA 1", 1), ("da1", 1), ("Da:2", 2), ("ＤＡ　３", 3), ("DA①", 1), ("DA，（２）", 2), ("DA B", 2), ("dab", 2), ("DA Ａ", 1), ("DA a.", 1),
    ("DA鲁迅", 1), ("DA 魯迅", 1), ("da 巴 金", 2), ("DA 我选B", 2), ("DA 選C", 3), ("DA 答案是1", 1), ("DA 二", 2), ("DA C项", 3), ("DA A 鲁迅", 1), ("DA1、鲁迅", 1),
    (" “DA 1” ", 1), ("DA\n1\r\n", 1), ("D A 1", 1), ("DA1\ufe0f\u20e3", 1), ("DA 1!!!", 1), ("DA。1。", 1),
]  # fmt: skip


@pytest.mark.parametrize(("said", "choice"), MEANS)
def test_an_answer_is_read_however_it_is_written(said: str, choice: int) -> None:
    found = read_text(said, "da", CHOICES)
    assert found is not None
    assert found.choice == choice


@pytest.mark.parametrize("said", ["DA", "DA 4", "DA D", "DA ?", "DA AB", "DA 1 2", "DA 茅盾", "DA A 巴金", "DA 0", "DA 不知道", "DA 12345678901234567890"])
def test_what_names_no_choice_is_not_guessed(said: str) -> None:
    found = read_text(said, "da", CHOICES)
    assert found is not None, "it is meant for the quiz"
    assert found.choice is None


@pytest.mark.parametrize("said", ["", "TD", "1", "data", "DANGER", "Y", "AD 1", "D", "DA " + "x" * 300])
def test_what_is_meant_for_something_else_is_left_alone(said: str) -> None:
    assert read_text(said, "da", CHOICES) is None


def test_a_chinese_keyword_needs_no_blank() -> None:
    for said in ("答题1", "答題 ①", "答题：鲁迅"):
        found = read_text(said, folded("答题"), CHOICES)
        assert found is not None
        assert found.choice == 1


def test_without_a_keyword_only_what_names_a_choice_counts() -> None:
    assert read_text("2", "", CHOICES) is not None
    assert read_text("你好", "", CHOICES) is None
    assert [read_bare(said, CHOICES) for said in ("B", "选b", "巴金", "2", "二", "你好")] == [2, 2, 2, None, None, None]


def test_a_number_on_the_slide_goes_before_a_choice_that_is_a_number() -> None:
    found = read_text("DA 1", "da", ("3", "2", "1"))
    assert found is not None
    assert found.choice == 1
    found = read_text("DA 1990", "da", ("1949", "1990"))
    assert found is not None
    assert found.choice == 2


def test_two_choices_of_the_same_words_are_told_apart_by_their_numbers_only() -> None:
    found = read_text("DA 是", "da", ("是", "是"))
    assert found is not None
    assert found.choice is None


@given(st.integers(1, 9), st.sampled_from([" ", "", "　", ":", "：", "-", "。", "\t"]), st.booleans(), st.booleans())
def test_width_case_and_what_stands_between_make_no_difference(choice: int, between: str, wide: bool, small: bool) -> None:
    said = f"DT{between}{choice}"
    said = said.lower() if small else said
    said = "".join(chr(ord(one) + 0xFEE0) if wide and "!" <= one <= "~" else one for one in said)
    found = read_text(said, "dt", tuple("甲乙丙丁戊己庚辛壬"))
    assert found is not None
    assert found.choice == choice


@given(st.text(max_size=300), st.lists(st.text(max_size=20), min_size=2, max_size=6), st.text(max_size=6))
def test_no_text_falls_over_and_no_choice_is_made_up(said: str, choices: list[str], keyword: str) -> None:
    for found in (read_text(said, folded(keyword), choices), read_text(keyword + said, folded(keyword), choices)):
        assert found is None or found.choice is None or 1 <= found.choice <= len(choices)


@pytest.mark.parametrize("written", ["10658666", " +8610658666", "008610658666", "1065-8666", "１０６５８６６６"])
def test_a_number_is_the_same_however_it_is_written(written: str) -> None:
    assert number_of(written) == "10658666"


