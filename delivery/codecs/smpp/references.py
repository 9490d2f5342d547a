"""References that join the short messages of one text: unlike for two texts to the same handset within a while.

A handset keeps parts of a text until all have come: two texts with the same reference are mixed up. A random octet
is the same once in 256. So each destination counts on by itself while it is remembered, and begins anew at a place of its own
afterwards. The state belongs to one bind; whoever owns the bind gives the time and a start (e.g. from its clock), so that a
restart does not begin where the last run began.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final
from zlib import crc32

WINDOW_S: Final = 86_400.0
"""Handsets keep the parts of an unfinished text for hours; one day is on the safe side."""
REMEMBERED_MAX: Final = 200_000
"""Destinations; about 30 MB. Beyond it the ones that were used longest ago are forgotten first."""


class References:
    """The next reference of each destination.

    Args:
        start: any number, another one in each run.
    """

    __slots__ = ("_last", "_remembered_max", "_start", "_window_s")

    def __init__(self, start: int = 0, *, window_s: float = WINDOW_S, remembered_max: int = REMEMBERED_MAX) -> None:
        self._start = start
        self._window_s = window_s
        self._remembered_max = remembered_max
        self._last: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def next(self, destination: str, now_s: float) -> int:
        """A reference that no text to `destination` had among the last 255 (65,535 with 16 bits) within the window; take it modulo the size."""
        known = self._last.pop(destination, None)
        if known is not None and now_s - known[1] < self._window_s:
            reference = known[0] + 1
        else:
            self._start += 1
            reference = self._start + crc32(destination.encode())
        self._last[destination] = (reference, now_s)
        while len(self._last) > self._remembered_max:
            self._last.popitem(last=False)
        return reference

    def __len__(self) -> int:
        return len(self._last)
