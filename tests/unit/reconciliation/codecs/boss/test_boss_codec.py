"""What BOSS and the platform tell each other: vectors, what is taken apart and put together again, what strangers send."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huabao.errors import CodecError
from reconciliation.codecs.boss import (
    BODY_BYTES_MAX,
    EVENTS,
    SKEW_S,
    BossAnswer,
    BossEvent,
    BossRequest,
    SignatureError,
    decode_answer,
    decode_event,
    decode_request,
    encode_answer,
    encode_event,
    encode_request,
    sign,
    verify,
)
from reconciliation.codecs.boss.events import ORDER_EVENTS, UnknownEventError
from reconciliation.codecs.boss.requests import OPR_CODES, SERVICE_ASKED
from tests.vectors.loading import Vector, plain, vectors

VECTORS = vectors("boss")
DECODERS: dict[str, tuple[Callable[[bytes], Any], Callable[[Any], bytes]]] = {
    "event": (decode_event, encode_event),
    "request": (decode_request, encode_request),
    "answer": (decode_answer, encode_answer),
}


@pytest.mark.parametrize("vector", VECTORS, ids=[one.name for one in VECTORS])
def test_vectors(vector: Vector) -> None:
    decode, encode = DECODERS[vector.name.partition("-")[0]]
    if "problem" in vector.expected:
        with pytest.raises(CodecError, match=vector.expected["problem"]):
            decode(vector.data)
        return
    found: Any = decode(vector.data)
    assert plain(found) == vector.expected
    assert decode(encode(found)) == found
    for cut in range(len(vector.data.rstrip())):
        with pytest.raises(CodecError):
            decode(vector.data[:cut])
    with pytest.raises(CodecError):
        decode(vector.data + b"x")


# --- there and back --------------------------------------------------------------------------------------------------

NUMBERS = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=30).map(str.strip)
NAMES = st.from_regex(r"[A-Za-z0-9._:-]{1,40}", fullmatch=True)
INSTANTS = st.integers(0, 36_000 * 86_400).map(lambda s: datetime(2000, 1, 2, tzinfo=UTC) + timedelta(seconds=s))
PRICES = st.none() | st.integers(0, 1_000_000)


@st.composite
def events(draw: st.DrawFn) -> BossEvent:
    event, msisdn = draw(st.sampled_from(EVENTS)), draw(NUMBERS)
    other = NUMBERS.filter(lambda one: one != msisdn)
    return BossEvent(
        draw(NAMES),
        event,
        msisdn,
        draw(INSTANTS),
        service_id=draw(NAMES) if event in ORDER_EVENTS else None,
        fee_msisdn=draw(st.none() | other),
        price_fen=draw(PRICES),
        new_msisdn=draw(other) if event == "number_change" else None,
        reason=draw(WORDS),
    )


@st.composite
def requests(draw: st.DrawFn) -> BossRequest:
    asked = draw(st.sampled_from(sorted(OPR_CODES)))
    service_id = draw(NAMES) if asked in SERVICE_ASKED else None
    return BossRequest(draw(NAMES), asked, draw(NUMBERS), service_id, draw(st.none() | NUMBERS), draw(PRICES), draw(st.none() | INSTANTS), draw(WORDS))


@given(events())
def test_an_event_comes_back_as_it_was(event: BossEvent) -> None:
    assert decode_event(encode_event(event)) == event


@given(requests())
def test_a_request_comes_back_as_it_was(request: BossRequest) -> None:
    assert decode_request(encode_request(request)) == request


@given(NAMES, st.from_regex(r"[0-9A-Z]{1,20}", fullmatch=True), WORDS)
def test_an_answer_comes_back_as_it_was(transaction_id: str, code: str, text: str) -> None:
    answer = BossAnswer(transaction_id, code, text)
    assert decode_answer(encode_answer(answer)) == answer


# --- strangers -------------------------------------------------------------------------------------------------------

EVENT = {"event_id": "e1", "event": "order", "msisdn": "13800138000", "service_id": "paper", "effective_at": "2026-11-22T08:00:00+08:00"}


@given(st.binary(max_size=300))
def test_bytes_of_strangers_are_read_or_refused(body: bytes) -> None:
    for decode, _ in DECODERS.values():
        try:
            decode(body)
        except CodecError as error:
            assert error.status_code in (400, 413, 422)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(sorted({*EVENT, "fee_msisdn", "price_fen", "new_msisdn", "reason"})), JSON)
def test_a_field_of_a_wrong_form_is_refused_and_named(name: str, value: Any) -> None:
    body = json.dumps(EVENT | {name: value}).encode()
    try:
        decode_event(body)
    except CodecError as error:
        assert name in str(error) or "no JSON" in str(error) or name == "event"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"[" * 60_000, 400),
        (b'{"a":' * 12_000, 400),
        (b" " * (BODY_BYTES_MAX + 1), 413),
        (b'{"price_fen": ' + b"9" * 20_000 + b"}", 400),
        (b'{"event_id":"a","event_id":"b"}', 400),
        (b'{"price_fen": NaN}', 400),
        ('{"event_id": "\ud800"}'.encode("utf-8", "surrogatepass"), 400),
        (json.dumps(EVENT | {"event_id": "\ud800"}).encode(), 422),
        (json.dumps(EVENT | {"effective_at": "0001-01-01T00:00:00+23:59"}).encode(), 422),
        (json.dumps(EVENT | {"effective_at": 1700000000}).encode(), 422),
        (json.dumps(EVENT | {"price_fen": True}).encode(), 422),
        (json.dumps(EVENT | {"msisdn": "１３８００１３８０００"}).encode(), 422),
    ],
)
def test_hostile_bodies_are_refused_at_once(body: bytes, status: int) -> None:
    with pytest.raises(CodecError) as refused:
        decode_event(body)
    assert refused.value.status_code == status
    assert "13800138000" not in str(refused.value)


def test_an_event_that_nobody_knows_keeps_what_can_be_read_of_it() -> None:
    with pytest.raises(UnknownEventError, match="upgrade") as refused:
        decode_event(json.dumps(EVENT | {"event": "upgrade"}).encode())
    assert (refused.value.event_id, refused.value.event, refused.value.msisdn) == ("e1", "upgrade", "13800138000")


def test_a_time_without_offset_is_shanghais_and_a_payer_who_is_the_reader_is_none() -> None:
    found = decode_event(json.dumps(EVENT | {"effective_at": "2026-11-22T08:00:00", "fee_msisdn": "+8613800138000"}).encode())
    assert found.effective_at == datetime(2026, 11, 22, tzinfo=UTC)
    assert found.fee_msisdn is None
    again = decode_event(json.dumps(EVENT | {"event": "terms", "fee_msisdn": "13800138000"}).encode())
    assert again.fee_msisdn == "13800138000", "he pays himself again"


# --- signatures ------------------------------------------------------------------------------------------------------


def test_a_signature_as_others_compute_it() -> None:
    # printf '1700000000.{}' | openssl dgst -sha256 -hmac secret
    assert sign(b"secret", 1_700_000_000, b"{}") == "sha256=b8569b78799ff9e3cbff0fc2d63a33a2b57f3282abd07c37ae5e8e7d79a5f163"


@given(st.binary(max_size=50), st.binary(min_size=1, max_size=20), st.floats(-SKEW_S, SKEW_S))
def test_what_was_signed_just_now_passes_with_either_secret(body: bytes, secret: bytes, off_s: float) -> None:
    stamp = 1_700_000_000
    verify([b"another", secret], str(stamp), sign(secret, stamp, body), body, now_s=stamp + off_s)


@given(st.binary(max_size=50), st.integers(0, 49), st.integers(1, 255))
def test_a_changed_body_does_not_pass(body: bytes, place: int, by: int) -> None:
    signature = sign(b"secret", 1_700_000_000, body)
    changed = body[:place] + bytes([(body[place] + by) % 256]) + body[place + 1 :] if place < len(body) else body + b"x"
    with pytest.raises(SignatureError):
        verify([b"secret"], "1700000000", signature, changed, now_s=1_700_000_000)


@pytest.mark.parametrize(
    ("stamp", "signature", "says"),
    [
        ("", "GOOD", "Timestamp"),
        ("1700000000.0", "GOOD", "Timestamp"),
        ("-1700000000", "GOOD", "Timestamp"),
        ("9" * 400, "GOOD", "Timestamp"),
        ("1699999699", "GOOD", "clock"),
        ("1700000301", "GOOD", "clock"),
        ("1700000000", "", "Signature"),
        ("1700000000", "sha256=00", "Signature"),
        ("1700000000", "sha1=" + "0" * 64, "Signature"),
        ("1700000000", "sha256=" + "0" * 64, "secret"),
    ],
)
def test_what_is_not_signed_just_now_is_refused(stamp: str, signature: str, says: str) -> None:
    good = sign(b"secret", int(stamp), b"{}") if stamp.isdigit() and len(stamp) < 20 else sign(b"secret", 0, b"{}")
    with pytest.raises(SignatureError, match=says):
        verify([b"secret"], stamp, good if signature == "GOOD" else signature, b"{}", now_s=1_700_000_000)


def test_no_secret_lets_nobody_pass() -> None:
    with pytest.raises(SignatureError):
        verify([], "1700000000", sign(b"", 1_700_000_000, b""), b"", now_s=1_700_000_000)


def test_an_instant_keeps_its_fraction() -> None:
    event = BossEvent("e", "barred", "13800138000", datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=UTC) + timedelta(microseconds=1))
    assert decode_event(encode_event(event)) == event
