"""Packed id sets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huabao.ids import pack_ids, unpack_ids


@given(st.sets(st.integers(0, 2**63 - 1), max_size=300))
def test_any_set_comes_back_ascending(ids: set[int]) -> None:
    assert unpack_ids(pack_ids(ids)) == sorted(ids)


def test_a_thousand_neighbours_are_small() -> None:
    assert len(pack_ids(range(500_000, 501_000))) < 100


@pytest.mark.parametrize("ids", [[1, 1], [-1]])
def test_twins_and_negatives_are_our_mistake(ids: list[int]) -> None:
    with pytest.raises(ValueError, match="twice or is negative"):
        pack_ids(ids)
