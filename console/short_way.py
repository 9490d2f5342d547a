"""The short way of reports and events: a listener that knows `/mm7`, `/misc` and `/boss` and hands everything else to the web application.

An MMSC reports one recipient at a time and MISC tells one order at a time, thousands a second. The
long way (a task, an ASGI scope, two queues for each request) costs more than reading the message; here
a POST that may enter is read where the bytes arrive, and its answer is written when
the commit that holds it is done. Whatever is unusual (another method, no
Content-Length, `Expect`, who is not allowed) takes the long way.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Protocol

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from console.raw_route import BODY_WAIT_S, Reply

_PATH: Final = re.compile(rb"(/[a-z0-9]+)(?:[/?]|$)")
PIPELINED_MAX: Final = 16
"""Unanswered requests of one connection; at so many nothing more is read from it."""


Hear = Callable[[bytes, Callable[[Reply], None]], None]
"""Takes a request's body, and whom to give the answer, once."""


class ShortWay(Protocol):
    """An application that plain POSTs may enter without a scope."""

    def entry(self, target: str, headers: Mapping[bytes, bytes], client: str) -> Hear | None:
        """Who hears a request with a body of known length; None where the long way has to look, or to refuse.

        Args:
            client: the address that the request comes from, "" where there is none.
        """


@dataclass(eq=False, slots=True)
class _Request:
    """A message on its way in, then its answer on its way out."""

    hear: Hear
    keep_alive: bool
    body: list[bytes] = field(default_factory=list)
    reply: Reply | None = None


class ShortWayListener(HttpToolsProtocol):
    """uvicorn's listener with a short way, made by `console.listening`."""

    ways: ClassVar[Mapping[bytes, ShortWay]]

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._reading: _Request | None = None
        self._unanswered: deque[_Request] = deque()
        self._ending = False
        self._patience: asyncio.TimerHandle | None = None

    def is_busy(self) -> bool:
        """Whether a request is being answered, or its body read."""
        return bool(self._unanswered) or self._reading is not None or (self.cycle is not None and not self.cycle.response_complete)

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
            self._ending = True  # something else pipelined behind: the peer asks again on a new connection
        elif self._reading is None:
            super().on_headers_complete()

    def _quick(self) -> _Request | None:
        idle = self.cycle is None or self.cycle.response_complete
        path = _PATH.match(self.url)
        way = self.ways.get(path[1]) if path is not None else None
        if not idle or way is None or self.parser.get_method() != b"POST" or self.expect_100_continue or self.parser.should_upgrade():
            return None
        hear = way.entry(self.url.decode("latin-1"), dict(self.headers), self.client[0] if self.client else "")
        return None if hear is None else _Request(hear, self.parser.should_keep_alive())

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
        request.hear(b"".join(request.body), lambda reply: self._answer(request, reply))

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


def _octets(reply: Reply, always: list[tuple[bytes, bytes]], *, close: bool) -> bytes:
    headers = [*always, (b"content-type", reply.content_type), (b"content-length", b"%d" % len(reply.body)), *reply.headers]
    if close:
        headers.append((b"connection", b"close"))
    return b"".join([STATUS_LINE[reply.status], *(b"%b: %b\r\n" % header for header in headers), b"\r\n", reply.body])
