"""Batches of a dispatch with a rate hold a few seconds of it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from delivery.dispatch.pacing import STEP_S, batch_readers


@given(st.floats(0.001, 1_000_000), st.integers(1, 10_000))
def test_a_batch_is_a_step_long(rate: float, most: int) -> None:
    size = batch_readers(rate, most)
    assert 1 <= size <= most
    assert size - 1 < rate * STEP_S


def test_without_a_rate_it_is_as_large_as_any() -> None:
    assert batch_readers(None, 1000) == 1000
