"""A plain ESME over a blocking socket: our codec on one end, the simulator on the other, nothing of a port between them."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable
from types import TracebackType

from delivery.codecs import smpp
from tests.services.waiting import PATIENCE_S


class Esme:
    """One connection."""

    def __init__(self, tcp_port: int, *, tls: ssl.SSLContext | None = None) -> None:
        plain = socket.create_connection(("127.0.0.1", tcp_port), timeout=PATIENCE_S)
        self.socket = tls.wrap_socket(plain, server_hostname="localhost") if tls else plain
        self._splitter = smpp.Splitter()
        self._sequence = 0
        self._came: list[smpp.PDU] = []
        self.answers_enquiries = True

    def __enter__(self) -> Esme:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.socket.close()

    def send(self, body: smpp.Body) -> int:
        """Send a request; its sequence."""
        self._sequence += 1
        self.socket.sendall(smpp.encode(body, self._sequence))
        return self._sequence

    def respond(self, pdu: smpp.PDU, status: int = 0) -> None:
        """Answer a deliver_sm."""
        self.socket.sendall(smpp.encode(smpp.DeliverSMResp(), pdu.sequence, status))

    def ask(self, body: smpp.Body) -> smpp.PDU:
        """Send a request and wait for its answer."""
        sequence = self.send(body)
        return self.next(lambda pdu: pdu.sequence == sequence and not isinstance(pdu.body, smpp.DeliverSM))

    def bind(self, system_id: str = "huabao", password: str = "geheim", mode: smpp.BindMode = "transceiver") -> Esme:
        """Bind and expect to be let in."""
        assert self.ask(smpp.Bind(system_id, password, mode=mode)).status == 0
        return self

    def submit(self, number: str, text: str = "hello", registered: int = 1) -> smpp.PDU:
        """Send a text of one short message and wait for its answer."""
        return self.ask(smpp.SubmitSM(source_addr="10658", destination_addr=f"86{number}", registered_delivery=registered, short_message=text.encode()))

    def next(self, fits: Callable[[smpp.PDU], bool]) -> smpp.PDU:
        """The next PDU that fits; others wait their turn, an enquire_link is answered."""
        while True:
            for at, pdu in enumerate(self._came):
                if fits(pdu):
                    return self._came.pop(at)
            self._receive()

    def delivered(self, count: int, status: int = 0) -> list[smpp.DeliverSM]:
        """So many deliver_sm, each answered with `status`."""
        found = []
        for _ in range(count):
            pdu = self.next(lambda pdu: isinstance(pdu.body, smpp.DeliverSM))
            self.respond(pdu, status)
            assert isinstance(pdu.body, smpp.DeliverSM)
            found.append(pdu.body)
        return found

    def quiet(self, for_s: float) -> bool:
        """Whether nothing but enquire_link comes for a while."""
        self.socket.settimeout(0.05)
        until = time.monotonic() + for_s
        while time.monotonic() < until:
            try:
                self._receive()
            except TimeoutError:
                continue
        self.socket.settimeout(PATIENCE_S)
        return not self._came

    def is_ended(self) -> bool:
        """Whether the peer ends the connection before anything else comes."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionError:
            return True

    def _receive(self) -> None:
        data = self.socket.recv(65_536)
        if not data:
            raise ConnectionError("the peer ended the connection")
        for frame in self._splitter.feed(data):
            pdu = smpp.decode(frame)
            if isinstance(pdu.body, smpp.EnquireLink):
                if self.answers_enquiries:
                    self.socket.sendall(smpp.encode(smpp.EnquireLinkResp(), pdu.sequence))
            else:
                self._came.append(pdu)
        self._splitter.check()
