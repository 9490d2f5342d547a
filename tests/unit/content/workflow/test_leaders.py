"""Leaders' names, titles and order."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.workflow.leaders import Named, Protocol
from content.workflow.passages import Passage

LIST = (Named("王晓明", "省委书记", 1), Named("李大江", "省长", 2), Named("李大江", "省委副书记", 2), Named("赵强", "市长", 5, date(2026, 3, 31)), Named("孙立", "市长", 5))
PROTOCOL = Protocol(LIST, date(2026, 11, 22))


def rules(*texts: str) -> list[tuple[str, str]]:
    return [(hit.severity, hit.rule) for hit in PROTOCOL.look([Passage("a.md", f"paragraph {number}", text) for number, text in enumerate(texts, 1)])]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("省委书记王晓明、省长李大江出席会议。", []),
        ("省委副书记、省长李大江出席会议。", []),
        ("省长 李大江出席会议。", []),
        ("王晓明（省委书记）出席。", []),
        ("省長李大江出席", []),
        ("省长李大江和省委书记王晓明出席。", [("warn", "王晓明 is named before 李大江")]),
        ("省长李大江出席。省委书记王晓明讲话。", []),
        ("省委书记王小明出席。", [("block", "省委书记 is 王晓明")]),
        ("省委书记李大江出席。", [("block", "李大江 is 省长、省委副书记, not 省委书记")]),
        ("市长赵强出席。", [("block", "赵强 was 市长 until 2026-03-31")]),
        ("原市长赵强出席。", []),
        ("市长孙立出席。", []),
        ("王晓明出席。", [("warn", "first mention of 王晓明 without a title")]),
        ("副省长张三出席。", []),
        ("省长说了话", []),
    ],
)
def test_the_rules(text: str, expected: list[tuple[str, str]]) -> None:
    assert rules(text) == expected


def test_the_title_is_wanted_once_an_article() -> None:
    assert rules("省委书记王晓明出席。", "王晓明说。") == []
    assert rules("王晓明说。", "王晓明又说。") == [("warn", "first mention of 王晓明 without a title")]


def test_a_headline_needs_no_title() -> None:
    assert list(PROTOCOL.look([Passage("a.md", "title", "王晓明讲话")])) == []


def test_an_empty_list_says_nothing() -> None:
    assert list(Protocol((), date(2026, 1, 1)).look([Passage("a.md", "title", "省长李大江")])) == []


@given(st.lists(st.sampled_from(["王晓明", "李大江", "省长", "省委书记", "王小明", "。", "、", "副", "原", "说", "市长", " "]), max_size=30))
def test_hits_stand_where_they_say(parts: list[str]) -> None:
    text = "".join(parts)
    for hit in PROTOCOL.look([Passage("a.md", "paragraph 1", text)]):
        assert hit.found
        assert hit.before + hit.found + hit.after in text
