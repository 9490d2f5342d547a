"""MM1: M-Retrieve.conf written, PDUs read, checked by tshark."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.codecs.mime import Part, Related
from content.codecs.mm1 import OtherPDU, RetrieveConf, decode_pdu, encode_retrieve_conf, wsp
from content.codecs.mm1 import decode as limits
from content.codecs.mm1.reader import WSPReader
from huabao.errors import CodecError
from tests.codec_strategies import PDU_TEXT, RETRIEVE_CONFS
from tests.dissectors import dissect_mms
from tests.vectors.loading import Vector, plain, vectors

VECTORS = vectors("mm1")
SMIL = b'<smil><head><layout><root-layout width="240" height="320"/></layout></head><body><par dur="5s"><img src="p1.jpg" region="Image"/></par></body></smil>'
MESSAGE = RetrieveConf(
    message_id="4711@huabao",
    date=datetime(2026, 11, 22, tzinfo=UTC),
    from_="10658000/TYPE=PLMN",
    to=("+8613800000001/TYPE=PLMN",),
    subject="Morning paper",
    message_class="informational",
    related=Related(
        (
            Part("application/smil", "smil", "smil.xml", SMIL),
            Part("text/plain; charset=utf-8", "t1", "t1.txt", "今日要闻".encode()),
            Part("image/jpeg", "p1", "p1.jpg", b"\xff\xd8" + bytes(70_000) + b"\xff\xd9"),
        ),
        "smil",
    ),
    transaction_id="T-4711",
)


def shown(pdu: RetrieveConf | OtherPDU) -> dict[str, Any]:
    """The PDU as a vector describes it."""
    if isinstance(pdu, OtherPDU):
        return {"message_type": pdu.message_type, "headers": [list(each) for each in pdu.headers]}
    fields = {name: value for name, value in plain(pdu).items() if name != "related"}
    texts = {"application/smil": "utf-8", "text/plain; charset=gb2312": "gb18030"}
    parts = [
        [each.content_type, each.content_id, each.content_location, each.data.decode(texts[each.content_type]) if each.content_type in texts else each.data.hex()]
        for each in pdu.related.parts
    ]
    return {**fields, "parts": parts}


@pytest.mark.parametrize("vector", VECTORS, ids=lambda each: each.name)
def test_vector(vector: Vector) -> None:
    pdu = decode_pdu(vector.data)
    assert shown(pdu) == vector.expected
    if isinstance(pdu, RetrieveConf):
        assert decode_pdu(encode_retrieve_conf(pdu)) == pdu
        assert decode_pdu(vector.data + b"tail") == pdu


@pytest.mark.parametrize("vector", VECTORS, ids=lambda each: each.name)
def test_vector_cut_anywhere(vector: Vector) -> None:
    for end in range(len(vector.data)):
        try:
            assert isinstance(decode_pdu(vector.data[:end]), RetrieveConf | OtherPDU)
        except CodecError:
            pass


@given(RETRIEVE_CONFS)
@settings(max_examples=80, deadline=None)
def test_any_message_comes_back(message: RetrieveConf) -> None:
    assert decode_pdu(encode_retrieve_conf(message)) == message


@given(st.binary(max_size=300) | st.binary(max_size=300).map(lambda tail: b"\x8c\x84\x85\x04\x6b\x02\x30\x80" + tail))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_a_pdu_or_refused(data: bytes) -> None:
    try:
        assert isinstance(decode_pdu(data), RetrieveConf | OtherPDU)
    except CodecError:
        pass


@given(RETRIEVE_CONFS, st.data())
@settings(max_examples=60, deadline=None)
def test_damaged_message_is_a_pdu_or_refused(message: RetrieveConf, data: st.DataObject) -> None:
    octets = bytearray(encode_retrieve_conf(message))
    for _ in range(data.draw(st.integers(1, 6))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    try:
        assert isinstance(decode_pdu(bytes(octets)), RetrieveConf | OtherPDU)
    except CodecError:
        pass


@given(st.integers(0, 2**32 - 1))
def test_uintvar(value: int) -> None:
    octets = wsp.encode_uintvar(value)
    assert WSPReader(octets).uintvar() == value
    assert len(octets) == max(1, -(-value.bit_length() // 7))
    assert all(octet >= 0x80 for octet in octets[:-1])


@pytest.mark.parametrize(("value", "octets"), [(0, "00"), (127, "7f"), (128, "8100"), (0x87A5, "828f25"), (2**32 - 1, "8fffffff7f")])
def test_uintvar_of_the_specification(value: int, octets: str) -> None:
    """The third is WAP-230-WSP 8.1.2's own example."""
    assert wsp.encode_uintvar(value).hex() == octets


@given(PDU_TEXT)
def test_encoded_string(text: str) -> None:
    octets = wsp.encode_encoded_string(text)
    assert WSPReader(octets).value() == octets
    assert WSPReader(octets).encoded_string() == text


@given(st.integers(0, 2**64))
def test_integer(value: int) -> None:
    assert WSPReader(wsp.encode_integer(value)).integer() == value


def test_octets_of_the_header() -> None:
    """Field by field as OMA-WAP-MMS-ENC 7 numbers them."""
    expected = (
        b"\x8c\x84\x98T-4711\0\x8d\x90\x8b4711@huabao\0\x85\x04\x6b\x02\x30\x80\x89\x14\x8010658000/TYPE=PLMN\0"
        b"\x97+8613800000001/TYPE=PLMN\0\x96Morning paper\0\x8a\x82\x8f\x81"
        b"\x84\x1b\xb3\x89application/smil\0\x8a<smil>\0\x03"
    )  # fmt: skip
    assert encode_retrieve_conf(MESSAGE).startswith(expected)


def test_octets_of_a_text_part() -> None:
    message = dataclasses.replace(MESSAGE, related=Related((MESSAGE.related.parts[1],), "t1", "text/plain"))
    header = b'\x03\x83\x81\xea\xc0"<t1>\0\x8et1.txt\0'
    assert encode_retrieve_conf(message).endswith(b"\x01" + bytes([len(header), 12]) + header + "今日要闻".encode())


def test_tshark_reads_every_field_and_part(tmp_path: Path) -> None:
    seen = dissect_mms(encode_retrieve_conf(MESSAGE), tmp_path)
    assert seen.complaints == ()
    for line in (
        "X-Mms-Message-Type: m-retrieve-conf (0x84)",
        "X-Mms-Transaction-ID: T-4711",
        "X-Mms-MMS-Version: 1.0",
        "Message-Id: 4711@huabao",
        "Date: Nov 22, 2026 00:00:00",
        "From: 10658000/TYPE=PLMN",
        "To: +8613800000001/TYPE=PLMN",
        "Subject: Morning paper",
        "X-Mms-Message-Class: Informational (0x82)",
        "X-Mms-Priority: Normal (0x81)",
        "Content-Type: application/vnd.wap.multipart.related; type=application/smil; Start=<smil>",
        "Part: 1, content-type: application/smil",
        "Part: 2, content-type: text/plain",
        "Content-Type: text/plain; charset=UTF-8",
        "今日要闻",
        "Part: 3, content-type: image/jpeg",
        "Content-Location: p1.jpg",
        "Media type: image/jpeg (70004 bytes)",
    ):
        assert line in seen.text, line


def test_tshark_complains_of_a_pdu_cut_short(tmp_path: Path) -> None:
    assert dissect_mms(encode_retrieve_conf(MESSAGE)[:-40_000], tmp_path).complaints


def test_tshark_reads_a_message_in_chinese_with_many_parts(tmp_path: Path) -> None:
    pictures = [Part(kind, f"p{place}", f"p{place}.jpg", bytes(place * 60)) for place, kind in enumerate(["image/jpeg", "image/gif", "image/png"] * 20, 1)]
    related = Related((MESSAGE.related.parts[0], *pictures), "smil")
    seen = dissect_mms(encode_retrieve_conf(dataclasses.replace(MESSAGE, subject="华报早报　第二期" * 8, from_=None, related=related)), tmp_path)
    assert seen.complaints == ()
    assert "Part: 61, content-type: image/png" in seen.text


@pytest.mark.parametrize(
    "changes",
    [
        {"date": datetime(2026, 1, 1)},  # noqa: DTZ001 - the fault under test
        {"date": datetime(1960, 1, 1, tzinfo=UTC)},
        {"priority": "urgent"},
        {"version": "10"},
        {"message_id": "图"},
        {"subject": "a\0b"},
        {"subject": "\ud800"},
        {"message_class": ""},
        {"related": Related(MESSAGE.related.parts, "nobody")},
        {"related": Related((Part("text/plain; charset=koi8-r", "a", "a", b""),), "a")},
        {"related": Related((Part("text/plain", "a", "图", b""),), "a")},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_what_a_pdu_cannot_carry_is_ours(changes: dict[str, Any]) -> None:
    with pytest.raises(CodecError) as caught:
        encode_retrieve_conf(dataclasses.replace(MESSAGE, **changes))
    assert caught.value.theirs is False


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x8c",
        b"GIF89a",
        b"\x8c\x84\x8d\x90",
        b"\x8c\x84\x84\xb3\x00",
        b"\x8c\x84\x85\x1e" + b"\xff" * 30 + b"\x84\x83text",
        b"\x8c\x84\x85\x01\x01\x84\xb3\x01\xff\xff\xff\xff\xff\x7f",
        b"\x8c\x84" + b"a\0b\0" * (limits.FIELDS_MAX + 1),
        b"\x8c\x84\x85\x01\x01\x84\xb3\x8f\x7f" + b"\x01\x00\x83" * (limits.PARTS_MAX + 1),
        b"\x8c\x84\x85\x01\x01\x84\xb3\x01\x82\x80\x00\x00\x83" + b"\x8f\x81" * 16384,
        b"\x8c\x84" + bytes(limits.PDU_BYTES_MAX),
    ],
    ids=["empty", "one octet", "a picture", "no content", "no date", "date", "uintvar", "many fields", "many parts", "many headers", "size"],
)
def test_refused(data: bytes) -> None:
    with pytest.raises(CodecError) as caught:
        decode_pdu(data)
    assert caught.value.theirs
