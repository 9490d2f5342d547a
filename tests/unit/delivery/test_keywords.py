"""What a reader's text begins with, and which handler gets it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from delivery.reports.keywords import KEYWORDS, STOP_ASKED, Keyword, ReaderText, handle, keyword_of

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
NO_SESSION: Any = None


def text(said: str) -> ReaderText:
    return ReaderText(1, "13800138000", "10658", said, NOW)


@pytest.mark.parametrize("said", ["TD", "td", " Td。", "ＴＤ", "TD 早报", "退订", "退订早报", "取消订阅", "0000", "stop!", "QX"])
def test_these_ask_to_stop(said: str) -> None:
    assert handle(NO_SESSION, text(said)) == STOP_ASKED


@pytest.mark.parametrize("said", ["", "   ", "你好", "TDK", "不要退订", "1", "请问怎么退订", "STOPPING"])
def test_these_do_not(said: str) -> None:
    assert keyword_of(said) is None
    assert handle(NO_SESSION, text(said)) is None


def test_the_first_keyword_that_fits_counts_and_what_it_says_is_cut() -> None:
    mine = Keyword(("A",), lambda _session, message: message.text * 30, "A test.")
    assert handle(NO_SESSION, text("a b"), (mine, *KEYWORDS)) == ("a b" * 30)[:40]


def test_every_keyword_says_what_it_does_and_no_word_is_two() -> None:
    words = [word for one in KEYWORDS for word in one.words]
    assert len(words) == len(set(words))
    assert all(word == word.upper() for word in words)
    assert all(len(one.meaning) > 10 for one in KEYWORDS)
