"""A port's requests in flight, over all senders of a process."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from delivery.sending.slots import QUEUED_MAX, RESERVED, Slots, slots_of


@given(connections=st.integers(1, 20), asks=st.lists(st.one_of(st.booleans(), st.none()), max_size=60))
def test_never_more_than_the_port_has_and_one_is_kept_for_what_overtakes(connections: int, asks: list[bool | None]) -> None:
    """None gives one back."""
    slots, taken = Slots(), 0
    for urgent in asks:
        if urgent is None:
            if taken:
                slots.free(1)
                taken -= 1
            continue
        most = connections + min(connections - RESERVED, QUEUED_MAX)
        most -= RESERVED if connections > 1 and not urgent else 0
        assert slots.take(connections, urgent=urgent) == (taken < most)
        taken += taken < most
    assert taken <= 2 * connections


def test_senders_of_a_port_share_them() -> None:
    assert slots_of(7001) is slots_of(7001)
    assert slots_of(7001) is not slots_of(7002)
