"""The listener of `huabao serve`, with bounds: what a connection may hold, and for how long, before anybody has asked who is there.

Any machine that reaches the address may open a connection and say nothing, say a head a byte at a time, say one without
end, go on talking after its answer, or never read what it asked for. Each of these ends here. What a request's body may
be is the route's to say (`console.bodies`, `console.raw_route`).
"""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Mapping
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from console.short_way import ShortWay, ShortWayListener

HEAD_WAIT_S: Final = 10.0
"""From the first byte of a request, or from the connection's beginning, until its head is whole."""

HEAD_BYTES_MAX: Final = 65_536
"""A head, and what of a message is neither head nor body (sizes of chunks, trailers). h11 holds heads to the same."""

TAKES_S_MAX: Final = 60.0
"""Who reads nothing of an answer for so long gets no more of it."""

REST_WAIT_S: Final = 10.0
"""Who was answered before his request was whole has so long to end it; what comes is thrown away."""

CONNECTIONS_MAX: Final = 4_096
"""Of one process; fewer where the system lets a process open fewer files."""

FILES_KEPT: Final = 256
"""Files that a process needs beside its connections: the database, Redis, pictures, what a page reads."""


class PatientListener(ShortWayListener):
    """One connection. Bounds are attributes, so that a test may wait for less."""

    head_wait_s: float = HEAD_WAIT_S
    takes_s_max: float = TAKES_S_MAX
    rest_wait_s: float = REST_WAIT_S
    connections_max: int = CONNECTIONS_MAX

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._in_head = False
        self._in_message = False
        self._began_now = False
        self._beside_the_body_bytes = 0
        self._deaf = False
        self._head_timer: asyncio.TimerHandle | None = None
        self._rest_timer: asyncio.TimerHandle | None = None
        self._reader_timer: asyncio.TimerHandle | None = None
        self.since_s = self.loop.time()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Somebody is there; where too many are, whoever has waited longest without an open request goes."""
        super().connection_made(transport)
        self._await_head()
        if len(self.connections) > self.connections_max:
            idle = [one for one in self.connections if isinstance(one, PatientListener) and one is not self and not one.is_busy()]
            (min(idle, key=lambda one: one.since_s) if idle else self).transport.abort()

    def data_received(self, data: bytes) -> None:
        """Bytes from the peer."""
        if self._deaf:
            return
        self._began_now = False
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._in_message and not self._began_now:
            self._beside_the_body_bytes += len(data)
            if self._beside_the_body_bytes > HEAD_BYTES_MAX:
                self._refuse(431)
                return
        if self._in_head or not (self._in_message or self.is_busy()):
            self._await_head()

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        self._in_head = self._in_message = self._began_now = True
        self._beside_the_body_bytes = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._in_head = False
        self._head_timer = _ended(self._head_timer)
        self.since_s = self.loop.time()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of the body: it may have as much beside itself as it is long."""
        self._beside_the_body_bytes -= 2 * len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._in_message = False
        self._rest_timer = _ended(self._rest_timer)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """An answer is out."""
        super().on_response_complete()
        self.since_s = self.loop.time()
        if self._in_message and not self._in_head and self.cycle is not None and self.cycle.response_complete and self.cycle.more_body:
            self._rest_timer = self.loop.call_later(self.rest_wait_s, self.transport.close)

    def pause_writing(self) -> None:
        """The peer does not read."""
        super().pause_writing()
        if self._reader_timer is None:
            self._reader_timer = self.loop.call_later(self.takes_s_max, self.transport.abort)

    def resume_writing(self) -> None:
        """The peer reads again."""
        self._reader_timer = _ended(self._reader_timer)
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """The peer is gone."""
        self._head_timer = _ended(self._head_timer)
        self._rest_timer = _ended(self._rest_timer)
        self._reader_timer = _ended(self._reader_timer)
        super().connection_lost(exc)

    def _await_head(self) -> None:
        if self._head_timer is None and self.timeout_keep_alive_task is None:
            self._head_timer = self.loop.call_later(self.head_wait_s, self._head_is_late)

    def _head_is_late(self) -> None:
        self._head_timer = None
        if self.is_busy():
            return  # a request behind one that is being answered: the pause after that answer bounds it
        if self._in_message:
            self._refuse(408)
        else:
            self.transport.close()

    def _refuse(self, status: int) -> None:
        """Say why, where nothing was said yet, and hear no more."""
        self._deaf = True
        if not self.is_busy():
            self.transport.write(b"%bcontent-length: 0\r\nconnection: close\r\n\r\n" % STATUS_LINE[status])
        self.transport.close()


def listener_of(ways: Mapping[str, ShortWay]) -> type[PatientListener]:
    """The class for `uvicorn.Config(http=…)`, bounded, that lets requests enter by the first part of their path, such as `/mm7`."""
    return type("ListenerOf", (PatientListener,), {"ways": {name.encode(): way for name, way in ways.items()}, "connections_max": connections_of_this_process()})


def connections_of_this_process() -> int:
    """How many connections one process takes; asks the system for as many files as it gives."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS_MAX + FILES_KEPT
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return CONNECTIONS_MAX if soft == resource.RLIM_INFINITY else min(CONNECTIONS_MAX, max(1, soft - FILES_KEPT))


def _ended(timer: asyncio.TimerHandle | None) -> asyncio.TimerHandle | None:
    if timer is not None:
        timer.cancel()
    return None
