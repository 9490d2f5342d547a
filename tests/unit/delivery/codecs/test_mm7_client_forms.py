"""Requests in the manners of a client that departs from the schema: dressed, and read again as what they were."""

from __future__ import annotations

import dataclasses
from base64 import b64encode
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.codecs.mime import Part, Related, encode_related
from delivery.codecs.mm7 import CLIENT_FORMS, STRICT, Address, ReplaceReq, SubmitReq, decode_http, encode_envelope, encode_http, prepare_submit
from tests.codec_strategies import MESSAGES, SUBMIT_REQS

CMCC = CLIENT_FORMS["cmcc"]
CONTENT = encode_related(Related((Part("text/plain; charset=utf-8", "t", "t.txt", "今日要闻".encode()),), start="t", type="text/plain"))
REQUEST = SubmitReq(
    vasp_id="809001", vas_id="10657021", sender_address=Address("10657021", "ShortCode"), service_code="100301", message_class="Advertisement",
    time_stamp=datetime(2026, 11, 22, tzinfo=UTC), expiry_date=timedelta(days=2), delivery_report=True, read_reply=True, subject="早报 & <晚报>",
)  # fmt: skip


def test_chinas_client_as_its_vector_has_it() -> None:
    request = prepare_submit(REQUEST, CONTENT, form=CMCC).render("10000001", ["13800000001", "13800000002"])
    envelope = request.body.decode()
    assert "<SenderAddress>10657021</SenderAddress>" in envelope
    assert "<Content " not in envelope
    assert "<MessageClass>Advertisement </MessageClass>" in envelope
    assert "<Subject>早报 & &lt;晚报></Subject>" in envelope, "the angle bracket that would end the value stays escaped"
    assert "<TimeStamp>2026-11-22T08:00:00+08:00</TimeStamp>" in envelope
    assert request.headers["MM7APIVersion"] == "1.0"
    assert 'boundary="--mm7-' in request.headers["Content-Type"]
    assert request.body.startswith(b"----mm7-")


def test_it_is_read_as_what_it_was() -> None:
    request = prepare_submit(REQUEST, CONTENT, form=CMCC).render("10000001", ["13800000001"])
    read = decode_http(request.headers["Content-Type"], request.body)
    wanted = dataclasses.replace(REQUEST, sender_address=Address("10657021"), to=(Address("13800000001"),))
    assert read.message == wanted
    assert read.content is not None
    assert read.content.parts[0].text == "今日要闻"


def test_a_replacement_in_the_same_manners() -> None:
    envelope = encode_envelope(ReplaceReq("m & 1", sender_address=Address("10657021"), content_href="mms"), transaction_id="t")
    headers, body = encode_http(envelope, CONTENT, CMCC)
    read = decode_http(headers["Content-Type"], body)
    assert read.message == ReplaceReq("m & 1", sender_address=Address("10657021"))
    assert read.content is not None


@given(MESSAGES)
@settings(max_examples=60, deadline=None)
def test_the_strict_form_changes_nothing(message: object) -> None:
    envelope = encode_envelope(message, transaction_id="t")  # type: ignore[arg-type]
    assert STRICT.dress(envelope) == envelope


def _plain(text: str | None) -> bool:
    return text is None or not any(each in text for each in "&;<>]")


@given(SUBMIT_REQS, st.lists(st.text("0123456789", min_size=11, max_size=13), min_size=1, max_size=5))
@settings(max_examples=80, deadline=None)
def test_any_request_without_markup_in_its_values_comes_back(request: SubmitReq, numbers: list[str]) -> None:
    texts = [value for value in vars(request).values() if isinstance(value, str)]
    addresses = [each.text for each in (*request.to, *request.cc, *request.bcc, *([request.sender_address] if request.sender_address else []))]
    if not all(map(_plain, [*texts, *addresses])):
        return
    made = prepare_submit(request, CONTENT, form=CMCC).render("t", numbers)
    read = decode_http(made.headers["Content-Type"], made.body).message
    sender = Address(request.sender_address.text) if request.sender_address else None
    assert read == dataclasses.replace(
        request, sender_address=sender, to=tuple(map(Address, numbers)), content_href=None, allow_adaptations=None
    )


@pytest.mark.parametrize(("form", "expected"), [("3gpp", b64encode(b"u:p").decode()), ("cmcc", b64encode(b"u").decode() + ":p")])
def test_how_it_identifies_itself(form: str, expected: str) -> None:
    assert CLIENT_FORMS[form].authorization("u", "p") == f"Basic {expected}"
