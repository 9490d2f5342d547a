"""Group commit: many small writes share one transaction, each is told when it is durable.

A write that comes while nothing is committed waits a moment for company;
those that come during a commit go together with the next one. A writer who gives
up waiting takes nothing away from the others, and one that cannot be stored is
stored apart, so that its company does not suffer.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from sqlalchemy.orm import Session

from huabao.errors import StoreError
from huabao.log import get_logger
from huabao.outages import DATABASE_ERRORS, is_away
from huabao.runtime import Runtime

log = get_logger("commit")

WRITES_MAX: Final = 500
LINGER_S: Final = 0.01
WAITING_MAX: Final = 20_000
"""More writes than this at once are turned away, so that memory does not grow while the database is slow."""

STORE_WAIT_S: Final = 25.0
"""A write that is not durable after this is answered `not now`; should it become durable later, it comes twice, which is harmless."""

W = TypeVar("W")
R = TypeVar("R")


class NotStoredError(StoreError):
    """A write did not become durable.

    Attributes:
        retryable: the database is away or slow; the same may succeed later.
    """

    def __init__(self, message: str, *, retryable: bool) -> None:
        super().__init__(message)
        self.retryable = retryable


@dataclass(eq=False, slots=True)
class _Waiting(Generic[W, R]):
    """A write and who wants to know of it; `done` is None once he was told."""

    write: W
    done: Callable[[R | NotStoredError], None] | None
    until: float

    def tell(self, result: R | NotStoredError) -> None:
        done, self.done = self.done, None
        if done is not None:
            done(result)


class GroupCommit(Generic[W, R]):
    """Collects writes in one event loop and commits them in a thread.

    Args:
        store: writes down all of a group in one transaction; one result for each. May be called again with the same in another transaction.
        apart: writes down that something is wrong with a write, where `store` fails on it alone; without it such a write is not stored.
        name: of the thread.
        linger_s: what a write waits for company while nothing is committed.
    """

    def __init__(
        self,
        runtime: Runtime,
        loop: asyncio.AbstractEventLoop,
        store: Callable[[Session, Sequence[W]], Sequence[R]],
        *,
        name: str,
        apart: Callable[[Session, W], R] | None = None,
        linger_s: float = LINGER_S,
    ) -> None:
        self.loop = loop
        self._linger_s = linger_s
        self._runtime = runtime
        self._store = store
        self._apart = apart
        self._waiting: list[_Waiting[W, R]] = []
        self._alone: deque[_Waiting[W, R]] = deque()
        self._open: dict[_Waiting[W, R], None] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._watch: asyncio.TimerHandle | None = None
        self._committing = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"{name}-commit")

    async def add(self, write: W) -> R:
        """Return once `write` is committed.

        Raises:
            NotStoredError: it is not.
        """
        settled: asyncio.Future[R | NotStoredError] = self.loop.create_future()
        self.put(write, lambda result: None if settled.done() else settled.set_result(result))
        result = await settled
        if isinstance(result, NotStoredError):
            raise result
        return result

    def put(self, write: W, done: Callable[[R | NotStoredError], None]) -> None:
        """Have `write` committed with the next group; `done` is told once, in the event loop, how that ended."""
        if len(self._waiting) >= WAITING_MAX:
            done(NotStoredError("too much waits for the database", retryable=True))
            return
        one: _Waiting[W, R] = _Waiting(write, done, self.loop.time() + STORE_WAIT_S)
        self._waiting.append(one)
        self._open[one] = None
        if len(self._waiting) >= WRITES_MAX:
            self._flush()
        elif self._timer is None and not self._committing:
            self._timer = self.loop.call_later(self._linger_s, self._flush)
        if self._watch is None:
            self._watch = self.loop.call_later(STORE_WAIT_S, self._give_up)

    def _give_up(self) -> None:
        """Tell those who have waited too long, and come again for the next; one timer serves all, in the order of their coming."""
        self._watch = None
        now = self.loop.time()
        for one in list(self._open):
            if one.until > now:
                self._watch = self.loop.call_at(one.until, self._give_up)
                return
            del self._open[one]
            one.tell(NotStoredError("the database is too slow", retryable=True))

    def _flush(self) -> None:
        if self._committing or not (self._waiting or self._alone):
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._alone:
            group = [self._alone.popleft()]
        else:
            group, self._waiting = self._waiting[:WRITES_MAX], self._waiting[WRITES_MAX:]
        self._committing = True
        work = self.loop.run_in_executor(self._thread, self._commit, [one.write for one in group])
        work.add_done_callback(lambda finished: self._finished(finished, group))

    def _finished(self, work: asyncio.Future[list[R | NotStoredError]], group: Sequence[_Waiting[W, R]]) -> None:
        self._committing = False
        broken = None if work.cancelled() else work.exception()
        if broken is not None:
            log.error("a commit broke", error=type(broken).__name__)
        if broken is not None and len(group) > 1:
            self._alone.extend(group)
        else:
            interrupted = work.cancelled() or broken is not None
            results = [NotStoredError("interrupted", retryable=True)] * len(group) if interrupted else work.result()
            for one, result in zip(group, results, strict=True):
                self._open.pop(one, None)
                one.tell(result)
        self._flush()

    def _commit(self, writes: Sequence[W]) -> list[R | NotStoredError]:
        """Commit all writes together; where one spoils the transaction, each by itself."""
        try:
            with self._runtime.transaction() as session:
                return list(self._store(session, writes))
        except DATABASE_ERRORS as error:
            if is_away(error):
                return [_away(error)] * len(writes)
            if len(writes) > 1:
                return [one for write in writes for one in self._commit([write])]
            log.error("a message cannot be stored", error=type(error).__name__)
        return [self._committed_apart(writes[0])]

    def _committed_apart(self, write: W) -> R | NotStoredError:
        if self._apart is None:
            return NotStoredError("this message cannot be stored", retryable=False)
        try:
            with self._runtime.transaction() as session:
                return self._apart(session, write)
        except DATABASE_ERRORS as error:
            return _away(error) if is_away(error) else NotStoredError("this message cannot be stored", retryable=False)


def _away(error: Exception) -> NotStoredError:
    return NotStoredError(f"the database is away ({type(error).__name__})", retryable=True)
