"""Reports read by their form are what the parser reads: whatever their prefixes, order, blanks and oddities."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.codecs.hardened_xml import as_utf8
from delivery.codecs.mm7 import Address, DeliveryReportReq, Envelope, SubmitRsp, decode_envelope, encode_envelope, forms
from delivery.codecs.mm7.decode import decode_utf8
from delivery.codecs.mm7.structs import Status
from huabao.errors import CodecError
from tests.codec_strategies import MESSAGES, XML_TEXT

NAMESPACE = "http://www.3gpp.org/ftp/Specs/archive/23_series/23.140/schema/REL-6-MM7-1-0"
PLAIN = (
    '<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header>'
    f'<TransactionID xmlns="{NAMESPACE}" s:mustUnderstand="1">t-1</TransactionID></s:Header><s:Body><DeliveryReportReq xmlns="{NAMESPACE}">'
    "<MM7Version>6.3.0</MM7Version><MessageID>m-1</MessageID><Recipient><Number>8613800000001</Number></Recipient><Sender>10658000</Sender>"
    "<Date>2026-11-22T08:00:00+08:00</Date><MMStatus>Retrieved</MMStatus></DeliveryReportReq></s:Body></s:Envelope>"
)


def both(document: str | bytes) -> tuple[Envelope | None, Envelope | None]:
    """What the form says, and what the parser says; None for nothing and for a refusal."""
    data = document if isinstance(document, bytes) else document.encode("utf-8", "surrogatepass")
    try:
        clean = as_utf8(data, None)
        parsed = decode_utf8(clean)
    except CodecError:
        parsed = None
    return forms.read_by_form(as_utf8(data, None), decode_utf8), parsed


def agree(document: str | bytes) -> bool:
    """Whether the form was read; it must then say what the parser says."""
    by_form, parsed = both(document)
    assert by_form is None or by_form == parsed
    return by_form is not None


def test_a_plain_report_is_read_by_its_form() -> None:
    expected = DeliveryReportReq("m-1", (Address("8613800000001"),), "Retrieved", Address("10658000"), datetime(2026, 11, 22, tzinfo=UTC))
    assert both(PLAIN) == (Envelope("t-1", NAMESPACE, expected, "6.3.0"),) * 2


def test_a_second_report_of_a_form_asks_no_parser() -> None:
    assert agree(PLAIN)
    before = forms._form.cache_info()
    other = PLAIN.replace("m-1", "m-2").replace("t-1", "另一个").replace("Retrieved", " Some \n thing ").replace("00001", "99999")
    assert agree(other)
    after = forms._form.cache_info()
    assert (after.misses, after.hits) == (before.misses, before.hits + 1)
    assert decode_envelope(other.encode()).transaction_id == "另一个"


def test_forms_do_not_pile_up() -> None:
    for number in range(forms.FORMS_MAX + 50):
        assert agree(PLAIN.replace("<Date>", f'<Date id="{number}">'))
    assert forms._form.cache_info().currsize <= forms.FORMS_MAX


SAME = {
    "line ends of Windows": PLAIN.replace("><", ">\r\n  <"),
    "blank elements": PLAIN.replace("<Sender>", "<StatusText> </StatusText><ApplicID/><Sender>"),
    "the second of two names": PLAIN.replace("<MMStatus>", "<MMStatus> </MMStatus><MMStatus>"),
    "no sender and no date": PLAIN.replace("<Sender>10658000</Sender><Date>2026-11-22T08:00:00+08:00</Date>", ""),
    "empty sender and date": PLAIN.replace("10658000", " ").replace("2026-11-22T08:00:00+08:00", ""),
    "displayOnly": PLAIN.replace("<Number>", '<Number displayOnly="true">'),
    "Chinese text": PLAIN.replace("<Sender>", "<StatusText>成功　了</StatusText><Sender>"),
    "quotes between tags": PLAIN.replace("m-1", "m\"-'1"),
    "text that is a mark": PLAIN.replace("m-1", "1003-01-01T00:00:00Z").replace("Retrieved", "1001-01-01T00:00:00Z"),
    "text beside elements": PLAIN.replace("<MMStatus>", "stray<MMStatus>"),
    "midnight at the end of a day": PLAIN.replace("T08:00:00+08:00", "T24:00:00+08:00"),
    "an MMStatus around another element": PLAIN.replace("Retrieved", "<a><b/>Retrieved</a> "),
}


@pytest.mark.parametrize("document", SAME.values(), ids=SAME.keys())
def test_read_by_form(document: str) -> None:
    assert agree(document)


OTHERS = {
    "an entity": PLAIN.replace("m-1", "m&amp;1"),
    "a bare ampersand": PLAIN.replace("m-1", "m&1"),
    "a character reference": PLAIN.replace("m-1", "m&#65;1"),
    "a comment": PLAIN.replace("m-1", "m-<!-- no -->1"),
    "a comment with tags": PLAIN.replace("<MMStatus>", "<!-- <MMStatus>Expired</MMStatus> --><MMStatus>"),
    "CDATA": PLAIN.replace("m-1", "<![CDATA[m-1]]>"),
    "an instruction": PLAIN.replace("m-1", "m<?x y?>-1"),
    "an instruction before": PLAIN.replace("<s:Env", "<?x y?><s:Env"),
    "a bracket in an attribute": PLAIN.replace("<Date>", '<Date a="x>y">'),
    "a bracket in a text": PLAIN.replace("m-1", "m>1"),
    "a lone line end": PLAIN.replace("m-1", "m\r1"),
    "a time that is none": PLAIN.replace("2026-11-22T", "2026-13-22T"),
    "a value of two texts": PLAIN.replace("m-1", "m<a/>1"),
    "blanks that XML does not know": PLAIN.replace("Retrieved", "\u3000").replace("<MMStatus>", "<MMStatus>Expired</MMStatus><MMStatus>"),
    "displayOnly that is no boolean": PLAIN.replace("<Number>", '<Number displayOnly="maybe">'),
    "another message": encode_envelope(SubmitRsp(Status(1000), "m"), transaction_id="t").decode(),
    "too long": PLAIN.replace("m-1", "m" * forms.BYTES_MAX),
    "very many tags": PLAIN.replace("<Sender>", "<a/>" * 1_900 + "<Sender>")[: forms.BYTES_MAX],
    "a character beside those that are none": PLAIN.replace("m-1", "￥"),
}


@pytest.mark.parametrize("document", OTHERS.values(), ids=OTHERS.keys())
def test_left_to_the_parser(document: str) -> None:
    assert not agree(document)


BAD = {
    "unbalanced": PLAIN.replace("</MMStatus>", ""),
    "crossed": PLAIN.replace("</Number></Recipient>", "</Recipient></Number>"),
    "two roots": PLAIN + "<a/>",
    "a tail": PLAIN + "x",
    "a tail of foreign blanks": PLAIN + "\u3000",
    "a head of foreign blanks": PLAIN.replace("<s:Envelope", "\u3000<s:Envelope"),
    "attribute twice": PLAIN.replace("<Number>", '<Number a="1" a="2">'),
    "attribute without end": PLAIN.replace("<Number>", '<Number a="1>'),
    "attribute over several tags": PLAIN.replace("<Number>", '<Number a="1>').replace("<Sender>", '<Sender b="2">'),
    "prefix of nobody": PLAIN.replace("<Number>", "<x:Number>").replace("</Number>", "</x:Number>"),
    "DOCTYPE": PLAIN.replace("<s:Envelope", "<!DOCTYPE x><s:Envelope", 1),
    "control character": PLAIN.replace("m-1", "m\x01"),
    "surrogate": PLAIN.replace("m-1", "m\ud800"),
    "no character": PLAIN.replace("m-1", "m\uffff"),
    "33 levels": PLAIN.replace("m-1", "<a>" * 40 + "m" + "</a>" * 40),
    "no MessageID": PLAIN.replace("m-1", " "),
    "no Recipient": PLAIN.replace("8613800000001", ""),
    "foreign blanks for a MessageID": PLAIN.replace("m-1", "\u3000"),
    "no UTF-8": PLAIN.encode().replace(b"m-1", b"\xff"),
}


@pytest.mark.parametrize("document", BAD.values(), ids=BAD.keys())
def test_refused_as_the_parser_refuses(document: str | bytes) -> None:
    assert agree(PLAIN)
    assert both(document) == (None, None)


def test_a_form_of_gbk_is_read_in_gbk() -> None:
    document = PLAIN.replace('"UTF-8"', '"GBK"').replace("<Sender>", "<StatusText>成功</StatusText><Sender>").encode("gbk")
    report = decode_envelope(document).message
    assert isinstance(report, DeliveryReportReq)
    assert report.status_text == "成功"
    assert agree(document)


@given(MESSAGES, XML_TEXT, st.sampled_from(["", "\n", " \r\n\t", "<!--x-->", "\u3000"]))
@settings(max_examples=150, deadline=None)
def test_any_message_reads_alike(message: object, transaction_id: str, between: str) -> None:
    document = encode_envelope(message, transaction_id=transaction_id).decode()  # type: ignore[arg-type]  # any of them
    agree(document.replace("><", f">{between}<"))


_PLAIN_WORDS = st.sampled_from(["m-1", "Retrieved", "2026-11-22T08:00:00Z", "2026-11-22 08:00", "x y", "8613800000001", "成功", "é", '"', "]]"])
_ODD_WORDS = st.sampled_from(["2026-11-22", "a&amp;b", "<![CDATA[x]]>", "<?x y?>", "<!-- x -->", "\u3000", "\x85", "&", ">", "\r"]) | XML_TEXT.map(escape)
_BLANKS = st.sampled_from(["", " ", "\n", "\r\n", "\t"])
_ELEMENTS = st.sampled_from(
    ["MM7Version", "MessageID", "Recipient", "Sender", "Date", "MMStatus", "StatusText", "MMSStatusErrorCode", "ApplicID", "Number", "ShortCode", "recipients", "Other"]
)
_PLAIN_ATTRIBUTES = st.sampled_from(["", "", "", ' displayOnly="1"', " displayOnly='no'", ' xmlns:q="urn:q" q:a = "1" '])
_ODD_ATTRIBUTES = st.sampled_from([' a="x>"', ' a="&amp;"', ' a="1" a="2"', " a=1", ' displayOnly="perhaps"', ' a="'])


@st.composite
def reports(draw: st.DrawFn) -> str:
    """Reports of all kinds of form; two thirds have nothing odd."""
    odd = draw(st.integers(0, 2)) == 0
    words = _PLAIN_WORDS | _ODD_WORDS if odd else _PLAIN_WORDS
    attributes = _PLAIN_ATTRIBUTES | _ODD_ATTRIBUTES if odd else _PLAIN_ATTRIBUTES
    prefix = draw(st.sampled_from(["", "", "mm7:", "ns1:"]))
    declared = f' xmlns{":" if prefix else ""}{prefix[:-1]}="{NAMESPACE}"'

    def word() -> str:
        return draw(_BLANKS) + draw(words) + draw(_BLANKS)

    def element(name: str, inner: str) -> str:
        return f"<{prefix}{name}{draw(attributes)}>{inner}</{prefix}{name}>"

    children = [element("MessageID", word()), element("MMStatus", word()), element("Recipient", element("Number", word()))]
    children += [element(name, draw(_BLANKS | words)) for name in draw(st.lists(_ELEMENTS, max_size=3))]
    children += [element(draw(_ELEMENTS), draw(_BLANKS | words) + element(name, draw(_BLANKS | words)) + draw(_BLANKS)) for name in draw(st.lists(_ELEMENTS, max_size=2))]
    between = draw(_BLANKS)
    header = draw(st.sampled_from(["", "<Header/>", "<Header><TransactionID>{}</TransactionID></Header>"])).format(word())
    head = draw(st.sampled_from(["", '<?xml version="1.0"?>\n', '<?xml version="1.0" encoding="utf-8" standalone="yes"?>', "\ufeff", " "] + ["<?xml?>", "x"] * odd))
    ordered = draw(st.permutations(children))
    return head + between.join(["<Envelope>", header, f"<Body><{prefix}DeliveryReportReq{declared}>", *ordered, f"</{prefix}DeliveryReportReq></Body>", "</Envelope>"])


@given(reports())
@settings(max_examples=400, deadline=None)
def test_any_report_reads_alike(document: str) -> None:
    agree(document)


@given(reports() | st.just(PLAIN), st.data())
@settings(max_examples=300, deadline=None)
def test_any_damaged_report_reads_alike(document: str, data: st.DataObject) -> None:
    agree(document)
    octets = bytearray(document.encode())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(octets) - 1))
        octets[at : at + data.draw(st.integers(0, 2))] = data.draw(
            st.sampled_from([b"<", b">", b'"', b"&", b"/", b" ", b"\xff", b"\xef\xbf\xbf", b"\xc2\x85", b"]]>", b"\x0b", b"=", b""])
        )
    agree(bytes(octets))
