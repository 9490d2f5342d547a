"""The PDUs as frozen values. Texts are latin-1 without their NUL; optional parameters stay (tag, octets) in the order of the wire.

Spec: SMPP 3.4, 4.1 to 4.11 (fields), 5.3 (optional parameters).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from delivery.codecs.smpp.names import MESSAGE_TYPE, EsmClass, Tag

TLVs = tuple[tuple[int, bytes], ...]
"""Optional parameters: tag and value, in order."""

BindMode = Literal["transceiver", "transmitter", "receiver"]


@dataclass(frozen=True, slots=True)
class Bind:
    """bind_transceiver, bind_transmitter or bind_receiver, by `mode` (4.1)."""

    system_id: str
    password: str = ""
    system_type: str = ""
    interface_version: int = 0x34
    addr_ton: int = 0
    addr_npi: int = 0
    address_range: str = ""
    mode: BindMode = "transceiver"


@dataclass(frozen=True, slots=True)
class BindResp:
    """The answer to a bind; an error has an empty `system_id` and often no body at all."""

    system_id: str = ""
    mode: BindMode = "transceiver"
    tlvs: TLVs = ()


@dataclass(frozen=True, slots=True)
class _Message:
    """What submit_sm and deliver_sm have alike (4.4.1, 4.6.1).

    Attributes:
        schedule_delivery_time, validity_period: as 7.1.1 writes them, see `smpp.times`; empty for none.
        registered_delivery: which receipts are wanted, bits of `RegisteredDelivery`.
        short_message: octets of user data, its header first where esm_class says so; up to 254.
        tlvs: optional parameters, message_payload among them where a text is longer.
    """

    service_type: str = ""
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = ""
    dest_addr_ton: int = 0
    dest_addr_npi: int = 0
    destination_addr: str = ""
    esm_class: int = 0
    protocol_id: int = 0
    priority_flag: int = 0
    schedule_delivery_time: str = ""
    validity_period: str = ""
    registered_delivery: int = 0
    replace_if_present_flag: int = 0
    data_coding: int = 0
    sm_default_msg_id: int = 0
    short_message: bytes = b""
    tlvs: TLVs = ()

    def tlv(self, tag: int) -> bytes | None:
        """The value of an optional parameter, or None."""
        return find_tlv(self.tlvs, tag)

    @property
    def payload(self) -> bytes:
        """The octets of user data, wherever they stand."""
        return self.short_message or find_tlv(self.tlvs, Tag.MESSAGE_PAYLOAD) or b""

    @property
    def has_header(self) -> bool:
        """Whether the user data begin with a header (UDH)."""
        return bool(self.esm_class & EsmClass.UDHI)


@dataclass(frozen=True, slots=True)
class SubmitSM(_Message):
    """submit_sm: a short message to one handset."""


@dataclass(frozen=True, slots=True)
class DeliverSM(_Message):
    """deliver_sm: a message from a handset, or what became of one of ours."""

    @property
    def is_receipt(self) -> bool:
        """Whether it is a delivery receipt or an intermediate notification, not somebody's message."""
        return self.esm_class & MESSAGE_TYPE in (EsmClass.RECEIPT, EsmClass.INTERMEDIATE)


@dataclass(frozen=True, slots=True)
class SubmitSMResp:
    """The answer to a submit_sm; an error has no message_id."""

    message_id: str = ""
    tlvs: TLVs = ()


@dataclass(frozen=True, slots=True)
class DeliverSMResp:
    """The answer to a deliver_sm; its message_id is unused and empty (4.6.2)."""

    message_id: str = ""
    tlvs: TLVs = ()


@dataclass(frozen=True, slots=True)
class DataSM:
    """data_sm: a message whose octets are a parameter; some SMSCs send their receipts so (4.7)."""

    service_type: str = ""
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = ""
    dest_addr_ton: int = 0
    dest_addr_npi: int = 0
    destination_addr: str = ""
    esm_class: int = 0
    registered_delivery: int = 0
    data_coding: int = 0
    tlvs: TLVs = ()


@dataclass(frozen=True, slots=True)
class DataSMResp:
    """The answer to a data_sm."""

    message_id: str = ""
    tlvs: TLVs = ()


@dataclass(frozen=True, slots=True)
class QuerySM:
    """query_sm: what became of a message (4.8)."""

    message_id: str
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = ""


@dataclass(frozen=True, slots=True)
class QuerySMResp:
    """The answer to a query_sm; `message_state` is one of `MessageState`, 0 with an error."""

    message_id: str = ""
    final_date: str = ""
    message_state: int = 0
    error_code: int = 0
    tlvs: TLVs = ()


@dataclass(frozen=True, slots=True)
class CancelSM:
    """cancel_sm: withdraw a message that was not delivered yet (4.9)."""

    service_type: str = ""
    message_id: str = ""
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = ""
    dest_addr_ton: int = 0
    dest_addr_npi: int = 0
    destination_addr: str = ""


@dataclass(frozen=True, slots=True)
class CancelSMResp:
    """The answer to a cancel_sm: its status says all."""


@dataclass(frozen=True, slots=True)
class ReplaceSM:
    """replace_sm: other words for a message that was not delivered yet (4.10)."""

    message_id: str
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = ""
    schedule_delivery_time: str = ""
    validity_period: str = ""
    registered_delivery: int = 0
    sm_default_msg_id: int = 0
    short_message: bytes = b""


@dataclass(frozen=True, slots=True)
class ReplaceSMResp:
    """The answer to a replace_sm: its status says all."""


@dataclass(frozen=True, slots=True)
class Unbind:
    """unbind: whoever sends it will send nothing more (4.2)."""


@dataclass(frozen=True, slots=True)
class UnbindResp:
    """The answer to an unbind; the connection ends after it."""


@dataclass(frozen=True, slots=True)
class EnquireLink:
    """enquire_link: are you there (4.11)."""


@dataclass(frozen=True, slots=True)
class EnquireLinkResp:
    """I am."""


@dataclass(frozen=True, slots=True)
class GenericNack:
    """generic_nack: I could not read what you sent; the status says why (4.3)."""


Body = (
    Bind | BindResp | SubmitSM | SubmitSMResp | DeliverSM | DeliverSMResp | DataSM | DataSMResp | QuerySM | QuerySMResp | CancelSM
    | CancelSMResp | ReplaceSM | ReplaceSMResp | Unbind | UnbindResp | EnquireLink | EnquireLinkResp | GenericNack
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PDU:
    """One PDU as it was read.

    Attributes:
        status: command_status; 0 in requests.
    """

    sequence: int
    status: int
    body: Body


def find_tlv(tlvs: TLVs, tag: int) -> bytes | None:
    """The value of the first optional parameter with that tag, or None."""
    for one, value in tlvs:
        if one == tag:
            return value
    return None
