"""An SMSC of bare sockets with its own manners: lets nobody in, says nothing, or answers octet by octet and breaks a connection."""

from __future__ import annotations

import socket
import struct
import threading

from delivery.codecs.smpp import BindResp, Command, EnquireLinkResp, Splitter, SubmitSMResp, UnbindResp, encode, pack_header, read_header


class Manners:
    """A server of bare sockets: refuses binds, says nothing, or answers octet by octet.

    Attributes:
        taken: submit_sm of each connection that stood.
    """

    def __init__(self, *, refuse: int = 0, silent: bool = False) -> None:
        self.refuse, self.silent = refuse, silent
        self.connections = 0
        self.taken: dict[int, int] = {}
        self._open: dict[int, socket.socket] = {}
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"smpp://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Manners:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for one in list(self._open.values()):
            one.close()

    def _serve(self) -> None:
        while True:
            try:
                wire, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open[self.connections] = wire
            threading.Thread(target=self._converse, args=(self.connections, wire), daemon=True).start()

    def _converse(self, number: int, wire: socket.socket) -> None:
        splitter = Splitter()
        try:
            while data := wire.recv(65_536):
                for frame in splitter.feed(data):
                    for at, octet in enumerate(reply := self._reply(number, *read_header(frame)[1::2])):
                        wire.sendall(bytes((octet,)) if at < 40 else reply[at:])
                        if at >= 40:
                            break
        except OSError:
            return

    def _reply(self, number: int, command: int, sequence: int) -> bytes:
        if self.silent:
            return b""
        if command == Command.BIND_TRANSCEIVER:
            if self.refuse:
                return pack_header(16, Command.BIND_TRANSCEIVER_RESP, self.refuse, sequence)
            self.taken[number] = 0
            return encode(BindResp("manners"), sequence)
        if command == Command.SUBMIT_SM:
            self.taken[number] += 1
            return encode(SubmitSMResp(f"{number}-{sequence}"), sequence)
        return encode(UnbindResp() if command == Command.UNBIND else EnquireLinkResp(), sequence)

    def break_one(self) -> None:
        """Reset a connection that stands."""
        number = next(one for one in self.taken if self._open[one].fileno() >= 0)
        wire = self._open[number]
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        wire.shutdown(socket.SHUT_RDWR)
        wire.close()
