"""Packed ids, many at once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from huabao.columns import unpack_many
from huabao.ids import pack_ids, unpack_ids

sets = st.lists(st.frozensets(st.integers(0, 2**40), max_size=20), max_size=20)


@given(sets)
def test_many_sets_are_unpacked_as_one_by_one(given_sets: list[frozenset[int]]) -> None:
    packed = [pack_ids(one) for one in given_sets]
    ids, sizes = unpack_many(packed)
    assert sizes.tolist() == [len(one) for one in given_sets]
    assert ids.tolist() == [one for each in packed for one in unpack_ids(each)]


def test_the_largest_ids() -> None:
    largest = [0, 2**62, 2**63 - 1]
    ids, _ = unpack_many([pack_ids(largest)] * 3)
    assert ids.tolist() == largest * 3
