"""A feed with too many records of one number is refused before it is held in memory; one that only looks so is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciliation.codecs.feeds import FeedError, find_dialect
from reconciliation.diff import Side, check_feed, crowding

CSV = find_dialect("csv")
HEADER = "msisdn,service_id,state,effective_at,price_fen,fee_msisdn\n"
FIRST = 13_800_000_000


def _feed(folder: Path, numbers: list[int]) -> Side:
    path = folder / "feed.csv"
    path.write_text(HEADER + "".join(f"{number},SVC{at},active,,,\n" for at, number in enumerate(numbers)))
    return Side(path, CSV)


@given(st.lists(st.integers(0, 5), max_size=40), st.integers(1, 6))
@settings(max_examples=60, deadline=None)
def test_exactly_what_has_too_many_is_refused(tmp_path_factory: pytest.TempPathFactory, which: list[int], most: int) -> None:
    numbers = [FIRST + one // 2 + one % 2 * crowding.PLACES for one in which]  # two share each place
    side = _feed(tmp_path_factory.mktemp("crowd"), numbers)
    if max((numbers.count(one) for one in numbers), default=0) > most:
        with pytest.raises(FeedError, match="more records of one number") as refused:
            check_feed(side, number_max=most)
        assert refused.value.code == "crowded" and str(FIRST)[:6] not in refused.value.words[0]
    else:
        assert check_feed(side, number_max=most).usable == len(numbers)


def test_a_feed_whose_places_are_all_full_is_refused_without_counting_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowding, "SUSPECTS_MAX", 3)
    side = _feed(tmp_path, [FIRST + place + number * crowding.PLACES for place in range(4) for number in range(3)])
    with pytest.raises(FeedError, match="at most 2"):
        check_feed(side, number_max=2)
