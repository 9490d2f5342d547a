"""A peer that says exactly when each SubmitReq came: by the kernel, and by its own clock.

The kernel stamps each segment that it takes from the network (SO_TIMESTAMPNS), whether or
not this process has the processor at that instant; `recvmsg` hands over the stamp of the last
one. Where a system stamps no TCP, both instants are this process's. Everything else is as in
`sink`, whose answer this gives.

`python -m tests.benchmark.stamping FILE` prints its URL, and writes a line for each SubmitReq: the
kernel's instant and its own (ns), recipients.
"""

from __future__ import annotations

import itertools
import selectors
import socket
import struct
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple, TextIO

from tests.benchmark.sink import ANSWER

SO_TIMESTAMPNS: Final = 35
"""As in asm-generic/socket.h; also the type of the message that carries the stamp."""

PIECE_BYTES: Final = 1 << 18


class Arrival(NamedTuple):
    """When how many recipients came, in seconds: by the kernel, and by the peer's own clock."""

    kernel_at: float
    peer_at: float
    recipients: int


def read_arrivals(file: Path) -> Iterator[Arrival]:
    """What a peer wrote so far; whole lines only."""
    for line in file.read_text().split("\n")[:-1]:
        kernel_ns, peer_ns, recipients = map(int, line.split())
        yield Arrival(kernel_ns / 1e9, peer_ns / 1e9, recipients)


class _Connection:
    def __init__(self, socket_: socket.socket, out: TextIO, numbers: Iterator[int]) -> None:
        self.socket, self.out, self.numbers = socket_, out, numbers
        self.data = bytearray()
        self.need = -1

    def read(self) -> bool:
        """Take what is there; False when the connection is over."""
        try:
            data, ancillary, _, _ = self.socket.recvmsg(PIECE_BYTES, 64)
        except ConnectionError:
            return False
        peer_ns = time.time_ns()
        kernel_ns = next((_stamp_ns(value) for level, kind, value in ancillary if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS)), peer_ns)
        self.data += data
        while self._one(kernel_ns, peer_ns):
            pass
        return bool(data)

    def _one(self, kernel_ns: int, peer_ns: int) -> bool:
        if self.need < 0:
            end = self.data.find(b"\r\n\r\n")
            if end < 0:
                return False
            head = bytes(self.data[:end]).lower()
            at = head.find(b"content-length:")
            self.need = end + 4 + int(head[at + 15 :].split(b"\r\n", 1)[0])
        if len(self.data) < self.need:
            return False
        self.out.write(f"{kernel_ns} {peer_ns} {self.data.count(b'Number>', 0, self.need) // 2}\n")
        self.out.flush()
        del self.data[: self.need]
        self.need = -1
        body = ANSWER % next(self.numbers)
        self.socket.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        return True


def _stamp_ns(value: bytes) -> int:
    seconds, nanoseconds = struct.unpack("ll", value)
    return int(seconds) * 1_000_000_000 + int(nanoseconds)


def _serve(out: TextIO) -> None:
    server = socket.create_server(("127.0.0.1", 0), backlog=128)
    print(f"http://127.0.0.1:{server.getsockname()[1]}/", flush=True)
    with selectors.DefaultSelector() as selector:
        selector.register(server, selectors.EVENT_READ)
        numbers = itertools.count(1)
        while True:
            for key, _ in selector.select():
                if key.data is None:
                    socket_, _ = server.accept()
                    socket_.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
                    socket_.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    selector.register(socket_, selectors.EVENT_READ, _Connection(socket_, out, numbers))
                elif not key.data.read():
                    selector.unregister(key.data.socket)
                    key.data.socket.close()


if __name__ == "__main__":
    with Path(sys.argv[1]).open("w") as file:
        _serve(file)
