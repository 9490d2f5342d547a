"""MISC's messages about order relations as frozen dataclasses.

Names are the interface's, in our case: `Send_Address` is `send_address`. Codes
(ActionID, ActionReasonID, AccessMode, hRet) stay the numbers that came; what they
mean is a matter of the peer's dialect (`reconciliation.dialects`).

Spec: DSMP/MISC 1.5.0.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from reconciliation.codecs.misc.names import BY_MSISDN, MISC, SP, VERSION


@dataclass(frozen=True, slots=True)
class Device:
    """Who sends or gets a message: Send_Address, Dest_Address.

    Attributes:
        device_type: 0 MISC, 100 ISMG, 101 WAP proxy, 400 SP; None where the peer left it out.
    """

    device_type: int | None = None
    device_id: str = ""


@dataclass(frozen=True, slots=True)
class User:
    """FeeUser_ID or DestUser_ID.

    Attributes:
        msisdn: 11 digits, or "" where he is named by his PseudoCode alone.
    """

    user_id_type: int = BY_MSISDN
    msisdn: str = field(default="", repr=False)
    pseudo_code: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class ServiceID:
    """Service_ID of a request of ours.

    Attributes:
        feature_str: `long number + space + text`, decoded; "" where there is none.
    """

    sp_id: str
    sp_service_id: str
    access_no: str = ""
    feature_str: str = ""
    service_id_type: int = 1


@dataclass(frozen=True, slots=True)
class SyncOrderRelationReq:
    """MISC tells of an order, or of what happened to its reader.

    Attributes:
        dest_user: who reads (使用用户).
        fee_user: who pays (计费用户).
        action_id, action_reason_id: as numbered in the peer's dialect; the reason is None where the peer gave none.
        feature_str: what the reader wrote, decoded; "" where there is none.
    """

    sp_service_id: str
    action_id: int
    dest_user: User
    fee_user: User
    action_reason_id: int | None = None
    sp_id: str = ""
    access_mode: int | None = None
    link_id: str = ""
    feature_str: str = field(default="", repr=False)
    send_address: Device = Device()
    dest_address: Device = Device()


@dataclass(frozen=True, slots=True)
class SyncOrderRelationResp:
    """Our answer: MISC makes (or ends) the order only after 0."""

    h_ret: int


@dataclass(frozen=True, slots=True)
class SubscribeServiceReq:
    """We ask MISC for an order."""

    service: ServiceID
    dest_user: User
    fee_user: User
    send_address: Device = Device(SP)
    dest_address: Device = Device(MISC)


@dataclass(frozen=True, slots=True)
class UnSubscribeServiceReq:
    """We ask MISC to end an order."""

    service: ServiceID
    dest_user: User
    fee_user: User
    send_address: Device = Device(SP)
    dest_address: Device = Device(MISC)


@dataclass(frozen=True, slots=True)
class SubscribeServiceResp:
    """MISC's answer to SubscribeServiceReq."""

    h_ret: int


@dataclass(frozen=True, slots=True)
class UnSubscribeServiceResp:
    """MISC's answer to UnSubscribeServiceReq."""

    h_ret: int


Request = SyncOrderRelationReq | SubscribeServiceReq | UnSubscribeServiceReq
Response = SyncOrderRelationResp | SubscribeServiceResp | UnSubscribeServiceResp
Message = Request | Response


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message with what stands around it.

    Attributes:
        transaction_id: of the SOAP Header; a request always has one.
        namespace: the message element's, "" for none.
        version: as printed.
        problems: what could not be read of optional elements and was left out; never the peer's values.
    """

    transaction_id: str
    message: Message
    namespace: str = ""
    version: str = VERSION
    problems: tuple[str, ...] = ()
