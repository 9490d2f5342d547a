"""Where a dispatch's course leads: never beyond everybody, never back, and at the rate that it has."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from monitoring.pace import BASE_MIN, HOURS_MAX, forecast, last_minutes

NOW = datetime(2026, 11, 23, 6, 30, 20, tzinfo=UTC)


@given(st.lists(st.integers(0, 50_000), max_size=BASE_MIN), st.integers(0, 1_600_000), st.integers(1, 1_600_000))
def test_a_forecast_stays_between_what_is_sent_and_everybody(base: list[int], sent: int, left: int) -> None:
    ahead = forecast(base, sent, sent + left, NOW)
    assert bool(ahead) == (sum(base) > 0)
    for one in ahead:
        assert sent <= one.low <= one.middle + 1e-6 <= one.high + 1e-3
        assert one.high <= sent + left
    if ahead:
        assert [one.at for one in ahead] == sorted(one.at for one in ahead)
        assert ahead[0].middle == sent
        hours = (ahead[-1].at - NOW) / timedelta(hours=1)
        assert hours <= HOURS_MAX + 1e-6
        assert hours >= HOURS_MAX - 1e-6 or abs(ahead[-1].middle - sent - left) < 1


def test_an_even_rate_has_no_band_and_ends_when_it_must() -> None:
    ahead = forecast([600] * 10, 1200, 3000, NOW)
    assert ahead[-1].at == NOW + timedelta(minutes=3)
    assert all(one.low == one.middle == one.high for one in ahead)


def test_minutes_in_which_nothing_left_count_and_this_one_does_not() -> None:
    minute = NOW.replace(second=0)
    known = [(minute - timedelta(minutes=3), 90), (minute - timedelta(minutes=1), 60), (minute, 500)]
    assert last_minutes(known, NOW) == [60, 0, 90]
    assert last_minutes([(minute, 500)], NOW) == [500], "its first minute is all there is"
    assert last_minutes([], NOW) == []
