"""Rates and forecasts as arithmetic."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.lifecycle import STATES
from monitoring.measures import RATE_WINDOW_S, forecast, rate_of

NOW = datetime(2026, 11, 22, 22, 0, tzinfo=UTC)


def test_a_rate_looks_back_a_minute_or_to_the_start() -> None:
    assert rate_of(6000, NOW - timedelta(hours=1), NOW) == 100
    assert rate_of(1000, NOW - timedelta(seconds=10), NOW) == 100
    assert rate_of(100, NOW, NOW) == 100
    assert rate_of(0, None, NOW) == 0


@given(st.integers(1, 2_000_000), st.floats(0, 10_000))
def test_a_rate_is_never_below_that_of_the_whole_window(recent: int, ago_s: float) -> None:
    assert rate_of(recent, NOW - timedelta(seconds=ago_s), NOW) >= recent / RATE_WINDOW_S


@given(st.integers(0, 2_000_000), st.floats(0.1, 50_000))
def test_a_forecast_is_when_the_pending_are_through(pending: int, rate: float) -> None:
    finish = forecast("sending", pending, rate, None, NOW)
    assert finish is not None
    assert finish >= NOW
    assert (finish - NOW).total_seconds() == pytest.approx(pending / rate, abs=1e-3)


@pytest.mark.parametrize("state", STATES)
def test_there_is_a_forecast_only_where_somebody_sends(state: str) -> None:
    assert (forecast(state, 10, 5.0, None, NOW) is not None) == (state in ("planned", "seeding", "released", "sending"))
    assert forecast(state, 10, 0.0, None, NOW) is None
    assert forecast(state, 0, 0.0, NOW, NOW) == NOW
