"""tshark as a second reader: what it prints of bytes that we wrote, and what it complains of.

The bytes are wrapped as an HTTP exchange in a capture file made by hand, so no network is needed.
"""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

_SEGMENT_BYTES = 1400
_COMPLAINT = re.compile(r"Malformed|\[Expert Info \((?:Error|Warning|Note)[^\n]*|Unreassembled|Encrypted|<Not terminated>")


Exchange = tuple[bytes, bytes]
"""Request and response."""


@dataclass(frozen=True)
class Dissection:
    """What tshark printed, and its complaints."""

    text: str
    complaints: tuple[str, ...]


def dissect_mms(pdu: bytes, folder: Path) -> Dissection:
    """An MMS PDU as the body of a handset's GET."""
    request = b"GET /m HTTP/1.1\r\nHost: mmsc\r\n\r\n"
    return _dissect(request, _http(b"HTTP/1.1 200 OK", {"Content-Type": "application/vnd.wap.mms-message"}, pdu), folder)


def dissect_mms_each(pdus: Sequence[bytes], folder: Path) -> list[Dissection]:
    """Several MMS PDUs, each as the body of a handset's GET, by one run of tshark."""
    request = b"GET /m HTTP/1.1\r\nHost: mmsc\r\n\r\n"
    answers = [_http(b"HTTP/1.1 200 OK", {"Content-Type": "application/vnd.wap.mms-message"}, pdu) for pdu in pdus]
    text = _printed([(request, answer) for answer in answers], folder, 80, ("-Y", "mmse")).text
    found = [one for one in re.split(r"(?m)^Frame \d+:", text) if one.strip()]
    return [Dissection(one, tuple(_COMPLAINT.findall(one))) for one in found]


def dissect_post(headers: Mapping[str, str], body: bytes, folder: Path) -> Dissection:
    """An HTTP POST with these headers."""
    response = _http(b"HTTP/1.1 200 OK", {"Content-Type": "text/xml"}, b"<ok/>")
    return _dissect(_http(b"POST /mm7 HTTP/1.1", {"Host": "mmsc", **headers}, body), response, folder)


def _http(start: bytes, headers: Mapping[str, str], body: bytes) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return start + b"\r\n" + lines.encode() + f"Content-Length: {len(body)}\r\n\r\n".encode() + body


def dissect_smpp(request: bytes, response: bytes, folder: Path) -> Dissection:
    """SMPP PDUs of an ESME and the SMSC's answers; octets for the WAP port are read as a push."""
    options = ("-d", "tcp.port==2775,smpp", "-o", "smpp.reassemble_smpp_over_tcp:TRUE", "-o", "gsm_sms_ud.port_number_udh_means_wsp:TRUE")
    return _dissect(request, response, folder, tcp_port=2775, options=options)


def _dissect(request: bytes, response: bytes, folder: Path, *, tcp_port: int = 80, options: tuple[str, ...] = ()) -> Dissection:
    return _printed([(request, response)], folder, tcp_port, options)


def _printed(exchanges: Sequence[Exchange], folder: Path, tcp_port: int, options: tuple[str, ...]) -> Dissection:
    program = shutil.which("tshark")
    if program is None:
        pytest.skip("tshark is not installed")
    capture = folder / "exchange.pcap"
    capture.write_bytes(_capture(exchanges, tcp_port))
    done = subprocess.run([program, "-r", str(capture), "-V", *options], capture_output=True, check=True, timeout=100)
    text = done.stdout.decode("utf-8", errors="replace")
    return Dissection(text, tuple(_COMPLAINT.findall(text)))


def _capture(exchanges: Sequence[Exchange], tcp_port: int) -> bytes:
    """A TCP connection for each exchange, from the handshake on, as a pcap file of raw IP packets."""
    pieces = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 101)]
    for number, (request, response) in enumerate(exchanges):
        _connect(pieces, 40_000 + number, tcp_port, request, response)
    return b"".join(pieces)


def _connect(pieces: list[bytes], own_port: int, tcp_port: int, request: bytes, response: bytes) -> None:
    ahead = {True: 1_000, False: 9_000}

    def packet(ours: bool, flags: int, data: bytes = b"") -> None:
        ports = (own_port, tcp_port) if ours else (tcp_port, own_port)
        tcp = struct.pack("!HHIIBBHHH", *ports, ahead[ours], ahead[not ours] if flags != 2 else 0, 0x50, flags, 65_535, 0, 0)
        hosts = (b"\x0a\x00\x00\x01", b"\x0a\x00\x00\x02")
        length = 20 + len(tcp) + len(data)
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, length, len(pieces) & 0xFFFF, 0, 64, 6, 0, *(hosts if ours else hosts[::-1]))
        pieces.append(struct.pack("<IIII", 1_700_000_000, len(pieces) * 10, length, length) + ip + tcp + data)
        ahead[ours] += len(data) + (1 if flags & 2 else 0)

    packet(True, 0x02)
    packet(False, 0x12)
    packet(True, 0x10)
    for ours, data in ((True, request), (False, response)):
        for start in range(0, len(data), _SEGMENT_BYTES):
            packet(ours, 0x18, data[start : start + _SEGMENT_BYTES])
        packet(not ours, 0x10)
