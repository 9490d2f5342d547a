"""Who carries how much: by priority, by rate, within the room that there is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.ports.sharing import share_out

PORTS = st.lists(st.tuples(st.integers(0, 3), st.floats(0.1, 1000)), min_size=1, max_size=6).map(lambda rows: [(f"p{at}", *row) for at, row in enumerate(rows)])


@pytest.mark.parametrize(
    ("readers", "ports", "room", "expected"),
    [
        (100, [("a", 0, 50), ("b", 0, 50)], None, {"a": 50, "b": 50}),
        (100, [("a", 0, 75), ("b", 0, 25)], None, {"a": 75, "b": 25}),
        (100, [("a", 0, 50), ("b", 1, 500)], None, {"a": 100, "b": 0}),
        (100, [("a", 0, 50), ("b", 1, 500)], {"a": 60, "b": 600}, {"a": 60, "b": 40}),
        (100, [("a", 0, 50), ("b", 0, 50), ("c", 5, 50)], {"a": 10, "b": 200, "c": 50}, {"a": 10, "b": 90, "c": 0}),
        (100, [("a", 0, 50), ("b", 1, 50)], {"a": 0, "b": 1000}, {"a": 0, "b": 100}),
        (100, [("a", 0, 50), ("b", 1, 50)], {"a": 20, "b": 20}, {"a": 80, "b": 20}),
        (3, [("a", 0, 1), ("b", 0, 1)], None, {"a": 2, "b": 1}),
        (0, [("a", 0, 1)], None, {"a": 0}),
        (5, [], None, {}),
    ],
)
def test_shares(readers: int, ports: list[tuple[str, int, float]], room: dict[str, float] | None, expected: dict[str, int]) -> None:
    assert share_out(readers, ports, room) == expected


@given(st.integers(0, 2_000_000), PORTS)
def test_nobody_is_lost_and_later_priorities_stay_free(readers: int, ports: list[tuple[str, int, float]]) -> None:
    found = share_out(readers, ports)
    assert sum(found.values()) == readers
    first = min(priority for _, priority, _ in ports)
    assert all(found[name] == 0 for name, priority, _ in ports if priority != first)
    total = sum(rate for _, priority, rate in ports if priority == first)
    assert all(abs(found[name] - readers * rate / total) < 1.001 for name, priority, rate in ports if priority == first)


@given(st.integers(0, 100_000), PORTS, st.data())
def test_the_next_only_takes_what_the_first_have_no_room_for(readers: int, ports: list[tuple[str, int, float]], data: st.DataObject) -> None:
    room = {name: float(data.draw(st.integers(0, 50_000))) for name, _, _ in ports}
    found = share_out(readers, ports, room)
    assert sum(found.values()) == readers
    for name, priority, _ in ports:
        if found[name] > 1:
            earlier = [other for other, rank, _ in ports if rank < priority]
            assert all(found[other] >= room[other] - 1 for other in earlier), "an earlier port had room left"
    if sum(room.values()) >= readers:
        assert all(found[name] <= room[name] + 1 for name, _, _ in ports), "more than a port can carry in time though others could"
