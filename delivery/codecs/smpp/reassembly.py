"""Messages from handsets that come in several deliver_sm, put together again.

A pure rule: whoever receives them keeps the pieces (they come on any bind, in any order, some twice, some never) and asks
for the whole when all are there.
Spec: 3GPP TS 23.040 9.2.3.24.1; SMPP 3.4 5.3.2.22 to .24 (sar_*).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from delivery.codecs.smpp.names import Tag
from delivery.codecs.smpp.structs import DeliverSM
from delivery.codecs.smpp.texts import DefaultAlphabet, read_text
from delivery.codecs.smpp.udh import Concatenation, Ports, concatenation_of, ports_of, read_udh


@dataclass(frozen=True, slots=True)
class Piece:
    """One deliver_sm of a message from a handset.

    Attributes:
        key: the same for all pieces of one message: sender, recipient, reference, total, data_coding.
        place: None where the message is whole.
        octets: of text or data, no header.
        ports: application ports, or None.
    """

    key: tuple[str, str, int, int, int]
    place: Concatenation | None
    data_coding: int
    octets: bytes
    ports: Ports | None = None


def piece_of(message: DeliverSM) -> Piece:
    """What a deliver_sm brings, by its user data header or its sar parameters.

    Raises:
        CodecError: the user data header is cut off.
    """
    elements, octets = read_udh(message.payload) if message.has_header else ((), message.payload)
    place = concatenation_of(elements) or _by_parameters(message)
    reference, total = (place.reference, place.total) if place else (0, 1)
    key = (message.source_addr, message.destination_addr, reference, total, message.data_coding)
    return Piece(key, place, message.data_coding, octets, ports_of(elements))


def _by_parameters(message: DeliverSM) -> Concatenation | None:
    values = [message.tlv(tag) for tag in (Tag.SAR_MSG_REF_NUM, Tag.SAR_TOTAL_SEGMENTS, Tag.SAR_SEGMENT_SEQNUM)]
    if not all(values):
        return None
    reference, total, number = (int.from_bytes(value or b"", "big") for value in values)
    return Concatenation(reference, total, number) if 0 < number <= total <= 0xFF else None


def join(pieces: Iterable[Piece]) -> bytes | None:
    """The octets of the whole message, or None while a piece is missing; of two alike the first counts.

    Args:
        pieces: all of one key.
    """
    found: dict[int, bytes] = {}
    total = 1
    for piece in pieces:
        if piece.place is None:
            return piece.octets
        total = piece.place.total
        found.setdefault(piece.place.number, piece.octets)
    if len(found) < total:
        return None
    return b"".join(found[number] for number in sorted(found))


def join_text(pieces: Iterable[Piece], *, default_alphabet: DefaultAlphabet = "gsm7") -> str | None:
    """As `join`, read as text: after joining, for some handsets cut a surrogate pair in two.

    Raises:
        CodecError: the octets are no text.
    """
    kept = list(pieces)
    octets = join(kept)
    return None if octets is None else read_text(kept[0].data_coding, octets, default_alphabet=default_alphabet)
