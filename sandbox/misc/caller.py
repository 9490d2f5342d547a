"""The simulator's calls: one after the other for each number, again until the platform has answered."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import aiohttp

from sandbox.misc import wire
from sandbox.misc.options import DIALECTS, Options
from sandbox.mmsc.keep import Keep
from sandbox.mmsc.options import Dice

RETRY_S = (0.1, 0.3, 1.0, 2.0, 5.0)
"""Pauses before a call without an answer is made again; the last one repeats."""

ANSWER_WAIT_S = 30.0
CALLS_AT_ONCE = 256
HELD_S_MAX = 2.0
"""A call that is held back is made after so long, even where no later one came."""


@dataclass(frozen=True)
class Call:
    """What the platform is told.

    Attributes:
        codes: ActionID and ActionReasonID, where they are not those of the event.
    """

    event: str
    msisdn: str
    service_id: str
    fee_msisdn: str = ""
    codes: tuple[int, int] | None = None


Taken = Callable[[Call], None]
"""Told of each call that the platform answered with 0."""


class Caller:
    """Calls a platform at its URLs in turn."""

    def __init__(self, options: Options, dice: Dice, keep: Keep, taken: Taken) -> None:
        self.counts: Counter[str] = Counter()
        self._options = options
        self._dice = dice
        self._keep = keep
        self._taken = taken
        self._number = itertools.count(1)
        self._began = datetime.now(UTC)
        self._lines: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._later: list[asyncio.Event] = []
        self._room = asyncio.Semaphore(CALLS_AT_ONCE)
        auth = aiohttp.BasicAuth(*options.report_auth) if options.report_auth else None
        timeout = aiohttp.ClientTimeout(total=ANSWER_WAIT_S)
        self._session = aiohttp.ClientSession(headers=wire.HEADERS, auth=auth, timeout=timeout, connector=aiohttp.TCPConnector(limit=CALLS_AT_ONCE))

    @property
    def pending(self) -> int:
        """Calls that were not answered yet."""
        return len(self._tasks)

    def later(self, call: Call) -> None:
        """Make a call once its delay has passed, after those before it about the same number."""
        self._start(self._delayed(call))

    async def now(self, call: Call) -> int | None:
        """Make a call at once; its hRet, None where there is nobody to call."""
        return await self._call(call)

    async def close(self) -> None:
        """Stop; what was not answered is lost, as with a peer that is switched off."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._session.close()

    def _start(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _delayed(self, call: Call) -> None:
        number = next(self._number)
        held = self._dice.roll("reorder", number) < self._options.reorder
        earlier, self._later = self._later, []
        if held:
            passed = asyncio.Event()
            self._later = [passed]
            try:
                await asyncio.wait_for(passed.wait(), HELD_S_MAX)
            except TimeoutError:
                pass
            await self._call(call)
        else:
            async with self._lines[call.msisdn]:
                await asyncio.sleep(self._dice.between(self._options.delay_ms, "delay", number) / 1000)
                await self._call(call)
        for one in earlier:
            one.set()

    async def _call(self, call: Call) -> int | None:
        if not self._options.report_urls:
            return None
        number = next(self._number)
        action, reason = call.codes or DIALECTS[self._options.dialect][call.event]
        transaction_id = f"{self._began:%m%d%H%M%S}{number % 10_000:04d}" if number < 10_000 else f"{int(self._began.timestamp()) % 10**6:06d}{number:08d}"
        body = wire.write_call(
            transaction_id, action, reason, call.msisdn, call.fee_msisdn or call.msisdn, call.service_id, device_id=self._options.device_id, sp_id=self._options.sp_id
        )  # fmt: skip
        async with self._room:
            h_ret = await self._until_answered(number, transaction_id, body)
            self._keep.line("calls", {"transaction_id": transaction_id, "event": call.event, "msisdn": call.msisdn, "service_id": call.service_id, "h_ret": h_ret})
            self.counts["taken" if h_ret == 0 else "refused"] += 1
            if h_ret == 0:
                self._taken(call)
            if self._dice.roll("repeat", number) < self._options.repeat:
                self.counts["repeated"] += 1
                await self._until_answered(number, transaction_id, body)
        return h_ret

    async def _until_answered(self, number: int, transaction_id: str, body: bytes) -> int:
        """Post a call until an hRet comes."""
        for attempt in itertools.count():
            url = self._options.report_urls[(number + attempt) % len(self._options.report_urls)]
            self.counts["calls"] += 1
            try:
                async with self._session.post(url, data=body, allow_redirects=False) as response:
                    said = await response.read()
                    h_ret = wire.read_h_ret(said, transaction_id) if response.status == 200 else None
            except (aiohttp.ClientError, TimeoutError, OSError):
                h_ret = None
            if h_ret is not None:
                return h_ret
            self.counts["retried"] += 1
            await asyncio.sleep(RETRY_S[min(attempt, len(RETRY_S) - 1)])
        raise AssertionError("it is asked until it answers")
