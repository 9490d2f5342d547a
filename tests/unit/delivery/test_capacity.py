"""Forecasts of a load on ports: rates, hours, agreed changes, priorities."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.dispatch.capacity import Supply, duration_text, forecast
from delivery.ports import PortSettings
from delivery.ports.services import default_burst
from delivery.throttle.terms import WINDOW_S
from huabao.hours import Hours

MORNING = datetime(2026, 11, 21, 22, 30, tzinfo=UTC)  # 06:30 in Shanghai
ALL_READERS = 1_576_000


def port(name: str = "p", rate: float = 50.0, **given: Any) -> PortSettings:
    return PortSettings(**{"port_id": 1, "name": name, "kind": "mm7", "url": "http://m/", "rate": rate, "burst": default_burst(rate), **given})


def test_the_whole_province_over_two_slow_ports_takes_four_hours() -> None:
    found = forecast(ALL_READERS, [Supply.of(port("a")), Supply.of(port("b"))], MORNING, MORNING + timedelta(hours=2))
    document = found.to_document()
    assert document["forecast_text"] == "4 h 22 m 40 s"
    assert document["forecast_s"] == 15_760
    assert document["need_rate_per_s"] == pytest.approx(218.889, abs=1e-3)
    assert document["need_rate_whole"] == 219
    assert document["deadline_met"] is False
    assert document["short"] == ALL_READERS - 2 * 50 * 7200
    assert document["loads"] == {"a": 788_000, "b": 788_000}


def test_the_rate_that_is_kept_up_is_said_beside_the_contracts() -> None:
    found = forecast(ALL_READERS, [Supply.of(port("a")), Supply.of(port("b"))], MORNING, MORNING + timedelta(seconds=15_760))
    assert found.forecast_s == 15_760
    assert found.sustained_s == pytest.approx(15_760 * WINDOW_S, abs=1)
    assert (found.deadline_met, found.tight) == (True, True)


def test_two_hundred_and_ninety_two_a_second_are_enough_for_the_promise() -> None:
    assert forecast(ALL_READERS, [Supply.of(port(rate=292, burst=1))], MORNING, MORNING + timedelta(minutes=90)).deadline_met
    assert not forecast(ALL_READERS, [Supply.of(port(rate=291, burst=1))], MORNING, MORNING + timedelta(minutes=90)).deadline_met


def test_an_agreed_speed_up_counts_from_its_instant() -> None:
    faster = Supply.of(port(burst=1), [(MORNING + timedelta(seconds=100), 200.0)])
    assert faster.finish(MORNING, 5_000) == MORNING + timedelta(seconds=100)
    assert faster.finish(MORNING, 9_000) == MORNING + timedelta(seconds=120)
    assert faster.carries(MORNING, MORNING + timedelta(seconds=110)) == pytest.approx(7_000)


def test_out_of_hours_nothing_goes() -> None:
    part_time = Supply.of(port(burst=1, hours=Hours.parse("06:00-07:00")))
    assert part_time.carries(MORNING, MORNING + timedelta(hours=12)) == pytest.approx(50 * 1800)
    assert part_time.finish(MORNING, 50 * 1800 + 50) == MORNING + timedelta(hours=23, minutes=30, seconds=1)


def test_submits_counted_carry_groups() -> None:
    supply = Supply.of(port(rate=10, burst=1, max_recipients=100, options={"counts": "submits"}))
    assert supply.rate(MORNING) == 1000


def test_the_next_priority_takes_what_the_first_cannot_in_time() -> None:
    ports = [Supply.of(port("cheap", burst=1)), Supply.of(port("dear", burst=1, priority=1))]
    assert forecast(10_000, ports, MORNING).loads == {"cheap": 10_000, "dear": 0}
    found = forecast(10_000, ports, MORNING, MORNING + timedelta(seconds=150))
    assert found.loads == {"cheap": 7_500, "dear": 2_500}
    assert (found.deadline_met, found.short) == (True, 0)


def test_without_a_port_there_is_no_forecast() -> None:
    found = forecast(100, [], MORNING, MORNING + timedelta(hours=1))
    assert (found.forecast_s, found.deadline_met) == (None, None)
    assert found.need_rate_per_s == pytest.approx(100 / 3600)


@pytest.mark.parametrize(("seconds", "text"), [(None, ""), (0, "0 s"), (59.2, "1 m"), (15_760, "4 h 22 m 40 s"), (3600, "1 h"), (7_201, "2 h 1 s")])
def test_durations_in_words(seconds: float | None, text: str) -> None:
    assert duration_text(seconds) == text


HOURS = st.sampled_from(["", "06:00-07:00", "06:31-06:32,22:00-23:00", "22:00-02:00", "00:00-12:00"])


@given(st.floats(0.5, 500), HOURS, st.integers(1, 200_000), st.lists(st.tuples(st.integers(1, 20_000), st.floats(0.5, 500)), max_size=3))
def test_finish_and_carries_agree(rate: float, hours: str, readers: int, changes: list[tuple[int, float]]) -> None:
    agreed = [(MORNING + timedelta(seconds=at), new) for at, new in sorted(changes)]
    supply = Supply.of(port(rate=rate, burst=1, hours=Hours.parse(hours)), agreed)
    end = supply.finish(MORNING, readers)
    if end is not None:
        assert supply.carries(MORNING, end) == pytest.approx(readers, rel=1e-6, abs=0.01)
        assert supply.carries(MORNING, end - timedelta(seconds=1)) < readers
