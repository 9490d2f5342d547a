"""submit_sm, deliver_sm and their responses, packed and read by hand: what a busy bind does thousands of times a second.

Octet for octet what smpplib makes of the same values, where smpplib is right: it cuts a text that is too long without a word,
and drops the optional parameters that it does not know.
Spec: SMPP 3.4, 4.4, 4.6.
"""

from __future__ import annotations

from struct import Struct
from struct import error as StructError
from typing import Final, TypeVar

from delivery.codecs.smpp.fields import c_octets, pack_tlvs, read_c_octets, read_tlvs
from delivery.codecs.smpp.frames import HEADER_OCTETS, SEQUENCE_MAX, PDUError, pack_header
from delivery.codecs.smpp.names import Command, Status, Tag
from delivery.codecs.smpp.structs import DeliverSM, DeliverSMResp, SubmitSM, SubmitSMResp, find_tlv

SERVICE_TYPE_OCTETS: Final = 6
ADDRESS_OCTETS: Final = 21
TIME_OCTETS: Final = 17
MESSAGE_ID_OCTETS: Final = 65
SHORT_MESSAGE_OCTETS_MAX: Final = 254

_THREE: Final = Struct("3B")
_FIVE: Final = Struct("5B")

M = TypeVar("M", SubmitSM, DeliverSM)
R = TypeVar("R", SubmitSMResp, DeliverSMResp)


def before_destination(message: SubmitSM | DeliverSM) -> bytes:
    """The fields before destination_addr.

    Raises:
        PDUError: a value that does not fit (ours).
    """
    service_type = c_octets(message.service_type, SERVICE_TYPE_OCTETS, "service_type")
    source_addr = c_octets(message.source_addr, ADDRESS_OCTETS, "source_addr")
    try:
        tons = bytes((message.source_addr_ton, message.source_addr_npi)), bytes((message.dest_addr_ton, message.dest_addr_npi))
    except ValueError:
        raise PDUError("a type or plan of number does not fit one octet", theirs=False) from None
    return b"".join((service_type, b"\0", tons[0], source_addr, b"\0", tons[1]))


def after_destination(message: SubmitSM | DeliverSM) -> bytes:
    """The fields after destination_addr and its NUL.

    Raises:
        PDUError: a value that does not fit, or a short_message beside a message_payload (ours).
    """
    text = message.short_message
    if len(text) > SHORT_MESSAGE_OCTETS_MAX:
        raise PDUError(f"a short_message has {len(text)} octets; up to {SHORT_MESSAGE_OCTETS_MAX} are possible", theirs=False)
    if text and find_tlv(message.tlvs, Tag.MESSAGE_PAYLOAD):
        raise PDUError("a message is either the short_message or the message_payload", theirs=False)
    try:
        first = _THREE.pack(message.esm_class, message.protocol_id, message.priority_flag)
        last = _FIVE.pack(message.registered_delivery, message.replace_if_present_flag, message.data_coding, message.sm_default_msg_id, len(text))
    except StructError:
        raise PDUError("a field of one octet does not fit", theirs=False) from None
    schedule = c_octets(message.schedule_delivery_time, TIME_OCTETS, "schedule_delivery_time")
    validity = c_octets(message.validity_period, TIME_OCTETS, "validity_period")
    return b"".join((first, schedule, b"\0", validity, b"\0", last, text, pack_tlvs(message.tlvs)))


def pack_message(message: SubmitSM | DeliverSM, sequence: int, status: int = 0) -> bytes:
    """A submit_sm or a deliver_sm as octets.

    Raises:
        PDUError: a value that does not fit (ours).
    """
    command = Command.SUBMIT_SM if isinstance(message, SubmitSM) else Command.DELIVER_SM
    destination_addr = c_octets(message.destination_addr, ADDRESS_OCTETS, "destination_addr")
    body = b"".join((before_destination(message), destination_addr, b"\0", after_destination(message)))
    return _framed(command, status, sequence, body)


def pack_message_resp(response: SubmitSMResp | DeliverSMResp, sequence: int, status: int = 0) -> bytes:
    """A submit_sm_resp or a deliver_sm_resp as octets.

    Raises:
        PDUError: a value that does not fit (ours).
    """
    command = Command.SUBMIT_SM_RESP if isinstance(response, SubmitSMResp) else Command.DELIVER_SM_RESP
    body = c_octets(response.message_id, MESSAGE_ID_OCTETS, "message_id") + b"\0"
    return _framed(command, status, sequence, body + pack_tlvs(response.tlvs) if response.tlvs else body)


def _framed(command: int, status: int, sequence: int, body: bytes) -> bytes:
    if not 0 <= sequence <= SEQUENCE_MAX:
        raise PDUError(f"the sequence {sequence} does not fit", theirs=False)
    return pack_header(HEADER_OCTETS + len(body), command, status, sequence) + body


def read_submit_sm(frame: bytes) -> SubmitSM:
    """The body of a submit_sm, header before it.

    Raises:
        PDUError: it ends too early, a text does not end, an optional parameter is cut off.
    """
    return _read_message(frame, SubmitSM)


def read_deliver_sm(frame: bytes) -> DeliverSM:
    """The body of a deliver_sm, header before it.

    Raises:
        PDUError: as `read_submit_sm`.
    """
    return _read_message(frame, DeliverSM)


def _read_message(frame: bytes, kind: type[M]) -> M:
    try:
        service_type, at = read_c_octets(frame, HEADER_OCTETS, "service_type")
        source_ton, source_npi = frame[at], frame[at + 1]
        source_addr, at = read_c_octets(frame, at + 2, "source_addr")
        dest_ton, dest_npi = frame[at], frame[at + 1]
        destination_addr, at = read_c_octets(frame, at + 2, "destination_addr")
        esm_class, protocol_id, priority = frame[at], frame[at + 1], frame[at + 2]
        schedule, at = read_c_octets(frame, at + 3, "schedule_delivery_time")
        validity, at = read_c_octets(frame, at, "validity_period")
        registered, replace, coding, default_id, length = _FIVE.unpack_from(frame, at)
    except (IndexError, StructError):
        raise PDUError("the message ends in the middle of a field") from None
    at += _FIVE.size
    text = frame[at : at + length]
    if len(text) < length:
        raise PDUError(f"sm_length says {length} octets, {len(text)} are there", status_code=Status.ESME_RINVMSGLEN)
    tlvs = read_tlvs(frame, at + length) if len(frame) > at + length else ()
    return kind(
        service_type, source_ton, source_npi, source_addr, dest_ton, dest_npi, destination_addr, esm_class, protocol_id, priority,
        schedule, validity, registered, replace, coding, default_id, text, tlvs,
    )  # fmt: skip


def read_message_id(frame: bytes) -> str:
    """The message_id of a submit_sm_resp; empty where there is none, as with an error. Its NUL may be missing, parameters may follow."""
    end = frame.find(0, HEADER_OCTETS)
    return frame[HEADER_OCTETS : end if end >= 0 else len(frame)].decode("latin-1")


def read_message_resp(frame: bytes, kind: type[R]) -> R:
    """A submit_sm_resp or deliver_sm_resp; a body that is missing is an empty message_id.

    Raises:
        PDUError: an optional parameter is cut off.
    """
    if len(frame) == HEADER_OCTETS:
        return kind()
    message_id, at = read_c_octets(frame, HEADER_OCTETS, "message_id")
    return kind(message_id, read_tlvs(frame, at))
