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

import psycopg
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from delivery.reports.folding import append
from huabao.errors import StoreError
from huabao.log import get_logger
from huabao.runtime import Runtime

log = get_logger("mm7")


@dataclass(frozen=True)
class Write:
    """What one request has to say.

    Attributes:
        reports: rows of `delivery.reports.event_rows`; those of all requests are appended at once.
        more: adds other rows to a session; may be called again in another transaction.
    """

    reports: Sequence[Mapping[str, Any]] = ()
    more: Callable[[Session], None] | None = None


WRITES_MAX: Final = 500
LINGER_S: Final = 0.01
WAITING_MAX: Final = 20_000
"""More writes than this at once are turned away, so that memory does not grow while the database is slow."""

AWAY: Final = (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)
"""Errors of a database that is not there; COPY raises the driver's own."""

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


class GroupCommit:
    """Collects writes in one event loop and commits them in a thread."""

    def __init__(self, runtime: Runtime, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._runtime = runtime
        self._waiting: list[tuple[Write, asyncio.Future[None]]] = []
        self._open: dict[asyncio.Future[None], float] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._watch: asyncio.TimerHandle | None = None
        self._committing = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="mm7-commit")

    async def add(self, write: Write) -> None:
        """Return once `write` is committed.

        Raises:
            NotStoredError: it is not.
        """
        if len(self._waiting) >= WAITING_MAX:
            raise NotStoredError("too much waits for the database", retryable=True)
        done: asyncio.Future[None] = self.loop.create_future()
        self._waiting.append((write, done))
        if len(self._waiting) >= WRITES_MAX:
            self._flush()
        elif self._timer is None and not self._committing:
            self._timer = self.loop.call_later(LINGER_S, self._flush)
        self._open[done] = self.loop.time() + STORE_WAIT_S
        if self._watch is None:
            self._watch = self.loop.call_later(STORE_WAIT_S, self._give_up)
        try:
            await done
        finally:
            del self._open[done]

    def _give_up(self) -> None:
        """Tell those who have waited too long, and come again for the next; one timer serves all, in the order of their coming."""
        self._watch = None
        now = self.loop.time()
        for done, until in self._open.items():
            if until > now:
                self._watch = self.loop.call_at(until, self._give_up)
                return
            if not done.done():
                done.set_exception(NotStoredError("the database is too slow", retryable=True))

    def _flush(self) -> None:
        if self._committing or not self._waiting:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        group, self._waiting = self._waiting[:WRITES_MAX], self._waiting[WRITES_MAX:]
        self._committing = True
        work = self.loop.run_in_executor(self._thread, self._commit, [write for write, _ in group])
        work.add_done_callback(lambda finished: self._finished(finished, [done for _, done in group]))

    def _finished(self, work: asyncio.Future[list[NotStoredError | None]], waiting: Sequence[asyncio.Future[None]]) -> None:
        self._committing = False
        broken = NotStoredError("interrupted", retryable=True) if work.cancelled() else work.exception()
        results = [broken] * len(waiting) if broken is not None else work.result()
        for done, error in zip(waiting, results, strict=True):
            if done.done():
                continue
            if error is None:
                done.set_result(None)
            else:
                done.set_exception(error)
        self._flush()

    def _commit(self, writes: Sequence[Write]) -> list[NotStoredError | None]:
        """Commit all writes together; where one spoils the transaction, each by itself."""
        try:
            with self._runtime.transaction() as session:
                append([row for write in writes for row in write.reports], session)
                for write in writes:
                    if write.more is not None:
                        write.more(session)
        except AWAY as error:
            return [_away(error)] * len(writes)
        except (SQLAlchemyError, psycopg.Error) as error:
            if isinstance(error, DBAPIError) and error.connection_invalidated:
                return [_away(error)] * len(writes)
            if len(writes) > 1:
                return [one for write in writes for one in self._commit([write])]
            log.error("a report cannot be stored", error=type(error).__name__)
            return [NotStoredError("this message cannot be stored", retryable=False)]
        return [None] * len(writes)


def _away(error: Exception) -> NotStoredError:
    return NotStoredError(f"the database is away ({type(error).__name__})", retryable=True)
