"""Posting delivery reports: when they are due, over kept connections, again until the platform takes them."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

import aiohttp

from sandbox.mmsc.posting import ANSWER_WAIT_S, LOST, Poster

RETRY_S = (0.1, 0.3, 1.0, 2.0, 5.0)
"""Pauses before a report is posted again; the last one repeats."""

HEADERS = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}


class _DigestPoster:
    """Posts with Digest authentication."""

    def __init__(self, url: str, connections: int, user: str, password: str) -> None:
        self._url = url
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=connections),
            headers=HEADERS,
            middlewares=(aiohttp.DigestAuthMiddleware(user, password),),
            timeout=aiohttp.ClientTimeout(total=ANSWER_WAIT_S),
        )

    async def post(self, body: bytes) -> int:
        """The HTTP status, or `LOST`."""
        try:
            async with self._session.post(self._url, data=body, allow_redirects=False) as response:
                await response.read()
                return response.status
        except (aiohttp.ClientError, TimeoutError, OSError):
            return LOST

    async def close(self) -> None:
        """Let the connections go."""
        await self._session.close()


@dataclass
class ReportCounts:
    """What became of the reports.

    Attributes:
        posted: taken by the platform.
        retried: attempts that failed and are made again.
        refused: answered 4xx, given up.
    """

    posted: int = 0
    retried: int = 0
    refused: int = 0


Write = Callable[[], bytes | None]
"""Writes a report when it is due; None where there is nothing to tell any more."""


@dataclass(order=True, slots=True)
class _Due:
    """A report to be posted: written when its time comes, for a million of them may wait."""

    at: float
    order: int
    write: Write = field(compare=False)
    attempts: int = field(compare=False, default=0)


class Reporter:
    """Posts reports to one URL at their times, `connections` at once."""

    def __init__(self, url: str, connections: int, auth: tuple[str, str, str] | None = None) -> None:
        self.counts = ReportCounts()
        self._heap: list[_Due] = []
        self._order = itertools.count()
        self._ready: asyncio.Queue[_Due] = asyncio.Queue()
        self._wake = asyncio.Event()
        self._busy = 0
        kind, user, password = auth or ("none", "", "")
        self._poster = _DigestPoster(url, connections, user, password) if kind == "digest" else Poster(url, HEADERS, (user, password) if kind == "basic" else None)
        self._tasks = [asyncio.create_task(self._schedule()), *(asyncio.create_task(self._work()) for _ in range(connections))]

    @property
    def pending(self) -> int:
        """Reports that the platform did not take yet."""
        return len(self._heap) + self._ready.qsize() + self._busy

    def later(self, write: Write, delay_s: float) -> None:
        """Post a report after `delay_s`."""
        self._push(_Due(asyncio.get_running_loop().time() + delay_s, next(self._order), write))

    async def now(self, write: Write) -> None:
        """Post a report at once; where the platform does not take it, later again."""
        await self._post(_Due(asyncio.get_running_loop().time(), next(self._order), write))

    async def close(self) -> None:
        """Stop; what was not posted is lost, as with a peer that is switched off."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._poster.close()

    def _push(self, due: _Due) -> None:
        heapq.heappush(self._heap, due)
        if self._heap[0] is due:
            self._wake.set()

    async def _schedule(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            self._wake.clear()
            while self._heap and self._heap[0].at <= loop.time():
                self._ready.put_nowait(heapq.heappop(self._heap))
            pause_s = self._heap[0].at - loop.time() if self._heap else None
            try:
                await asyncio.wait_for(self._wake.wait(), pause_s)
            except TimeoutError:
                continue

    async def _work(self) -> None:
        while True:
            due = await self._ready.get()
            self._busy += 1
            try:
                await self._post(due)
            finally:
                self._busy -= 1

    async def _post(self, due: _Due) -> None:
        body = due.write()
        if body is None:
            return
        status = await self._poster.post(body)
        if 200 <= status < 300:
            self.counts.posted += 1
        elif status in (400, 401, 403, 404, 405, 413, 415):
            self.counts.refused += 1
        else:
            self.counts.retried += 1
            pause_s = RETRY_S[min(due.attempts, len(RETRY_S) - 1)]
            self._push(_Due(asyncio.get_running_loop().time() + pause_s, next(self._order), lambda: body, due.attempts + 1))
