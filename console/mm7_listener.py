"""Reports by the short way: a listener that knows `/mm7` and hands everything else to the web application.

An MMSC reports one recipient at a time, thousands a second. The long way (a task,
an ASGI scope, two queues for each request) costs more than reading the report; here a
POST to a port that may enter is read where the bytes arrive, and its answer is
written when the commit that holds it is done. Whatever is unusual (another method, no
Content-Length, `Expect`, who is not allowed) takes the long way.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from console.mm7 import Door, MM7App
from console.raw_route import BODY_WAIT_S, Reply

_PATH: Final = re.compile(rb"/mm7(?:[/?]|$)")
PIPELINED_MAX: Final = 16
"""Unanswered requests of one connection; at so many nothing more is read from it."""


@dataclass(eq=False, slots=True)
class _Request:
    """A report on its way in, then its answer on its way out."""

    door: Door
    content_type: bytes
    keep_alive: bool
    body: list[bytes] = field(default_factory=list)
    reply: Reply | None = None


class MM7Listener(HttpToolsProtocol):
    """uvicorn's listener with a short way for reports; see `listener_of`."""

    mm7: ClassVar[MM7App]

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._reading: _Request | None = None
        self._unanswered: deque[_Request] = deque()
        self._ending = False
        self._patience: asyncio.TimerHandle | None = None

    def data_received(self, data: bytes) -> None:
        """Bytes from the peer."""
        super().data_received(data)
        if self._reading is not None and self._patience is None:
            self._patience = self.loop.call_later(BODY_WAIT_S, self.transport.close)

    def on_headers_complete(self) -> None:
        """The head of a request is there: by which way it goes."""
        if self._ending:
            return
        self._reading = self._quick()
        if self._reading is None and self._unanswered:
            self._ending = True  # something else pipelined behind reports: the peer asks again on a new connection
        elif self._reading is None:
            super().on_headers_complete()

    def _quick(self) -> _Request | None:
        idle = self.cycle is None or self.cycle.response_complete
        if not idle or _PATH.match(self.url) is None or self.parser.get_method() != b"POST" or self.expect_100_continue or self.parser.should_upgrade():
            return None
        headers = dict(self.headers)
        door = self.mm7.entry(self.url.decode("latin-1"), headers)
        return None if door is None else _Request(door, headers.get(b"content-type", b""), self.parser.should_keep_alive())

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        if self._reading is not None:
            self._reading.body.append(body)
        elif not self._ending:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        request, self._reading = self._reading, None
        if request is None:
            if not self._ending:
                super().on_message_complete()
            return
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
        self._unanswered.append(request)
        if len(self._unanswered) >= PIPELINED_MAX:
            self.flow.pause_reading()
        self.mm7.hear(request.door, request.content_type, b"".join(request.body), lambda reply: self._answer(request, reply))

    def _answer(self, request: _Request, reply: Reply) -> None:
        """Answers leave in the order of their requests; where the client hung up they go nowhere."""
        request.reply = reply
        if self.transport.is_closing():
            return
        while self._unanswered and self._unanswered[0].reply is not None:
            first = self._unanswered.popleft()
            assert first.reply is not None
            self._ending = self._ending or not first.keep_alive
            self.transport.write(_octets(first.reply, self.server_state.default_headers, close=self._ending and not self._unanswered))
        if not self._unanswered:
            self.on_response_complete()
            if self._ending:
                self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """The peer is gone; what it said is committed all the same."""
        if self._patience is not None:
            self._patience.cancel()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """The server ends: what was taken is answered first."""
        if self._unanswered:
            self._ending = True
        else:
            super().shutdown()


def listener_of(mm7: MM7App) -> type[MM7Listener]:
    """The listener class for `uvicorn.Config(http=…)` that hands reports to `mm7`."""
    return type("MM7ListenerOf", (MM7Listener,), {"mm7": mm7})


def _octets(reply: Reply, always: list[tuple[bytes, bytes]], *, close: bool) -> bytes:
    headers = [*always, (b"content-type", reply.content_type), (b"content-length", b"%d" % len(reply.body)), *reply.headers]
    if close:
        headers.append((b"connection", b"close"))
    return b"".join([STATUS_LINE[reply.status], *(b"%b: %b\r\n" % header for header in headers), b"\r\n", reply.body])
