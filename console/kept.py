"""What requests need to know of the database, kept for a moment in an event loop and read anew once, not by every request."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """A value that is read in a thread.

    Args:
        load: reads it; called in no event loop.
        kept_s: how long a change of it may go unseen.
    """

    def __init__(self, load: Callable[[], T], kept_s: float) -> None:
        self._load = load
        self._kept_s = kept_s
        self._value: T | None = None
        self._until = 0.0
        self._refreshing: asyncio.Task[T] | None = None

    def now(self) -> T | None:
        """The value, None where it was not read lately; asks for it anew while it still counts."""
        left_s = self._until - time.monotonic()
        if 0 < left_s < self._kept_s / 2:
            self._refresh()
        return self._value if left_s > 0 else None

    async def get(self) -> T:
        """The value, read where it was not lately.

        Raises:
            SQLAlchemyError: what `load` raises.
        """
        found = self.now()
        return await asyncio.shield(self._refresh()) if found is None else found

    def _refresh(self) -> asyncio.Task[T]:
        """The one reading that is under way."""
        if self._refreshing is None or self._refreshing.done():
            self._refreshing = asyncio.get_running_loop().create_task(self._read())
            self._refreshing.add_done_callback(lambda task: task.cancelled() or task.exception())  # whoever waits is told, nobody else need be
        return self._refreshing

    async def _read(self) -> T:
        value = await asyncio.to_thread(self._load)
        self._value, self._until = value, time.monotonic() + self._kept_s
        return value
