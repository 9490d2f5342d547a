"""MM7 messages written and read: any message comes back, any bytes are a message or refused, the schema's order holds."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from delivery.codecs.mm7 import (
    DEFAULT_NAMESPACE,
    NAMESPACES,
    VERSIONS,
    Address,
    DeliveryReportReq,
    DeliveryReportRsp,
    Envelope,
    Message,
    MM7Fault,
    ReplyCharging,
    RSErrorRsp,
    Status,
    SubmitReq,
    SubmitRsp,
    VASPErrorRsp,
    bare_number,
    decode_envelope,
    decode_http,
    encode_envelope,
)
from huabao.errors import CodecError
from tests.codec_strategies import MESSAGES, XML_TEXT

NAMESPACE = DEFAULT_NAMESPACE
NOW = datetime(2026, 11, 22, 0, 0, tzinfo=UTC)
FULL = SubmitReq(
    "800001", "10658000", Address("10658000", "ShortCode"), (Address("8613800000001"),), (Address("a@b.cn", "RFC2822Address", True),), (Address("8613800000002"),),
    "100301", "L1", "Informational", NOW, ReplyCharging(1000, timedelta(days=1)), NOW, timedelta(hours=36), True, False, "High", "早报", "Sender", "13800000003", True,
    (1, 2), "app", "reply-app", "aux", "image-rich", False, "mms", True,
)  # fmt: skip
ORDER = [
    "MM7Version",
    "SenderIdentification",
    "Recipients",
    "ServiceCode",
    "LinkedID",
    "MessageClass",
    "TimeStamp",
    "ReplyCharging",
    "EarliestDeliveryTime",
    "ExpiryDate",
    "DeliveryReport",
    "ReadReply",
    "Priority",
    "Subject",
    "ChargedParty",
    "ChargedPartyID",
    "DistributionIndicator",
    "DeliveryCondition",
    "ApplicID",
    "ReplyApplicID",
    "AuxApplicInfo",
    "ContentClass",
    "DRMContent",
    "Content",
]


def local(element: Any) -> str:
    return str(etree.QName(element).localname)


@given(MESSAGES, st.sampled_from(NAMESPACES), XML_TEXT)
@settings(max_examples=120, deadline=None)
def test_any_message_comes_back(message: Message, namespace: str, transaction_id: str) -> None:
    data = encode_envelope(message, namespace, transaction_id=transaction_id)
    assert decode_envelope(data) == Envelope(transaction_id, namespace, message, VERSIONS[namespace])


@given(st.binary(max_size=300), st.sampled_from(["", "text/xml", "text/xml; charset=gbk", "multipart/related", "multipart/related; boundary=a; start=b", "image/png"]))
@settings(max_examples=120, deadline=None)
def test_any_bytes_are_a_message_or_refused(data: bytes, content_type: str) -> None:
    try:
        assert isinstance(decode_http(content_type, data), Envelope)
    except CodecError:
        pass


_NAMES = st.sampled_from(
    ["MM7Version", "MessageID", "Recipient", "Sender", "To", "Number", "Date", "MMStatus", "Status", "StatusCode", "Content", "Body", "Recipients", "ExpiryDate", "DC", "x"]
)
_TREES: st.SearchStrategy[str] = st.recursive(
    XML_TEXT.map(lambda text: re.sub("[<&>]", "", text)),
    lambda inner: st.builds(lambda name, children: f"<{name} href='1' displayOnly='x'>{''.join(children)}</{name}>", _NAMES, st.lists(inner, max_size=4)),
    max_leaves=12,
)


@given(
    st.sampled_from(["SubmitReq", "SubmitRsp", "CancelReq", "CancelRsp", "ReplaceReq", "ReplaceRsp", "DeliveryReportReq", "DeliverReq", "ReadReplyReq", "Fault", "DeliveryReportRsp", "RSErrorRsp", "Other"]),
    st.lists(_TREES, max_size=6),
)
@settings(max_examples=120, deadline=None)
def test_any_tree_is_a_message_or_refused(name: str, children: list[str]) -> None:
    data = f"<Envelope><Header/><Body><{name}>{''.join(children)}</{name}></Body></Envelope>".encode()
    try:
        assert isinstance(decode_envelope(data), Envelope)
    except CodecError as error:
        assert error.status_code in (2007, 4003, 4004)


@given(MESSAGES, st.data())
@settings(max_examples=60, deadline=None)
def test_damaged_envelope_is_a_message_or_refused(message: Message, data: st.DataObject) -> None:
    octets = bytearray(encode_envelope(message, transaction_id="t"))
    for _ in range(data.draw(st.integers(1, 4))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    try:
        assert isinstance(decode_envelope(bytes(octets)), Envelope)
    except CodecError:
        pass


def test_order_and_namespaces_of_a_full_submit_req() -> None:
    root = etree.fromstring(encode_envelope(FULL, NAMESPACE, transaction_id="t-1"))
    header, body = root
    assert root.tag == "{http://schemas.xmlsoap.org/soap/envelope/}Envelope"
    assert header[0].tag == f"{{{NAMESPACE}}}TransactionID"
    assert header[0].get("{http://schemas.xmlsoap.org/soap/envelope/}mustUnderstand") == "1"
    assert body[0].tag == f"{{{NAMESPACE}}}SubmitReq"
    assert [local(each) for each in body[0]] == ORDER
    assert all(each.tag.startswith(f"{{{NAMESPACE}}}") for each in body[0].iter())
    values = {local(each): each.text for each in body[0]}
    assert values["MM7Version"] == "6.3.0"
    assert values["TimeStamp"] == "2026-11-22T08:00:00+08:00"
    assert values["ExpiryDate"] == "P1DT12H"
    assert dict(body[0][-1].attrib) == {"href": "cid:mms", "allowAdaptations": "true"}
    assert decode_envelope(etree.tostring(root)).message == FULL


@given(st.permutations(ORDER))
@settings(max_examples=15, deadline=None)
def test_any_order_is_read(order: list[str]) -> None:
    root = etree.fromstring(encode_envelope(FULL, transaction_id="t"))
    request = root[1][0]
    request[:] = sorted(request, key=lambda each: order.index(local(each)))
    assert decode_envelope(etree.tostring(root)).message == FULL


@pytest.mark.parametrize("namespace", ["", "urn:of-nobody", *NAMESPACES])
@pytest.mark.parametrize("prefix", ["", "mm7:", "ns1:"])
def test_any_prefix_and_namespace_is_read(namespace: str, prefix: str) -> None:
    declaration = f' xmlns{":" if prefix else ""}{prefix[:-1]}="{namespace or "urn:x"}"'
    inner = f"<{prefix}mm7version>6.3.0</{prefix}mm7version><{prefix}Status><{prefix}statuscode>1000</{prefix}statuscode></{prefix}Status>"
    data = f"<Envelope><Header/><Body><{prefix}DeliveryReportRsp{declaration}>{inner}</{prefix}DeliveryReportRsp></Body></Envelope>".encode()
    assert decode_envelope(data) == Envelope("", namespace or "urn:x", DeliveryReportRsp(Status(1000)), "6.3.0")


def test_version_of_each_namespace() -> None:
    releases = [name.rpartition("/")[2] for name in NAMESPACES]
    assert releases == [*(f"REL-5-MM7-1-{minor}" for minor in range(4)), *(f"REL-6-MM7-1-{minor}" for minor in range(5))]
    assert all(re.fullmatch(r"[56]\.(?:10|[2-9])\.0", version) and version[0] == release[4] for version, release in zip(VERSIONS.values(), releases, strict=True))
    assert (VERSIONS[NAMESPACES[0]], VERSIONS[DEFAULT_NAMESPACE], VERSIONS[NAMESPACES[-1]]) == ("5.3.0", "6.3.0", "6.8.0")
    assert b"<MM7Version>6.8.0</MM7Version>" in encode_envelope(SubmitRsp(Status(1000)), NAMESPACES[-1], transaction_id="t")
    assert b"<MM7Version>5.2.0</MM7Version>" in encode_envelope(SubmitRsp(Status(1000)), NAMESPACES[0], "5.2.0", transaction_id="t")


def test_errors_ride_in_a_fault() -> None:
    root = etree.fromstring(encode_envelope(VASPErrorRsp(Status(2007, "corrupt"), "Client", "no XML"), transaction_id="t"))
    fault = root[1][0]
    assert [local(each) for each in fault.iter()] == ["Fault", "faultcode", "faultstring", "detail", "VASPErrorRsp", "MM7Version", "Status", "StatusCode", "StatusText"]
    assert fault[0].text == "env:Client"


def test_an_error_outside_a_fault_is_read() -> None:
    data = b"<Envelope><Body><RSErrorRsp><StatusCode>3000</StatusCode></RSErrorRsp></Body></Envelope>"
    assert decode_envelope(data).message == RSErrorRsp(Status(3000))


def test_a_fault_with_a_foreign_detail_is_a_plain_one() -> None:
    data = b"<Envelope><Body><Fault><faultcode>x:Client</faultcode><detail><e/></detail></Fault></Body></Envelope>"
    assert decode_envelope(data).message == MM7Fault(Status(2000), "Client")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("<CancelAll/>", 4003),
        ("<DeliveryReportReq><MMStatus>Retrieved</MMStatus><Recipient><Number>1</Number></Recipient></DeliveryReportReq>", 4004),
        ("<DeliveryReportReq><MessageID>m</MessageID><Recipient><Number>1</Number></Recipient></DeliveryReportReq>", 4004),
        ("<DeliveryReportReq><MessageID>m</MessageID><MMStatus>Retrieved</MMStatus><Recipient> </Recipient></DeliveryReportReq>", 4004),
        ("<CancelReq><MessageID> </MessageID></CancelReq>", 4004),
        ("<ReplaceReq><ServiceCode>1</ServiceCode></ReplaceReq>", 4004),
        ("<CancelRsp/>", 4004),
        ("<DeliverReq><Subject>x</Subject></DeliverReq>", 4004),
        ("<SubmitRsp><MessageID>m</MessageID></SubmitRsp>", 4004),
        ("<SubmitRsp><Status><StatusCode>ok</StatusCode></Status></SubmitRsp>", 4004),
        ("<SubmitRsp><Status><StatusCode>9999999999999999999999</StatusCode></Status></SubmitRsp>", 4004),
        ("", 2007),
    ],
)
def test_what_a_message_cannot_be_without(body: str, code: int) -> None:
    with pytest.raises(CodecError) as caught:
        decode_envelope(f"<Envelope><Body>{body}</Body></Envelope>".encode())
    assert caught.value.status_code == code
    assert caught.value.theirs


def test_what_cannot_be_read_of_optional_elements_is_named() -> None:
    request = "<DeliveryReport>perhaps</DeliveryReport><ExpiryDate>soon</ExpiryDate><DeliveryCondition><DC>x</DC><DC>3</DC></DeliveryCondition>"
    envelope = decode_envelope(f"<Envelope><Body><SubmitReq>{request}</SubmitReq></Body></Envelope>".encode())
    assert envelope.message == SubmitReq(delivery_condition=(3,))
    assert sorted(envelope.problems) == ["DeliveryCondition is no number", "DeliveryReport is no boolean", "ExpiryDate is no time"]


@pytest.mark.parametrize("message", [SubmitReq(subject="a\x01"), SubmitReq(subject="\ud800"), SubmitReq(time_stamp=datetime(2026, 1, 1)), SubmitReq(content_href="\0")])  # noqa: DTZ001 - the fault under test
def test_what_xml_cannot_carry_is_ours(message: SubmitReq) -> None:
    with pytest.raises(CodecError) as caught:
        encode_envelope(message, transaction_id="t")
    assert caught.value.theirs is False


def test_numbers_do_not_show_in_a_repr() -> None:
    report = DeliveryReportReq("m", (Address("8613812345678"),), "Retrieved", Address("10658000"))
    assert "12345678" not in repr(report)
    assert "861****5678" in repr(report)


@pytest.mark.parametrize("text", ["13812345678", "8613812345678", "+8613812345678", "008613812345678", " +8613812345678/TYPE=PLMN "])
def test_bare_number(text: str) -> None:
    assert bare_number(text) == "13812345678"


def test_bare_number_of_short_codes() -> None:
    assert bare_number("10658000/TYPE=PLMN") == "10658000"
    assert bare_number("861065800012") == "861065800012"
