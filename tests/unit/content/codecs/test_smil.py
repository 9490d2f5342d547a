"""SMIL: the template's text, held against the DTD, and read back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from content.codecs.smil import DTD_PATH, DURATION_MS_DEFAULT, SLIDES_MAX, SMILDocument, SMILRegion, SMILSlide, decode_smil, encode_smil
from huabao.errors import CodecError
from tests.codec_strategies import smil_documents

DTD = etree.DTD(str(DTD_PATH))
IMAGE, TEXT = SMILRegion(0, 0, 240, 192), SMILRegion(0, 192, 240, 128)


def page(body: str, layout: str = '<root-layout width="240" height="320"/>') -> bytes:
    return f"<smil><head><layout>{layout}</layout></head><body>{body}</body></smil>".encode()


@given(smil_documents())
@settings(max_examples=80, deadline=None)
def test_any_document_comes_back_and_keeps_to_the_dtd(document: SMILDocument) -> None:
    data = encode_smil(document)
    assert decode_smil(data) == document
    assert DTD.validate(etree.fromstring(data)), DTD.error_log


@given(st.binary(max_size=200) | st.text('<>/ ="smilbodypardur5', max_size=100).map(str.encode))
@settings(max_examples=120, deadline=None)
def test_any_bytes_are_a_document_or_refused(data: bytes) -> None:
    try:
        assert isinstance(decode_smil(data), SMILDocument)
    except CodecError:
        pass


@given(smil_documents(), st.data())
@settings(max_examples=60, deadline=None)
def test_damaged_document_is_a_document_or_refused(document: SMILDocument, data: st.DataObject) -> None:
    octets = bytearray(encode_smil(document))
    for _ in range(data.draw(st.integers(1, 4))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    try:
        assert isinstance(decode_smil(bytes(octets)), SMILDocument)
    except CodecError:
        pass


def test_written_form() -> None:
    document = SMILDocument(240, 320, IMAGE, TEXT, (SMILSlide(5_000, "p1.jpg", "t1.txt", "a1.amr"), SMILSlide(8_500, None, "t2.txt")))
    assert encode_smil(document).decode() == (
        "<smil>\n<head>\n<layout>\n"
        '<root-layout width="240" height="320"/>\n'
        '<region id="Image" left="0" top="0" width="240" height="192" fit="meet"/>\n'
        '<region id="Text" left="0" top="192" width="240" height="128" fit="scroll"/>\n'
        "</layout>\n</head>\n<body>\n"
        '<par dur="5000ms"><img src="p1.jpg" region="Image"/><text src="t1.txt" region="Text"/><audio src="a1.amr"/></par>\n'
        '<par dur="8500ms"><text src="t2.txt" region="Text"/></par>\n'
        "</body>\n</smil>\n"
    )


def test_read_though_not_written() -> None:
    """A namespace, percents, px, other clock values, children of par in another order."""
    read = decode_smil(
        b'<?xml version="1.0"?><smil xmlns="http://www.w3.org/2000/SMIL20/CR/Language"><head><meta name="a" content="b"/><layout>'
        b'<root-layout width="200px" height="100"/><region id="Text" left="0" top="50%" width="100%" height="50%"/></layout></head>'
        b'<body><par dur="2.5s"><text src="cid:t" region="Text"/><video src="v.3gp" region="Image"/></par><par dur="1min"/><par dur="7"/><par/></body></smil>'
    )
    assert read == SMILDocument(
        200, 100, None, SMILRegion(0, 50, 200, 50),
        (SMILSlide(2_500, None, "cid:t", None, "v.3gp"), SMILSlide(60_000), SMILSlide(7_000), SMILSlide(DURATION_MS_DEFAULT)),
    )  # fmt: skip
    assert decode_smil(b'<smil><body><par dur="5s"><img src="a"/></par></body></smil>').width_px == 0


@pytest.mark.parametrize(
    "data",
    [
        b"<html><body/></html>",
        b"<smil><head/></smil>",
        page(""),
        page("<seq/>"),
        page("<par><par/></par>"),
        page('<par><img src="a"/><img src="b"/></par>'),
        page('<par><img src="a"/><video src="b"/></par>'),
        page('<par><img src=""/></par>'),
        page("<par><img/></par>"),
        page('<par><img src="a"><text src="b"/></img></par>'),
        page('<par dur="indefinite"/>'),
        page('<par dur="0s"/>'),
        page('<par dur="99999999h"/>'),
        page("<par/>" * (SLIDES_MAX + 1)),
        page("<par/>", '<root-layout width="240" height="320"/><region id="Third" width="1" height="1"/>'),
        page("<par/>", '<root-layout width="240" height="320"/><region id="Text"/><region id="Text"/>'),
        page("<par/>", '<root-layout width="wide" height="320"/>'),
        page("<par/>", '<root-layout width="-1" height="320"/>'),
        b'<!DOCTYPE smil SYSTEM "file:///etc/passwd">' + page("<par/>"),
    ],
)
def test_outside_the_subset_is_refused(data: bytes) -> None:
    with pytest.raises(CodecError) as caught:
        decode_smil(data)
    assert caught.value.theirs


@pytest.mark.parametrize(
    "document",
    [
        SMILDocument(240, 320, IMAGE, TEXT, ()),
        SMILDocument(240, 320, IMAGE, TEXT, (SMILSlide(5_000, "a", video_src="b"),)),
        SMILDocument(240, 320, IMAGE, TEXT, (SMILSlide(0, "a"),)),
        SMILDocument(240, 320, None, TEXT, (SMILSlide(5_000, "a"),)),
        SMILDocument(240, 320, IMAGE, None, (SMILSlide(5_000, None, "a"),)),
        SMILDocument(240, 320, IMAGE, TEXT, (SMILSlide(5_000, "图.jpg"),)),
        SMILDocument(240, 320, IMAGE, TEXT, (SMILSlide(5_000, "a b.jpg"),)),
    ],
)
def test_what_is_not_written_is_ours(document: SMILDocument) -> None:
    with pytest.raises(CodecError) as caught:
        encode_smil(document)
    assert caught.value.theirs is False


@pytest.mark.parametrize("body", ["<par/><seq/>", "<par><text src='a'/></par>", "", "<par dur='1s'><audio src='a'/><text src='b' region='Text'/></par>"])
def test_the_dtd_refuses_what_is_outside_the_subset(body: str) -> None:
    assert not DTD.validate(etree.fromstring(page(body)))
