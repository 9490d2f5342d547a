"""How many requests a client may make: a bucket for each, in this process.

A bucket holds ten seconds' worth, or what the caller says, and starts full; who comes too fast is told when to
come again. Several web processes have a bucket each.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable

HOLDS_S = 10.0
CLIENTS_KEPT_MAX = 10_000


class RequestLimits:
    """The buckets of all clients."""

    def __init__(self) -> None:
        self._full_at: OrderedDict[Hashable, float] = OrderedDict()
        self._lock = threading.Lock()

    def late_s(self, client: Hashable, rate_per_min: float, at: float, *, holds_s: float = HOLDS_S) -> float:
        """As `wait_s`, and nothing is counted."""
        interval = 60.0 / rate_per_min
        with self._lock:
            late = max(self._full_at.get(client, at), at) + interval - at - max(holds_s, interval)
        return late if late > 1e-9 else 0.0

    def wait_s(self, client: Hashable, rate_per_min: float, at: float, *, holds_s: float = HOLDS_S) -> float:
        """0 where a request may be made at the instant `at` (seconds, any origin), and it is counted; else how long to wait."""
        interval = 60.0 / rate_per_min
        holds = max(holds_s, interval)
        with self._lock:
            full_at = max(self._full_at.get(client, at), at)
            late = full_at + interval - at - holds
            if late > 1e-9:
                return late
            self._full_at[client] = full_at + interval
            self._full_at.move_to_end(client)
            while len(self._full_at) > CLIENTS_KEPT_MAX:
                self._full_at.popitem(last=False)
        return 0.0
