"""What is dear to count is kept for this process: for a second at least, and for some times as long as counting took.

However many pages ask, one of them counts; the others get what was known before and say how old it is.
What takes long is counted beside the pages: who asks gets what was known, and whoever asks after him the new.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from huabao.log import get_logger

log = get_logger("kept")

V = TypeVar("V")

KEEP_PER_COST = 4.0
KEPT_MAX = 500

LONG_S = 0.25
"""What took longer is counted beside the pages, once it is known at all."""


@dataclass
class _One(Generic[V]):
    lock: threading.Lock = field(default_factory=threading.Lock)
    value: V | None = None
    at: datetime | None = None
    cost_s: float = 0.0


class Kept(Generic[V]):
    """Counted values by key, of each database its own.

    Args:
        keep_s: seconds for which a value counts at least.
    """

    def __init__(self, keep_s: float) -> None:
        self.keep_s = keep_s
        self._known: weakref.WeakKeyDictionary[object, dict[Hashable, _One[V]]] = weakref.WeakKeyDictionary()
        self._lock = threading.Lock()

    def get(
        self, session: Session, key: Hashable, now: datetime, count: Callable[[Session], V], *,
        keep_s: float = 0.0, told: Callable[[Session], tuple[V, datetime] | None] | None = None,
    ) -> V:  # fmt: skip
        """The value of `key`; counted where it is older than it may be, and at once where it is not known.

        Args:
            count: asks the session that it is given, and no other.
            keep_s: seconds for which this value counts at least.
            told: what somebody else counted before this process did, with its instant, where counting takes long; None where nobody did.
                It is the first answer, and the next who asks has it counted.
        """
        one = self._one(session, key)
        value = one.value
        if not one.lock.acquire(blocking=value is None) and value is not None:
            return value  # somebody counts just now
        beside = False
        try:
            if one.value is None and (found := told(session) if told is not None else None) is not None:
                one.value, one.at, one.cost_s = *found, LONG_S
                return one.value  # counting would take from whoever waits for this page; the next who asks begins it
            if one.value is None:
                return self._count(one, session, now, count)
            age = now - one.at if one.at is not None else timedelta.max
            if timedelta(0) <= age < timedelta(seconds=max(self.keep_s, keep_s, KEEP_PER_COST * one.cost_s)):
                return one.value
            if one.cost_s < LONG_S:
                return self._count(one, session, now, count)
            beside, before = True, one.value
            threading.Thread(target=self._count_beside, args=(one, session.get_bind(), now, count), name="kept", daemon=True).start()
            return before
        finally:
            if not beside:
                one.lock.release()

    def known(self, session: Session, key: Hashable) -> tuple[V, datetime] | None:
        """The value of `key` as it is known, however old, and its instant; None where it is not."""
        with self._lock:
            one = self._known.get(session.get_bind(), {}).get(key)
        return None if one is None or one.value is None or one.at is None else (one.value, one.at)

    def _one(self, session: Session, key: Hashable) -> _One[V]:
        with self._lock:
            mine = self._known.setdefault(session.get_bind(), {})
            if len(mine) > KEPT_MAX:
                mine.clear()
            return mine.setdefault(key, _One())

    def _count(self, one: _One[V], session: Session, now: datetime, count: Callable[[Session], V]) -> V:
        began = time.monotonic()
        one.value, one.at = count(session), now
        one.cost_s = time.monotonic() - began
        return one.value

    def _count_beside(self, one: _One[V], bind: object, now: datetime, count: Callable[[Session], V]) -> None:
        try:
            with Session(bind) as session:  # type: ignore[arg-type]  # the engine that another session has
                self._count(one, session, now, count)
        except SQLAlchemyError as error:
            log.warning("could not count anew; what is shown grows old", error=type(error).__name__)
        finally:
            one.lock.release()
