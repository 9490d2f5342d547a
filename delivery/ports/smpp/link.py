"""The link of this process to one SMSC: what senders see of its binds, which live in an event loop in a thread of its own.

Binds stand only where this process owns the port (`delivery.ports.own`): what is put
elsewhere is given back at once. `probe` works everywhere.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from dataclasses import dataclass
from functools import partial

import uvloop

from delivery.codecs.smpp import PreparedSubmit
from delivery.ports import Answer, MessageContent, OutboundGroup, PortSettings, is_ours
from delivery.ports.smpp.bind import Peer
from delivery.ports.smpp.binds import Binds
from delivery.ports.smpp.contents import prepare
from delivery.ports.smpp.options import SMPPOptions, address_of
from delivery.ports.smpp.outgoing import Outgoing
from delivery.ports.smpp.probe import ask
from delivery.ports.smpp.session import Patience
from delivery.ports.streams import AnswerStream


@dataclass(frozen=True)
class PreparedText:
    """A content made ready: its submit_sm, one for each part."""

    pdus: tuple[PreparedSubmit, ...]


SMPPStream = AnswerStream[PreparedText]


class SMPPLink:
    """The binds of this process to one SMSC.

    Raises:
        UsageError: options that cannot work.
        PortError: the password's environment variable is not set.
    """

    def __init__(self, settings: PortSettings) -> None:
        self.settings = settings
        self.options = SMPPOptions.of(settings.url, settings.options)
        self._peer = _peer(settings, self.options)
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._binds: Binds | None = None
        self._closing = False

    def prepare(self, content: MessageContent) -> PreparedText:
        """The submit_sm of `content`, one for each part.

        Raises:
            PortError: it is no text and no WAP push, or takes more parts than the port allows.
        """
        return PreparedText(prepare(self.settings, self.options, content))

    def tokens(self, prepared: object, recipients: int) -> int:
        """A PDU for each part and recipient."""
        assert isinstance(prepared, PreparedText)
        return len(prepared.pdus) * recipients

    def stream(self, prepared: object) -> SMPPStream:
        """A stream for a content of `prepare`."""
        assert isinstance(prepared, PreparedText)
        return SMPPStream(prepared, tokens=partial(self.tokens, prepared), submit=self.submit)

    def start(self) -> None:
        """Bring the binds up and keep them; again does nothing. The owner of the port calls this, so that receipts come in."""
        assert os.getpid() == self._pid, "a link does not survive a fork; open_link gives a new one"
        with self._lock:
            if self._loop is not None or self._closing:
                return
            self._loop = uvloop.new_event_loop()
            self._thread = threading.Thread(target=self._loop.run_forever, name=f"smpp-{self.settings.name}", daemon=True)
            self._thread.start()
            self._binds = asyncio.run_coroutine_threadsafe(self._open(), self._loop).result()

    async def _open(self) -> Binds:
        return Binds(self.settings, self.options, self._peer, time.time_ns() // 1_000_000_000)

    @property
    def standing(self) -> int:
        """How many binds the SMSC let in."""
        return self._binds.standing if self._binds is not None else 0

    def hurry(self) -> None:
        """The SMSC is known to be there: binds that wait for their next attempt make it now."""
        if self._loop is not None and self._binds is not None and not self._closing:
            self._loop.call_soon_threadsafe(self._binds.hurry)

    def probe(self) -> str:
        """Ask the SMSC whether it is there and knows us: by the binds that stand, or by one of its own for a moment.

        Raises:
            PortError: it is not, or does not.
        """
        if self.standing:
            return f"the SMSC is there; {self.standing} of {self.options.binds} binds of this process stand"
        return ask(self._peer, self.options.tables())

    def submit(self, stream: SMPPStream, groups: list[OutboundGroup]) -> None:
        """Start sending groups; called by the stream, from any thread."""
        refusal = self._refusal()
        if refusal:
            stream.tell([Answer(group.submission_id, "deferred", status_text=refusal) for group in groups])
            return
        self.start()
        loop, binds = self._loop, self._binds
        assert loop is not None
        assert binds is not None
        pdus, number, tell, left = stream.prepared.pdus, self.options.number, stream.tell, stream.left
        messages = [Outgoing(group.submission_id, pdus, number(*group.recipients), tell, left) for group in groups]
        loop.call_soon_threadsafe(binds.put, messages)

    def _refusal(self) -> str:
        if self._closing:
            return "the link was closed before the message left"
        return "" if is_ours(self.settings) else f"this process does not own the binds of port {self.settings.name}; `huabao link` does"

    def close(self) -> None:
        """Give back what has not left, wait for what has, unbind, end the thread; again does nothing."""
        with self._lock:
            if self._closing or os.getpid() != self._pid:
                return
            self._closing = True
            loop, thread, binds = self._loop, self._thread, self._binds
        if loop is None or thread is None or binds is None:
            return
        asyncio.run_coroutine_threadsafe(binds.close(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _peer(settings: PortSettings, options: SMPPOptions) -> Peer:
    host, tcp_port, tls = address_of(settings.url)
    return Peer(
        host=host,
        tcp_port=tcp_port,
        tls=options.ssl_context() if tls else None,
        request=options.bind(),
        window=options.window,
        patience=Patience(answer_s=settings.timeout_s, silence_s=options.enquire_link_s),
        connect_timeout_s=options.connect_timeout_s,
        reconnect_s=options.reconnect_s,
        reconnect_s_max=options.reconnect_s_max,
    )
