"""Group commit: many small writes share one transaction, each is told when it is durable.

A write that comes while nothing is committed waits `LINGER_S` for company;
those that come during a commit go together with the next one. A writer who gives
up waiting takes nothing away from the others.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.orm import Session

from delivery.reports.folding import append
from huabao.errors import StoreError
from huabao.log import get_logger
from huabao.outages import DATABASE_ERRORS, is_away
from huabao.runtime import Runtime

log = get_logger("mm7")


@dataclass(frozen=True)
class Write:
    """What one request has to say.

    Attributes:
        reports: rows of `delivery.reports.folding.event_rows`; those of all requests are appended at once.
        more: adds other rows to a session; may be called again in another transaction.
    """

    reports: Sequence[Mapping[str, Any]] = ()
    more: Callable[[Session], None] | None = None


WRITES_MAX: Final = 500
LINGER_S: Final = 0.01
WAITING_MAX: Final = 20_000
"""More writes than this at once are turned away, so that memory does not grow while the database is slow."""

STORE_WAIT_S: Final = 25.0
"""A write that is not durable after this is answered `not now`; should it become durable later, it comes twice, which is harmless."""


class NotStoredError(StoreError):
    """A write did not become durable.

    Attributes:
        retryable: the database is away or slow; the same may succeed later.
    """

    def __init__(self, message: str, *, retryable: bool) -> None:
        super().__init__(message)
        self.retryable = retryable


Done = Callable[[NotStoredError | None], None]
"""Told once, in the event loop: None when the write is durable, else why it is not."""


@dataclass(eq=False, slots=True)
class _Waiting:
    """A write and who wants to know of it; `done` is None once he was told."""

    write: Write
    done: Done | None
    until: float

    def tell(self, error: NotStoredError | None) -> None:
        done, self.done = self.done, None
        if done is not None:
            done(error)


class GroupCommit:
    """Collects writes in one event loop and commits them in a thread."""

    def __init__(self, runtime: Runtime, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._runtime = runtime
        self._waiting: list[_Waiting] = []
        self._open: dict[_Waiting, None] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._watch: asyncio.TimerHandle | None = None
        self._committing = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="mm7-commit")

    async def add(self, write: Write) -> None:
        """Return once `write` is committed.

        Raises:
            NotStoredError: it is not.
        """
        settled: asyncio.Future[NotStoredError | None] = self.loop.create_future()
        self.put(write, lambda error: None if settled.done() else settled.set_result(error))
        error = await settled
        if error is not None:
            raise error

    def put(self, write: Write, done: Done) -> None:
        """Have `write` committed with the next group; `done` is told how that ended."""
        if len(self._waiting) >= WAITING_MAX:
            done(NotStoredError("too much waits for the database", retryable=True))
            return
        one = _Waiting(write, done, self.loop.time() + STORE_WAIT_S)
        self._waiting.append(one)
        self._open[one] = None
        if len(self._waiting) >= WRITES_MAX:
            self._flush()
        elif self._timer is None and not self._committing:
            self._timer = self.loop.call_later(LINGER_S, self._flush)
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
        if self._committing or not self._waiting:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        group, self._waiting = self._waiting[:WRITES_MAX], self._waiting[WRITES_MAX:]
        self._committing = True
        work = self.loop.run_in_executor(self._thread, self._commit, [one.write for one in group])
        work.add_done_callback(lambda finished: self._finished(finished, group))

    def _finished(self, work: asyncio.Future[list[NotStoredError | None]], group: Sequence[_Waiting]) -> None:
        self._committing = False
        broken = NotStoredError("interrupted", retryable=True) if work.cancelled() else work.exception()
        if broken is not None and not isinstance(broken, NotStoredError):
            log.error("a commit broke", error=type(broken).__name__)
            broken = NotStoredError("interrupted", retryable=True)
        results = [broken] * len(group) if broken is not None else work.result()
        for one, error in zip(group, results, strict=True):
            self._open.pop(one, None)
            one.tell(error)
        self._flush()

    def _commit(self, writes: Sequence[Write]) -> list[NotStoredError | None]:
        """Commit all writes together; where one spoils the transaction, each by itself."""
        try:
            with self._runtime.transaction() as session:
                append([row for write in writes for row in write.reports], session)
                for write in writes:
                    if write.more is not None:
                        write.more(session)
        except DATABASE_ERRORS as error:
            if is_away(error):
                return [_away(error)] * len(writes)
            if len(writes) > 1:
                return [one for write in writes for one in self._commit([write])]
            log.error("a report cannot be stored", error=type(error).__name__)
            return [NotStoredError("this message cannot be stored", retryable=False)]
        return [None] * len(writes)


def _away(error: Exception) -> NotStoredError:
    return NotStoredError(f"the database is away ({type(error).__name__})", retryable=True)
