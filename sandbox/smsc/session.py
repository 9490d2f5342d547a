"""One connection of an ESME: its bind, its requests, what we send it and whether it answers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sandbox.smsc import wire
from sandbox.smsc.mail import Mail

if TYPE_CHECKING:
    from sandbox.smsc.server import SMSC

BINDS = {"bind_transceiver": "transceiver", "bind_transmitter": "transmitter", "bind_receiver": "receiver"}
GARBAGE = b"HTTP/1.1 400 Bad Request\r\n\r\n"
TICK_S = 0.25


class Session(asyncio.Protocol):
    """A connection, from its first octet to its last."""

    def __init__(self, smsc: SMSC) -> None:
        self.system_id = ""
        self.mode = ""
        self._smsc = smsc
        self._loop = asyncio.get_running_loop()
        self._stream = wire.Stream()
        self._sequence = 0
        self._waiting: dict[int, tuple[Mail, float]] = {}
        self._unanswered = 0
        self._heard_at = time.monotonic()
        self._asked_at: float | None = None
        self._mute = False
        self._timer: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport | None = None

    # --- the connection ---------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._smsc.counts["connections"] += 1
        self._smsc.sessions.add(self)
        self._timer = self._loop.call_later(TICK_S, self._tick)

    def connection_lost(self, _error: Exception | None) -> None:
        self.mode = ""
        self._smsc.sessions.discard(self)
        if self._timer is not None:
            self._timer.cancel()
        lost, self._waiting = self._waiting, {}
        for mail, _ in lost.values():
            self._smsc.post.again(mail)

    def data_received(self, data: bytes) -> None:
        self._heard_at = time.monotonic()
        for request in self._stream.feed(data):
            if not self._mute:
                self._take(request)
        if self._stream.lost and not self._mute:
            self._smsc.counts["garbage_in"] += 1
            self.write(wire.header(wire.RESPONSE, wire.STATUS["ESME_RINVCMDLEN"], 0))
            self.close()

    def write(self, data: bytes) -> None:
        """Send octets, unless the connection is gone."""
        if self._transport is not None and not self._transport.is_closing() and not self._mute:
            self._transport.write(data)

    def close(self) -> None:
        """End the connection once what was written has left."""
        self.mode = ""
        if self._transport is not None:
            self._transport.close()

    def reset(self) -> None:
        """Break the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    def garbage(self) -> None:
        """Send what is no SMPP; the ESME is to notice."""
        self._smsc.counts["garbage_out"] += 1
        self.write(GARBAGE)

    def half(self, data: bytes) -> None:
        """Send half of an answer, then break the connection."""
        self.write(data[: len(data) // 2])
        self._mute = True
        self._loop.call_later(0.05, self.reset)

    # --- requests ---------------------------------------------------------------------------------------------------

    def _take(self, request: wire.Request) -> None:
        name = request.name
        if name in BINDS:
            self._bind(request)
        elif name == "enquire_link":
            self._smsc.counts["enquired_by_esme"] += 1
            self.write(wire.header(request.command | wire.RESPONSE, 0, request.sequence))
        elif name == "unbind":
            self._smsc.counts["unbound_by_esme"] += 1
            self.write(wire.header(request.command | wire.RESPONSE, 0, request.sequence))
            self.close()
        elif name in ("deliver_sm_resp", "generic_nack"):
            self._answered(request)
        elif name in ("enquire_link_resp", "unbind_resp"):
            self._asked_at = None
            if name == "unbind_resp":
                self.close()
        elif name in ("submit_sm", "query_sm", "cancel_sm", "replace_sm", "unreadable"):
            self._asked(request)
        else:
            self._smsc.counts["nacked"] += 1
            self.write(wire.header(wire.RESPONSE, wire.STATUS["ESME_RINVCMDID"], request.sequence))

    def _bind(self, request: wire.Request) -> None:
        status = self._smsc.may_bind(self, request)
        self._smsc.counts["refused_binds" if status else "binds"] += 1
        self.write(wire.bind_answer(request.command, status, request.sequence))
        if status:
            if not self.mode:
                self.close()
            return
        self.mode = BINDS[request.name]
        self._smsc.post.pump(self.system_id)

    def _asked(self, request: wire.Request) -> None:
        if request.name == "unreadable":
            status = wire.STATUS["ESME_RINVOPTPARSTREAM" if request.command == 4 else "ESME_RINVMSGLEN"]
        elif self.mode not in ("transceiver", "transmitter"):
            status = wire.STATUS["ESME_RINVBNDSTS"]
        elif request.name == "submit_sm":
            self._smsc.submit(self, request)
            return
        else:
            self.write(self._smsc.about(request))
            return
        self.write(wire.answer(request.command, status, request.sequence))

    @property
    def unanswered(self) -> int:
        """submit_sm that wait for their answer."""
        return self._unanswered

    def answer_later(self, delay_s: float, act: Callable[[], Any]) -> None:
        """Answer a submit_sm after a while; it counts as unanswered till then."""
        self._unanswered += 1
        self._loop.call_later(delay_s, self._answer_now, act)

    def _answer_now(self, act: Callable[[], Any]) -> None:
        self._unanswered -= 1
        act()

    # --- what we send -----------------------------------------------------------------------------------------------

    @property
    def room(self) -> int:
        """How many deliver_sm may leave now."""
        return self._smsc.options.receipt_window - len(self._waiting) if self.mode in ("transceiver", "receiver") else 0

    def deliver(self, mail: Mail) -> None:
        """Send a deliver_sm; it comes back to the post where no good answer comes."""
        sequence = self._next()
        self._waiting[sequence] = (mail, time.monotonic())
        self.write(wire.deliver(sequence, **mail.fields))

    def _answered(self, request: wire.Request) -> None:
        mail, _ = self._waiting.pop(request.sequence, (None, 0.0))
        if mail is None:
            return
        if request.status:
            self._smsc.counts["deliver_refused"] += 1
            self._smsc.post.again(mail)
        else:
            self._smsc.counts[f"{mail.kind}_acked"] += 1
        self._smsc.post.pump(self.system_id)

    def enquire(self) -> None:
        """Ask whether the ESME is there."""
        self._smsc.counts["enquired_by_smsc"] += 1
        self._asked_at = time.monotonic()
        self.write(wire.header(0x15, 0, self._next()))

    def unbind(self) -> None:
        """Say good-bye; the connection ends with the answer, or soon without."""
        self._smsc.counts["unbound_by_smsc"] += 1
        self.mode = ""
        self.write(wire.header(0x06, 0, self._next()))
        self._loop.call_later(2.0, self.close)

    def _next(self) -> int:
        self._sequence = self._sequence % 0x7FFFFFFF + 1
        return self._sequence

    def _tick(self) -> None:
        now = time.monotonic()
        self._timer = self._loop.call_later(TICK_S, self._tick)
        for sequence, (mail, at) in list(self._waiting.items()):
            if now - at < self._smsc.options.receipt_timeout_s:
                break
            del self._waiting[sequence]
            self._smsc.counts["deliver_timed_out"] += 1
            self._smsc.post.again(mail)
        every = self._smsc.options.enquire_s
        if every is None or not self.mode:
            return
        if self._asked_at is not None and now - self._asked_at > every and self._heard_at < self._asked_at:
            self._smsc.counts["silent_esmes"] += 1
            self.reset()
        elif now - self._heard_at > every and (self._asked_at is None or self._asked_at < self._heard_at):
            self.enquire()
