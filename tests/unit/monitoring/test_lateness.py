"""Minutes of lateness are all given to a cause, and percentiles come from counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from monitoring.lateness import EDITORIAL, HANDSET, MMSC, QUEUE, Arrival, lateness, merged, percentile

START = datetime(2026, 11, 22, 22, 0, tzinfo=UTC)
PROMISED = START + timedelta(hours=2)


def minute(number: int) -> datetime:
    """So many minutes after the start."""
    return START + timedelta(minutes=number)


arrivals = st.lists(
    st.builds(
        lambda port, sent, took, readers: Arrival(port, minute(sent), minute(sent + took), readers),
        st.integers(1, 3),
        st.integers(0, 300),
        st.integers(0, 900),
        st.integers(1, 9000),
    ),
    max_size=40,
)
histograms = st.dictionaries(st.integers(0, 2000), st.integers(1, 10_000))


@given(arrivals, st.integers(0, 90))
def test_every_minute_of_lateness_has_a_cause(found: list[Arrival], late_start: int) -> None:
    seen = lateness(found, start=START, began=minute(late_start), promised=PROMISED)
    assert sum(seen.minutes.values()) == sum(one.readers for one in found)
    assert sum(seen.causes.values()) == sum(minutes * readers for minutes, readers in seen.minutes.items())
    assert min(seen.causes.values()) >= 0
    assert late_start or not seen.causes[EDITORIAL]


def test_the_last_cause_pays_first() -> None:
    usual = [Arrival(1, minute(100), minute(102), 100)]
    off = Arrival(1, minute(100), minute(150), 1)
    assert lateness([*usual, off], start=START, began=START, promised=PROMISED).causes == {EDITORIAL: 0, QUEUE: 0, MMSC: 0, HANDSET: 30}
    slow = [Arrival(2, minute(100), minute(130), 5)]
    assert lateness(slow, start=START, began=START, promised=PROMISED).causes == {EDITORIAL: 0, QUEUE: 0, MMSC: 50, HANDSET: 0}
    queued = [Arrival(1, minute(125), minute(126), 1)]
    assert lateness(queued, start=START, began=START, promised=PROMISED).causes == {EDITORIAL: 0, QUEUE: 5, MMSC: 1, HANDSET: 0}
    assert lateness(queued, start=START, began=minute(20), promised=PROMISED).causes == {EDITORIAL: 5, QUEUE: 0, MMSC: 1, HANDSET: 0}


@given(histograms, st.floats(0.01, 1.0))
def test_a_percentile_is_the_one_of_the_readers_in_a_row(found: dict[int, int], share: float) -> None:
    small = {value: 1 + count % 7 for value, count in found.items()}
    row = sorted(value for value, count in small.items() for _ in range(count))
    expected = None if not row else next(value for place, value in enumerate(row, 1) if place >= share * len(row))
    assert percentile(small, share) == expected


@given(histograms, histograms)
def test_histograms_are_merged(one: dict[int, int], other: dict[int, int]) -> None:
    both = merged([one, other])
    assert sum(both.values()) == sum(one.values()) + sum(other.values())
    assert percentile(both, 1.0) == max([*one, *other], default=None)
