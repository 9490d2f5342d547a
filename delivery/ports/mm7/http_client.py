"""HTTP/1.1 to one server over a few kept connections: each request is written once, and whoever waits learns whether it was.

A request leaves again by itself in one case only: the server answered 401 and named a Digest challenge, so it took nothing.
Redirects are not followed. An idle connection is let go before the peer does so, since a request on a connection that is just
being closed would have no answer.

The connections are protocols of the event loop, the parser is llhttp. A client that is made for any request costs several times
as much for each, and a submission to one reader is little else.

Spec: RFC 9112 (framing, 6.3: what ends an answer), RFC 9110 15.2 (1xx), RFC 7616 (Digest).
"""

from __future__ import annotations

import asyncio
import select
import ssl
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, cast
from urllib.parse import urlsplit

import httptools

from delivery.codecs.http_auth import DigestClient

ANSWER_BYTES_MAX: Final = 1_000_000
"""A longer answer is no answer to a SubmitReq."""

HEADERS_MAX: Final = 200

UNAUTHORIZED: Final = 401

PROVED_ANSWERS: Final = 3
"""A connection that gave more answers is kept by its peer, which does not close it behind each."""


@dataclass(frozen=True, slots=True)
class Response:
    """A whole answer; the names of the headers as `Content-Type` is written."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Failure:
    """No answer.

    Attributes:
        written: some byte of the request may have reached the peer.
    """

    error: Exception
    written: bool


class AnswerError(Exception):
    """What came is no answer in HTTP, or none that ends."""


Heard = Callable[[Response | Failure], None]
"""Called once for each request, in the loop's thread."""


@dataclass(eq=False, slots=True)
class _Exchange:
    """A request and who waits for its answer.

    Attributes:
        leaving: called just before its first byte is written.
        proved: it goes once more, with an answer to a challenge.
    """

    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    heard: Heard
    leaving: Callable[[], None] | None = None
    proved: bool = False


@dataclass(frozen=True)
class Terms:
    """How a server is spoken to.

    Attributes:
        url: http:// or https://, with the path.
        connections: at most so many at a time.
        connect_timeout_s: until a connection stands, TLS included.
        timeout_s: from the first byte written to the whole answer.
        keepalive_s: an idle connection is not used again after this.
        headers: sent with every request.
        tls: for https.
    """

    url: str
    connections: int
    connect_timeout_s: float
    timeout_s: float
    keepalive_s: float
    headers: Mapping[str, str]
    tls: ssl.SSLContext | None = None


class HTTPClient:
    """The connections to one server; every method is called in the thread of `loop`.

    Args:
        digest: how to answer a Digest challenge, or None.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, terms: Terms, digest: DigestClient | None = None) -> None:
        parts = urlsplit(terms.url)
        assert parts.hostname is not None, "the options were checked"
        self.loop, self.terms = loop, terms
        self._host, self._tcp_port = parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        named = {"Host": f"{host}:{parts.port}" if parts.port else host, **terms.headers}
        self._head = f"POST {self._target} HTTP/1.1\r\n{_lines(named)}".encode()
        self._digest = digest
        self._waiting: deque[_Exchange] = deque()
        self._idle: list[_Connection] = []
        self._connecting: set[asyncio.Task[None]] = set()
        self._open = 0
        self._busy = 0
        self._sweeping: asyncio.TimerHandle | None = None
        self._quiet = asyncio.Event()
        self._quiet.set()

    def post(self, headers: Mapping[str, str], body: bytes, heard: Heard, leaving: Callable[[], None] | None = None) -> None:
        """Send a request as soon as a connection is free, in the order of the calls.

        Args:
            leaving: called just before the first byte is written.
        """
        self._busy += 1
        self._quiet.clear()
        self._waiting.append(_Exchange(headers, body, heard, leaving))
        self._serve()

    async def finish(self) -> None:
        """Wait for every answer, then close the connections."""
        await self._quiet.wait()
        for connection in list(self._idle):
            connection.close(at_once=True)
        if self._sweeping is not None:
            self._sweeping.cancel()
        await asyncio.sleep(0)  # transports close with the next turn of the loop

    def _serve(self) -> None:
        while self._waiting:
            if self._idle:
                connection = self._idle.pop()
                if connection.is_usable():
                    connection.send(self._waiting.popleft())
                else:
                    connection.close()
            elif self._open < self.terms.connections:
                self._open += 1
                connecting = self.loop.create_task(self._connect(self._waiting.popleft()))
                self._connecting.add(connecting)
                connecting.add_done_callback(self._connecting.discard)
            else:
                return

    async def _connect(self, exchange: _Exchange) -> None:
        tls = self.terms.tls
        try:
            async with asyncio.timeout(self.terms.connect_timeout_s):
                _, connection = await self.loop.create_connection(lambda: _Connection(self), self._host, self._tcp_port, ssl=tls, server_hostname=self._host if tls else None)
        except OSError as error:  # TimeoutError and SSLError are some
            self._open -= 1
            self.settle(exchange, Failure(error, written=False))
            self._serve()
            return
        connection.send(exchange)

    def bytes_of(self, exchange: _Exchange) -> tuple[bytes, bytes]:
        """Head and body of a request as they are written."""
        lines = _lines(exchange.headers)
        if self._digest is not None and (proof := self._digest.authorization("POST", self._target)):
            lines += f"Authorization: {proof}\r\n"
        return b"%b%bContent-Length: %d\r\n\r\n" % (self._head, lines.encode(), len(exchange.body)), exchange.body

    def settle(self, exchange: _Exchange, found: Response | Failure) -> None:
        """Tell who waits; a challenge is answered first, once."""
        if self._digest is not None and isinstance(found, Response) and found.status == UNAUTHORIZED and not exchange.proved:
            exchange.proved = self._digest.challenged(found.headers.get("Www-Authenticate", ""))
            if exchange.proved:
                self._waiting.appendleft(exchange)
                return
        try:
            exchange.heard(found)
        finally:
            self._busy -= 1
            if not self._busy:
                self._quiet.set()

    def rest(self, connection: _Connection) -> None:
        """A connection may be used again."""
        self._idle.append(connection)
        if self._sweeping is None:
            self._sweeping = self.loop.call_later(self.terms.keepalive_s, self._sweep)
        self._serve()

    def lost(self, connection: _Connection) -> None:
        """A connection is gone, or must not be used again."""
        self._open -= 1
        if connection in self._idle:
            self._idle.remove(connection)
        self._serve()

    def _sweep(self) -> None:
        """Close the connections that have been idle for too long."""
        self._sweeping = None
        since = time.monotonic() - self.terms.keepalive_s
        for connection in [one for one in self._idle if one.idle_since <= since]:
            connection.close()
        if self._idle:
            soon = self._idle[0].idle_since - since
            self._sweeping = self.loop.call_later(max(soon, 0.01), self._sweep)


class _Connection(asyncio.Protocol):
    """One connection: one request at a time, and the parser of its answers."""

    def __init__(self, client: HTTPClient) -> None:
        self.idle_since = 0.0
        self._client = client
        self._transport: asyncio.Transport | None = None
        self._exchange: _Exchange | None = None
        self._expiry: asyncio.TimerHandle | None = None
        self._readable = select.poll()
        self._parser = httptools.HttpResponseParser(self)
        self._gone = False
        self._answers = 0
        self._forget()

    def _forget(self) -> None:
        """Nothing of an answer has come."""
        self._headers: dict[str, str] = {}
        self._body: list[bytes] = []
        self._size = self._lines = 0
        self._headed = self._whole = self._kept = self._stray = False

    def is_usable(self) -> bool:
        """Whether an idle connection still is one: the peer neither closed it nor said anything that the loop has not seen yet.

        A connection that was used again and again belongs to a peer that keeps them: the loop's word is enough.
        """
        return not self._gone and (self._answers > PROVED_ANSWERS or not self._readable.poll(0))

    def send(self, exchange: _Exchange) -> None:
        """Write a request; the connection is idle or new."""
        assert self._transport is not None
        pieces = self._client.bytes_of(exchange)
        self._exchange = exchange
        self._expiry = self._client.loop.call_later(self._client.terms.timeout_s, self._expire)
        if exchange.leaving is not None:
            exchange.leaving()
        self._transport.writelines(pieces)

    def close(self, *, at_once: bool = False) -> None:
        """Let an idle connection go; at once: without the farewell of TLS, which the peer may be slow to answer."""
        self._leave(abort=at_once)

    # --- the event loop's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are none by name
        self._readable.register(transport.get_extra_info("socket").fileno(), select.POLLIN)

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        self._size += len(data)
        if self._size > ANSWER_BYTES_MAX:
            self._end(Failure(AnswerError("the answer does not end"), written=True))
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            cause = error.__context__ if isinstance(error.__context__, AnswerError) else AnswerError(f"no HTTP: {error}")
            self._end(Failure(cause, written=True))
            return
        if self._whole:
            self._answered(again=self._kept and not self._stray)
        elif self._exchange is None:
            self._leave()  # it speaks without being asked

    def connection_lost(self, error: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        if self._exchange is not None and self._headed and error is None and not self._is_measured():
            self._answered(again=False)  # nothing but the end ends it
        else:
            self._end(Failure(error or ConnectionResetError("the peer closed the connection without an answer"), written=True))

    def _is_measured(self) -> bool:
        return "Content-Length" in self._headers or "Transfer-Encoding" in self._headers

    # --- the parser's side

    def on_message_begin(self) -> None:
        """An answer begins."""
        self._stray = self._whole or self._exchange is None

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; those that come twice are joined."""
        self._lines += 1
        if self._lines > HEADERS_MAX:
            raise AnswerError("the answer's headers do not end")
        key, text = name.decode("latin-1").title(), value.decode("latin-1")
        self._headers[key] = f"{self._headers[key]}, {text}" if key in self._headers else text

    def on_headers_complete(self) -> None:
        """The headers are all there."""
        self._headed = True

    def on_body(self, piece: bytes) -> None:
        """A piece of the body."""
        self._body.append(piece)

    def on_message_complete(self) -> None:
        """The answer is whole, unless it only says that one will come."""
        if self._parser.get_status_code() < 200:
            self._forget()
        elif not self._stray:
            self._whole, self._kept = True, self._parser.should_keep_alive()

    # --- the end of an exchange

    def _answered(self, *, again: bool) -> None:
        self._answers += 1
        response = Response(self._parser.get_status_code(), self._headers, b"".join(self._body))
        if again:
            self._settle(response)
            self._forget()
            self.idle_since = time.monotonic()
            self._client.rest(self)
        else:
            self._end(response)

    def _expire(self) -> None:
        self._end(Failure(TimeoutError(f"no answer within {self._client.terms.timeout_s:g} s"), written=True))

    def _end(self, found: Response | Failure) -> None:
        """The last exchange of this connection ends, where there is one."""
        try:
            if self._exchange is not None:
                self._settle(found)
        finally:
            self._leave(abort=isinstance(found, Failure))

    def _settle(self, found: Response | Failure) -> None:
        exchange, self._exchange = self._exchange, None
        assert exchange is not None
        assert self._expiry is not None
        self._expiry.cancel()
        self._client.settle(exchange, found)

    def _leave(self, *, abort: bool = False) -> None:
        if self._gone:
            return
        self._gone = True
        if self._transport is not None:
            self._transport.abort() if abort else self._transport.close()
        self._client.lost(self)


def _lines(headers: Mapping[str, str]) -> str:
    return "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
