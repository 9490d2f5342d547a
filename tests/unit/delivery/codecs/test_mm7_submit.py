"""Prepared submissions: the splice equals the full encoding, and strangers' parsers read it."""

from __future__ import annotations

import dataclasses
import email
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.codecs.mime import Part, Related, encode_related, related_of
from delivery.codecs.mm7 import NAMESPACES, VERSIONS, Address, Envelope, SubmitReq, decode_http, encode_envelope, encode_http, prepare_submit
from delivery.codecs.mm7.names import RecipientField
from delivery.codecs.mm7.submit import replace_recipients
from huabao.errors import CodecError
from tests.codec_strategies import IDENTIFIERS, MOMENTS, SUBMIT_REQS, XML_TEXT, relateds
from tests.dissectors import dissect_post

RELATED = Related(
    (
        Part("application/smil", "smil", "smil.xml", b'<smil><head><layout/></head><body><par dur="5s"><text src="t.txt" region="Text"/></par></body></smil>'),
        Part("text/plain; charset=utf-8", "t", "t.txt", "今日要闻".encode()),
        Part("image/jpeg", "p", "p.jpg", b"\xff\xd8" + bytes(40_000) + b"\xff\xd9"),
    ),
    "smil",
)
CONTENT = encode_related(RELATED)
REQUEST = SubmitReq(vasp_id="800001", vas_id="10658000", sender_address=Address("10658000", "ShortCode"), service_code="100301", subject="早报 & 晚报", delivery_report=True)
FIELDS: st.SearchStrategy[RecipientField] = st.sampled_from(["to", "cc", "bcc"])


@given(
    SUBMIT_REQS,
    st.none() | relateds(),
    st.sampled_from(NAMESPACES),
    FIELDS,
    XML_TEXT | IDENTIFIERS,
    st.lists(st.sampled_from(["8613812345678", "+8613800000001"]) | XML_TEXT, min_size=1, max_size=4),
    st.none() | MOMENTS,
)
@settings(max_examples=80, deadline=None)
def test_splice_equals_the_full_encoding(
    request: SubmitReq, related: Related | None, namespace: str, field: RecipientField, transaction_id: str, recipients: list[str], moment: datetime | None
) -> None:
    content = None if related is None else encode_related(related)
    rendered = prepare_submit(request, content, namespace, recipient_field=field).render(transaction_id, recipients, moment)
    whole = replace_recipients(request, field, tuple(map(Address, recipients)))
    whole = dataclasses.replace(whole, content_href=None if related is None else related.content_id, time_stamp=moment or request.time_stamp)
    headers, body = encode_http(encode_envelope(whole, namespace, transaction_id=transaction_id), content)
    assert rendered.headers == headers
    assert rendered.body == body
    read = decode_http(headers["Content-Type"], rendered.body)
    assert dataclasses.replace(read, content=None) == Envelope(transaction_id, namespace, whole, VERSIONS[namespace])
    assert related is None or (read.content is not None and related_of(read.content) == related)


def test_slots_do_not_fall_into_texts_of_the_request() -> None:
    """A request that holds, as text, all that the preparation looks for."""
    bait = "slot-0 <Number>slot-0</Number> <TimeStamp>1111-11-11T11:11:11+08:00</TimeStamp>"
    request = SubmitReq(vasp_id=bait, vas_id="slot-0", sender_address=Address("slot-0"), to=(Address("slot-1"),), cc=(Address("slot-2"),), subject=bait, service_code=bait)
    rendered = prepare_submit(request, CONTENT, recipient_field="bcc").render("slot-0", ["slot-3"])
    expected = dataclasses.replace(request, bcc=(Address("slot-3"),), content_href="mms")
    assert decode_http(rendered.headers["Content-Type"], rendered.body).message == expected


def test_only_the_slots_differ_between_sends() -> None:
    prepared = prepare_submit(REQUEST, CONTENT)
    first, second = prepared.render("t-1", ["8613800000001"]), prepared.render("t-2", ["8613800000002"])
    assert first.headers is second.headers
    assert first.body != second.body
    assert first.body.replace(b">t-1<", b">t-2<").replace(b"8613800000001", b"8613800000002") == second.body


def test_content_stands_in_the_request_byte_for_byte() -> None:
    rendered = prepare_submit(REQUEST, CONTENT).render("t-1", ["8613800000001"])
    assert rendered.body.count(CONTENT) == 1
    assert b'<Content href="cid:mms"/>' in rendered.body
    boundary = rendered.headers["Content-Type"].rpartition('boundary="')[2].rstrip('"').encode()
    assert boundary not in CONTENT
    assert rendered.body.count(boundary) == 3


def test_standard_library_reads_it() -> None:
    rendered = prepare_submit(REQUEST, CONTENT, recipient_field="bcc").render("t-1", ["8613800000001", "8613800000002"])
    head = "".join(f"{name}: {value}\r\n" for name, value in rendered.headers.items()).encode()
    message = email.message_from_bytes(head + b"\r\n" + rendered.body)
    parts: Any = message.get_payload()
    assert [part.get_content_type() for part in parts] == ["text/xml", "multipart/related"]
    assert message.get_param("start") == parts[0]["Content-ID"]
    assert not message.defects
    inner: Any = parts[1].get_payload()
    assert [part.get_payload(decode=True) for part in inner] == [each.data for each in RELATED.parts]


def test_tshark_reads_it(tmp_path: Path) -> None:
    rendered = prepare_submit(REQUEST, CONTENT).render("t-1", ["8613800000001", "8613800000002"], datetime(2026, 11, 22, tzinfo=UTC))
    seen = dissect_post(rendered.headers, rendered.body, tmp_path)
    assert seen.complaints == ()
    text = " ".join(seen.text.split())
    for words in (
        "MIME Multipart Media Encapsulation, Type: multipart/related",
        "Content-ID: <mm7-envelope>",
        "<SubmitReq",
        "<VASPID> 800001 </VASPID>",
        "<Number> 8613800000001 </Number> <Number> 8613800000002 </Number>",
        "Content-ID: <smil>",
        "Synchronized Multimedia Integration Language",
        "今日要闻",
        "Content-ID: <p>",
    ):
        assert words in text, words


@pytest.mark.parametrize("recipients", [[], ["1\x00"], ["\ud800"]])
def test_recipients_that_cannot_be_written_are_ours(recipients: list[str]) -> None:
    with pytest.raises(CodecError) as caught:
        prepare_submit(REQUEST, CONTENT).render("t", recipients)
    assert caught.value.theirs is False


def test_empty_and_joined_numbers_are_kept_apart() -> None:
    rendered = prepare_submit(REQUEST, CONTENT).render("t", ["1,2", "3"])
    message = decode_http(rendered.headers["Content-Type"], rendered.body).message
    assert isinstance(message, SubmitReq)
    assert [each.text for each in message.to] == ["1,2", "3"]


def test_boundary_in_a_slot_is_refused() -> None:
    prepared = prepare_submit(REQUEST, CONTENT)
    with pytest.raises(CodecError):
        prepared.render(prepared.frame.boundary or "", ["8613800000001"])
    with pytest.raises(CodecError):
        prepare_submit(dataclasses.replace(REQUEST, subject=prepared.frame.boundary), CONTENT)


def test_content_without_an_identifier_is_refused() -> None:
    with pytest.raises(CodecError):
        prepare_submit(REQUEST, b"Content-Type: text/plain\r\n\r\nContent-ID: <x>\r\n")


def test_body_does_not_show_in_a_repr() -> None:
    prepared = prepare_submit(dataclasses.replace(REQUEST, to=(Address("8613812345678"),)), CONTENT)
    assert "13812345678" not in repr(prepared) + repr(prepared.render("t", ["8613812345678"]))
