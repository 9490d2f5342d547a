"""The bare submitter: packs a submit_sm by hand for each number, keeps a window full, reads the id of each answer, and nothing else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from struct import Struct
from typing import cast

import uvloop

_HEADER = Struct(">LLLL")
_BIND = b"bench\0" + b"\0" + b"\0" + b"\x34\0\0" + b"\0"


class _Bare(asyncio.Protocol):
    def __init__(self, numbers: Sequence[str], text: bytes, window: int) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.ids: list[bytes] = []
        self.began = 0.0
        self._numbers = [number.encode() for number in numbers]
        self._before = b"\0\0\0" + b"10658000\0" + b"\1\1"
        self._after = b"\0\0\0\0\0\0\1\0\0\0" + bytes((len(text),)) + text
        self._size = 16 + len(self._before) + len(self._after)
        self._window = window
        self._sent = 0
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none of asyncio's classes
        self._transport.write(_HEADER.pack(16 + len(_BIND), 9, 0, 1) + _BIND)

    def data_received(self, data: bytes) -> None:
        data = self._data + data if self._data else data
        at, end, came = 0, len(data), 0
        while end - at >= 16:
            length, command, status, _ = _HEADER.unpack_from(data, at)
            if end - at < length:
                break
            if command == 0x80000004:
                assert status == 0
                self.ids.append(data[at + 16 : at + length - 1])
                came += 1
            else:
                self.began = time.perf_counter()
                came = self._window
            at += length
        self._data = data[at:]
        self._send(came)

    def _send(self, room: int) -> None:
        pieces = []
        for number in self._numbers[self._sent : self._sent + room]:
            self._sent += 1
            pieces += [_HEADER.pack(self._size + len(number), 4, 0, self._sent + 1), self._before, number, self._after]
        if pieces:
            self._transport.write(b"".join(pieces))
        elif len(self.ids) == len(self._numbers) and not self.done.done():
            self.done.set_result(None)


def submit_bare(tcp_port: int, numbers: Sequence[str], text: bytes, window: int) -> float:
    """Seconds from the bind's answer until the last submit_sm was answered."""
    return uvloop.run(_submit(tcp_port, numbers, text, window))


async def _submit(tcp_port: int, numbers: Sequence[str], text: bytes, window: int) -> float:
    transport, bare = await asyncio.get_running_loop().create_connection(lambda: _Bare(numbers, text, window), "127.0.0.1", tcp_port)
    await bare.done
    took = time.perf_counter() - bare.began
    transport.close()
    assert len(set(bare.ids)) == len(numbers)
    return took
