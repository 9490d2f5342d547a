"""Posting reports over kept connections, as cheaply as can be: a simulator must not be slower than what it tries."""

from __future__ import annotations

import asyncio
import base64
from urllib.parse import urlsplit

import httptools

ANSWER_WAIT_S = 30.0
LOST = 0
"""In the place of an HTTP status: no answer came."""


class _Connection(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self) -> None:
        self._answered: asyncio.Future[int] | None = None
        self.transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)

    @property
    def is_open(self) -> bool:
        """Whether it can carry another request."""
        return self.transport is not None and not self.transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._settle(LOST)
            self._close()

    def on_message_complete(self) -> None:
        """httptools has read an answer."""
        status = self._parser.get_status_code()
        if not self._parser.should_keep_alive():
            self._close()
        self._settle(status)

    def connection_lost(self, exc: Exception | None) -> None:
        self._settle(LOST)

    async def exchange(self, request: bytes) -> int:
        """The status of the answer, or `LOST`."""
        assert self.transport is not None
        loop = asyncio.get_running_loop()
        self._answered = loop.create_future()
        patience = loop.call_later(ANSWER_WAIT_S, self._close)
        self.transport.write(request)
        try:
            return await self._answered
        finally:
            patience.cancel()

    def _settle(self, status: int) -> None:
        if self._answered is not None and not self._answered.done():
            self._answered.set_result(status)

    def _close(self) -> None:
        if self.transport is not None:
            self.transport.close()


class Poster:
    """Posts bodies to one URL, with Basic authentication or none."""

    def __init__(self, url: str, headers: dict[str, str], basic: tuple[str, str] | None) -> None:
        parts = urlsplit(url)
        self._host, self._tls = parts.hostname or "", parts.scheme == "https"
        self._port = parts.port or (443 if self._tls else 80)
        named = {"Host": parts.netloc.rpartition("@")[2], **headers}
        if basic is not None:
            named["Authorization"] = "Basic " + base64.b64encode(":".join(basic).encode()).decode()
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._head = f"POST {target} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in named.items()) + "Content-Length: "
        self._idle: list[_Connection] = []

    async def post(self, body: bytes) -> int:
        """The HTTP status, or `LOST`."""
        connection = self._idle.pop() if self._idle else None
        try:
            if connection is None or not connection.is_open:
                _, connection = await asyncio.get_running_loop().create_connection(_Connection, self._host, self._port, ssl=self._tls or None)
        except OSError:
            return LOST
        status = await connection.exchange(f"{self._head}{len(body)}\r\n\r\n".encode() + body)
        if connection.is_open:
            self._idle.append(connection)
        return status

    async def close(self) -> None:
        """Let the connections go."""
        for connection in self._idle:
            if connection.transport is not None:
                connection.transport.close()
