"""Something between us and a simulator that spoils some of its answers: what was asked arrives, what is answered is garbage."""

from __future__ import annotations

import http.client
import re
import socket
import struct
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from delivery.codecs.smpp import Command, Splitter, SubmitSMResp, encode, read_header
from delivery.codecs.smpp.names import RESPONSE
from tests.integration.ports.peers import Connection, Request
from tests.integration.ports.peers import peer as bare_peer
from tests.services.waiting import PATIENCE_S

ENDLESS_BYTES = 64 << 20
"""An endless answer ends here, so that a reader without a limit is found by what he took."""

MM7_SPOILS = ("html", "empty", "half", "other_transaction", "no_message_id", "not_utf8", "endless", "no_http")
SMPP_SPOILS = ("no_message_id", "other_sequence", "truncated", "huge_length", "tiny_length", "text")


@dataclass
class Spoiled:
    """What became of the answers.

    Attributes:
        url: where it listens.
        count: spoiled answers by their kind.
        numbers: recipients whose answer was spoiled, by kind.
        longest: octets that were taken of an endless answer, at most.
    """

    url: str = ""
    count: dict[str, int] = field(default_factory=dict)
    numbers: dict[str, list[str]] = field(default_factory=dict)
    longest: int = 0

    def note(self, kind: str, numbers: list[str]) -> None:
        """One more."""
        self.count[kind] = self.count.get(kind, 0) + 1
        self.numbers.setdefault(kind, []).extend(numbers)


@contextmanager
def spoiled_mm7(url: str, spoils: Mapping[int, str]) -> Iterator[Spoiled]:
    """An MMSC whose answers are spoiled as `spoils` says, by the number of the SubmitReq, from 1."""
    found, lock, number = Spoiled(), threading.Lock(), 0
    behind = urlsplit(url)

    def manners(connection: Connection, request: Request) -> bool:
        nonlocal number
        forward = http.client.HTTPConnection(behind.hostname or "", behind.port, timeout=PATIENCE_S)
        forward.request("POST", behind.path or "/", request.body, {name: value for name, value in request.headers.items() if name in ("content-type", "soapaction")})
        answer = forward.getresponse()
        body, status = answer.read(), f"{answer.status} {answer.reason}"
        forward.close()
        with lock:
            number += 1
            kind = spoils.get(number, "")
            if kind:
                found.note(kind, [one.decode()[-11:] for one in re.findall(rb"<Number[^>]*>\+?(\d+)", request.body)])
        return _answer_mm7(connection, kind, body, status, found)

    with bare_peer(manners) as running:
        found.url = running.url
        yield found


def _answer_mm7(connection: Connection, kind: str, body: bytes, status: str, found: Spoiled) -> bool:
    """Answer with `body`, or with what `kind` makes of it; False ends the connection."""
    spoiled = {
        "html": b"<html><head><title>502</title></head><body><h1>Welcome</h1><p>proxy</body></html>",
        "empty": b"",
        "half": body[: len(body) // 2],
        "other_transaction": re.sub(rb"(<[^>]*TransactionID[^>]*>)[^<]*", rb"\1somebody-elses", body),
        "no_message_id": re.sub(rb"<([\w:]*)MessageID[^>]*>[^<]*</[\w:]*MessageID>", b"", body),
        "not_utf8": body.replace(b"Success", b"\xff\xfe\x00"),
    }
    if kind == "no_http":
        connection.sock.sendall(b"\x16\x03\x01\x00garbage\r\n\r\n" * 20)
        return False
    if kind == "endless":
        with suppress(OSError):
            connection.sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n")
            for sent in range(0, ENDLESS_BYTES, 65_536):
                connection.sock.sendall(b"10000\r\n" + b" " * 65_536 + b"\r\n")
                found.longest = max(found.longest, sent)
        return False
    connection.answer(spoiled.get(kind, body), status)
    return True


@contextmanager
def spoiled_smpp(url: str, spoils: Mapping[int, str]) -> Iterator[Spoiled]:
    """An SMSC whose submit_sm_resp are spoiled as `spoils` says, by their number, from 1."""
    found, lock, number = Spoiled(), threading.Lock(), 0
    behind = urlsplit(url)
    listener = socket.create_server(("127.0.0.1", 0))
    found.url = f"smpp://127.0.0.1:{listener.getsockname()[1]}"
    wires: list[socket.socket] = []

    def back(from_smsc: socket.socket, to_us: socket.socket) -> None:
        nonlocal number
        splitter = Splitter()
        with suppress(OSError):
            while data := from_smsc.recv(65_536):
                for frame in splitter.feed(data):
                    kind = ""
                    if read_header(frame)[1] == Command.SUBMIT_SM | RESPONSE:
                        with lock:
                            number += 1
                            kind = spoils.get(number, "")
                            if kind:
                                found.note(kind, [])
                    to_us.sendall(_spoil_pdu(kind, frame))
                    if kind == "truncated":
                        break
                else:
                    continue
                break
        _close(from_smsc, to_us)

    def forth(from_us: socket.socket, to_smsc: socket.socket) -> None:
        with suppress(OSError):
            while data := from_us.recv(65_536):
                to_smsc.sendall(data)
        _close(from_us, to_smsc)

    def accept() -> None:
        while True:
            try:
                us, _ = listener.accept()
                smsc = socket.create_connection((behind.hostname or "", behind.port or 0), timeout=PATIENCE_S)
            except OSError:
                return
            smsc.settimeout(None)
            wires.extend((us, smsc))
            threading.Thread(target=back, args=(smsc, us), daemon=True).start()
            threading.Thread(target=forth, args=(us, smsc), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield found
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        _close(*wires)


def _spoil_pdu(kind: str, frame: bytes) -> bytes:
    """The submit_sm_resp `frame` as the kind has it; "" leaves it as it is."""
    length, command, status, sequence = struct.unpack(">IIII", frame[:16])
    match kind:
        case "no_message_id":
            return encode(SubmitSMResp(""), sequence)
        case "other_sequence":
            return struct.pack(">IIII", length, command, status, 0x7FFF0000 + sequence) + frame[16:]
        case "truncated":
            return frame[: len(frame) - 3]
        case "huge_length":
            return struct.pack(">IIII", 0x7FFFFFFF, command, status, sequence) + frame[16:]
        case "tiny_length":
            return struct.pack(">IIII", 7, command, status, sequence) + frame[16:]
        case "text":
            return b"HTTP/1.1 400 Bad Request\r\nServer: proxy\r\n\r\n"
    return frame


def _close(*wires: socket.socket) -> None:
    for wire in wires:
        with suppress(OSError):
            wire.shutdown(socket.SHUT_RDWR)
        wire.close()
