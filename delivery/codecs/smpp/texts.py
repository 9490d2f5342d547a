"""A text as one or more short messages: the choice of coding, and cutting that splits no character.

A character of the extension table is two septets, one beyond the basic plane two units of UCS-2: neither is ever cut.
The reference that joins the short messages is left zero here; it is put in for each recipient (`ShortMessages.user_data_for`,
`PreparedSubmit.render`), since it must differ between two messages to the same handset.
Spec: SMPP 3.4 5.2.19 (data_coding); 3GPP TS 23.040 9.2.3.24.1 (concatenation), 23.038 4 and 6.2 (alphabets).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from delivery.codecs.smpp.gsm7 import decode_gsm7, encode_gsm7
from delivery.codecs.smpp.names import DataCoding, EsmClass, Tag
from delivery.codecs.smpp.structs import TLVs
from delivery.codecs.smpp.udh import CONCATENATION_8, CONCATENATION_16, Elements, write_udh
from huabao.errors import CodecError

USER_DATA_OCTETS_MAX: Final = 140
SEPTETS_MAX: Final = 160
MESSAGES_MAX: Final = 255

ReferenceOctets = Literal[1, 2]


@dataclass(frozen=True, slots=True)
class ShortMessages:
    """What goes to a handset for one text or one push, in order.

    Attributes:
        data_coding: of all of them.
        user_data: octets of each, header first; the reference in them is zero.
        udhi: whether there is a header.
        reference_at: where in each of them the reference stands; 0 for none.
        reference_octets: its length; 0 where there is one short message only.
        tlvs: optional parameters of each, message_payload for a text that is not cut.
    """

    data_coding: int
    user_data: tuple[bytes, ...]
    udhi: bool = False
    reference_at: int = 0
    reference_octets: int = 0
    tlvs: TLVs = ()

    @property
    def esm_class(self) -> int:
        """The bits of esm_class that say so."""
        return EsmClass.UDHI if self.udhi else EsmClass.DEFAULT

    def __len__(self) -> int:
        return len(self.user_data)

    def user_data_for(self, reference: int) -> tuple[bytes, ...]:
        """The octets of each with this reference, which is taken modulo its size."""
        if not self.reference_octets:
            return self.user_data
        at, size = self.reference_at, self.reference_octets
        octets = (reference % (1 << 8 * size)).to_bytes(size, "big")
        return tuple(data[:at] + octets + data[at + size :] for data in self.user_data)


def write_text(text: str, *, reference_octets: ReferenceOctets = 1, data_coding: int | None = None) -> ShortMessages:
    """`text` as short messages: GSM 7 bit where its alphabet suffices, else UCS-2; up to 160 or 70 characters in one, 153 or 67 in each
    of several (152 or 66 with a reference of 16 bits).

    Args:
        data_coding: DEFAULT or UCS_2, to force one.

    Raises:
        CodecError: the alphabet lacks a character, half a surrogate pair, or more than 255 short messages (ours).
    """
    coding, units = _units(text, data_coding)
    whole = b"".join(units)
    if len(whole) <= (SEPTETS_MAX if coding == DataCoding.DEFAULT else USER_DATA_OCTETS_MAX):
        return ShortMessages(coding, (whole,))
    header = concatenation_header((), reference_octets)
    room = USER_DATA_OCTETS_MAX - header.octets
    return concatenated(_cut(units, room * 8 // 7 if coding == DataCoding.DEFAULT else room), header, coding)


def write_payload(text: str, *, data_coding: int | None = None) -> ShortMessages:
    """`text` whole in a message_payload, which the SMSC cuts by itself; as `write_text` where it fits one short message.

    Raises:
        CodecError: as `write_text`, or more than 65,535 octets (ours).
    """
    coding, units = _units(text, data_coding)
    whole = b"".join(units)
    if len(whole) <= (SEPTETS_MAX if coding == DataCoding.DEFAULT else USER_DATA_OCTETS_MAX):
        return ShortMessages(coding, (whole,))
    if len(whole) > 0xFFFF:
        raise CodecError(f"a text of {len(whole)} octets does not fit a message_payload", theirs=False)
    return ShortMessages(coding, (b"",), tlvs=((Tag.MESSAGE_PAYLOAD, whole),))


def _units(text: str, data_coding: int | None) -> tuple[int, Sequence[bytes]]:
    """The coding, and the octets of each character, which stay together."""
    if data_coding not in (None, DataCoding.DEFAULT, DataCoding.UCS_2):
        raise CodecError(f"a text is written in data_coding 0 or 8, not {data_coding}", theirs=False)
    septets = None if data_coding == DataCoding.UCS_2 else encode_gsm7(text)
    if septets is not None:
        return DataCoding.DEFAULT, septets
    if data_coding == DataCoding.DEFAULT:
        raise CodecError("the GSM alphabet lacks a character of the text", theirs=False)
    try:
        return DataCoding.UCS_2, [char.encode("utf-16-be") for char in text]
    except UnicodeEncodeError:
        raise CodecError("the text holds half a surrogate pair", theirs=False) from None


def _cut(units: Iterable[bytes], octets_max: int) -> list[bytes]:
    cut: list[bytes] = []
    piece = bytearray()
    for unit in units:
        if len(piece) + len(unit) > octets_max:
            cut.append(bytes(piece))
            piece.clear()
        piece += unit
    cut.append(bytes(piece))
    return cut


@dataclass(frozen=True, slots=True)
class ConcatenationHeader:
    """A header with a place for the reference, the total and the number.

    Attributes:
        elements: information elements before the concatenation.
        octets: the whole header's length, its length octet among them.
    """

    elements: Elements
    reference_octets: int
    octets: int


def concatenation_header(elements: Elements, reference_octets: ReferenceOctets) -> ConcatenationHeader:
    """The header of short messages that belong together and carry these elements as well."""
    before = sum(2 + len(data) for _, data in elements)
    return ConcatenationHeader(elements, reference_octets, 1 + before + 2 + reference_octets + 2)


def concatenated(pieces: Sequence[bytes], header: ConcatenationHeader, data_coding: int) -> ShortMessages:
    """`pieces` with their headers.

    Raises:
        CodecError: more than 255 (ours).
    """
    if len(pieces) > MESSAGES_MAX:
        raise CodecError(f"{len(pieces)} short messages are too many; up to {MESSAGES_MAX} can be joined", theirs=False)
    size = header.reference_octets
    identifier = CONCATENATION_8 if size == 1 else CONCATENATION_16
    user_data = tuple(
        write_udh((*header.elements, (identifier, bytes(size) + bytes((len(pieces), number))))) + piece for number, piece in enumerate(pieces, 1)
    )
    return ShortMessages(data_coding, user_data, udhi=True, reference_at=header.octets - size - 2, reference_octets=size)


DefaultAlphabet = Literal["gsm7", "latin-1", "gbk"]


def read_text(data_coding: int, octets: bytes, *, default_alphabet: DefaultAlphabet = "gsm7") -> str:
    """The text of user data without its header; what cannot be read shows as U+FFFD.

    Args:
        default_alphabet: how this SMSC means data_coding 0.

    Raises:
        CodecError: the octets are no text (binary codings, or one that nobody here writes).
    """
    if data_coding in (DataCoding.DEFAULT, *_GSM7_CLASSES):
        return decode_gsm7(octets) if default_alphabet == "gsm7" else octets.decode(default_alphabet, errors="replace")
    if data_coding in _CODECS:
        return octets.decode(_CODECS[data_coding], errors="replace")
    raise CodecError(f"data_coding {data_coding} is no text")


_GSM7_CLASSES: Final = (0x10, 0x11, 0x12, 0x13, 0xF0, 0xF1, 0xF2, 0xF3)
"""The default alphabet with a message class (23.038 4)."""
_CODECS: Final[dict[int, str]] = {
    DataCoding.IA5: "ascii",
    DataCoding.LATIN_1: "latin-1",
    DataCoding.UCS_2: "utf-16-be",
    **dict.fromkeys((0x18, 0x19, 0x1A, 0x1B), "utf-16-be"),
    DataCoding.GBK: "gb18030",
}
