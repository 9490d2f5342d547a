"""The short way of reports: order of answers, peers that hang up, pipeline or are slow, and what takes the long way."""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import func, select

from delivery.codecs.mm7 import encode_envelope
from delivery.models import DeliveryEvent
from huabao.runtime import Runtime
from tests.integration.console.test_mm7_route import make_port, serving
from tests.integration.reports.ground import number, report
from tests.services.waiting import PATIENCE_S


@pytest.fixture
def tcp_port(postgres_runtime: Runtime) -> Iterator[int]:
    """The route with one port `main` that it knows of already."""
    make_port(postgres_runtime)
    with serving(postgres_runtime) as found:
        connection = http.client.HTTPConnection("127.0.0.1", found, timeout=PATIENCE_S)
        connection.request("POST", "/mm7/main", b"<a/>", {"Content-Type": "text/xml"})
        assert connection.getresponse().status == 400
        connection.close()
        yield found


def request(index: int, *, path: str = "/mm7/main", more: str = "", method: str = "POST") -> bytes:
    body = encode_envelope(report(f"m{index}", number(index)), transaction_id=f"t{index}")
    head = f"{method} {path} HTTP/1.1\r\nHost: here\r\nContent-Type: text/xml; charset=utf-8\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    return head.encode() + body


@contextmanager
def connected(tcp_port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", tcp_port), timeout=PATIENCE_S) as peer:
        yield peer


def read_until_closed(peer: socket.socket) -> bytes:
    data = b""
    while chunk := peer.recv(65536):
        data += chunk
    return data


def stored(runtime: Runtime) -> int:
    with runtime.transaction(read_only=True) as session:
        return session.scalar(select(func.count()).select_from(DeliveryEvent)) or 0


def test_pipelined_reports_are_answered_in_their_order(postgres_runtime: Runtime, tcp_port: int) -> None:
    with connected(tcp_port) as peer:
        peer.sendall(b"".join(request(at) for at in range(39)) + request(39, more="Connection: close\r\n"))
        answers = read_until_closed(peer)
    places = [answers.find(f">t{at}<".encode()) for at in range(40)]
    assert answers.count(b"HTTP/1.1 200 ") == 40
    assert places == sorted(places)
    assert places[0] > 0
    assert stored(postgres_runtime) == 40


def test_a_report_in_pieces_is_one_report(postgres_runtime: Runtime, tcp_port: int) -> None:
    with connected(tcp_port) as peer:
        whole = request(1, more="Connection: close\r\n")
        for at in range(0, len(whole), 97):
            peer.sendall(whole[at : at + 97])
            time.sleep(0.001)
        assert read_until_closed(peer).startswith(b"HTTP/1.1 200 ")
    assert stored(postgres_runtime) == 1


def test_a_peer_that_hangs_up_harms_nobody(postgres_runtime: Runtime, tcp_port: int) -> None:
    for at in range(5):
        with connected(tcp_port) as peer:
            peer.sendall(request(at))
    with connected(tcp_port) as peer:
        peer.sendall(request(9)[:-20])
    with connected(tcp_port) as peer:
        peer.sendall(request(10, more="Connection: close\r\n"))
        assert read_until_closed(peer).startswith(b"HTTP/1.1 200 ")
    assert stored(postgres_runtime) == 6


@pytest.mark.parametrize(
    ("one", "status"),
    [
        (request(1, method="GET", more="Connection: close\r\n"), b"405"),
        (request(1, path="/mm7/nobody", more="Connection: close\r\n"), b"404"),
        (request(1, path="/mm7", more="Connection: close\r\n"), b"200"),
        (request(1, path="/mm7/main?x=1", more="Connection: close\r\n"), b"200"),
        (b"POST /mm7/main HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\nConnection: close\r\n\r\n", b"413"),
        (b"POST /mm7/main HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\nConnection: close\r\n\r\n", b"400"),
        (b"nonsense\r\n\r\n", b"400"),
    ],
)
def test_what_is_unusual_is_answered_too(tcp_port: int, one: bytes, status: bytes) -> None:
    with connected(tcp_port) as peer:
        peer.sendall(one)
        assert read_until_closed(peer).startswith(b"HTTP/1.1 " + status)


def test_both_ways_share_a_connection(postgres_runtime: Runtime, tcp_port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", tcp_port, timeout=PATIENCE_S)
    body = encode_envelope(report("m1", number(1)), transaction_id="t1")
    for path, status in (("/mm7/main", 200), ("/mm7/nobody", 404), ("/mm7/main", 200)):
        connection.request("POST", path, body, {"Content-Type": "text/xml"})
        answer = connection.getresponse()
        assert answer.status == status
        answer.read()
    connection.close()
    assert stored(postgres_runtime) == 2


def test_something_else_behind_unanswered_reports_is_asked_again(tcp_port: int) -> None:
    with connected(tcp_port) as peer:
        peer.sendall(request(1) + request(2, method="GET"))
        answers = read_until_closed(peer)
    assert answers.count(b"HTTP/1.1 ") == 1
    assert answers.startswith(b"HTTP/1.1 200 ")
    assert b"connection: close" in answers
