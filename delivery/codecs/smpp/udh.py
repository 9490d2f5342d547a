"""The user data header (UDH): information elements for concatenation and for ports.

Spec: 3GPP TS 23.040 9.2.3.24 (header), 9.2.3.24.1 and .8 (concatenation, 8- and 16-bit reference), .3 and .4 (ports).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from huabao.errors import CodecError

CONCATENATION_8: Final = 0x00
PORTS_8: Final = 0x04
PORTS_16: Final = 0x05
CONCATENATION_16: Final = 0x08

Elements = tuple[tuple[int, bytes], ...]
"""Information elements: identifier and data, in order."""


@dataclass(frozen=True, slots=True)
class Concatenation:
    """One short message's place in a longer one.

    Attributes:
        reference: the same in all of them.
        total: how many there are, 1 to 255.
        number: which one this is, from 1.
    """

    reference: int
    total: int
    number: int


@dataclass(frozen=True, slots=True)
class Ports:
    """Application ports of a short message, as WAP push has them."""

    destination: int
    source: int


def write_udh(elements: Elements) -> bytes:
    """The header with its length before it; nothing for no elements.

    Raises:
        CodecError: an element or the whole is too long (ours).
    """
    if not elements:
        return b""
    if any(len(data) > 0xFF or not 0 <= identifier <= 0xFF for identifier, data in elements):
        raise CodecError("an information element does not fit a user data header", theirs=False)
    body = b"".join(bytes((identifier, len(data))) + data for identifier, data in elements)
    if len(body) > 0xFF:
        raise CodecError(f"a user data header of {len(body)} octets does not fit", theirs=False)
    return bytes((len(body),)) + body


def read_udh(user_data: bytes) -> tuple[Elements, bytes]:
    """The elements of the header, and the user data behind it.

    Raises:
        CodecError: the header or an element of it is cut off.
    """
    if not user_data or len(user_data) < 1 + user_data[0]:
        raise CodecError("the user data header is cut off")
    end = 1 + user_data[0]
    elements: list[tuple[int, bytes]] = []
    at = 1
    while at < end:
        if at + 2 > end or at + 2 + user_data[at + 1] > end:
            raise CodecError("an information element of the user data header is cut off")
        identifier, length = user_data[at], user_data[at + 1]
        elements.append((identifier, user_data[at + 2 : at + 2 + length]))
        at += 2 + length
    return tuple(elements), user_data[end:]


def concatenation_of(elements: Elements) -> Concatenation | None:
    """The place in a longer message; None where there is none, or where it cannot be (number 0 or above the total), as 23.040 wants."""
    found: Concatenation | None = None
    for identifier, data in elements:
        if identifier == CONCATENATION_8 and len(data) == 3:
            found = Concatenation(data[0], data[1], data[2])
        elif identifier == CONCATENATION_16 and len(data) == 4:
            found = Concatenation(int.from_bytes(data[:2], "big"), data[2], data[3])
    return found if found is not None and 0 < found.number <= found.total else None


def ports_of(elements: Elements) -> Ports | None:
    """The application ports, or None."""
    for identifier, data in elements:
        if identifier == PORTS_16 and len(data) == 4:
            return Ports(int.from_bytes(data[:2], "big"), int.from_bytes(data[2:], "big"))
        if identifier == PORTS_8 and len(data) == 2:
            return Ports(data[0], data[1])
    return None
