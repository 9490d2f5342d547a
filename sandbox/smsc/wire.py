"""What goes over the wire, read and written with smpplib and by hand: none of Huabao's own codec.

Spec: SMPP 3.4; 3GPP TS 23.040 9.2.3.24 for the user data header.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from smpplib import exceptions, gsm, smpp

PDU_OCTETS_MAX = 70_000
ZONE = ZoneInfo("Asia/Shanghai")
"""An SMSC writes the time of its own place, and does not say so."""
RESPONSE = 0x80000000

STATUS = {
    "ESME_ROK": 0x00, "ESME_RINVMSGLEN": 0x01, "ESME_RINVCMDLEN": 0x02, "ESME_RINVCMDID": 0x03, "ESME_RINVBNDSTS": 0x04, "ESME_RALYBND": 0x05,
    "ESME_RSYSERR": 0x08, "ESME_RINVSRCADR": 0x0A, "ESME_RINVDSTADR": 0x0B, "ESME_RINVMSGID": 0x0C, "ESME_RBINDFAIL": 0x0D, "ESME_RINVPASWD": 0x0E,
    "ESME_RINVSYSID": 0x0F, "ESME_RCANCELFAIL": 0x11, "ESME_RREPLACEFAIL": 0x13, "ESME_RMSGQFUL": 0x14, "ESME_RINVSERTYP": 0x15,
    "ESME_RINVESMCLASS": 0x43, "ESME_RSUBMITFAIL": 0x45, "ESME_RTHROTTLED": 0x58, "ESME_RINVSCHED": 0x61, "ESME_RINVEXPIRY": 0x62,
    "ESME_RX_T_APPN": 0x64, "ESME_RX_P_APPN": 0x65, "ESME_RX_R_APPN": 0x66, "ESME_RQUERYFAIL": 0x67, "ESME_RINVOPTPARSTREAM": 0xC0,
    "ESME_RUNKNOWNERR": 0xFF,
}  # fmt: skip


@dataclass(frozen=True)
class Request:
    """A PDU that came.

    Attributes:
        name: as smpplib names it, `submit_sm`; empty for one that it does not know.
        pdu: smpplib's, None where the body could not be read.
    """

    name: str
    command: int
    status: int
    sequence: int
    pdu: Any
    frame: bytes


class Stream:
    """The octets of one connection."""

    def __init__(self) -> None:
        self._data = b""
        self.lost = False

    def feed(self, data: bytes) -> list[Request]:
        """What is whole now; `lost` is set where a length cannot be."""
        self._data += data
        found = []
        while len(self._data) >= 16 and not self.lost:
            (length,) = struct.unpack_from(">L", self._data)
            if not 16 <= length <= PDU_OCTETS_MAX:
                self.lost = True
                break
            if len(self._data) < length:
                break
            found.append(_read(self._data[:length]))
            self._data = self._data[length:]
        return found


def _read(frame: bytes) -> Request:
    _, command, status, sequence = struct.unpack_from(">LLLL", frame)
    try:
        pdu = smpp.parse_pdu(frame, sequence=sequence, allow_unknown_opt_params=True)
    except exceptions.UnknownCommandError:
        return Request({7: "replace_sm", 8: "cancel_sm"}.get(command, ""), command, status, sequence, None, frame)
    except (struct.error, KeyError, IndexError, TypeError, ValueError):
        return Request("unreadable", command, status, sequence, None, frame)
    return Request(pdu.command, command, status, sequence, pdu, frame)


def text_of(value: Any) -> str:
    """A C-octet string of smpplib's as text."""
    return value.decode("latin-1") if isinstance(value, bytes) else ""


def user_data(pdu: Any) -> tuple[bytes, tuple[int, int, int] | None]:
    """The octets of a message behind their header, and reference, total and number where it is one of several."""
    octets = pdu.short_message or getattr(pdu, "message_payload", None) or b""
    if not (pdu.esm_class or 0) & 0x40 or not octets:
        return octets, None
    end = 1 + octets[0]
    at, place = 1, None
    while at + 2 <= end:
        identifier, size = octets[at], octets[at + 1]
        data = octets[at + 2 : at + 2 + size]
        if identifier == 0 and len(data) == 3:
            place = (data[0], data[1], data[2])
        elif identifier == 8 and len(data) == 4:
            place = (data[0] << 8 | data[1], data[2], data[3])
        at += 2 + size
    return octets[end:], place


def is_cut(pdu: Any) -> bool:
    """Whether a submit_sm's body is shorter than it says, which smpplib overlooks."""
    return len(pdu.short_message or b"") != (pdu.sm_length or 0) or pdu.destination_addr is None


def header(command: int, status: int, sequence: int) -> bytes:
    """A PDU without a body."""
    return struct.pack(">LLLL", 16, command, status, sequence)


def answer(command: int, status: int, sequence: int, message_id: str = "") -> bytes:
    """The response to a request that is answered with a message_id or nothing; an error has no body."""
    body = b"" if status else message_id.encode() + b"\0"
    return struct.pack(">LLLL", 16 + len(body), command | RESPONSE, status, sequence) + body


def bind_answer(command: int, status: int, sequence: int) -> bytes:
    """The response to a bind, with the version that we speak."""
    body = b"" if status else b"sandbox\0" + struct.pack(">HHB", 0x0210, 1, 0x34)
    return struct.pack(">LLLL", 16 + len(body), command | RESPONSE, status, sequence) + body


def query_answer(sequence: int, message_id: str, state: int, done_at: datetime | None) -> bytes:
    """A query_sm_resp."""
    final = f"{done_at.astimezone(ZONE):%y%m%d%H%M%S}032+" if done_at else ""
    body = message_id.encode() + b"\0" + final.encode() + b"\0" + bytes((state, 0))
    return struct.pack(">LLLL", 16 + len(body), 0x80000003, 0, sequence) + body


def deliver(sequence: int, **fields: Any) -> bytes:
    """A deliver_sm."""
    pdu = smpp.make_pdu("deliver_sm", sequence=sequence)
    pdu.sequence = sequence
    for name, value in fields.items():
        setattr(pdu, name, value)
    octets: bytes = pdu.generate()
    return octets


def receipt_text(form: str, message_id: str, stat: str, error: str, submit_at: datetime, text: bytes) -> bytes:
    """What a receipt says in words; nothing for `tlv`."""
    delivered = 1 if stat == "DELIVRD" else 0
    at, done = (f"{each.astimezone(ZONE):%y%m%d%H%M}" for each in (submit_at, datetime.now(ZONE)))
    shown = text[:20].decode("ascii", errors="replace").replace("�", "?")
    if form == "tlv":
        return b""
    if form == "short":
        line = f"id:{message_id} stat:{stat} err:{error}"
    elif form == "shuffled":
        line = f"stat:{stat} err:{error} done date:{done} submit date:{at} dlvrd:{delivered} sub:1 id:{message_id} Text:{shown}"
    else:
        line = f"id:{message_id} sub:001 dlvrd:{delivered:03d} submit date:{at} done date:{done} stat:{stat} err:{error} text:{shown}"
    return (line.upper() if form == "upper" else line).encode()


def handset_texts(text: str, reference: int) -> tuple[int, int, list[bytes]]:
    """data_coding, esm_class and octets of what a handset sends; cut by units of UCS-2 as simple handsets do, pairs and all."""
    try:
        octets, coding, room = gsm.gsm_encode(text.replace("`", "'")), 0, (160, 153)
    except UnicodeError:
        octets, coding, room = text.encode("utf-16-be"), 8, (140, 134)
    if len(octets) <= room[0]:
        return coding, 0, [octets]
    cut = [octets[at : at + room[1]] for at in range(0, len(octets), room[1])]
    return coding, 0x40, [bytes((5, 0, 3, reference & 0xFF, len(cut), number)) + each for number, each in enumerate(cut, 1)]
