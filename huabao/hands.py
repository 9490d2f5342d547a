"""What this process has in its hands: a living process does not judge itself by its leases.

A lease tells others that its holder lives. Where one process both works and looks for
silent workers, its threads may wait for the database longer than a lease lasts (a slow
disk, SQLite's one writer at a time); none of them is silent for that. What a thread has
in its hands leaves them when it ends, however it ends, and then its lease counts again.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine


class Hands:
    """Rows of one kind, by id, that threads of this process have in hand."""

    def __init__(self) -> None:
        self._held: dict[object, tuple[Engine, int]] = {}  # each step of its use is one step of the interpreter; a lock would outlive a fork
        os.register_at_fork(after_in_child=self._held.clear)

    @contextmanager
    def holding(self, engine: Engine, row_id: int) -> Iterator[None]:
        """The calling thread has the row in hand until the end of the block."""
        token = object()
        self._held[token] = (engine, row_id)
        try:
            yield
        finally:
            del self._held[token]

    def of(self, engine: Engine) -> frozenset[int]:
        """The ids of what is held of this database."""
        return frozenset(row_id for of, row_id in tuple(self._held.values()) if of is engine)
