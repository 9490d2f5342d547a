"""MISC's messages as the simulator reads and writes them, apart from Huabao's own codec: templates out, local names in."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from xml.sax.saxutils import escape

from lxml import etree

from huabao.errors import CodecError

NAMESPACE = "http://www.monternet.com/dsmp/schemas/"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
HEADERS = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}
VERBS = {"SubscribeServiceReq": "order", "UnSubscribeServiceReq": "cancel"}


@dataclass(frozen=True)
class Asked:
    """A request of a platform.

    Attributes:
        event: order or cancel.
        name: of the message, without Req.
    """

    event: str
    name: str
    transaction_id: str
    msisdn: str
    fee_msisdn: str
    service_id: str


def read_request(body: bytes) -> Asked:
    """The SubscribeServiceReq or UnSubscribeServiceReq in a body.

    Raises:
        CodecError: it is none.
    """
    root = _parsed(body)
    message = root.find(f"{{{ENVELOPE}}}Body/*")
    name = etree.QName(message).localname if message is not None else ""
    if message is None or name not in VERBS:
        raise CodecError(f"{name or 'nothing'} is not for MISC", status_code=9014)
    found = Asked(
        event=VERBS[name],
        name=name.removesuffix("Req"),
        transaction_id=_text(root, "Header/{*}TransactionID"),
        msisdn=_text(message, "DestUser_ID/{*}MSISDN"),
        fee_msisdn=_text(message, "FeeUser_ID/{*}MSISDN"),
        service_id=_text(message, "Service_ID/{*}SPServiceID"),
    )
    if not (found.transaction_id and len(found.transaction_id) <= 16 and found.service_id and len(found.msisdn) == 11):
        raise CodecError(f"{name} lacks TransactionID, MSISDN or SPServiceID, or has one that is none", status_code=9014)
    return found


def read_h_ret(body: bytes, transaction_id: str) -> int | None:
    """The hRet of a SyncOrderRelationResp, or None where it is no answer to this transaction."""
    try:
        root = _parsed(body)
    except CodecError:
        return None
    answer, h_ret = root.find(f"{{{ENVELOPE}}}Body/{{*}}SyncOrderRelationResp"), _text(root, "Body/{*}SyncOrderRelationResp/{*}hRet")
    fits = answer is not None and _text(root, "Header/{*}TransactionID") == transaction_id
    return int(h_ret) if fits and h_ret.isdigit() else None


def write_call(transaction_id: str, action: int, reason: int, msisdn: str, fee_msisdn: str, service_id: str, *, device_id: str, sp_id: str) -> bytes:
    """A SyncOrderRelationReq."""
    users = "".join(
        f"<{name}><UserIDType>1</UserIDType><MSISDN>{escape(number)}</MSISDN><PseudoCode></PseudoCode></{name}>"
        for name, number in (("FeeUser_ID", fee_msisdn), ("DestUser_ID", msisdn))
    )
    feature = b64encode(b"10658000 DZ").decode()
    return _envelope(
        transaction_id,
        f'<SyncOrderRelationReq xmlns="{NAMESPACE}"><Version>1.5.0</Version><MsgType>SyncOrderRelationReq</MsgType>'
        f"<Send_Address><DeviceType>0</DeviceType><DeviceID>{escape(device_id)}</DeviceID></Send_Address>"
        f"<Dest_Address><DeviceType>400</DeviceType><DeviceID>0</DeviceID></Dest_Address>{users}<LinkID>SP</LinkID>"
        f"<ActionID>{action}</ActionID><ActionReasonID>{reason}</ActionReasonID><SPID>{escape(sp_id)}</SPID>"
        f"<SPServiceID>{escape(service_id)}</SPServiceID><AccessMode>3</AccessMode><FeatureStr>{feature}</FeatureStr></SyncOrderRelationReq>",
    )


def write_answer(name: str, transaction_id: str, h_ret: int) -> bytes:
    """A SubscribeServiceResp or UnSubscribeServiceResp; `name` without Resp."""
    inner = f"<Version>1.5.0</Version><MsgType>{name}Resp</MsgType><hRet>{h_ret}</hRet><LinkID>SP</LinkID>"
    return _envelope(transaction_id, f'<{name}Resp xmlns="{NAMESPACE}">{inner}</{name}Resp>')


def _envelope(transaction_id: str, body: str) -> bytes:
    header = f'<TransactionID xmlns="{NAMESPACE}">{escape(transaction_id)}</TransactionID>'
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<SOAP-ENV:Envelope xmlns:SOAP-ENV="{ENVELOPE}">'
        f"<SOAP-ENV:Header>{header}</SOAP-ENV:Header><SOAP-ENV:Body>{body}</SOAP-ENV:Body></SOAP-ENV:Envelope>"
    ).encode()


def _parsed(body: bytes) -> etree._Element:
    try:
        return etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False))
    except etree.XMLSyntaxError as error:
        raise CodecError(f"no XML: {error}", status_code=9014) from error


def _text(root: etree._Element, path: str) -> str:
    found = root.find("{*}" + path)
    return "".join(found.itertext()).strip() if found is not None else ""
