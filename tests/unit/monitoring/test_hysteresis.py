"""Looks in a row open and close an alarm, and nothing else does."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from monitoring.alarms.hysteresis import CLOSE, FORGET, NOTHING, RAISE, Standing, look


@given(st.lists(st.booleans(), max_size=60), st.integers(1, 6), st.integers(1, 6))
def test_it_opens_after_n_and_closes_after_m(looks: list[bool], opens_after: int, closes_after: int) -> None:
    standing, is_open = Standing(), False
    for at, is_bad in enumerate(looks):
        standing, act = look(standing, is_bad=is_bad, opens_after=opens_after, closes_after=closes_after)
        bad_run = opens_after <= at + 1 and all(looks[at + 1 - opens_after : at + 1])
        good_run = closes_after <= at + 1 and not any(looks[at + 1 - closes_after : at + 1])
        if is_open:
            assert act == (RAISE if is_bad else CLOSE if good_run else NOTHING)
            is_open = not good_run
        else:
            assert act == (RAISE if bad_run else NOTHING if is_bad else FORGET)
            is_open = bad_run
        assert standing.opened == is_open
        assert standing.bad == 0 or standing.good == 0
