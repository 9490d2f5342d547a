"""SMPP 3.4 as octets: PDUs, the stream that they come in, texts and their cutting, receipts. No socket, no clock, no bind state.

`Splitter` cuts a stream into PDUs, `encode` and `decode` take any PDU; a busy bind uses `prepare_submits(…)[n].render` to write a
submit_sm and `read_header` with `read_message_id` to read its answer.
"""

from delivery.codecs.smpp.frames import HEADER_OCTETS, PDU_OCTETS_MAX, SEQUENCE_MAX, Header, PDUError, Splitter, pack_header, read_header
from delivery.codecs.smpp.messages import read_deliver_sm, read_message_id, read_submit_sm
from delivery.codecs.smpp.names import Command, DataCoding, EsmClass, MessageState, RegisteredDelivery, Status, Tag, status_name
from delivery.codecs.smpp.pdu import decode, encode
from delivery.codecs.smpp.prepared import PreparedSubmit, prepare_submits
from delivery.codecs.smpp.reassembly import Piece, join, join_text, piece_of
from delivery.codecs.smpp.receipts import ID_FORMS, Receipt, read_receipt, receipt_id_form, write_receipt
from delivery.codecs.smpp.references import References
from delivery.codecs.smpp.structs import (
    PDU,
    Bind,
    BindMode,
    BindResp,
    Body,
    CancelSM,
    CancelSMResp,
    DataSM,
    DataSMResp,
    DeliverSM,
    DeliverSMResp,
    EnquireLink,
    EnquireLinkResp,
    GenericNack,
    QuerySM,
    QuerySMResp,
    ReplaceSM,
    ReplaceSMResp,
    SubmitSM,
    SubmitSMResp,
    TLVs,
    Unbind,
    UnbindResp,
    find_tlv,
)
from delivery.codecs.smpp.texts import ShortMessages, read_text, write_payload, write_text
from delivery.codecs.smpp.times import read_time, write_absolute, write_relative
from delivery.codecs.smpp.udh import Concatenation, Ports, concatenation_of, ports_of, read_udh, write_udh

__all__ = [
    "HEADER_OCTETS", "ID_FORMS", "PDU", "PDU_OCTETS_MAX", "SEQUENCE_MAX", "Bind", "BindMode", "BindResp", "Body", "CancelSM", "CancelSMResp",
    "Command", "Concatenation", "DataCoding", "DataSM", "DataSMResp", "DeliverSM", "DeliverSMResp", "EnquireLink", "EnquireLinkResp", "EsmClass",
    "GenericNack", "Header", "MessageState", "PDUError", "Piece", "Ports", "PreparedSubmit", "QuerySM", "QuerySMResp", "Receipt", "References",
    "RegisteredDelivery", "ReplaceSM", "ReplaceSMResp", "ShortMessages", "Splitter", "Status", "SubmitSM", "SubmitSMResp", "TLVs", "Tag", "Unbind",
    "UnbindResp", "concatenation_of", "decode", "encode", "find_tlv", "join", "join_text", "pack_header", "piece_of", "ports_of", "prepare_submits",
    "read_deliver_sm", "read_header", "read_message_id", "read_receipt", "read_submit_sm", "read_text", "read_time", "read_udh", "receipt_id_form",
    "status_name", "write_absolute", "write_payload", "write_receipt", "write_relative", "write_text", "write_udh",
]  # fmt: skip
