"""CancelReq and ReplaceReq of a port: what is asked, and what each answer means."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.codecs.mime import Part, Related, encode_related
from delivery.codecs.mm7 import (
    Address,
    CancelReq,
    CancelRsp,
    Message,
    ReplaceReq,
    ReplaceRsp,
    RSErrorRsp,
    Status,
    SubmitRsp,
    decode_http,
    encode_envelope,
)
from delivery.ports import MessageContent
from delivery.ports.mm7.options import MM7Options
from delivery.ports.mm7.recall import answer_of, answer_without, request_of
from delivery.ports.recalling import RecallRequest

URL = "http://127.0.0.1:1/"
OPTIONS = MM7Options.of(URL, {"vasp_id": "800001", "vas_id": "10658000", "sender_address": "10658000", "version": "6.8.0"})
CONTENT = MessageContent(encode_related(Related((Part("text/plain; charset=utf-8", "t", "t.txt", "更正".encode()),), start="t", type="text/plain")), "早报", "110301")
CANCEL = RecallRequest(7, "recall-7", "m & 1")
REPLACE = RecallRequest(7, "recall-7", "m & 1", CONTENT)


def test_what_is_asked() -> None:
    headers, body = request_of(OPTIONS, CANCEL)
    cancel = decode_http(headers["Content-Type"], body)
    assert cancel.message == CancelReq("m & 1", "800001", "10658000", Address("10658000", "ShortCode"))
    assert (cancel.transaction_id, cancel.version) == ("recall-7", "6.8.0")
    headers, body = request_of(OPTIONS, REPLACE)
    replace = decode_http(headers["Content-Type"], body)
    assert isinstance(replace.message, ReplaceReq)
    assert (replace.message.message_id, replace.message.service_code) == ("m & 1", "110301")
    assert replace.content is not None
    assert replace.content.parts[0].text == "更正"


def answered(message: Message | None, http_status: int = 200, **headers: str) -> tuple[Any, ...]:
    body = b"?" if message is None else encode_envelope(message, transaction_id="t")
    found = answer_of(OPTIONS, CANCEL, http_status, {"Content-Type": "text/xml", **{name.replace("_", "-"): value for name, value in headers.items()}}, body)
    assert found.recall_id == 7
    assert found.status_text
    return found.state, found.status_code, found.retry_after_s


@pytest.mark.parametrize(
    ("message", "http_status", "expected"),
    [
        (CancelRsp(Status(1000, "Success")), 200, ("done", 1000, None)),
        (ReplaceRsp(Status(1100)), 200, ("done", 1100, None)),
        (CancelRsp(Status(1001)), 500, ("done", 1001, None)),
        (CancelRsp(Status(2005)), 200, ("refused", 2005, None)),
        (ReplaceRsp(Status(3001)), 200, ("refused", 3001, None)),
        (RSErrorRsp(Status(4003)), 200, ("unsupported", 4003, None)),
        (CancelRsp(Status(4003)), 200, ("unsupported", 4003, None)),
        (CancelRsp(Status(4006)), 200, ("deferred", 4006, None)),
        (CancelRsp(Status(2999)), 200, ("refused", 2999, None)),
        (SubmitRsp(Status(1000), "m"), 200, ("unknown", 200, None)),
        (None, 200, ("unknown", 200, None)),
        (None, 502, ("unknown", 502, None)),
        (None, 401, ("deferred", 401, None)),
        (None, 501, ("unsupported", 501, None)),
    ],
)
def test_what_an_answer_means(message: Message | None, http_status: int, expected: tuple[Any, ...]) -> None:
    assert answered(message, http_status) == expected


def test_a_peer_that_says_when() -> None:
    assert answered(None, 503, Retry_After="7") == ("deferred", 503, 7.0)
    assert answered(CancelRsp(Status(4006)), 200, Retry_After="9") == ("deferred", 4006, 9.0)


@given(st.binary(max_size=200), st.integers(100, 599))
def test_any_answer_is_one(body: bytes, http_status: int) -> None:
    assert answer_of(OPTIONS, CANCEL, http_status, {"Content-Type": "text/xml"}, body).state in ("done", "refused", "deferred", "unsupported", "unknown")


def test_no_answer() -> None:
    assert answer_without(CANCEL, TimeoutError(), written=True).state == "unknown"
    assert answer_without(CANCEL, ConnectionRefusedError(), written=False).state == "deferred"
