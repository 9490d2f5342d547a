"""Things made at first use and kept, each once, whoever of several threads asks first."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Memo(Generic[T]):
    """What was made, by key.

    While one thread makes a thing, others that want the same wait for it. Making one may ask for others, here or in
    another memo, as long as nothing waits for itself.
    """

    def __init__(self) -> None:
        self._made: dict[Hashable, T] = {}
        self._making: dict[Hashable, threading.Lock] = {}
        self._guard = threading.Lock()

    def __len__(self) -> int:
        return len(self._made)

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The thing of that name; `make` must give the same for the same name."""
        if key in self._made:
            return self._made[key]
        with self._guard:
            lock = self._making.setdefault(key, threading.Lock())
        with lock:
            if key not in self._made:
                self._made[key] = make()
        with self._guard:
            self._making.pop(key, None)
        return self._made[key]
