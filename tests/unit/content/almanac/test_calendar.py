"""The lunar calendar at known days."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.almanac.calendar import FIRST, LAST, lunar_day

NEW_YEARS = ("1912-02-18", "1949-01-29", "1976-01-31", "1985-02-20", "2000-02-05", "2008-02-07", "2020-01-25", "2023-01-22", "2024-02-10", "2025-01-29", "2026-02-17", "2034-02-19", "2100-02-09")


@pytest.mark.parametrize("day", NEW_YEARS)
def test_new_years(day: str) -> None:
    found = lunar_day(date.fromisoformat(day))
    assert found is not None
    assert found.text == "正月初一"


@pytest.mark.parametrize(
    ("day", "text", "term"),
    [
        (date(2026, 11, 22), "十月十四", "小雪"),
        (date(2025, 7, 25), "闰六月初一", ""),
        (date(2033, 12, 22), "闰冬月初一", ""),
        (date(2033, 12, 21), "冬月三十", "冬至"),
        (date(2057, 9, 29), "九月初一", ""),
        (date(2023, 3, 22), "闰二月初一", ""),
        (date(2026, 4, 5), "二月十八", "清明"),
        (date(2024, 2, 9), "腊月三十", ""),
        (date(1984, 11, 23), "闰十月初一", ""),
    ],
)
def test_known_days(day: date, text: str, term: str) -> None:
    found = lunar_day(day)
    assert found is not None
    assert (found.text, found.term) == (text, term)


@settings(max_examples=20)
@given(st.dates(FIRST + timedelta(1), LAST))
def test_a_day_follows_the_day_before(day: date) -> None:
    before, after = lunar_day(day - timedelta(1)), lunar_day(day)
    assert before is not None and after is not None
    assert before.text != after.text
    assert after.text.endswith("初一") == (before.text[-2:] in ("廿九", "三十") and before.text.rpartition("月")[0] != after.text.rpartition("月")[0])


def test_twenty_four_terms_in_a_year_a_fortnight_apart() -> None:
    days = [day for number in range(365) if (found := lunar_day(day := date(2026, 1, 1) + timedelta(number))) is not None and found.term]
    assert len(days) == 24
    assert {(after - before).days for before, after in itertools.pairwise(days)} <= {14, 15, 16}


def test_outside_of_the_tables_there_is_none() -> None:
    assert lunar_day(FIRST - timedelta(1)) is None
    assert lunar_day(LAST + timedelta(1)) is None
