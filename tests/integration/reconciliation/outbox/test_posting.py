"""Whether a POST was taken, may have been, or surely was not; against real sockets."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from huabao.errors import UsageError
from reconciliation.outbox.peers import AnswerLostError, PeerAwayError
from reconciliation.outbox.posting import ANSWER_BYTES_MAX, post


@contextmanager
def _answering(answer: bytes) -> Iterator[str]:
    """A server that reads one request, says `answer` and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                data = b""
                while b"\r\n\r\n{}" not in data:
                    data += connection.recv(65536)
                connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/orders?a=b"
        thread.join(5)


def _ok(body: bytes, status: str = "200 OK", more: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode() + body


def test_an_answer_is_an_answer_whatever_it_says() -> None:
    for status in ("200 OK", "400 Bad Request", "422 What"):
        with _answering(_ok(b"hello", status)) as url:
            found = post(url, b"{}", {}, timeout_s=5)
        assert (found.status, found.body) == (int(status[:3]), b"hello")


@pytest.mark.parametrize("status", ["429 Slow", "502 Gateway", "503 Down", "504 Late", "401 Who", "403 No", "404 Where", "405 How"])
def test_who_takes_nothing_is_away(status: str) -> None:
    with _answering(_ok(b"", status, "Retry-After: 7\r\n")) as url, pytest.raises(PeerAwayError, match=status[:3]) as error:
        post(url, b"{}", {}, timeout_s=5)
    assert error.value.retry_after_s == (7 if status[0] + status[1] != "40" else None)


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", b"garbage\r\n\r\n", b"\0\x7f\xff\r\n\r\n", _ok(b"", "500 Broken"), _ok(b"x" * (ANSWER_BYTES_MAX + 5))]
)
def test_what_is_no_whole_answer_is_a_lost_one(answer: bytes) -> None:
    with _answering(answer) as url, pytest.raises(AnswerLostError) as error:
        post(url, b"{}", {}, timeout_s=5)
    assert str(error.value).isprintable(), "it goes into the database"


def test_an_answer_that_takes_too_long_is_lost() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening, pytest.raises(AnswerLostError, match="timed out"):
        post(f"http://127.0.0.1:{listening.getsockname()[1]}/", b"{}", {}, timeout_s=0.1)


def test_nobody_there_is_away() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(PeerAwayError, match="refused"):
        post(f"http://127.0.0.1:{port}/", b"{}", {}, timeout_s=5)


@pytest.mark.parametrize("url", ["", "ftp://a/", "http:///x", "boss"])
def test_what_is_no_address_is_said(url: str) -> None:
    with pytest.raises(UsageError, match="address"):
        post(url, b"{}", {}, timeout_s=5)
