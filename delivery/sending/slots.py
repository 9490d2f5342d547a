"""Requests in flight through a port, over all senders of this process.

Each sender fills the port's window as if it were alone; together they must not,
for what has its token but waits for a connection holds its place at the throttle
for nothing. A few wait all the same, so that a connection finds the next request
while the senders are at the database.
"""

from __future__ import annotations

import os
import threading

RESERVED = 1
"""Of the connections, kept for lanes that overtake, where there are more than one."""


QUEUED_MAX = 8
"""Requests that may wait for a connection, where there are as many connections."""


class Slots:
    """How many requests of this process are in flight through one port, or about to be."""

    def __init__(self) -> None:
        self._taken = 0
        self._lock = threading.Lock()

    def take(self, connections: int, *, urgent: bool) -> bool:
        """Take a slot, if one is free."""
        most = connections + min(connections - RESERVED, QUEUED_MAX)
        if not urgent and connections > RESERVED:
            most -= RESERVED
        with self._lock:
            if self._taken >= most:
                return False
            self._taken += 1
            return True

    def free(self, number: int = 1) -> None:
        """Give slots back; from any thread."""
        with self._lock:
            self._taken -= number


_slots: dict[tuple[int, int], Slots] = {}
_lock = threading.Lock()
os.register_at_fork(after_in_child=_lock._at_fork_reinit)  # type: ignore[attr-defined]  # noqa: SLF001  a child must not wait for its parent's lock


def slots_of(port_id: int) -> Slots:
    """The slots of a port in this process."""
    with _lock:
        return _slots.setdefault((os.getpid(), port_id), Slots())
