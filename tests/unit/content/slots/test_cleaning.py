"""A reader's value is one line, without what does harm, and never longer than its slot."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.slots.cleaning import clean, fitted

HOSTILE = st.text(st.characters(), max_size=300) | st.sampled_from(
    ["\r\n--mms-0123\r\nContent-Type: text/html\r\n\r\n<b>", "a\x00b\x1b[31m", "\u202etxt.exe", "']]>&amp;<x y=\"z\">", "👨‍👩‍👧‍👦" * 30, "字" * 10_240, "\ud800", "\ue100\ue2ff"]
)


@given(HOSTILE, st.integers(1, 200), st.booleans())
def test_a_value_is_harmless_and_bounded(value: str, chars: int, cuts: bool) -> None:
    found = fitted(clean(value), chars, chars * 3, cuts=cuts)
    assert len(found) <= chars
    assert len(found.encode()) <= chars * 3
    assert all(letter == "\u200d" or unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") for letter in found)
    assert clean(found) == found or not found


@pytest.mark.parametrize(
    ("value", "chars", "cuts", "found"),
    [
        ("  张  先生\n ", 16, False, "张 先生"),
        ("欧阳" * 10, 16, False, ""),
        ("天气预报、手机报、彩铃、号簿管家", 12, True, "天气预报、手机报、彩铃"),
        ("第一句。第二句没有完", 8, True, "第一句。"),
        ("一个很长而且没有停顿的词", 5, True, ""),
        ("👨‍👩‍👧", 2, False, ""),
        ("e\u0301", 1, False, "é"),
    ],
)
def test_what_becomes_of_it(value: str, chars: int, cuts: bool, found: str) -> None:
    assert fitted(clean(value), chars, chars * 3, cuts=cuts) == found


def test_ten_kilobytes_are_looked_at_no_further_than_needed() -> None:
    assert len(clean("字" * 10_240)) == 4_000
