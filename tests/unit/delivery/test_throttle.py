"""The in-process throttle under a simulated clock; Redis's runs the same model in tests/integration/ports."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from delivery.lanes import DEFAULT_SHARES, LANES
from delivery.throttle import Departure, LocalThrottle, fitting, sustained_rate
from delivery.throttle.terms import SILENCE_S, WINDOW_S
from tests.services.throttling import Clock, Grant, Sender, Trouble, contracts, departures_of, model, most_of, simulate, troubles, worst_second

TestModel = model(LocalThrottle, (str(at) for at in itertools.count())).TestCase
TestModel.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)

CONTRACTS = [(1.0, 1), (2.0, 1), (2.5, 1), (7.0, 1), (50.0, 1), (66.0, 1), (67.0, 2), (100.0, 3), (292.0, 8), (1000.0, 30), (1018.0, 30)]


def per_lane(grants: list[Grant]) -> dict[str, int]:
    return {lane: sum(one.tokens for one in grants if one.lane == lane) for lane in LANES}


@pytest.mark.parametrize(("rate", "burst"), CONTRACTS)
@pytest.mark.parametrize("late_s", [0.0, 0.012])
def test_the_rate_is_used_and_never_exceeded(rate: float, burst: int, late_s: float) -> None:
    """Four senders who oversleep: 97 % of the rate over the time, and no sliding second above it."""
    clock = Clock()
    group = fitting(rate, burst)
    grants = simulate(LocalThrottle(clock), clock, [Sender("bulk", group, late_s=late_s) for _ in range(4)], rate=rate, burst=burst, for_s=10 + 60 / rate)
    assert worst_second(grants) <= max(rate, 1) + (rate % 1 > 0)
    took = clock.now - grants[0].at
    assert sum(one.tokens for one in grants[1:]) / took >= 0.97 * rate


@given(contracts(), st.integers(0, 2**32), st.lists(st.tuples(st.sampled_from(LANES), st.floats(0, 1), st.sampled_from([0.0, 0.0, 0.03, 0.5])), min_size=1, max_size=8))
@settings(max_examples=60)
def test_no_sliding_second_sees_more_than_the_rate(contract: tuple[float, int], seed: int, crowd: list[tuple[str, float, float]]) -> None:
    rate, burst = contract
    clock = Clock()
    senders = [Sender(lane, 1 + int(share * (burst - 1)), gap_s=gap_s, late_s=0.02) for lane, share, gap_s in crowd]
    grants = simulate(LocalThrottle(clock), clock, senders, rate=rate, burst=burst, for_s=3.0, seed=seed)
    assert worst_second(grants) <= max(rate, 1) + (rate % 1 > 0)


@given(contracts(), troubles())
@settings(max_examples=40, deadline=None)
def test_no_sliding_second_at_the_peer_sees_more_than_the_rate(contract: tuple[float, int], trouble: Trouble) -> None:
    """Whatever is late, whatever bunches, whether or not the throttle ever hears of it."""
    rate, burst = contract
    clock = Clock()
    flights = trouble.fly(LocalThrottle(clock), clock, rate=rate, burst=burst, for_s=3.0)
    assert worst_second(departures_of(flights)) <= most_of(rate)


@pytest.mark.parametrize(("rate", "burst"), [(50.0, 1), (292.0, 8), (1000.0, 30)])
@pytest.mark.parametrize("trouble", [Trouble(jitter_s=0.008, word_s=0.01), Trouble(tuple((at / 2, 0.04) for at in range(24)), word_s=0.1)], ids=["jitter", "stalls"])
def test_what_is_a_little_late_costs_little(rate: float, burst: int, trouble: Trouble) -> None:
    clock = Clock()
    flights = trouble.fly(LocalThrottle(clock), clock, rate=rate, burst=burst, for_s=12.0)
    left = [one for one in departures_of(flights) if 1001.0 <= one.at < 1011.0]
    assert sum(one.tokens for one in left) >= 0.97 * rate * 10
    assert worst_second(left) <= rate


def test_what_left_late_is_free_late() -> None:
    clock = Clock()
    throttle = LocalThrottle(clock)
    throttle.acquire("p", 1, rate=1, burst=1)
    clock.now += 10
    assert throttle.acquire("p", 1, rate=1, burst=1, ticket=7) == 0.0
    clock.now += 0.3
    throttle.left("p", [Departure(7, 1, clock.now)])
    clock.now += 0.9
    assert throttle.acquire("p", 1, rate=1, burst=1) == pytest.approx(WINDOW_S - 0.9)


def test_what_nobody_speaks_of_holds_its_place_and_not_for_ever() -> None:
    clock = Clock()
    throttle = LocalThrottle(clock)
    throttle.acquire("p", 1, rate=1, burst=1)
    clock.now += 10
    assert throttle.acquire("p", 1, rate=1, burst=1, ticket=7) == 0.0
    clock.now += SILENCE_S
    assert throttle.acquire("p", 1, rate=1, burst=1) > 0.0
    clock.now += WINDOW_S
    assert throttle.acquire("p", 1, rate=1, burst=1) == 0.0


@pytest.mark.parametrize(("rate", "burst"), [(50.0, 1), (100.0, 3), (292.0, 8), (1000.0, 30)])
def test_a_resend_overtakes_the_bulk_and_the_rate_is_still_used(rate: float, burst: int) -> None:
    clock = Clock()
    bulk = [Sender("bulk", fitting(rate, burst), late_s=0.01) for _ in range(6)]
    resend = Sender("resend", 1, gap_s=0.2, late_s=0.01)
    grants = simulate(LocalThrottle(clock), clock, [*bulk, resend], rate=rate, burst=burst, for_s=20.0)
    assert len(resend.waits) > 50
    assert max(resend.waits) <= 2 * burst / rate + 0.05
    assert sum(one.tokens for one in grants) / 20.0 >= 0.96 * rate  # the first burst is owed
    assert worst_second(grants) <= rate


@pytest.mark.parametrize(("rate", "burst"), [(50.0, 1), (292.0, 8)])
def test_each_lane_keeps_its_share_and_the_first_gets_the_rest(rate: float, burst: int) -> None:
    clock = Clock()
    senders = [Sender(lane, burst, late_s=0.005) for lane in LANES for _ in range(2)]
    grants = simulate(LocalThrottle(clock), clock, senders, rate=rate, burst=burst, for_s=60.0)
    got = per_lane(grants)
    for lane, share in DEFAULT_SHARES.items():
        assert got[lane] >= 0.85 * share * rate * 60, got
    assert got["resend"] >= 0.8 * (DEFAULT_SHARES["resend"] + 1 - sum(DEFAULT_SHARES.values())) * rate * 60
    assert sum(got.values()) >= 0.96 * rate * 60


def test_a_flood_of_resends_leaves_the_bulk_its_share() -> None:
    clock = Clock()
    senders = [Sender("resend", 1) for _ in range(20)] + [Sender("bulk", 8) for _ in range(2)]
    got = per_lane(simulate(LocalThrottle(clock), clock, senders, rate=292.0, burst=8, for_s=30.0))
    assert got["bulk"] >= 0.85 * DEFAULT_SHARES["bulk"] * 292 * 30
    assert got["resend"] >= 0.6 * 292 * 30


def test_whoever_was_waited_for_and_never_came_is_soon_forgotten() -> None:
    clock = Clock()
    throttle = LocalThrottle(clock)
    assert throttle.acquire("p", 1, rate=50, burst=1, lane="resend") > 0
    clock.now += 1.0
    assert throttle.acquire("p", 1, rate=50, burst=1) == 0.0


def test_who_was_told_to_wait_under_a_slower_contract_blocks_nobody_under_a_faster_one() -> None:
    clock = Clock()
    throttle = LocalThrottle(clock)
    assert throttle.acquire("p", 1, rate=0.1, burst=1, lane="resend") > 10
    clock.now += 0.5
    assert throttle.acquire("p", 1, rate=50, burst=1) < 0.1


def test_all_or_nothing() -> None:
    clock = Clock()
    throttle = LocalThrottle(clock)
    throttle.acquire("p", 1, rate=20, burst=10)
    clock.now += 10
    assert throttle.acquire("p", 6, rate=20, burst=10) == 0.0
    assert throttle.acquire("p", 6, rate=20, burst=10) > 0.0
    assert throttle.acquire("p", 4, rate=20, burst=10) == 0.0


def test_a_new_bucket_owes_a_burst_so_that_a_restart_sends_no_faster() -> None:
    clock = Clock()
    assert LocalThrottle(clock).acquire("p", 5, rate=20, burst=10) > 0.5


def test_a_lower_rate_holds_from_its_first_second() -> None:
    clock = Clock()
    throttle = LocalThrottle(clock)
    before = simulate(throttle, clock, [Sender("bulk", 8)], rate=292.0, burst=8, for_s=3.0)
    after = simulate(throttle, clock, [Sender("bulk", 1)], rate=50.0, burst=1, for_s=3.0)
    assert sum(one.tokens for one in before) > 800
    for grant in after:
        assert sum(one.tokens for one in (*before, *after) if grant.at - 1.0 < one.at <= grant.at) <= 50


def test_keys_do_not_share() -> None:
    clock = Clock()
    throttle = LocalThrottle(clock)
    for key in ("p", "q"):
        throttle.acquire(key, 1, rate=2, burst=1)
    clock.now += 2
    assert [throttle.acquire(key, 1, rate=2, burst=1) for key in ("p", "q")] == [0.0, 0.0]


@pytest.mark.parametrize(("tokens", "rate", "burst"), [(21, 20, 10), (0, 20, 10), (1, 10, 10), (1, 0, 1), (1, 5, 0), (2, 1, 1)])
def test_what_can_never_be_granted_is_our_mistake(tokens: int, rate: float, burst: int) -> None:
    with pytest.raises(ValueError, match=r"burst|rate"):
        LocalThrottle().acquire("p", tokens, rate=rate, burst=burst)


@given(st.floats(1, 10_000), st.integers(1, 10_000))
def test_groups_fill_a_second(rate: float, most: int) -> None:
    size = fitting(rate, most)
    assert 1 <= size <= most
    if most <= rate:
        assert size >= most / 2
    if most <= 0.03 * rate:
        assert -(-rate // 1) // size * size >= 0.98 * rate  # the window holds the rate, rounded up


def test_the_rate_of_a_contract_is_what_it_lets_through() -> None:
    assert sustained_rate(50.0, 1) == 50.0
    assert sustained_rate(292.0, 8) == 292.0


@pytest.mark.parametrize("days", [1, 100, 1000, 3000])
def test_a_clock_that_counts_years_lets_go_all_the_same(days: int) -> None:
    """Its seconds round by nanoseconds; who waited until those had passed waited for ever."""
    at = [days * 86_400.0]
    throttle = LocalThrottle(clock=lambda: at[0])
    for rate in (13.333, 80.0, 291.7) * 10:
        key, waits = f"{rate}", 0
        while (wait_s := throttle.acquire(key, 3, rate=rate, burst=1)) > 0:
            at[0] += wait_s
            waits += 1
            assert waits < 50
