"""Real servers with bad manners: each connection is handed to a function that reads a request and does as it likes."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

NAMESPACE = "http://www.3gpp.org/ftp/Specs/archive/23_series/23.140/schema/REL-6-MM7-1-0"


@dataclass
class Request:
    """One HTTP request as it came."""

    line: str
    headers: dict[str, str]
    body: bytes


class Connection:
    """One connection; reads whole requests and writes what it is told."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._buffer = b""

    def request(self) -> Request | None:
        """The next request, or None where the client has gone."""
        head = self._until(b"\r\n\r\n")
        if head is None:
            return None
        line, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in lines if one)}
        length = int(headers.get("content-length", "0"))
        while len(self._buffer) < length:
            data = self.sock.recv(65536)
            if not data:
                return None
            self._buffer += data
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        return Request(line, headers, body)

    def _until(self, mark: bytes) -> bytes | None:
        while mark not in self._buffer:
            try:
                data = self.sock.recv(65536)
            except OSError:
                return None
            if not data:
                return None
            self._buffer += data
        head, _, self._buffer = self._buffer.partition(mark)
        return head

    def answer(self, body: bytes = b"", status: str = "200 OK", **headers: str) -> None:
        """Write a whole response."""
        lines = {"Content-Type": "text/xml", "Content-Length": str(len(body))} | {name.replace("_", "-"): value for name, value in headers.items()}
        self.sock.sendall(f"HTTP/1.1 {status}\r\n{''.join(f'{name}: {value}' + chr(13) + chr(10) for name, value in lines.items())}\r\n".encode() + body)


@dataclass
class Peer:
    """A running server.

    Attributes:
        requests: all that came, in order.
    """

    url: str
    requests: list[Request] = field(default_factory=list)
    connections: int = 0


Manners = Callable[[Connection, Request], bool]
"""Answers one request; False ends the connection."""


@contextmanager
def peer(manners: Manners, *, context: ssl.SSLContext | None = None) -> Iterator[Peer]:
    """A server with these manners, until the end of the block."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    running = Peer(f"{'https' if context else 'http'}://127.0.0.1:{listener.getsockname()[1]}/mm7")
    open_sockets: list[socket.socket] = []

    def serve(sock: socket.socket) -> None:
        try:
            if context is not None:
                sock = context.wrap_socket(sock, server_side=True)
            connection = Connection(sock)
            while (request := connection.request()) is not None:
                running.requests.append(request)
                if not manners(connection, request):
                    return
        except OSError:
            return
        finally:
            sock.close()

    def accept() -> None:
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            running.connections += 1
            open_sockets.append(sock)
            threading.Thread(target=serve, args=(sock,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield running
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for sock in open_sockets:
            sock.close()


def submit_rsp(code: int = 1000, text: str = "Success", message_id: str | None = "m1", details: str = "") -> bytes:
    """A SubmitRsp as a strict MMSC writes it."""
    identity = f"<MessageID>{message_id}</MessageID>" if message_id else ""
    detail = f"<Details>{details}</Details>" if details else ""
    return (
        f'<env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/"><env:Header><TransactionID xmlns="{NAMESPACE}">t</TransactionID></env:Header>'
        f'<env:Body><SubmitRsp xmlns="{NAMESPACE}"><MM7Version>6.3.0</MM7Version><Status><StatusCode>{code}</StatusCode><StatusText>{text}</StatusText>{detail}</Status>'
        f"{identity}</SubmitRsp></env:Body></env:Envelope>"
    ).encode()


def fault(code: int, text: str) -> bytes:
    """An RSErrorRsp in a SOAP Fault."""
    return (
        '<env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/"><env:Header/><env:Body><env:Fault><faultcode>env:Client</faultcode><faultstring>x</faultstring>'
        f'<detail><RSErrorRsp xmlns="{NAMESPACE}"><MM7Version>6.3.0</MM7Version>'
        f"<Status><StatusCode>{code}</StatusCode><StatusText>{text}</StatusText></Status></RSErrorRsp></detail>"
        "</env:Fault></env:Body></env:Envelope>"
    ).encode()
