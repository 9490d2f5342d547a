"""Peers that say nothing, never end, ask for too much of the listener or read nothing: each is let go, and everybody else is served."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from console import listening
from console.listening import PatientListener, listener_of
from tests.services.waiting import PATIENCE_S, wait_until

HEAD = b"GET / HTTP/1.1\r\nHost: here\r\n"
LARGE = b"x" * 20_000_000


async def hello(request: Request) -> Response:
    return PlainTextResponse("hello")


async def unread(request: Request) -> Response:
    return PlainTextResponse("no", status_code=401)


async def large(request: Request) -> Response:
    return Response(LARGE)


class Place:
    """A server, and what its connections are held to."""

    def __init__(self, server: uvicorn.Server) -> None:
        self.server = server
        self.tcp_port: int = server.servers[0].sockets[0].getsockname()[1]

    @property
    def open(self) -> int:
        return len(self.server.server_state.connections)

    @contextmanager
    def peer(self) -> Iterator[socket.socket]:
        with socket.create_connection(("127.0.0.1", self.tcp_port), timeout=PATIENCE_S) as peer:
            yield peer

    def says_hello(self) -> bool:
        with self.peer() as peer:
            peer.sendall(HEAD + b"Connection: close\r\n\r\n")
            return rest_of(peer).startswith(b"HTTP/1.1 200 ")


@contextmanager
def serving(**bounds: Any) -> Iterator[Place]:
    listener = listener_of({})
    for name, bound in bounds.items():
        assert hasattr(PatientListener, name)
        setattr(listener, name, bound)
    app = Starlette(routes=[Route("/", hello), Route("/unread", unread, methods=["POST"]), Route("/large", large)])
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical", lifespan="off", loop="uvloop", http=listener, ws="none", timeout_keep_alive=60)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield Place(server)
    finally:
        server.should_exit = True
        thread.join()


def rest_of(peer: socket.socket) -> bytes:
    """All that comes until the other side closes."""
    data = bytearray()
    try:
        while chunk := peer.recv(65536):
            data += chunk
    except ConnectionResetError:
        pass
    return bytes(data)


def test_who_says_nothing_is_let_go() -> None:
    with serving(head_wait_s=0.2) as place, place.peer() as silent:
        assert rest_of(silent) == b""
        assert place.says_hello()


@pytest.mark.parametrize("drop", [b"X: y\r\n", b"\r\n"], ids=["a line at a time", "empty lines for ever"])
def test_a_head_that_never_ends_is_let_go(drop: bytes) -> None:
    with serving(head_wait_s=0.3) as place, place.peer() as slow:
        if drop != b"\r\n":
            slow.sendall(HEAD)
        ended = threading.Event()

        def drip() -> None:
            while not ended.wait(0.05):
                try:
                    slow.sendall(drop)
                except OSError:
                    return

        dripping = threading.Thread(target=drip)
        dripping.start()
        try:
            said = rest_of(slow)
        finally:
            ended.set()
            dripping.join()
        assert said.startswith(b"HTTP/1.1 408 ") or (drop == b"\r\n" and said == b"")


def test_the_second_head_is_held_to_the_same() -> None:
    with serving(head_wait_s=0.3) as place, place.peer() as peer:
        peer.sendall(HEAD + b"\r\n")
        assert peer.recv(65536).startswith(b"HTTP/1.1 200 ")
        peer.sendall(HEAD)
        assert rest_of(peer).startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize(
    "begins",
    [HEAD + b"Cookie: ", HEAD, b"GET /", b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nTrailer: "],
    ids=["one value", "many lines", "an address", "a trailer"],
)
def test_a_head_without_end_fills_no_memory(begins: bytes) -> None:
    piece = b"X-Line: more\r\n" * 1000 if begins == HEAD else b"a" * 14_000
    with serving() as place, place.peer() as flood:
        sent = 0
        try:
            flood.sendall(begins)
            while sent < 200_000_000:
                flood.sendall(piece)
                sent += len(piece)
        except OSError:
            pass
        assert sent < 20_000_000, "what the two sockets hold, at most"
        assert place.says_hello()


def test_chunks_of_one_byte_are_still_a_body() -> None:
    with serving() as place, place.peer() as peer:
        peer.sendall(b"POST /unread HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n")
        peer.sendall(b"1\r\na\r\n" * 2000 + b"0\r\n\r\n")
        assert rest_of(peer).startswith(b"HTTP/1.1 401 ")


def test_who_goes_on_after_his_answer_is_let_go_and_who_ends_is_heard_again() -> None:
    with serving(rest_wait_s=0.3) as place:
        with place.peer() as endless:
            endless.sendall(b"POST /unread HTTP/1.1\r\nHost: h\r\nContent-Length: 10000000\r\n\r\n" + b"a" * 1000)
            assert rest_of(endless).startswith(b"HTTP/1.1 401 ")
        with place.peer() as honest:
            honest.sendall(b"POST /unread HTTP/1.1\r\nHost: h\r\nContent-Length: 2000\r\n\r\n" + b"a" * 1000)
            assert honest.recv(65536).startswith(b"HTTP/1.1 401 ")
            honest.sendall(b"a" * 1000 + HEAD + b"Connection: close\r\n\r\n")
            assert rest_of(honest).startswith(b"HTTP/1.1 200 ")


def test_who_reads_nothing_is_let_go() -> None:
    with serving(takes_s_max=0.3) as place, place.peer() as greedy:
        greedy.sendall(b"GET /large HTTP/1.1\r\nHost: here\r\n\r\n")
        wait_until(lambda: place.server.server_state.total_requests or place.open)
        wait_until(lambda: not place.open)  # not a byte is read meanwhile
        assert len(rest_of(greedy)) < len(LARGE)


def test_where_too_many_are_there_the_idle_go_first() -> None:
    with serving(connections_max=20) as place:
        waiting = [socket.create_connection(("127.0.0.1", place.tcp_port), timeout=PATIENCE_S) for _ in range(60)]
        try:
            assert place.says_hello()
            assert place.open <= 20
        finally:
            for one in waiting:
                one.close()


def test_a_process_keeps_files_for_what_is_not_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr("resource.getrlimit", lambda _: (256, 1024))
    monkeypatch.setattr("resource.setrlimit", lambda _, limits: asked.append(limits))
    assert listening.connections_of_this_process() == 1024 - listening.FILES_KEPT
    assert asked == [(1024, 1024)]


def test_an_upgrade_to_a_websocket_is_an_ordinary_request() -> None:
    with serving() as place, place.peer() as peer:
        peer.sendall(HEAD + b"Connection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
        assert b" 101 " not in rest_of(peer)[:20]
