"""The simulator's HTTP side: what it did (`GET /stats`), readers who send (`POST /mo`), what shall happen now (`POST /do`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from huabao.errors import UsageError
from sandbox.smsc.script import check_actions

if TYPE_CHECKING:
    from sandbox.smsc.server import SMSC


class Control:
    """A small web application beside the SMSC.

    Attributes:
        tcp_port: where it listens.
    """

    def __init__(self, smsc: SMSC) -> None:
        self.tcp_port = 0
        self._smsc = smsc
        app = web.Application(client_max_size=100_000)
        app.router.add_get("/stats", self._stats)
        app.router.add_post("/mo", self._mo)
        app.router.add_post("/do", self._do)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)

    @classmethod
    async def start(cls, smsc: SMSC, host: str, port: int) -> Control:
        """Listen; port 0 takes a free one."""
        control = cls(smsc)
        await control._runner.setup()
        await web.TCPSite(control._runner, host, port).start()
        control.tcp_port = control._runner.addresses[0][1]
        return control

    async def close(self) -> None:
        """Stop listening."""
        await self._runner.cleanup()

    async def _stats(self, _request: web.Request) -> web.Response:
        return web.json_response(self._smsc.stats())

    async def _mo(self, request: web.Request) -> web.Response:
        return await self._act(request, wrap=True)

    async def _do(self, request: web.Request) -> web.Response:
        return await self._act(request, wrap=False)

    async def _act(self, request: web.Request, *, wrap: bool) -> web.Response:
        try:
            document: Any = await request.json()
            actions = check_actions({"mo": document} if wrap else document, "request", timed=True)
        except (ValueError, AttributeError, UsageError) as error:
            return web.json_response({"error": str(error)}, status=400)
        self._smsc.act(actions)
        return web.json_response({"bound": len(self._smsc.bound())})
