"""The in-process throttle under a simulated clock."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.throttle import LocalThrottle, sustained_rate


class Clock:
    """Seconds that move only when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def worst_second(grants: list[tuple[float, int]]) -> int:
    """The most tokens in any window of one second, its end left out."""
    return max((sum(tokens for at, tokens in grants if start <= at < start + 1.0 - 1e-6) for start, _ in grants), default=0)


@st.composite
def contracts(draw: st.DrawFn) -> tuple[float, int]:
    """A rate and a burst that leaves something of it."""
    rate = draw(st.integers(1, 400))
    burst = draw(st.integers(1, max(1, rate // 2)))
    return float(rate), burst


@given(contracts(), st.data())
def test_no_sliding_second_sees_more_than_the_rate(contract: tuple[float, int], data: st.DataObject) -> None:
    rate, burst = contract
    clock = Clock()
    throttle = LocalThrottle(clock)
    grants: list[tuple[float, int]] = []
    for _ in range(data.draw(st.integers(1, 80))):
        tokens = data.draw(st.integers(1, burst))
        wait = throttle.acquire("p", tokens, rate=rate, burst=burst)
        if wait == 0.0:
            grants.append((clock.now, tokens))
        else:
            clock.now += wait if data.draw(st.booleans()) else wait * data.draw(st.floats(0, 1))
        clock.now += data.draw(st.sampled_from([0.0, 0.0, 0.0, 0.001, 0.3]))
    assert worst_second(grants) <= rate


@given(contracts())
def test_waiting_as_told_is_enough_and_keeps_the_pace(contract: tuple[float, int]) -> None:
    rate, burst = contract
    clock = Clock()
    throttle = LocalThrottle(clock)
    granted = 0
    began = clock.now
    while granted < 10 * burst:
        wait = throttle.acquire("p", burst, rate=rate, burst=burst)
        if wait:
            clock.now += wait + 1e-9
            assert throttle.acquire("p", burst, rate=rate, burst=burst) == 0.0
        granted += burst
    assert granted / (clock.now - began) >= 0.99 * sustained_rate(rate, burst)


def test_all_or_nothing() -> None:
    clock = Clock()
    throttle = LocalThrottle(clock)
    throttle.acquire("p", 1, rate=20, burst=10)
    clock.now += 10
    assert throttle.acquire("p", 6, rate=20, burst=10) == 0.0
    assert throttle.acquire("p", 6, rate=20, burst=10) == pytest.approx(0.2)
    assert throttle.acquire("p", 4, rate=20, burst=10) == 0.0


def test_a_new_bucket_is_empty_so_that_a_restart_sends_no_faster() -> None:
    clock = Clock()
    assert LocalThrottle(clock).acquire("p", 5, rate=20, burst=10) == pytest.approx(0.5)


def test_keys_do_not_share() -> None:
    clock = Clock()
    throttle = LocalThrottle(clock)
    for key in ("p", "q"):
        throttle.acquire(key, 1, rate=2, burst=1)
    clock.now += 1
    assert [throttle.acquire(key, 1, rate=2, burst=1) for key in ("p", "q")] == [0.0, 0.0]


def test_a_grant_can_be_given_back() -> None:
    clock = Clock()
    throttle = LocalThrottle(clock)
    throttle.acquire("p", 1, rate=20, burst=10)
    clock.now += 10
    assert throttle.acquire("p", 10, rate=20, burst=10) == 0.0
    throttle.give_back("p", 10, rate=20, burst=10)
    assert throttle.acquire("p", 10, rate=20, burst=10) == 0.0
    assert throttle.acquire("p", 1, rate=20, burst=10) > 0.0


@pytest.mark.parametrize(("tokens", "rate", "burst"), [(11, 20, 10), (0, 20, 10), (1, 10, 10), (1, 0, 1), (1, 5, 0)])
def test_what_can_never_be_granted_is_our_mistake(tokens: int, rate: float, burst: int) -> None:
    with pytest.raises(ValueError, match=r"burst|rate"):
        LocalThrottle().acquire("p", tokens, rate=rate, burst=burst)
