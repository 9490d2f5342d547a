"""SOAP envelopes to MISC's messages: by local name, with any prefix, in any order.

Departures that are read (each has a vector in tests/vectors/misc): TransactionID without a namespace or with
mustUnderstand; 86 before the number; empty optional elements; FeeUser_ID left out or empty, then the reader pays;
GBK; names in another case. Strict: who, what service, what action, the transaction.

Spec: DSMP/MISC 1.5.0; SOAP 1.1 4.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from lxml import etree

from content.codecs.hardened_xml import local_name, namespace_of, parse_xml
from huabao.errors import CodecError
from reconciliation.codecs.misc import structs
from reconciliation.codecs.misc.fields import Fields, malformed
from reconciliation.codecs.misc.names import LINK_ID_CHARS_MAX, SERVICE_CHARS_MAX, TRANSACTION_ID_CHARS_MAX, VERSION
from reconciliation.codecs.misc.structs import Envelope, Message, Request, ServiceID, User

BYTES_MAX: Final = 64_000
"""A real message has 1,500."""


def decode_envelope(data: bytes, *, charset: str | None = None) -> Envelope:
    """The message in a SOAP envelope.

    Args:
        charset: the encoding that the transport names.

    Raises:
        CodecError: no XML, no envelope, no message that is known here, or one that lacks what it needs (9014).
    """
    if len(data) > BYTES_MAX:
        raise malformed(f"the message has {len(data)} bytes, more than {BYTES_MAX}")
    try:
        root = parse_xml(data, charset=charset)
    except CodecError as error:
        raise malformed(str(error)) from error
    if local_name(root) != "Envelope":
        raise malformed("no SOAP envelope")
    problems: list[str] = []
    header = next((child for child in root if local_name(child) == "Header"), None)
    element = next((child for body in root if local_name(body) == "Body" for child in body), None)
    if element is None:
        raise malformed("the SOAP envelope has no body")
    reader = _READERS.get(local_name(element).lower())
    if reader is None:
        raise malformed("the SOAP body holds no message that is known here")
    fields = Fields(element, problems)
    message = reader(fields)
    transaction_id = _transaction_id(header, fields, problems)
    if not transaction_id and isinstance(message, Request):
        raise malformed("the SOAP header has no TransactionID")
    return Envelope(transaction_id, message, namespace_of(element), fields.text("Version") or VERSION, tuple(problems))


def find_transaction_id(data: bytes) -> str:
    """The TransactionID of a message that `decode_envelope` refused, so that the refusal can name it; "" where none is to be found."""
    try:
        root = parse_xml(data[:BYTES_MAX])
    except CodecError:
        return ""
    found = next((element for element in root.iter(etree.Element) if local_name(element) == "TransactionID"), None)
    text = "" if found is None else "".join(found.itertext()).strip()
    return text if len(text) <= TRANSACTION_ID_CHARS_MAX else ""


def _transaction_id(header: etree._Element | None, fields: Fields, problems: list[str]) -> str:
    """Of the header; a peer that puts it into the body is understood too."""
    said = "" if header is None else Fields(header, problems).text("TransactionID", chars_max=TRANSACTION_ID_CHARS_MAX)
    return said or fields.text("TransactionID", chars_max=TRANSACTION_ID_CHARS_MAX)


def _users(fields: Fields) -> tuple[User, User]:
    """Reader and payer.

    Raises:
        CodecError: nobody reads (9014).
    """
    reader = fields.user("DestUser_ID")
    if reader is None or not reader.msisdn:
        raise malformed("DestUser_ID has no MSISDN")
    payer = fields.user("FeeUser_ID")
    return reader, payer if payer is not None and payer.msisdn else reader


def _sync_order_relation_req(fields: Fields) -> structs.SyncOrderRelationReq:
    reader, payer = _users(fields)
    return structs.SyncOrderRelationReq(
        sp_service_id=fields.required_text("SPServiceID", chars_max=SERVICE_CHARS_MAX),
        action_id=fields.required_number("ActionID"),
        dest_user=reader,
        fee_user=payer,
        action_reason_id=fields.number("ActionReasonID"),
        sp_id=fields.text("SPID"),
        access_mode=fields.number("AccessMode"),
        link_id=fields.text("LinkID", chars_max=LINK_ID_CHARS_MAX),
        feature_str=fields.feature(),
        send_address=fields.device("Send_Address"),
        dest_address=fields.device("Dest_Address"),
    )


def _service(fields: Fields) -> ServiceID:
    inside = fields.inside("Service_ID")
    if inside is None:
        raise malformed("there is no Service_ID")
    kind = inside.number("ServiceIDType")
    return ServiceID(
        inside.required_text("SPID"),
        inside.required_text("SPServiceID", chars_max=SERVICE_CHARS_MAX),
        inside.text("AccessNo"),
        inside.feature(),
        1 if kind is None else kind,
    )


def _subscribe_service_req(fields: Fields) -> structs.SubscribeServiceReq:
    return structs.SubscribeServiceReq(_service(fields), *_users(fields), fields.device("Send_Address"), fields.device("Dest_Address"))


def _unsubscribe_service_req(fields: Fields) -> structs.UnSubscribeServiceReq:
    return structs.UnSubscribeServiceReq(_service(fields), *_users(fields), fields.device("Send_Address"), fields.device("Dest_Address"))


def _h_ret(fields: Fields) -> int:
    return fields.required_number("hRet")


_READERS: Final[dict[str, Callable[[Fields], Message]]] = {
    "syncorderrelationreq": _sync_order_relation_req,
    "syncorderrelationresp": lambda fields: structs.SyncOrderRelationResp(_h_ret(fields)),
    "subscribeservicereq": _subscribe_service_req,
    "subscribeserviceresp": lambda fields: structs.SubscribeServiceResp(_h_ret(fields)),
    "unsubscribeservicereq": _unsubscribe_service_req,
    "unsubscribeserviceresp": lambda fields: structs.UnSubscribeServiceResp(_h_ret(fields)),
}
