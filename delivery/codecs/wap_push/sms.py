"""A push on its way to a handset: the WSP Push PDU, and the short messages that carry it.

Spec: WAP-230-WSP 8.2.4.1 (Push), 8.4.2.24 (Content-Type); WAP-251 (PushMessage), WAP-189 (ports); 3GPP TS 23.040 9.2.3.24.
"""

from __future__ import annotations

from typing import Final

from content.codecs.mm1.wsp import encode_short_integer, encode_value_length
from delivery.codecs.smpp.names import DataCoding
from delivery.codecs.smpp.texts import USER_DATA_OCTETS_MAX, ReferenceOctets, ShortMessages, concatenated, concatenation_header
from delivery.codecs.smpp.udh import PORTS_16, write_udh
from delivery.codecs.wap_push.pdu import join_pdu, split_pdu
from delivery.codecs.wap_push.reading import decode_wbxml
from delivery.codecs.wap_push.structs import PushMessage, ServiceIndication
from delivery.codecs.wap_push.wbxml import UTF_8, encode_wbxml

SIC: Final = 0x2E
"""application/vnd.wap.sic"""
SLC: Final = 0x30
"""application/vnd.wap.slc"""
P_CHARSET: Final = 0x01
WAP_PORTS: Final = (PORTS_16, bytes.fromhex("0b8423f0"))
"""To port 2948, where a handset listens for pushes, from 9200."""


def write_push(message: PushMessage, transaction_id: int = 1) -> bytes:
    """The Push PDU of connectionless WSP, its document in it; it goes to the default application, the handset's browser.

    Raises:
        CodecError: as `encode_wbxml` (ours).
    """
    media = SIC if isinstance(message, ServiceIndication) else SLC
    value = encode_short_integer(media) + encode_short_integer(P_CHARSET) + encode_short_integer(UTF_8)
    headers = encode_value_length(len(value)) + value
    return join_pdu(headers, encode_wbxml(message), transaction_id)


def read_push(data: bytes) -> PushMessage:
    """The document in a Push PDU.

    Raises:
        CodecError: it is no Push PDU, ends too early, or holds something else.
    """
    return decode_wbxml(split_pdu(data)[1])


def write_wap_push(message: PushMessage, *, reference_octets: ReferenceOctets = 1, data_coding: int = DataCoding.BINARY_CLASS_1) -> ShortMessages:
    """The short messages of a push: one of up to 133 octets, else several of 128 (127 with a reference of 16 bits).

    Args:
        data_coding: 0xF5 as most gateways mark it, or 0x04 where an SMSC wants the specification's.

    Raises:
        CodecError: as `encode_wbxml`, or more than 255 short messages (ours).
    """
    return write_push_pdu(write_push(message), reference_octets=reference_octets, data_coding=data_coding)


def write_push_pdu(pdu: bytes, *, reference_octets: ReferenceOctets = 1, data_coding: int = DataCoding.BINARY_CLASS_1) -> ShortMessages:
    """The short messages of a Push PDU of whatever content, to the port where handsets listen for pushes.

    Raises:
        CodecError: more than 255 short messages (ours).
    """
    single = write_udh((WAP_PORTS,))
    if len(single) + len(pdu) <= USER_DATA_OCTETS_MAX:
        return ShortMessages(data_coding, (single + pdu,), udhi=True)
    header = concatenation_header((WAP_PORTS,), reference_octets)
    room = USER_DATA_OCTETS_MAX - header.octets
    return concatenated([pdu[at : at + room] for at in range(0, len(pdu), room)], header, data_coding)
