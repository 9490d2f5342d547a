"""The bars stand for the counts: nothing lost, nothing outside the drawing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from console.charts import BARS_MAX, ORDER, TONES, lying_bar, round_up, stacked
from delivery.models import Outcome
from monitoring.tallies import Minute

START = datetime(2026, 11, 22, 22, 0, tzinfo=UTC)
NAMES = [outcome.name.lower() for outcome in Outcome]

outcomes = st.dictionaries(st.sampled_from(NAMES), st.integers(0, 2_000_000))
minutes = st.dictionaries(st.integers(0, 3000), st.dictionaries(st.sampled_from(NAMES[1:]), st.integers(1, 50_000), min_size=1), max_size=40).map(
    lambda found: [Minute(START + timedelta(minutes=index), found[index]) for index in sorted(found)]
)


def test_every_outcome_has_a_colour_and_a_place() -> None:
    assert set(TONES) == set(ORDER) == set(NAMES)


@given(outcomes)
def test_a_lying_bar_fills_no_more_than_its_length(found: dict[str, int]) -> None:
    pieces = lying_bar(found, sum(found.values()))
    assert {piece.tone for piece in pieces} == {TONES[name] for name, count in found.items() if count}
    at = 0.0
    for piece in pieces:
        assert abs(piece.start - at) < 0.1
        assert piece.length > 0
        at = piece.start + piece.length
    assert at <= 1000.5
    assert not pieces or at >= 995


@given(minutes)
def test_standing_bars_hold_every_reader_of_their_window(found: list[Minute]) -> None:
    step, times, heights = stacked(found)
    assert len(times) <= BARS_MAX
    assert all(len(one) == len(times) for one in heights.values())
    assert list(times) == [times[0] + timedelta(minutes=step * index) for index in range(len(times))] if times else not found
    whole = sum(sum(one.counts.values()) for one in found)
    held = sum(map(sum, heights.values()))
    assert held == whole or (step == 1440 and held <= whole)


@given(st.integers(0, 10_000_000))
def test_a_scale_ends_at_a_round_number_not_far_above(value: int) -> None:
    top = round_up(value)
    assert top >= value
    assert top <= max(1, 2 * value)
    assert len(str(top).rstrip("0")) <= 1
