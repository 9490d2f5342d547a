"""What is dear to count is kept for this process: for a second at least, and for some times as long as counting took.

However many pages ask, one of them counts; the others get what was known before and say how old it is.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from sqlalchemy.orm import Session

V = TypeVar("V")

KEEP_PER_COST = 4.0
KEPT_MAX = 500


@dataclass
class _One(Generic[V]):
    lock: threading.Lock = field(default_factory=threading.Lock)
    value: V | None = None
    at: datetime | None = None
    keep_s: float = 0.0


class Kept(Generic[V]):
    """Counted values by key, of each database its own."""

    def __init__(self, keep_s: float) -> None:
        self.keep_s = keep_s
        self._known: weakref.WeakKeyDictionary[object, dict[Hashable, _One[V]]] = weakref.WeakKeyDictionary()
        self._lock = threading.Lock()

    def get(self, session: Session, key: Hashable, now: datetime, count: Callable[[], V]) -> V:
        """The value of `key`, counted now where it is older than it may be."""
        with self._lock:
            mine = self._known.setdefault(session.get_bind(), {})
            if len(mine) > KEPT_MAX:
                mine.clear()
            one = mine.setdefault(key, _One())
        value = one.value
        if not one.lock.acquire(blocking=value is None) and value is not None:
            return value  # somebody counts just now
        try:
            if one.value is not None and one.at is not None and timedelta(0) <= now - one.at < timedelta(seconds=one.keep_s):
                return one.value
            began = time.monotonic()
            one.value, one.at = count(), now
            one.keep_s = max(self.keep_s, KEEP_PER_COST * (time.monotonic() - began))
            return one.value
        finally:
            one.lock.release()
