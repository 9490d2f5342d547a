"""MIME: written strictly, read tolerantly, checked by the standard library's parser."""

from __future__ import annotations

import email
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.codecs.mime import Entity, Part, Related, decode_body, decode_entity, encode_related, parse_content_type, related_of
from content.codecs.mime import reading as limits
from huabao.errors import CodecError
from tests.codec_strategies import relateds
from tests.vectors.loading import Vector, vectors

VECTORS = vectors("mime")
MESSAGE = Related(
    (
        Part("application/smil", "smil", "smil.xml", b"<smil/>"),
        Part("text/plain; charset=utf-8", "t1", "t1.txt", "早报\r\n\n要闻\n".encode()),
        Part("image/jpeg", "p1", "p1.jpg", bytes(range(256)) * 3 + b"\r\n"),
    ),
    "smil",
)


def parts_of(related: Related) -> list[list[str]]:
    return [[each.content_type, each.content_id, each.content_location, each.data.decode("gbk" if "gbk" in each.content_type else "utf-8")] for each in related.parts]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda each: each.name)
def test_vector_whole_and_again(vector: Vector) -> None:
    related = related_of(decode_entity(vector.data))
    assert {"start": related.start, "parts": parts_of(related)} == vector.expected
    assert related_of(decode_entity(encode_related(related))) == related


@pytest.mark.parametrize("vector", VECTORS, ids=lambda each: each.name)
def test_vector_cut_anywhere(vector: Vector) -> None:
    for end in range(len(vector.data)):
        try:
            assert isinstance(decode_entity(vector.data[:end]), Entity)
        except CodecError:
            pass


def test_tail_after_the_last_delimiter_is_no_content() -> None:
    data = encode_related(MESSAGE)
    assert related_of(decode_entity(data + b"epilogue\r\n--mms-other\r\n")) == MESSAGE


@given(relateds())
@settings(max_examples=80, deadline=None)
def test_any_message_comes_back(related: Related) -> None:
    data = encode_related(related)
    assert related_of(decode_entity(data)) == related
    assert encode_related(related) == data


@given(relateds())
@settings(max_examples=60, deadline=None)
def test_standard_library_reads_what_we_write(related: Related) -> None:
    message = email.message_from_bytes(encode_related(related))
    parts: Any = message.get_payload()
    assert message.get_content_type() == "multipart/related"
    assert message.get_param("start") == f"<{related.start}>"
    assert message.get_param("type") == related.type
    assert not message.defects
    assert [(part["Content-ID"], part["Content-Location"], part.get_payload(decode=True)) for part in parts] == [
        (f"<{each.content_id}>", each.content_location, each.data) for each in related.parts
    ]
    assert [part.get_content_type() for part in parts] == [parse_content_type(each.content_type)[0] for each in related.parts]


@given(st.binary(max_size=400) | st.text("-ab\r\n:;=\"'<> /", max_size=200).map(str.encode))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_an_entity_or_refused(data: bytes) -> None:
    for content_type in (None, "multipart/related", 'multipart/mixed; boundary="--a"'):
        try:
            assert isinstance(decode_entity(data) if content_type is None else decode_body(content_type, data), Entity)
        except CodecError:
            pass


@given(relateds(), st.data())
@settings(max_examples=60, deadline=None)
def test_damaged_message_is_an_entity_or_refused(related: Related, data: st.DataObject) -> None:
    octets = bytearray(encode_related(related))
    for _ in range(data.draw(st.integers(1, 6))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    try:
        assert isinstance(decode_entity(bytes(octets)), Entity)
    except CodecError:
        pass


def test_boundary_occurs_in_no_part() -> None:
    boundary = parse_content_type(decode_entity(encode_related(MESSAGE)).header("Content-Type") or "")[1]["boundary"]
    hostile = Related((*MESSAGE.parts, Part("text/plain", "x", "x", b"--" + boundary.encode())), "smil")
    assert related_of(decode_entity(encode_related(hostile))) == hostile
    assert all(boundary.encode() not in part.data for part in MESSAGE.parts)


def test_written_form() -> None:
    lines = encode_related(Related((Part("text/plain", "a", "a.txt", b"x"),), "a", "text/plain", "whole")).split(b"\r\n")
    assert lines[0] == b"MIME-Version: 1.0"
    assert lines[1].startswith(b'Content-Type: multipart/related; type="text/plain"; start="<a>"; boundary="mms-')
    assert lines[2:5] == [b"Content-ID: <whole>", b"Content-Transfer-Encoding: binary", b""]
    assert lines[6:] == [b"Content-Type: text/plain", b"Content-ID: <a>", b"Content-Location: a.txt", b"Content-Transfer-Encoding: binary", b"", b"x", lines[5] + b"--", b""]


@pytest.mark.parametrize(
    "part",
    [
        Part("text/plain\r\nX: y", "a", "a", b""),
        Part("text/plain", "a>b", "a", b""),
        Part("text/plain", "a", "图.jpg", b""),
        Part("text/plain", "", "a", b""),
        Part("text/plain", "a", "", b""),
    ],
)
def test_header_values_that_cannot_be_written_are_ours(part: Part) -> None:
    with pytest.raises(CodecError) as caught:
        encode_related(Related((part,), part.content_id))
    assert caught.value.theirs is False


def test_start_must_be_a_part_and_ids_distinct() -> None:
    part = Part("text/plain", "a", "a", b"")
    for related in (Related((part,), "b"), Related((part, part), "a")):
        with pytest.raises(CodecError):
            encode_related(related)


def test_content_type_parameters() -> None:
    assert parse_content_type('Text/Plain ; Charset="utf-8" ; name="a\\"b;c" ;x=1;;') == ("text/plain", {"charset": "utf-8", "name": 'a"b;c', "x": "1"})
    assert parse_content_type("") == ("", {})


@pytest.mark.parametrize(
    "data",
    [
        b"x" * (limits.ENTITY_BYTES_MAX + 1),
        b"A" * (limits.HEADER_BYTES_MAX + 10) + b": b\r\n\r\n",
        b"a: b\r\n" * (limits.HEADERS_MAX + 1) + b"\r\n",
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\n\r\n" * (limits.PARTS_MAX + 3),
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (depth, depth) for depth in range(limits.DEPTH_MAX + 2)),
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\nnothing",
        b"Content-Type: multipart/mixed\r\n\r\nnothing",
    ],
    ids=["size", "long header", "many headers", "many parts", "deep", "boundary absent", "no boundary"],
)
def test_limits(data: bytes) -> None:
    with pytest.raises(CodecError):
        decode_entity(data)


@pytest.mark.parametrize(
    "body",
    [b" " * 4_000_000, b"\n " * 2_000_000, b"--a" * 1_000_000, b"\r\n--a" * 1_000_000, b"--a" + b" " * 4_000_000, b"\r\n--a " * 800_000],
    ids=["blanks", "folds", "delimiters", "delimiter lines", "padding", "padded lines"],
)
def test_hostile_bodies_take_linear_work(body: bytes) -> None:
    for content_type in ("multipart/related", "multipart/related; boundary=a", "multipart/related; boundary=--a"):
        try:
            decode_body(content_type, body)
        except CodecError:
            pass
