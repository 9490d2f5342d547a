"""MM7 messages to SOAP envelopes: strict, in the schema's order, one line of UTF-8.

Text is escaped, and refused where XML cannot carry it. Elements that are None or empty are left out.

Spec: 3GPP TS 23.140 8.7.1 to 8.7.8, annex L; SOAP 1.1 4.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, Final
from xml.sax.saxutils import escape

from delivery.codecs.mm7 import structs
from delivery.codecs.mm7.names import DEFAULT_NAMESPACE, SOAP_ENVELOPE, VERSIONS
from delivery.codecs.mm7.structs import Address, Message, MM7Fault, Status, SubmitReq
from delivery.codecs.mm7.times import format_when
from huabao.errors import CodecError

_UNFIT: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPES: Final = {"\r": "&#13;"}
_ATTRIBUTE_ESCAPES: Final = {'"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}

Scalar = str | bool | int | datetime | timedelta | None


def encode_envelope(message: Message, namespace: str = DEFAULT_NAMESPACE, version: str | None = None, *, transaction_id: str) -> bytes:
    """The SOAP envelope of `message`, without its HTTP headers.

    Args:
        namespace: the MM7 schema, see `names.NAMESPACES`.
        version: MM7Version; by default the namespace's own.
        transaction_id: of this request, or of the request that this answers.

    Raises:
        CodecError: a text holds what XML cannot carry, or a time has no zone (`theirs` False).
    """
    if version is None:
        version = VERSIONS.get(namespace, VERSIONS[DEFAULT_NAMESPACE])
    quoted = _attribute_text(namespace)
    header = f'<env:Header><mm7:TransactionID xmlns:mm7="{quoted}" env:mustUnderstand="1">{_text(transaction_id)}</mm7:TransactionID></env:Header>'
    name = type(message).__name__
    inner = _element("MM7Version", version) + _BODIES[type(message)](message)
    body = f'<{name} xmlns="{quoted}">{inner}</{name}>'
    if isinstance(message, MM7Fault):
        body = _fault(message, body)
    envelope = f'<env:Envelope xmlns:env="{SOAP_ENVELOPE}">{header}<env:Body>{body}</env:Body></env:Envelope>'
    return f'<?xml version="1.0" encoding="UTF-8"?>{envelope}'.encode()


def number_element(text: str) -> str:
    """`text` as a recipient's `Number` element, escaped."""
    return f"<Number>{_text(text)}</Number>"


def transaction_id_text(text: str) -> str:
    """`text` escaped, as it stands in TransactionID."""
    return _text(text)


def time_stamp_element(moment: datetime | None) -> str:
    """The TimeStamp element, or nothing."""
    return _element("TimeStamp", moment)


def _fault(fault: MM7Fault, detail: str) -> str:
    inner = f"<detail>{detail}</detail>" if type(fault) is not MM7Fault else ""
    return f"<env:Fault><faultcode>env:{_text(fault.fault_code)}</faultcode><faultstring>{_text(fault.fault_string)}</faultstring>{inner}</env:Fault>"


def _submit_req(message: SubmitReq) -> str:
    return "".join((
        _sender_identification(message),
        _wrap("Recipients", _recipients(message.to, message.cc, message.bcc)),
        _element("ServiceCode", message.service_code),
        _element("LinkedID", message.linked_id),
        _element("MessageClass", message.message_class),
        time_stamp_element(message.time_stamp),
        _reply_charging(message.reply_charging),
        _element("EarliestDeliveryTime", message.earliest_delivery_time),
        _element("ExpiryDate", message.expiry_date),
        _element("DeliveryReport", message.delivery_report),
        _element("ReadReply", message.read_reply),
        _element("Priority", message.priority),
        _element("Subject", message.subject),
        _element("ChargedParty", message.charged_party),
        _element("ChargedPartyID", message.charged_party_id),
        _element("DistributionIndicator", message.distribution_indicator),
        _wrap("DeliveryCondition", "".join(_element("DC", each) for each in message.delivery_condition)),
        _applications(message),
        _element("ContentClass", message.content_class),
        _element("DRMContent", message.drm_content),
        _content(message.content_href, message.allow_adaptations),
    ))  # fmt: skip


def _submit_rsp(message: structs.SubmitRsp) -> str:
    return _status(message.status) + _element("MessageID", message.message_id)


def _cancel_req(message: structs.CancelReq) -> str:
    return _sender_identification(message) + _element("MessageID", message.message_id) + _applications(message)


def _replace_req(message: structs.ReplaceReq) -> str:
    return "".join((
        _sender_identification(message),
        _element("MessageID", message.message_id),
        _element("ServiceCode", message.service_code),
        time_stamp_element(message.time_stamp),
        _element("ReadReply", message.read_reply),
        _element("EarliestDeliveryTime", message.earliest_delivery_time),
        _element("DistributionIndicator", message.distribution_indicator),
        _applications(message),
        _element("ContentClass", message.content_class),
        _element("DRMContent", message.drm_content),
        _content(message.content_href, message.allow_adaptations),
    ))  # fmt: skip


def _delivery_report_req(message: structs.DeliveryReportReq) -> str:
    return "".join((
        _element("MMSRelayServerID", message.mms_relay_server_id),
        _element("MessageID", message.message_id),
        _party("Recipient", *message.recipients),
        _party("Sender", message.sender),
        _element("Date", message.date),
        _element("MMStatus", message.mm_status),
        _element("MMStatusExtension", message.mm_status_extension),
        _element("MMSStatusErrorCode", message.status_error_code),
        _element("StatusText", message.status_text),
        _applications(message),
        _capabilities(message.ua_capabilities),
    ))  # fmt: skip


def _read_reply_req(message: structs.ReadReplyReq) -> str:
    return "".join((
        _element("MMSRelayServerID", message.mms_relay_server_id),
        _element("MessageID", message.message_id),
        _party("Recipient", *message.recipients),
        _party("Sender", message.sender),
        time_stamp_element(message.time_stamp),
        _element("MMStatus", message.mm_status),
        _element("StatusText", message.status_text),
        _applications(message),
    ))  # fmt: skip


def _deliver_req(message: structs.DeliverReq) -> str:
    return "".join((
        _element("MMSRelayServerID", message.mms_relay_server_id),
        _element("VASPID", message.vasp_id),
        _element("VASID", message.vas_id),
        _element("LinkedID", message.linked_id),
        _party("Sender", message.sender),
        _wrap("Recipients", _recipients(message.to, message.cc, message.bcc)),
        time_stamp_element(message.time_stamp),
        _element("ReplyChargingID", message.reply_charging_id),
        _element("Priority", message.priority),
        _element("Subject", message.subject),
        _applications(message),
        _capabilities(message.ua_capabilities),
        _content(message.content_href, None),
    ))  # fmt: skip


def _deliver_rsp(message: structs.DeliverRsp) -> str:
    return _status(message.status) + _element("ServiceCode", message.service_code)


def _status_only(message: structs.DeliveryReportRsp | structs.ReadReplyRsp | structs.CancelRsp | structs.ReplaceRsp | MM7Fault) -> str:
    return _status(message.status)


_BODIES: Final[dict[type[Message], Callable[[Any], str]]] = {
    SubmitReq: _submit_req,
    structs.SubmitRsp: _submit_rsp,
    structs.CancelReq: _cancel_req,
    structs.CancelRsp: _status_only,
    structs.ReplaceReq: _replace_req,
    structs.ReplaceRsp: _status_only,
    structs.DeliveryReportReq: _delivery_report_req,
    structs.DeliveryReportRsp: _status_only,
    structs.DeliverReq: _deliver_req,
    structs.DeliverRsp: _deliver_rsp,
    structs.ReadReplyReq: _read_reply_req,
    structs.ReadReplyRsp: _status_only,
    structs.RSErrorRsp: _status_only,
    structs.VASPErrorRsp: _status_only,
    MM7Fault: _status_only,
}


def _sender_identification(message: SubmitReq | structs.CancelReq | structs.ReplaceReq) -> str:
    inner = _element("VASPID", message.vasp_id) + _element("VASID", message.vas_id) + _party("SenderAddress", message.sender_address)
    return f"<SenderIdentification>{inner}</SenderIdentification>"


def _recipients(to: Iterable[Address], cc: Iterable[Address], bcc: Iterable[Address]) -> str:
    return _party("To", *to) + _party("Cc", *cc) + _party("Bcc", *bcc)


def _party(name: str, *addresses: Address | None) -> str:
    return _wrap(name, "".join(_address(each) for each in addresses if each is not None))


def _address(address: Address) -> str:
    shown = ' displayOnly="true"' if address.display_only else ""
    return f"<{address.kind}{shown}>{_text(address.text)}</{address.kind}>"


def _reply_charging(charging: structs.ReplyCharging | None) -> str:
    if charging is None:
        return ""
    size, deadline = charging.size_bytes_max, charging.deadline
    return "<ReplyCharging" + (f' replyChargingSize="{size}"' if size is not None else "") + (f' replyDeadline="{format_when(deadline)}"' if deadline is not None else "") + "/>"


def _applications(message: SubmitReq | structs.CancelReq | structs.ReplaceReq | structs.DeliveryReportReq | structs.ReadReplyReq | structs.DeliverReq) -> str:
    return _element("ApplicID", message.applic_id) + _element("ReplyApplicID", message.reply_applic_id) + _element("AuxApplicInfo", message.aux_applic_info)


def _capabilities(found: structs.UACapabilities | None) -> str:
    if found is None:
        return ""
    prof = "" if found.ua_prof is None else f' UAProf="{_attribute_text(found.ua_prof)}"'
    stamp = "" if found.time_stamp is None else f' TimeStamp="{format_when(found.time_stamp)}"'
    return f"<UACapabilities{prof}{stamp}/>"


def _content(href: str | None, allow_adaptations: bool | None) -> str:
    if href is None:
        return ""
    adaptations = "" if allow_adaptations is None else f' allowAdaptations="{_scalar(allow_adaptations)}"'
    return f'<Content href="cid:{_attribute_text(href)}"{adaptations}/>'


def _status(status: Status) -> str:
    inner = _element("StatusCode", status.code) + _element("StatusText", status.text) + _element("Details", status.details)
    return f"<Status>{inner}</Status>"


def _wrap(name: str, inner: str) -> str:
    return f"<{name}>{inner}</{name}>" if inner else ""


def _element(name: str, value: Scalar) -> str:
    if value is None or value == "":
        return ""
    return f"<{name}>{_text(_scalar(value))}</{name}>"


def _scalar(value: str | bool | int | datetime | timedelta) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return format_when(value)


def _text(text: str) -> str:
    return escape(_fit(text), _ESCAPES)


def _attribute_text(text: str) -> str:
    return escape(_fit(text), _ATTRIBUTE_ESCAPES)


def _fit(text: str) -> str:
    if _UNFIT.search(text):
        raise CodecError("the text holds a control character or half a surrogate pair, which XML cannot carry", theirs=False)
    return text
