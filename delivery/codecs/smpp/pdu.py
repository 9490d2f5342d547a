"""Any PDU to octets and back, one entry for each direction.

Spec: SMPP 3.4, 4.
"""

from __future__ import annotations

from typing import Any, Final, cast

from delivery.codecs.smpp import library, messages
from delivery.codecs.smpp.frames import Header, PDUError, read_header, write_header_only
from delivery.codecs.smpp.names import Command, Status
from delivery.codecs.smpp.structs import (
    PDU,
    Body,
    CancelSMResp,
    DeliverSM,
    DeliverSMResp,
    EnquireLink,
    EnquireLinkResp,
    GenericNack,
    ReplaceSMResp,
    SubmitSM,
    SubmitSMResp,
    Unbind,
    UnbindResp,
)

_EMPTY: Final[dict[type[Any], Command]] = {
    CancelSMResp: Command.CANCEL_SM_RESP,
    EnquireLink: Command.ENQUIRE_LINK,
    EnquireLinkResp: Command.ENQUIRE_LINK_RESP,
    GenericNack: Command.GENERIC_NACK,
    ReplaceSMResp: Command.REPLACE_SM_RESP,
    Unbind: Command.UNBIND,
    UnbindResp: Command.UNBIND_RESP,
}
_EMPTY_KINDS: Final[dict[int, type[Any]]] = {command: kind for kind, command in _EMPTY.items()}


def encode(body: Body, sequence: int, status: int = 0) -> bytes:
    """A PDU as octets.

    Args:
        sequence: 1 to 0x7FFFFFFF; 0 in the generic_nack to what could not be read.
        status: command_status, 0 in requests.

    Raises:
        PDUError: a value that does not fit (ours).
    """
    if isinstance(body, SubmitSM | DeliverSM):
        return messages.pack_message(body, sequence, status)
    if isinstance(body, SubmitSMResp | DeliverSMResp):
        return messages.pack_message_resp(body, sequence, status)
    command = _EMPTY.get(type(body))
    if command is not None:
        return write_header_only(command, status, sequence)
    return library.write(cast(library.LibraryBody, body), sequence, status)


def decode(frame: bytes) -> PDU:
    """One PDU, as `Splitter` cut it. What follows the body of a PDU that has none is passed over.

    Raises:
        PDUError: it cannot be read; its `sequence`, `command` and `status_code` say what to answer.
    """
    header = read_header(frame)
    if header.length != len(frame):
        raise _named(header, PDUError(f"command_length says {header.length} octets, {len(frame)} are there"))
    try:
        return PDU(header.sequence, header.status, _decode_body(header, frame))
    except PDUError as error:
        raise _named(header, error) from None


def _decode_body(header: Header, frame: bytes) -> Body:
    if header.command == Command.SUBMIT_SM_RESP:
        return messages.read_message_resp(frame, SubmitSMResp)
    if header.command == Command.DELIVER_SM:
        return messages.read_deliver_sm(frame)
    if header.command == Command.SUBMIT_SM:
        return messages.read_submit_sm(frame)
    if header.command == Command.DELIVER_SM_RESP:
        return messages.read_message_resp(frame, DeliverSMResp)
    empty = _EMPTY_KINDS.get(header.command)
    if empty is not None:
        made: Body = empty()
        return made
    if header.command in library.KINDS:
        return library.read(frame)
    raise PDUError(f"there is no PDU 0x{header.command:08x} here", status_code=Status.ESME_RINVCMDID)


def _named(header: Header, error: PDUError) -> PDUError:
    error.sequence, error.command = header.sequence, header.command
    return error
