"""The barest MMSC: reads a POST by its Content-Length, answers 1000 with a MessageID of its own.

It parses nothing else, so that what is measured is the sender.
"""

from __future__ import annotations

import asyncio
import itertools
import sys

ANSWER = (
    b'<?xml version="1.0" encoding="UTF-8"?><env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/"><env:Header>'
    b'<TransactionID xmlns="http://www.3gpp.org/ftp/Specs/archive/23_series/23.140/schema/REL-6-MM7-1-0" env:mustUnderstand="1">t</TransactionID>'
    b'</env:Header><env:Body><SubmitRsp xmlns="http://www.3gpp.org/ftp/Specs/archive/23_series/23.140/schema/REL-6-MM7-1-0"><MM7Version>6.3.0</MM7Version>'
    b"<Status><StatusCode>1000</StatusCode><StatusText>Success</StatusText></Status><MessageID>m%d</MessageID></SubmitRsp></env:Body></env:Envelope>"
)
_numbers = itertools.count(1)


class _Sink(asyncio.Protocol):
    def __init__(self) -> None:
        self.data = bytearray()
        self.need = -1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.data += data
        while self._one():
            pass

    def _one(self) -> bool:
        if self.need < 0:
            end = self.data.find(b"\r\n\r\n")
            if end < 0:
                return False
            head = bytes(self.data[:end]).lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if b"expect: 100-continue" in head:
                self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.need = end + 4 + length
        if len(self.data) < self.need:
            return False
        del self.data[: self.need]
        self.need = -1
        body = ANSWER % next(_numbers)
        self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        return True


async def _main(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(_Sink, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1])))
