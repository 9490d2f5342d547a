"""How a port slows down and comes back, and whether it may send at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.ports import PortSettings
from delivery.ports.pace import PaceRules, effective, factor_now, paced, recovered, slowed
from delivery.throttle import sustained_rate
from huabao.hours import Hours

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)  # ten in the morning in Shanghai
RULES = PaceRules(drop=0.5, floor=0.05, recovery_s=100.0, trickle_per_s=2.0)


def port(**given: Any) -> PortSettings:
    return PortSettings(**{"port_id": 1, "name": "p", "kind": "mm7", "url": "http://m/", "rate": 100.0, "burst": 3, "pace": RULES, **given})


def test_in_quiet_times_a_port_has_all_of_its_rate() -> None:
    assert effective(port(), NOW) == (100.0, 3)
    assert paced(port(), NOW) == port()


def test_half_after_one_slow_down_and_back_by_itself() -> None:
    factor = slowed(1.0, None, NOW, RULES)
    assert factor == 0.5
    rates = [effective(port(rate_factor=factor, rate_factor_at=NOW), NOW + timedelta(seconds=s)) for s in (0, 10, 25, 49, 50, 500)]
    assert rates == [(50.0, 1), (60.0, 1), (75.0, 2), (99.0, 2), (100.0, 3), (100.0, 3)]


def test_while_the_pause_lasts_nothing_comes_back() -> None:
    until = NOW + timedelta(seconds=30)
    assert recovered(0.25, until, NOW, 100.0) == 0.25
    assert recovered(0.25, until, until + timedelta(seconds=25), 100.0) == 0.5


def test_again_and_again_ends_at_the_floor() -> None:
    factor = 1.0
    for _ in range(20):
        factor = slowed(factor, NOW, NOW, RULES)
    assert factor == RULES.floor


@given(st.floats(0.2, 1e6), st.integers(1, 100_000), st.floats(0.001, 1.0), st.floats(-10, 1000), st.sampled_from(["closed", "probing"]))
def test_whatever_it_is_a_throttle_can_grant_it(rate: float, burst: int, factor: float, later_s: float, breaker: str) -> None:
    burst = min(burst, max(1, int(rate / 2)))
    one = port(rate=rate, burst=burst, rate_factor=factor, rate_factor_at=NOW, breaker=breaker)
    now_rate, now_burst = effective(one, NOW + timedelta(seconds=later_s))
    assert 0 < now_rate <= rate
    assert 1 <= now_burst <= burst
    assert sustained_rate(now_rate, now_burst) > 0
    slower = paced(one, NOW + timedelta(seconds=later_s))
    assert slower.group_size <= max(1, now_burst)


@given(st.floats(0.01, 1.0), st.floats(0, 500), st.floats(0, 500))
def test_it_only_grows_until_the_next_slow_down(factor: float, early_s: float, more_s: float) -> None:
    one = port(rate_factor=factor, rate_factor_at=NOW)
    assert factor <= factor_now(one, NOW + timedelta(seconds=early_s)) <= factor_now(one, NOW + timedelta(seconds=early_s + more_s)) <= 1.0


def test_a_probing_port_lets_a_trickle_through() -> None:
    assert effective(port(breaker="probing"), NOW) == (2.0, 1)
    assert effective(port(breaker="probing", rate=1.0, burst=1), NOW) == (1.0, 1)


# --- may it send -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "service_code", "cause", "until_s"),
    [
        ({}, None, "", None),
        ({"state": "paused", "state_reason": "maintenance"}, None, "paused", None),
        ({"service_codes": ("A", "B")}, "C", "service_code", None),
        ({"service_codes": ("A", "B")}, "B", "", None),
        ({"service_codes": ("A", "B")}, None, "", None),
        ({"breaker": "open"}, None, "open", None),
        ({"breaker": "probing"}, None, "", None),
        ({"hours": Hours.parse("06:00-09:00,12:00-23:00")}, None, "hours", 7200),
        ({"hours": Hours.parse("06:00-23:00")}, None, "", None),
        ({"deferred_until": NOW + timedelta(seconds=5)}, None, "deferred", 5),
        ({"deferred_until": NOW}, None, "", None),
    ],
)
def test_whether_it_may_send_and_until_when_not(given: dict[str, Any], service_code: str | None, cause: str, until_s: int | None) -> None:
    found = port(**given).may_send(NOW, service_code)
    assert (found.allowed, found.cause) == (not cause, cause)
    assert found.until == (None if until_s is None else NOW + timedelta(seconds=until_s))
    assert bool(found.reason) == bool(cause)


def test_what_changes_while_it_runs_makes_no_new_link() -> None:
    assert port() == port(rate_factor=0.5, rate_factor_at=NOW, breaker="probing", failures=3, deferred_until=NOW, hours=Hours.parse("06:00-07:00"), state="paused")
    assert port() != port(url="http://other/")
