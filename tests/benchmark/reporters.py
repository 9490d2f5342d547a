"""A peer that posts reports over many connections, one at a time on each, as fast as it is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import cast

import uvloop

from delivery.codecs.mm7 import encode_envelope
from delivery.codecs.mm7.structs import Address, DeliveryReportReq


def report_requests(reports: int, *, path: str = "/mm7/bench", per_submission: int = 100) -> list[bytes]:
    """Whole HTTP requests, each a report about another reader."""
    requests = []
    for at in range(reports):
        report = DeliveryReportReq(f"m{at // per_submission}", (Address(f"86138{at:08d}"),), "Retrieved", Address("10658000"), status_text="Success")
        body = encode_envelope(report, transaction_id=f"t{at}")
        head = f'POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/xml; charset=utf-8\r\nSOAPAction: ""\r\nContent-Length: {len(body)}\r\n\r\n'
        requests.append(head.encode() + body)
    return requests


class _Connection(asyncio.Protocol):
    def __init__(self, waiting: Iterator[bytes], done: asyncio.Future[None]) -> None:
        self.waiting = waiting
        self.done = done
        self.data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self._next()

    def data_received(self, data: bytes) -> None:
        self.data += data
        head, blank, body = self.data.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]) if blank else 0
        if not blank or len(body) < length:
            return
        if not head.startswith(b"HTTP/1.1 200"):
            self.done.set_exception(AssertionError(self.data))
            self.transport.close()
            return
        self.data = body[length:]
        self._next()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("the server closed the connection"))

    def _next(self) -> None:
        request = next(self.waiting, None)
        if request is not None:
            self.transport.write(request)
        elif not self.done.done():
            self.done.set_result(None)
            self.transport.close()


def post_all(tcp_port: int, requests: Sequence[bytes], connections: int) -> None:
    """Post them all; each must be answered 200.

    Raises:
        AssertionError: it was not.
    """

    async def post() -> None:
        loop = asyncio.get_running_loop()
        waiting, ends = iter(requests), []
        for _ in range(connections):
            ends.append(loop.create_future())
            await loop.create_connection(lambda: _Connection(waiting, ends[-1]), "127.0.0.1", tcp_port)
        await asyncio.gather(*ends)

    uvloop.run(post())
