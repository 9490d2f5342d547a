"""Which ports carry a load: those of the lowest priority number, shared by rate; the next only what these cannot.

Pure arithmetic over ports and what each can carry in the time that there is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TypeVar

Key = TypeVar("Key")


def share_out(readers: int, ports: Sequence[tuple[Key, int, float]], room: Mapping[Key, float] | None = None) -> dict[Key, int]:
    """Readers for each port; their sum is `readers`, unless there is no port.

    The ports of one priority share by rate, within the room of each; what they
    have no room for goes to the next priority. What nobody has room for is shared
    by rate among the ports of the first priority: it will be late there.

    Args:
        ports: (key, priority, rate) of each that may carry it.
        room: readers that a port can carry in time; None where time does not matter.
    """
    loads = {key: 0.0 for key, _, _ in ports}
    left = float(readers)
    groups = [list(group) for _, group in groupby(sorted(ports, key=lambda port: port[1]), key=lambda port: port[1])]
    for group in groups:
        left = _fill(left, {key: rate for key, _, rate in group}, room, loads)
    if groups and left > 0:
        first = {key: rate for key, _, rate in groups[0]}
        _fill(left, first, None, loads)
    return _whole(readers, loads)


def _fill(left: float, rates: Mapping[Key, float], room: Mapping[Key, float] | None, loads: dict[Key, float]) -> float:
    """Share `left` by rate until nobody has room; what is left then."""
    able = dict(rates)
    while left > 1e-9 and able:
        total = sum(able.values())
        portions = {key: left * rate / total for key, rate in able.items()}
        full = {key for key, portion in portions.items() if room is not None and loads[key] + portion >= room[key] - 1e-9}
        if not full:
            for key, portion in portions.items():
                loads[key] += portion
            return 0.0
        assert room is not None
        for key in full:  # who cannot take its portion takes what it can; the others share the rest anew
            left -= max(0.0, room[key] - loads[key])
            loads[key] = max(loads[key], room[key])
            del able[key]
    return max(0.0, left)


def _whole(readers: int, loads: Mapping[Key, float]) -> dict[Key, int]:
    """Whole readers with the same sum: the largest fractions are rounded up."""
    whole = {key: int(load + 1e-9) for key, load in loads.items()}
    missing = readers - sum(whole.values()) if whole else 0
    for key in sorted(whole, key=lambda one: whole[one] - loads[one])[: max(0, missing)]:
        whole[key] += 1
    return whole
