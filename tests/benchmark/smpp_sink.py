"""The barest SMSC: lets anybody bind, answers each submit_sm with a message_id of its own, after a delay where one is given.

It reads nothing but lengths and the first octets of a header, so that what is measured is the sender.
Run as `python -m tests.benchmark.smpp_sink TCP_PORT DELAY_MS`.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from struct import Struct
from typing import cast

import uvloop

_HEADER = Struct(">LLLL")
_RESPONSE = 0x80000000
_UNBIND, _SUBMIT_SM = 6, 4
_BINDS = (1, 2, 9)
_numbers = itertools.count(1)


class Sink(asyncio.Protocol):
    """One connection; what it writes arrives `delay_s` later, as over a link of that round trip."""

    def __init__(self, delay_s: float) -> None:
        self._delay_s = delay_s
        self._data = b""
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none of asyncio's classes

    def data_received(self, data: bytes) -> None:
        data = self._data + data if self._data else data
        at, end = 0, len(data)
        answers: list[bytes] = []
        while end - at >= 16:
            length, command, _, sequence = _HEADER.unpack_from(data, at)
            if end - at < length:
                break
            at += length
            body = b"%x\0" % next(_numbers) if command == _SUBMIT_SM else b"sink\0" if command in _BINDS else b""
            answers.append(_HEADER.pack(16 + len(body), command | _RESPONSE, 0, sequence) + body)
            if command == _UNBIND:
                self._loop.call_later(self._delay_s, self._transport.close)
        self._data = data[at:]
        if self._delay_s:
            self._loop.call_later(self._delay_s, self._transport.write, b"".join(answers))
        else:
            self._transport.write(b"".join(answers))


async def _main(tcp_port: int, delay_s: float) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: Sink(delay_s), "127.0.0.1", tcp_port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_main(int(sys.argv[1]), float(sys.argv[2]) / 1000))
