"""The stream of PDUs: the header of 16 octets, and cutting the octets of a connection at PDUs' ends.

Spec: SMPP 3.4, 3.2 (PDU format), 5.1.1 (command_length).
"""

from __future__ import annotations

from struct import Struct
from typing import Final, NamedTuple

from delivery.codecs.smpp.names import Status, status_name
from huabao.errors import CodecError

HEADER_OCTETS: Final = 16
PDU_OCTETS_MAX: Final = 70_000
"""A submit_sm with the longest message_payload (65,535 octets), its fields and a few parameters. Kannel reads no more than 10,240 by default."""
SEQUENCE_MAX: Final = 0x7FFFFFFF

_HEADER: Final = Struct(">LLLL")
_LENGTH: Final = Struct(">L")
pack_header: Final = _HEADER.pack
"""command_length, command_id, command_status, sequence_number as 16 octets."""


class PDUError(CodecError):
    """A PDU that is not what it claims to be.

    Attributes:
        sequence: of the PDU, 0 where it could not be read.
        command: its command_id, 0 where it could not be read.
        fatal: True where the place in the stream is lost: answer generic_nack with `status_code` and close the connection. Else
            answer this one PDU with its response (or a generic_nack) carrying `status_code`, and read on.
    """

    def __init__(self, message: str, *, status_code: int = Status.ESME_RINVCMDLEN, theirs: bool = True, sequence: int = 0, command: int = 0, fatal: bool = False) -> None:
        super().__init__(message, status_code=status_code, theirs=theirs)
        self.sequence = sequence
        self.command = command
        self.fatal = fatal


class Header(NamedTuple):
    """The first 16 octets of a PDU."""

    length: int
    command: int
    status: int
    sequence: int


def read_header(frame: bytes) -> Header:
    """The header of a whole PDU as `Splitter` gives it.

    Raises:
        PDUError: there are fewer than 16 octets.
    """
    if len(frame) < HEADER_OCTETS:
        raise PDUError(f"a PDU has at least {HEADER_OCTETS} octets, this one {len(frame)}")
    return Header._make(_HEADER.unpack_from(frame))


class Splitter:
    """Cuts the octets of one connection into PDUs, however they arrive.

    A command_length below 16 or above the limit means that the place in the stream
    is lost for good: the PDUs before it are still handed out, then `check` raises.
    Nothing is read into a PDU before all of it is there, so a time-out in the middle
    of one loses nothing.
    """

    __slots__ = ("_data", "_fault", "_need", "_octets_max")

    def __init__(self, octets_max: int = PDU_OCTETS_MAX) -> None:
        self._data = bytearray()
        self._need = _LENGTH.size
        self._octets_max = octets_max
        self._fault: PDUError | None = None

    @property
    def waiting(self) -> int:
        """Octets of a PDU whose end has not come yet."""
        return len(self._data)

    def feed(self, data: bytes) -> list[bytes]:
        """The PDUs that `data` completes, in order; call `check` when they are dealt with."""
        if self._fault is not None:
            return []
        buffer = self._data
        source: bytes = data
        if buffer:
            buffer += data
            if len(buffer) < self._need:
                return []
            source = bytes(buffer)
        frames: list[bytes] = []
        at, end = 0, len(source)
        self._need = _LENGTH.size
        while end - at >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(source, at)
            if not HEADER_OCTETS <= length <= self._octets_max:
                self._fault = self._lost(length, source[at : at + HEADER_OCTETS])
                buffer.clear()
                return frames
            if end - at < length:
                self._need = length
                break
            frames.append(source[at : at + length])
            at += length
        buffer[:] = source[at:]
        return frames

    def check(self) -> None:
        """Nothing where the stream is in order.

        Raises:
            PDUError: it is lost; `fatal` is set.
        """
        if self._fault is not None:
            raise self._fault

    def _lost(self, length: int, head: bytes) -> PDUError:
        text = f"a command_length of {length} cannot be: 16 to {self._octets_max} octets are expected; the stream is lost, close the connection"
        header = _HEADER.unpack(head) if len(head) == HEADER_OCTETS else (0, 0, 0, 0)
        return PDUError(text, sequence=header[3], command=header[1], fatal=True)


def write_header_only(command: int, status: int, sequence: int) -> bytes:
    """A PDU without a body.

    Raises:
        PDUError: a number that does not fit (ours).
    """
    if not 0 <= sequence <= SEQUENCE_MAX or not 0 <= status <= 0xFFFFFFFF:
        raise PDUError(f"sequence {sequence} or status {status_name(status)} does not fit", theirs=False)
    return pack_header(HEADER_OCTETS, command, status, sequence)
