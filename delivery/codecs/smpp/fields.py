"""The kinds of fields: C-octet strings, optional parameters, and the checks on what is written.

Strict in what is written (nothing is ever cut), tolerant in what is read: a text may
be longer than the specification allows, up to `TEXT_OCTETS_MAX`; parameters that no
specification names are kept.
Spec: SMPP 3.4, 3.1 (types), 3.2.4 (optional parameters).
"""

from __future__ import annotations

from struct import Struct
from typing import Final

from delivery.codecs.smpp.frames import PDUError
from delivery.codecs.smpp.names import Status
from delivery.codecs.smpp.structs import TLVs

TEXT_OCTETS_MAX: Final = 256
"""Of one C-octet string that is read; the specification's longest is 65 octets, an SMSC's own ids were seen above that."""
TLVS_MAX: Final = 64
"""Of one PDU; 3.4 names 45 in all."""

_TAG_AND_LENGTH: Final = Struct(">HH")


def c_octets(text: str, octets_max: int, name: str) -> bytes:
    """`text` as a C-octet string without its NUL.

    Args:
        octets_max: as the specification counts, the NUL among them.

    Raises:
        PDUError: it is too long, holds a NUL or what is not latin-1 (ours).
    """
    try:
        octets = text.encode("latin-1")
    except UnicodeEncodeError:
        raise PDUError(f"{name} holds a character that SMPP's fields cannot carry", theirs=False) from None
    if len(octets) >= octets_max or b"\0" in octets:
        raise PDUError(f"{name} has {len(octets)} octets, or a NUL; up to {octets_max - 1} are possible", theirs=False)
    return octets


def read_c_octets(data: bytes, at: int, name: str) -> tuple[str, int]:
    """The C-octet string at `at`, and where the next field begins.

    Raises:
        PDUError: its NUL is missing, or is too far away.
    """
    end = data.find(0, at, at + TEXT_OCTETS_MAX)
    if end < 0:
        raise PDUError(f"{name} does not end")
    return data[at:end].decode("latin-1"), end + 1


def pack_tlvs(tlvs: TLVs) -> bytes:
    """Optional parameters as octets, in the order given, unknown tags and all.

    Raises:
        PDUError: a tag or a value that does not fit (ours).
    """
    pieces = []
    for tag, value in tlvs:
        if not 0 <= tag <= 0xFFFF or len(value) > 0xFFFF:
            raise PDUError(f"the optional parameter 0x{tag:04x} of {len(value)} octets does not fit", theirs=False)
        pieces += [_TAG_AND_LENGTH.pack(tag, len(value)), value]
    return b"".join(pieces)


def read_tlvs(data: bytes, at: int) -> TLVs:
    """The optional parameters from `at` to the end.

    Raises:
        PDUError: the last one is cut off, or there are too many.
    """
    found: list[tuple[int, bytes]] = []
    end = len(data)
    while at < end:
        if end - at < _TAG_AND_LENGTH.size or len(found) == TLVS_MAX:
            raise PDUError("the optional parameters end in the middle of one, or do not end", status_code=Status.ESME_RINVOPTPARSTREAM)
        tag, length = _TAG_AND_LENGTH.unpack_from(data, at)
        at += _TAG_AND_LENGTH.size + length
        if at > end:
            raise PDUError(f"the optional parameter 0x{tag:04x} is cut off", status_code=Status.ESME_RINVPARLEN)
        found.append((tag, data[at - length : at]))
    return tuple(found)
