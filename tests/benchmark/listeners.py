"""The barest listeners for reports: the XML is parsed by lxml, the answer is always the same, nothing is kept.

`python -m tests.benchmark.listeners uvicorn|httptools|route|kept PORT`; `route` is Huabao's own, all of it but the commit; `kept` copies
the bodies into a table of the database, those that come together in one commit, and answers after it.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from typing import Any, cast

import httptools
import uvicorn
import uvloop
from sqlalchemy.orm import Session

from console.group_commit import GroupCommit, NotStoredError
from console.listening import listener_of
from console.mm7 import MM7App
from console.mm7_commit import ReportCommit, Write
from content.codecs.hardened_xml import parse_xml
from delivery.codecs.mm7 import DeliveryReportRsp, Status, encode_envelope
from huabao.runtime import Runtime, get_runtime

KEPT_TABLE = "bench_kept"
_ANSWER = encode_envelope(DeliveryReportRsp(Status(1000, "Success")), transaction_id="t")
_HEADERS = [(b"content-type", b"text/xml; charset=utf-8"), (b"content-length", str(len(_ANSWER)).encode())]


async def _body(receive: Any) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += cast(bytes, message.get("body", b""))
        if not message.get("more_body"):
            return body


async def raw_app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """A raw ASGI application."""
    body = await _body(receive)
    parse_xml(body)
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": _ANSWER})


class _KeptApp:
    """A raw ASGI application that keeps each body, no more."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._commit: GroupCommit[bytes, None] | None = None

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        body = await _body(receive)
        parse_xml(body)
        if self._commit is None:
            self._commit = GroupCommit(self._runtime, asyncio.get_running_loop(), self._store, name="bare")
        await self._commit.add(body)
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        await send({"type": "http.response.body", "body": _ANSWER})

    def _store(self, session: Session, bodies: Sequence[bytes]) -> list[None]:
        cursor = session.connection().connection.cursor()
        with cursor.copy(f"COPY {KEPT_TABLE} (received_at, body) FROM STDIN") as copy:
            for body in bodies:
                copy.write_row((self._runtime.now(), body))
        return [None] * len(bodies)


class _Listener(asyncio.Protocol):
    """HTTP by httptools, nothing between."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.parser = httptools.HttpRequestParser(self)
        self.body = b""

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        """httptools has a piece of the body."""
        self.body += body

    def on_message_complete(self) -> None:
        """httptools has read a request."""
        parse_xml(self.body)
        self.body = b""
        self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s" % (len(_ANSWER), _ANSWER))


class _Forgetful(ReportCommit):
    """Says of each write that it is durable, and forgets it."""

    def _commit(self, writes: Sequence[Write]) -> list[NotStoredError | None]:
        return [None] * len(writes)


class _ForgetfulApp(MM7App):
    """The route without the database, but for the ports."""

    def _committer(self) -> ReportCommit:
        if self._commit is None:
            self._commit = _Forgetful(self._runtime, asyncio.get_running_loop())
        return self._commit


def _serve(app: Any, tcp_port: int, http: Any = "httptools") -> None:
    uvicorn.run(app, host="127.0.0.1", port=tcp_port, loop="uvloop", http=http, log_config=None, access_log=False, server_header=False, lifespan="off")


async def _listen(tcp_port: int) -> None:
    server = await asyncio.get_running_loop().create_server(_Listener, "127.0.0.1", tcp_port)
    await server.serve_forever()


if __name__ == "__main__":
    kind, number = sys.argv[1], int(sys.argv[2])
    if kind == "uvicorn":
        _serve(raw_app, number)
    elif kind == "kept":
        _serve(_KeptApp(get_runtime()), number)
    elif kind == "route":
        route = _ForgetfulApp(get_runtime())
        _serve(route, number, listener_of({"/mm7": route}))
    else:
        uvloop.run(_listen(number))
