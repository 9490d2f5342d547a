"""Telling the platform what happened: each event until it is taken, some twice, some never, some in the wrong order."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

import aiohttp

from sandbox.boss import wire
from sandbox.boss.options import Options
from sandbox.mmsc.keep import Keep
from sandbox.mmsc.options import Dice

RETRY_S: Final = 0.5
RETRIES_MAX: Final = 600
TAKEN: Final = (200, 400, 409, 413, 422)
"""What no second try would change."""


class Caller:
    """Posts events in the background; one that met nobody is posted again."""

    def __init__(self, options: Options, counts: Counter[str], keep: Keep) -> None:
        self._options = options
        self._counts = counts
        self._keep = keep
        self._dice = Dice(options.seed)
        self._session: aiohttp.ClientSession | None = None
        self._at_once = asyncio.Semaphore(options.connections)
        self._tasks: set[asyncio.Task[None]] = set()
        self._held: Mapping[str, Any] | None = None

    @property
    def pending(self) -> int:
        """Events that are not taken yet."""
        return len(self._tasks)

    def tell(self, event: Mapping[str, Any]) -> None:
        """Have an event posted, as the options say."""
        number = str(event["event_id"])
        self._counts["events"] += 1
        self._keep.line("events", event)
        if self._options.report_url is None:
            return
        if self._dice.roll("lost", number) < self._options.lost:
            self._counts["events_lost"] += 1
            return
        if self._held is None and self._dice.roll("swapped", number) < self._options.swapped:
            self._held = event  # the next one goes first
            self._counts["events_swapped"] += 1
            return
        self._post_later(event)
        held, self._held = self._held, None
        if held is not None:
            self._post_later(held, after_s=0.05)

    def _post_later(self, event: Mapping[str, Any], *, after_s: float = 0.0) -> None:
        number = str(event["event_id"])
        delay_s = after_s + self._dice.between(self._options.delay_ms, "delay", number) / 1000
        times = 2 if self._dice.roll("double", number) < self._options.double else 1
        for again in range(times):
            task = asyncio.get_running_loop().create_task(self._post(wire.write_event(event), delay_s + again * 0.05))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _post(self, body: bytes, delay_s: float) -> None:
        await asyncio.sleep(delay_s)
        for _ in range(RETRIES_MAX):
            async with self._at_once:
                status, said = await self._once(body)
            self._counts[f"answered_{status}"] += 1
            if status in TAKEN:
                self._counts["events_posted"] += 1
                self._keep.line("answers", {"event": body.decode(), "status": status, "said": said})
                return
            await asyncio.sleep(RETRY_S)
        self._counts["events_given_up"] += 1

    async def _once(self, body: bytes) -> tuple[int, str]:
        assert self._options.report_url is not None
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60))
        try:
            async with self._session.post(self._options.report_url, data=body, headers=wire.signed(self._options.secrets[0], body)) as response:
                return response.status, (await response.text())[:500]
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return 0, type(error).__name__

    async def close(self) -> None:
        """Let what is under way go."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
