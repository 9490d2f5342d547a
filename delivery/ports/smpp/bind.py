"""One bind: a connection to the SMSC that is made, kept and made again.

Everything here runs in the event loop of its link. A connection that was lost is
tried again after a pause that doubles, with jitter, so that many who lost the same
SMSC do not come back at one instant; an SMSC that does not let us in is asked
seldom. What was on its way when the connection went is handed to the user.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from delivery.codecs.smpp import Bind as BindRequest
from delivery.codecs.smpp import encode, status_name
from delivery.ports.smpp.outgoing import Outgoing
from delivery.ports.smpp.session import Answered, BindRefused, Bound, Ended, Patience, Received, Session, State, TimedOut

Key = tuple[Outgoing, int]
"""A message, and the number of its part."""

TICK_S: Final = 0.2
"""How often a session looks at its clocks."""

GOODBYE_S: Final = 2.0
"""How long what is left to write may take once a session is over."""

REFUSED_ATTEMPTS: Final = 4
"""A refused bind counts as so many failures: it will not change within a second."""


@dataclass(frozen=True)
class Peer:
    """Where a bind leads, and how.

    Attributes:
        tls: None for none.
        request: who we are.
    """

    host: str
    tcp_port: int
    tls: ssl.SSLContext | None
    request: BindRequest
    window: int
    patience: Patience
    connect_timeout_s: float
    reconnect_s: float
    reconnect_s_max: float


class BindUser(Protocol):
    """Who is told what happens on a bind."""

    def bound(self, bind: Bind) -> None:
        """The SMSC let us in."""
        ...

    def failed(self, bind: Bind, reason: str) -> None:
        """An attempt failed, or the SMSC did not let us in; the next one comes by itself."""
        ...

    def answered(self, key: Key, status: int, frame: bytes, *, late: bool) -> None:
        """A submit_sm_resp."""
        ...

    def unanswered(self, key: Key, reason: str) -> None:
        """A submit_sm whose fate nobody knows: its time is over, or its link is lost."""
        ...

    def received(self, bind: Bind, message: Received) -> None:
        """A deliver_sm or data_sm; `bind.respond` answers it."""
        ...

    def moved(self) -> None:
        """Something came in, or a place in the window is free."""
        ...


class Bind:
    """Keeps one bind standing until it is closed."""

    def __init__(self, number: int, peer: Peer, user: BindUser) -> None:
        self.number = number
        self.peer = peer
        self._user = user
        self._wire: _Wire | None = None
        self._closing = asyncio.Event()
        self._hurry = asyncio.Event()
        self._waiting = False

    @property
    def is_bound(self) -> bool:
        """Whether messages may leave."""
        return self._wire is not None and self._wire.session.state is State.BOUND

    @property
    def is_trying(self) -> bool:
        """Whether an attempt is under way, so that it may be bound in a moment."""
        return not self._closing.is_set() and not self._waiting and not self.is_bound

    @property
    def room(self) -> int:
        """How many submit_sm may leave now."""
        wire = self._wire
        return wire.session.room if wire is not None and wire.writable else 0

    def submit(self, render: Callable[[int], bytes], key: Key, now: float) -> None:
        """Put a submit_sm behind what waits to be written; `flush` writes it."""
        assert self._wire is not None
        self._wire.session.submit(render, key, now)

    def flush(self) -> None:
        """Write what was put."""
        if self._wire is not None:
            self._wire.flush()

    def respond(self, message: Received, status: int) -> None:
        """Answer a deliver_sm; nothing where its connection is gone, the SMSC will send it again."""
        if self._wire is not None and self._wire.knows(message):
            self._wire.session.respond(message.command, message.sequence, status)
            self._wire.flush()

    async def run(self) -> None:
        """Connect, bind, and again whenever that ends, until `close`."""
        failures = 0
        while not self._closing.is_set():
            wire = await self._connect()
            if isinstance(wire, _Wire):
                await wire.over
                self._wire = None
                failures = 0 if wire.was_bound else failures
                if wire.refused:
                    failures = max(failures, REFUSED_ATTEMPTS)
            self._waiting = True
            if not self._closing.is_set():
                self._user.failed(self, wire.reason if isinstance(wire, _Wire) else wire)
                await self._pause(failures)
            failures += 1
            self._waiting = False

    async def _connect(self) -> _Wire | str:
        """A connection, or why there is none."""
        loop = asyncio.get_running_loop()
        peer = self.peer
        try:
            async with asyncio.timeout(peer.connect_timeout_s):
                _, wire = await loop.create_connection(lambda: _Wire(self, self._user), peer.host, peer.tcp_port, ssl=peer.tls, server_hostname=peer.host if peer.tls else None)
        except (OSError, TimeoutError, ssl.SSLError) as error:
            return f"it cannot be reached: {type(error).__name__} {error}".strip()
        return wire

    async def _pause(self, failures: int) -> None:
        peer = self.peer
        pause_s = min(peer.reconnect_s_max, peer.reconnect_s * 2.0 ** min(failures, 16)) * random.uniform(0.5, 1.0)
        self._hurry.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause_s):
                await self._hurry.wait()

    def hurry(self) -> None:
        """The SMSC is known to be there: do not wait any longer before the next attempt."""
        self._hurry.set()

    def attach(self, wire: _Wire) -> None:
        """A connection stands; what is said on it counts from now on."""
        self._wire = wire

    def start_closing(self) -> None:
        """Say good-bye where we are bound; `run` ends by itself."""
        self._closing.set()
        self._hurry.set()
        if self._wire is not None:
            self._wire.leave()


class _Wire(asyncio.Protocol):
    """One connection of a bind."""

    def __init__(self, bind: Bind, user: BindUser) -> None:
        self._bind = bind
        self._user = user
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.session: Session[Key] = Session(bind.peer.window, bind.peer.patience, now=self._loop.time())
        self.over: asyncio.Future[None] = self._loop.create_future()
        self.writable = True
        self.was_bound = False
        self.refused = False
        self.reason = "the connection was lost"
        self._messages: dict[int, Received] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._bind.attach(self)
        self._transport = transport  # type: ignore[assignment]  # a stream connection's transport reads and writes
        self.session.bind(lambda sequence: encode(self._bind.peer.request, sequence), now=self._loop.time())
        self.flush()
        self._timer = self._loop.call_later(TICK_S, self._tick)

    def data_received(self, data: bytes) -> None:
        self._deal(self.session.receive(data, now=self._loop.time()))

    def _tick(self) -> None:
        self._timer = self._loop.call_later(TICK_S, self._tick)
        self._deal(self.session.tick(now=self._loop.time()))

    def _deal(self, events: list[Any]) -> None:
        user = self._user
        for event in events:
            if type(event) is Answered:  # thousands of them a second, and few of all others
                user.answered(event.key, event.status, event.frame, late=event.late)
                continue
            match event:
                case TimedOut(key):
                    user.unanswered(key, f"no submit_sm_resp within {self._bind.peer.patience.answer_s:g} s")
                case Received():
                    self._messages[event.sequence] = event
                    user.received(self._bind, event)
                case Bound():
                    self.was_bound = True
                    user.bound(self._bind)
                case BindRefused(status):
                    self.refused = True
                    self._finish(f"the SMSC does not let us in: {status_name(status)}")
                case Ended(reason):
                    self._finish(reason)
        user.moved()
        self.flush()

    def flush(self) -> None:
        """Write what the session has to say."""
        data = self.session.take_output()
        if data and self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def knows(self, message: Received) -> bool:
        """Whether that message came on this connection and was not answered yet."""
        if self._messages.get(message.sequence) is not message:
            return False
        del self._messages[message.sequence]
        return True

    def leave(self) -> None:
        """Unbind, or go at once where we are not bound."""
        if self.session.state is State.BOUND:
            self.session.unbind(now=self._loop.time())
            self.flush()
        elif self.session.state is not State.UNBINDING:
            self._finish("it is being closed")

    def _finish(self, reason: str) -> None:
        self.reason = reason
        self.flush()
        if self._transport is not None:
            self._transport.close()
            self._loop.call_later(GOODBYE_S, self._transport.abort)

    def pause_writing(self) -> None:
        self.writable = False

    def resume_writing(self) -> None:
        self.writable = True
        self._user.moved()

    def connection_lost(self, error: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if error is not None:
            self.reason = f"the connection was lost: {type(error).__name__} {error}"
        for key in self.session.lose(now=self._loop.time()):
            self._user.unanswered(key, self.reason)
        if not self.over.done():
            self.over.set_result(None)
