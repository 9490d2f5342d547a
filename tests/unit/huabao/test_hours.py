"""Hours of the day: opened, closed, over midnight."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huabao.clock import SHANGHAI
from huabao.errors import UsageError
from huabao.hours import ALWAYS, Hours, at_hour

MINUTES = st.integers(0, 1439)
SPANS = st.lists(st.tuples(MINUTES, MINUTES).filter(lambda one: one[0] != one[1]), min_size=1, max_size=3)
INSTANTS = st.integers(0, 525_600).map(lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes))


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


def written(spans: list[tuple[int, int]]) -> Hours:
    return Hours.parse(",".join(f"{a // 60:02}:{a % 60:02}-{b // 60:02}:{b % 60:02}" for a, b in spans))


def test_a_morning_window() -> None:
    hours = Hours.parse("06:30-08:00")
    assert not hours.is_open(local("2026-11-22T06:29:59"))
    assert hours.is_open(local("2026-11-22T06:30:00"))
    assert not hours.is_open(local("2026-11-22T08:00:00"))
    assert hours.opens_at(local("2026-11-22T08:00:00")) == local("2026-11-23T06:30:00")
    assert hours.closes_at(local("2026-11-22T07:00:00")) == local("2026-11-22T08:00:00")
    assert hours.last_close(local("2026-11-22T07:00:00")) == local("2026-11-21T08:00:00")
    assert hours.last_close(local("2026-11-22T08:00:00")) == local("2026-11-22T08:00:00")


def test_a_night_goes_past_midnight() -> None:
    night = Hours.parse("21:00-08:00")
    assert night.is_open(local("2026-11-22T23:30"))
    assert night.is_open(local("2026-11-23T07:59"))
    assert night.closes_at(local("2026-11-22T23:30")) == local("2026-11-23T08:00")
    assert night.last_close(local("2026-11-22T00:30")) == local("2026-11-21T08:00")


def test_the_hour_of_a_day() -> None:
    assert at_hour(local("2026-11-22T23:59"), 7) == local("2026-11-22T07:00")


@pytest.mark.parametrize("text", ["6", "06:00", "25:00-26:00", "06:00-06:00", "06:60-07:00", "nothing"])
def test_what_is_no_hours_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="06:00-23:00"):
        Hours.parse(text)


def test_no_hours_are_always() -> None:
    assert Hours.parse("") == Hours.parse("00:00-24:00") == ALWAYS
    assert ALWAYS.closes_at(local("2026-11-22T12:00")) is None
    assert ALWAYS.last_close(local("2026-11-22T12:00")) is None


@given(spans=SPANS, at=INSTANTS)
def test_openings_and_closings_agree(spans: list[tuple[int, int]], at: datetime) -> None:
    hours = written(spans)
    opens = hours.opens_at(at)
    assert hours.is_open(opens)
    assert at <= opens <= at + timedelta(days=1)
    if hours.always:
        return
    closes = hours.closes_at(opens)
    assert closes is not None
    assert opens < closes
    assert not hours.is_open(closes)
    assert hours.is_open(closes - timedelta(microseconds=1))
    last = hours.last_close(closes)
    assert last == closes
    assert Hours.parse(str(hours)) == hours
