"""How a simulator that speaks HTTP lives: from its start to SIGINT or SIGTERM."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

from aiohttp import web


def serve(make_app: Callable[[], web.Application], host: str, tcp_port: int, *, ready: Callable[[int], None] | None = None) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        make_app: called once, in the event loop that serves.
        tcp_port: 0 takes a free one.
        ready: told the TCP port once the socket listens.
    """
    asyncio.run(_serve(make_app, host, tcp_port, ready))


async def _serve(make_app: Callable[[], web.Application], host: str, tcp_port: int, ready: Callable[[int], None] | None) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    runner = web.AppRunner(make_app(), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, tcp_port, backlog=1024).start()
        if ready is not None:
            ready(runner.addresses[0][1])
        await stop.wait()
    finally:
        await runner.cleanup()
