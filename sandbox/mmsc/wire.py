"""MM7 as the simulator reads and writes it, apart from Huabao's own codec.

Reading is by position of the MIME boundary and by local names; writing is by
templates. Enough for SubmitReq, CancelReq, ReplaceReq and DeliveryReportReq, tolerant of nothing that
a strict peer would refuse.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.message import Message
from hashlib import sha256
from typing import Literal
from xml.sax.saxutils import escape

from lxml import etree

from huabao.clock import SHANGHAI
from huabao.errors import CodecError
from huabao.msisdn import find_msisdn

SCHEMA = "http://www.3gpp.org/ftp/Specs/archive/23_series/23.140/schema/"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"


@dataclass(frozen=True)
class Submit:
    """A SubmitReq as it came.

    Attributes:
        recipients: 11 digits each, in order.
        bad: addresses that are no mobile numbers.
        content: the second MIME part, header lines first, as it came.
    """

    transaction_id: str
    namespace: str
    version: str
    vasp_id: str
    recipients: tuple[str, ...]
    bad: tuple[str, ...]
    subject: str
    content: bytes
    content_sha256: str


@dataclass(frozen=True)
class Recall:
    """A CancelReq or ReplaceReq as it came.

    Attributes:
        kind: cancel or replace.
        content, content_sha256: of a ReplaceReq, as in `Submit`.
    """

    kind: Literal["cancel", "replace"]
    transaction_id: str
    namespace: str
    version: str
    message_id: str
    content: bytes
    content_sha256: str


@dataclass(frozen=True)
class Refusal:
    """A request that cannot be taken.

    Attributes:
        code: the MM7 StatusCode to answer with.
    """

    code: int
    text: str
    transaction_id: str = ""
    namespace: str = SCHEMA + "REL-6-MM7-1-0"
    version: str = "6.3.0"


_RECALLS: dict[str, Literal["cancel", "replace"]] = {"CancelReq": "cancel", "ReplaceReq": "replace"}


def read_request(content_type: str, body: bytes) -> Submit | Recall | Refusal:
    """The SubmitReq, CancelReq or ReplaceReq in an HTTP body, or why it is none.

    Raises:
        CodecError: not even a SOAP envelope is there.
    """
    soap, content = _parts(content_type, body)
    try:
        root = etree.fromstring(soap, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False))
    except etree.XMLSyntaxError as error:
        raise CodecError(f"the SOAP part is no XML: {error}") from error
    transaction_id = _first_text(root, "TransactionID")
    request = root.find(f"{{{ENVELOPE}}}Body/*")
    if request is None or not isinstance(request.tag, str):
        raise CodecError("the SOAP body is empty")
    name = etree.QName(request)
    version = _first_text(request, "MM7Version") or "6.3.0"
    namespace = name.namespace or ""
    if name.localname not in ("SubmitReq", *_RECALLS):
        return Refusal(4003, f"{name.localname} is not supported", transaction_id, namespace, version)
    if not transaction_id:
        return Refusal(4004, "TransactionID is missing", "", namespace, version)
    if name.localname in _RECALLS:
        data = content or b""
        return Recall(_RECALLS[name.localname], transaction_id, namespace, version, _first_text(request, "MessageID"), data, sha256(data).hexdigest())
    addresses = [(number.text or "").strip() for number in request.iterfind("{*}Recipients/*/{*}Number")]
    found = [(address, find_msisdn(address)) for address in addresses]
    content_id = next((element.get("href", "") for element in request.iterfind("{*}Content")), "")
    if content_id and content is None:
        return Refusal(2007, f"no part for {content_id}", transaction_id, namespace, version)
    data = content or b""
    return Submit(
        transaction_id=transaction_id,
        namespace=namespace,
        version=version,
        vasp_id=_first_text(request, "VASPID"),
        recipients=tuple(number for _, number in found if number is not None),
        bad=tuple(address for address, number in found if number is None),
        subject=_first_text(request, "Subject"),
        content=data,
        content_sha256=sha256(data).hexdigest(),
    )


def _first_text(root: etree._Element, local: str) -> str:
    found = next(root.iter(f"{{*}}{local}"), None)
    return (found.text or "").strip() if found is not None else ""


def _parts(content_type: str, body: bytes) -> tuple[bytes, bytes | None]:
    header = Message()
    header["Content-Type"] = content_type
    if header.get_content_maintype() != "multipart":
        return body, None
    boundary = header.get_param("boundary")
    if not isinstance(boundary, str):
        raise CodecError("multipart without a boundary")
    mark = b"--" + boundary.encode("latin-1", "replace")
    pieces = (b"\r\n" + body).split(b"\r\n" + mark)
    parts = [piece.partition(b"\r\n")[2] for piece in pieces[1:] if not piece.startswith(b"--")]
    if not parts or not pieces[-1].startswith(b"--"):
        raise CodecError("the multipart body is cut off")
    soap = parts[0].partition(b"\r\n\r\n")[2]
    return soap, parts[1] if len(parts) > 1 else None


def write_answer(request: Submit | Refusal, code: int, text: str, message_id: str | None, bad: tuple[str, ...] = ()) -> bytes:
    """A SubmitRsp for `request`; `bad` recipients stand in its Details."""
    details = f"<Details>{''.join(f'<Number>{escape(one)}</Number>' for one in bad)}</Details>" if bad else ""
    identity = f"<MessageID>{escape(message_id)}</MessageID>" if message_id else ""
    status = f"<Status><StatusCode>{code}</StatusCode><StatusText>{escape(text)}</StatusText>{details}</Status>"
    return _envelope(
        request.transaction_id,
        request.namespace,
        f'<SubmitRsp xmlns="{escape(request.namespace)}"><MM7Version>{escape(request.version)}</MM7Version>{status}{identity}</SubmitRsp>',
    )


def write_recall_answer(request: Recall, code: int, text: str) -> bytes:
    """A CancelRsp or ReplaceRsp."""
    name = {"cancel": "CancelRsp", "replace": "ReplaceRsp"}[request.kind]
    status = f"<Status><StatusCode>{code}</StatusCode><StatusText>{escape(text)}</StatusText></Status>"
    inner = f"<MM7Version>{escape(request.version)}</MM7Version>{status}"
    return _envelope(request.transaction_id, request.namespace, f'<{name} xmlns="{escape(request.namespace)}">{inner}</{name}>')


def write_fault(request: Refusal) -> bytes:
    """An RSErrorRsp in a SOAP Fault."""
    status = f"<Status><StatusCode>{request.code}</StatusCode><StatusText>{escape(request.text)}</StatusText></Status>"
    detail = f'<RSErrorRsp xmlns="{escape(request.namespace)}"><MM7Version>{escape(request.version)}</MM7Version>{status}</RSErrorRsp>'
    fault = f"<env:Fault><faultcode>env:Client</faultcode><faultstring>{escape(request.text)}</faultstring><detail>{detail}</detail></env:Fault>"
    return _envelope(request.transaction_id, request.namespace, fault)


def write_report(
    *, transaction_id: str, namespace: str, version: str, message_id: str, recipients: tuple[str, ...], sender: str, at: datetime, status: str, swapped: bool
) -> bytes:
    """A DeliveryReportReq for one or more recipients; `swapped` puts them where the sender belongs."""
    numbers = "".join(f"<Number>86{one}</Number>" for one in recipients)
    short = f"<ShortCode>{escape(sender)}</ShortCode>"
    to, from_ = (short, numbers) if swapped else (numbers, short)
    return _envelope(
        transaction_id,
        namespace,
        f'<DeliveryReportReq xmlns="{escape(namespace)}"><MM7Version>{escape(version)}</MM7Version><MessageID>{escape(message_id)}</MessageID>'
        f"<Recipient>{to}</Recipient><Sender>{from_}</Sender><Date>{at.astimezone(SHANGHAI).isoformat(timespec='seconds')}</Date>"
        f"<MMStatus>{escape(status)}</MMStatus></DeliveryReportReq>",
    )


def _envelope(transaction_id: str, namespace: str, body: str) -> bytes:
    head = f'<TransactionID xmlns="{escape(namespace)}" env:mustUnderstand="1">{escape(transaction_id)}</TransactionID>'
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<env:Envelope xmlns:env="{ENVELOPE}"><env:Header>{head}</env:Header>'
        f"<env:Body>{body}</env:Body></env:Envelope>"
    ).encode()
