"""SOAP envelopes to MM7 messages: by local name, in any order, with any prefix.

Departures that are read (each has a vector in tests/vectors/mm7): StatusText before StatusCode; Sender and SenderAddress as
bare text; several numbers in one report; blanks at the end of values; answers outside a Fault; an MMStatus nobody documented.

Spec: 3GPP TS 23.140 8.7.1 to 8.7.8; SOAP 1.1 4.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from lxml import etree

from content.codecs.hardened_xml import as_utf8, local_name, namespace_of, parse_utf8
from delivery.codecs.mm7 import structs
from delivery.codecs.mm7.fields import Fields, attribute, text_of
from delivery.codecs.mm7.forms import read_by_form
from delivery.codecs.mm7.status import CLIENT_ERROR, SERVER_ERROR, UNSUPPORTED_OPERATION, VALIDATION_ERROR
from delivery.codecs.mm7.structs import Address, Envelope, Message, MM7Fault, Status
from huabao.errors import CodecError


def decode_envelope(xml: bytes, *, charset: str | None = None) -> Envelope:
    """The message in a SOAP envelope.

    Args:
        charset: the encoding that the transport names.

    Raises:
        CodecError: no XML, no envelope (2007); a message that we do not know (4003); one that lacks what it needs (4004).
    """
    clean = as_utf8(xml, charset)
    return read_by_form(clean, decode_utf8) or decode_utf8(clean)


def decode_utf8(clean: bytes) -> Envelope:
    """As `decode_envelope`, of what `hardened_xml.as_utf8` gave, by the parser.

    Raises:
        CodecError: as `decode_envelope`.
    """
    root = parse_utf8(clean)
    if local_name(root) != "Envelope":
        raise CodecError("no SOAP envelope")
    problems: list[str] = []
    parts = Fields(root, problems)
    header = parts.inside("Header")
    bodies = parts.elements("Body")
    element = next((child for body in bodies for child in body), None)
    if element is None:
        raise CodecError("the SOAP envelope has no body")
    transaction_id = (header.text("TransactionID") or "") if header else ""
    if local_name(element) == "Fault":
        return _fault(element, transaction_id, problems)
    return _envelope(element, transaction_id, problems)


def _envelope(element: etree._Element, transaction_id: str, problems: list[str]) -> Envelope:
    reader = _READERS.get(local_name(element).lower())
    if reader is None:
        raise CodecError("the SOAP body holds no MM7 message that is known here", status_code=UNSUPPORTED_OPERATION)
    fields = Fields(element, problems)
    message = reader(fields)
    return Envelope(transaction_id, namespace_of(element), message, fields.text("MM7Version"), problems=tuple(problems))


def _fault(element: etree._Element, transaction_id: str, problems: list[str]) -> Envelope:
    fields = Fields(element, problems)
    code = (fields.text("faultcode", "Code") or "Client").rpartition(":")[2]
    string = fields.text("faultstring", "Reason") or ""
    details = [child for detail in fields.elements("detail") for child in detail]
    for detail in details:
        kind = _FAULTS.get(local_name(detail).lower())
        if kind is not None:
            inside = Fields(detail, problems)
            fault: Message = kind(inside.status(), code, string)
            return Envelope(transaction_id, namespace_of(detail), fault, inside.text("MM7Version"), problems=tuple(problems))
    number = SERVER_ERROR if code.lower() in {"server", "receiver"} else CLIENT_ERROR
    return Envelope(transaction_id, "", MM7Fault(Status(number, string), code, string), problems=tuple(problems))


def _submit_req(fields: Fields) -> structs.SubmitReq:
    identification = fields.inside("SenderIdentification") or fields
    recipients = fields.inside("Recipients")
    href, allow_adaptations = _content(fields)
    return structs.SubmitReq(
        vasp_id=identification.text("VASPID"),
        vas_id=identification.text("VASID"),
        sender_address=_first(identification.party("SenderAddress")),
        to=recipients.party("To") if recipients else (),
        cc=recipients.party("Cc") if recipients else (),
        bcc=recipients.party("Bcc") if recipients else (),
        service_code=fields.text("ServiceCode"),
        linked_id=fields.text("LinkedID"),
        message_class=fields.text("MessageClass"),
        time_stamp=fields.date_time("TimeStamp"),
        reply_charging=_reply_charging(fields),
        earliest_delivery_time=fields.when("EarliestDeliveryTime", fields.text("EarliestDeliveryTime")),
        expiry_date=fields.when("ExpiryDate", fields.text("ExpiryDate")),
        delivery_report=fields.flag("DeliveryReport"),
        read_reply=fields.flag("ReadReply"),
        priority=fields.text("Priority"),
        subject=fields.text("Subject"),
        charged_party=fields.text("ChargedParty"),
        charged_party_id=fields.text("ChargedPartyID"),
        distribution_indicator=fields.flag("DistributionIndicator"),
        delivery_condition=_conditions(fields),
        applic_id=fields.text("ApplicID"),
        reply_applic_id=fields.text("ReplyApplicID"),
        aux_applic_info=fields.text("AuxApplicInfo"),
        content_class=fields.text("ContentClass"),
        drm_content=fields.flag("DRMContent"),
        content_href=href,
        allow_adaptations=allow_adaptations,
    )


def _submit_rsp(fields: Fields) -> structs.SubmitRsp:
    return structs.SubmitRsp(fields.status(), fields.text("MessageID"))


def _cancel_req(fields: Fields) -> structs.CancelReq:
    identification = fields.inside("SenderIdentification") or fields
    return structs.CancelReq(
        message_id=fields.required_text("MessageID"),
        vasp_id=identification.text("VASPID"),
        vas_id=identification.text("VASID"),
        sender_address=_first(identification.party("SenderAddress")),
        applic_id=fields.text("ApplicID"),
        reply_applic_id=fields.text("ReplyApplicID"),
        aux_applic_info=fields.text("AuxApplicInfo"),
    )


def _replace_req(fields: Fields) -> structs.ReplaceReq:
    identification = fields.inside("SenderIdentification") or fields
    href, allow_adaptations = _content(fields)
    return structs.ReplaceReq(
        message_id=fields.required_text("MessageID"),
        vasp_id=identification.text("VASPID"),
        vas_id=identification.text("VASID"),
        sender_address=_first(identification.party("SenderAddress")),
        service_code=fields.text("ServiceCode"),
        time_stamp=fields.date_time("TimeStamp"),
        read_reply=fields.flag("ReadReply"),
        earliest_delivery_time=fields.when("EarliestDeliveryTime", fields.text("EarliestDeliveryTime")),
        distribution_indicator=fields.flag("DistributionIndicator"),
        applic_id=fields.text("ApplicID"),
        reply_applic_id=fields.text("ReplyApplicID"),
        aux_applic_info=fields.text("AuxApplicInfo"),
        content_class=fields.text("ContentClass"),
        drm_content=fields.flag("DRMContent"),
        content_href=href,
        allow_adaptations=allow_adaptations,
    )


def _delivery_report_req(fields: Fields) -> structs.DeliveryReportReq:
    return structs.DeliveryReportReq(
        message_id=fields.required_text("MessageID"),
        recipients=_reported(fields),
        mm_status=fields.required_text("MMStatus"),
        sender=_first(fields.party("Sender")),
        date=fields.date_time("Date"),
        mms_relay_server_id=fields.text("MMSRelayServerID"),
        mm_status_extension=fields.text("MMStatusExtension"),
        status_text=fields.text("StatusText"),
        status_error_code=fields.text("MMSStatusErrorCode", "MMStatusErrorCode", "MMSStatusErrCode", "MMStatusErrCode"),
        applic_id=fields.text("ApplicID"),
        reply_applic_id=fields.text("ReplyApplicID"),
        aux_applic_info=fields.text("AuxApplicInfo"),
        ua_capabilities=_capabilities(fields),
    )


def _read_reply_req(fields: Fields) -> structs.ReadReplyReq:
    return structs.ReadReplyReq(
        message_id=fields.required_text("MessageID"),
        recipients=_reported(fields),
        mm_status=fields.required_text("MMStatus"),
        sender=_first(fields.party("Sender")),
        time_stamp=fields.date_time("TimeStamp"),
        mms_relay_server_id=fields.text("MMSRelayServerID"),
        status_text=fields.text("StatusText"),
        applic_id=fields.text("ApplicID"),
        reply_applic_id=fields.text("ReplyApplicID"),
        aux_applic_info=fields.text("AuxApplicInfo"),
    )


def _deliver_req(fields: Fields) -> structs.DeliverReq:
    sender = _first(fields.party("Sender"))
    if sender is None:
        raise CodecError("DeliverReq has no Sender", status_code=VALIDATION_ERROR)
    recipients = fields.inside("Recipients")
    href, _ = _content(fields)
    return structs.DeliverReq(
        sender=sender,
        to=recipients.party("To") if recipients else (),
        cc=recipients.party("Cc") if recipients else (),
        bcc=recipients.party("Bcc") if recipients else (),
        mms_relay_server_id=fields.text("MMSRelayServerID"),
        vasp_id=fields.text("VASPID"),
        vas_id=fields.text("VASID"),
        linked_id=fields.text("LinkedID"),
        time_stamp=fields.date_time("TimeStamp"),
        reply_charging_id=fields.text("ReplyChargingID"),
        priority=fields.text("Priority"),
        subject=fields.text("Subject"),
        applic_id=fields.text("ApplicID"),
        reply_applic_id=fields.text("ReplyApplicID"),
        aux_applic_info=fields.text("AuxApplicInfo"),
        content_href=href,
        ua_capabilities=_capabilities(fields),
    )


_FAULTS: Final[dict[str, type[MM7Fault]]] = {"rserrorrsp": structs.RSErrorRsp, "vasperrorrsp": structs.VASPErrorRsp}

_READERS: Final[dict[str, Callable[[Fields], Message]]] = {
    "submitreq": _submit_req,
    "submitrsp": _submit_rsp,
    "cancelreq": _cancel_req,
    "cancelrsp": lambda fields: structs.CancelRsp(fields.status()),
    "replacereq": _replace_req,
    "replacersp": lambda fields: structs.ReplaceRsp(fields.status()),
    "deliveryreportreq": _delivery_report_req,
    "deliveryreportrsp": lambda fields: structs.DeliveryReportRsp(fields.status()),
    "deliverreq": _deliver_req,
    "deliverrsp": lambda fields: structs.DeliverRsp(fields.status(), fields.text("ServiceCode")),
    "readreplyreq": _read_reply_req,
    "readreplyrsp": lambda fields: structs.ReadReplyRsp(fields.status()),
    "rserrorrsp": lambda fields: structs.RSErrorRsp(fields.status()),
    "vasperrorrsp": lambda fields: structs.VASPErrorRsp(fields.status()),
}


def _reported(fields: Fields) -> tuple[Address, ...]:
    recipients = fields.party("Recipient") or fields.party("Recipients")
    if not recipients:
        raise CodecError("the report names no Recipient", status_code=VALIDATION_ERROR)
    return recipients


def _first(addresses: tuple[Address, ...]) -> Address | None:
    return addresses[0] if addresses else None


def _content(fields: Fields) -> tuple[str | None, bool | None]:
    for element in fields.elements("Content"):
        href = (attribute(element, "href") or "").strip()
        adaptations = attribute(element, "allowAdaptations")
        bare = href[4:] if href[:4].lower() == "cid:" else href
        allowed = fields.truth("allowAdaptations", adaptations) if adaptations else None
        return bare.strip("<>") or None, allowed
    return None, None


def _capabilities(fields: Fields) -> structs.UACapabilities | None:
    for element in fields.elements("UACapabilities"):
        stamp = fields.when("UACapabilities", attribute(element, "TimeStamp"))
        return structs.UACapabilities((attribute(element, "UAProf") or "").strip() or None, stamp if isinstance(stamp, datetime) else None)
    return None


def _conditions(fields: Fields) -> tuple[int, ...]:
    inside = fields.inside("DeliveryCondition")
    elements = inside.elements("DC") if inside else []
    numbers = (fields.integer("DeliveryCondition", text_of(each)) for each in elements)
    return tuple(number for number in numbers if number is not None)


def _reply_charging(fields: Fields) -> structs.ReplyCharging | None:
    for element in fields.elements("ReplyCharging"):
        size = fields.integer("replyChargingSize", attribute(element, "replyChargingSize"))
        return structs.ReplyCharging(size, fields.when("replyDeadline", attribute(element, "replyDeadline")))
    return None
