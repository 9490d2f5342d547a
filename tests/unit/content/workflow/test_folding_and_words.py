"""Listed words are found however they are hidden, and not where they do not stand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.workflow.folding import END, ENDS, fold, script_of
from content.workflow.hits import Hit
from content.workflow.passages import Passage
from content.workflow.scripts import mixed_scripts
from content.workflow.words import Screen, Word

WORDS = (
    Word("one", "秘密会议", "block", note="不得报道", advice="内部会议"),
    Word("one", "会议", "warn"),
    Word("two", "宝贝", "block"),
    Word("two", "海宝贝壳", "allow"),
    Word("latin", "sb", "block"),
    Word("latin", "ABC公司", "warn"),
)
SCREEN = Screen(WORDS)


def found(text: str) -> list[tuple[str, str]]:
    return [(hit.found, hit.rule) for hit in SCREEN.look(Passage("a.md", "title", text))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("召开秘密会议。", [("秘密会议", "秘密会议")]),
        ("召開祕密會議", [("祕密會議", "秘密会议")]),
        ("召開秘密會議", [("秘密會議", "秘密会议")]),
        ("秘 密-会\u200b议", [("秘 密-会\u200b议", "秘密会议")]),
        ("他说是秘密。会议开始", [("会议", "会议")]),
        ("宝，贝", [("宝，贝", "宝贝")]),
        ("卖海宝贝壳的", []),
        ("卖海宝贝壳的宝贝", [("宝贝", "宝贝")]),
        ("ＳＢ 和 usb 和 this bus", [("ＳＢ", "sb")]),
        ("s.b", [("s.b", "sb")]),
        ("abc 公司", [("abc 公司", "ABC公司")]),
        ("", []),
    ],
)
def test_what_is_found(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


def test_a_hit_has_its_context_and_advice() -> None:
    (hit,) = SCREEN.look(Passage("a.md", "paragraph 2", "昨天下午在江城召开了秘密会议，有人参加。"))
    assert (hit.before, hit.found, hit.after) == ("昨天下午在江城召开了", "秘密会议", "，有人参加。")
    assert hit.advice == "不得报道; write 内部会议"
    assert hit.to_document()["list"] == "one"


def test_a_mark_holds_for_the_same_sentence_only() -> None:
    def mark(text: str, item: str = "a.md") -> str:
        (hit,) = SCREEN.look(Passage(item, "paragraph 1", text))
        return hit.mark

    assert mark("第一句。宝贝来了。") == mark("另一句！宝贝来了。后面还有。")
    assert mark("宝贝来了。") != mark("宝贝走了。")
    assert mark("宝贝来了。") != mark("宝贝来了。", "b.md")


def test_no_words_find_nothing() -> None:
    assert Screen(()).look(Passage("a.md", "title", "什么都有")) == []


@given(st.text(max_size=200))
def test_folding_keeps_the_way_back(text: str) -> None:
    folded = fold(text)
    assert len(folded.text) == len(folded.places)
    assert list(folded.places) == sorted(folded.places)
    assert all(0 <= place < len(text) for place in folded.places)
    assert fold(folded.text).text == folded.text or not folded.text.isascii()


@given(st.text(max_size=60), st.text(alphabet=" ,-·\u200b\u3000、", max_size=4), st.text(max_size=60))
def test_a_word_with_anything_inserted_is_found_in_anything(before: str, gap: str, after: str) -> None:
    hidden = gap.join("秘密会议")
    hits = SCREEN.look(Passage("a.md", "title", before + "。" + hidden + "。" + after))
    assert hidden in [hit.found for hit in hits]


@given(st.text(max_size=300))
def test_hits_lie_in_the_text_and_in_no_sentence_end(text: str) -> None:
    for hit in SCREEN.look(Passage("a.md", "title", text)):
        assert hit.before + hit.found + hit.after in text
        assert not set(hit.found) & ENDS


def scripts(text: str) -> list[Hit]:
    return list(mixed_scripts(Passage("a.md", "title", text)))


@pytest.mark.parametrize("text", ["全是简体的句子，后面里面。", "全是繁體的句子，後面裏面。", "简体一句。繁體一句。", "他姓乾，名后里台", "English 123", ""])
def test_one_script_is_no_warning(text: str) -> None:
    assert scripts(text) == []


def test_sources_in_a_credit_are_written_as_they_write_themselves() -> None:
    credit = Passage("a.md", "credit", "来源：晨报网、臺灣新聞網，摄影：張三")
    assert list(mixed_scripts(credit)) == []
    (hit,) = mixed_scripts(Passage("a.md", "credit", "来源：晨报网、臺灣新闻网，張三"))
    assert "臺灣" in hit.before + hit.found + hit.after
    assert scripts(credit.text) != [], "in a sentence the same is a slip"


def test_mixed_scripts_are_shown_by_the_rarer() -> None:
    (hit,) = scripts("第一句没有。俄罗斯連接德国。")
    assert (hit.found, hit.severity) == ("連", "warn")
    assert "連" in hit.advice
    assert script_of("連") == "traditional"
    assert script_of("连") == "simplified"
    assert script_of("后") == script_of("a") == ""
    assert END in ENDS
