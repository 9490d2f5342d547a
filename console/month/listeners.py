"""A peer's HTTP side on loopback, in a thread of its own: it answers, goes away and comes back at the same place."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

BODY_BYTES_MAX = 4_000_000

Answer = Callable[[Mapping[str, str], bytes], bytes]
"""Headers and body of a request to the body of its answer; called in the listener's thread."""


@dataclass
class Listener:
    """One address.

    Attributes:
        tcp_port: 0 until it listened for the first time, unless a certain one is wanted.
    """

    answer: Answer
    media_type: str = "text/xml"
    tcp_port: int = 0
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _thread: threading.Thread | None = None
    _runner: web.AppRunner | None = None

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._loop.run_forever, name="month-peer", daemon=True)
        self._thread.start()

    def up(self) -> None:
        """Listen."""
        if self._runner is None:
            self._do(self._begin())

    def down(self) -> None:
        """Let every connection go and listen no more."""
        if self._runner is not None:
            self._do(self._runner.cleanup())
            self._runner = None

    def close(self) -> None:
        """End for good."""
        self.down()
        self._loop.call_soon_threadsafe(self._loop.stop)
        if self._thread is not None:
            self._thread.join()
        self._loop.close()

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _begin(self) -> None:
        app = web.Application(client_max_size=BODY_BYTES_MAX)
        app.router.add_post("/{path:.*}", self._heard)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.tcp_port, reuse_address=True).start()
        self.tcp_port = self._runner.addresses[0][1]

    async def _heard(self, request: web.Request) -> web.Response:
        body = await request.read()
        return web.Response(body=self.answer(request.headers, body), content_type=self.media_type, charset="utf-8")
