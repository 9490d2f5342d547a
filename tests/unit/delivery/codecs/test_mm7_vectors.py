"""MM7 as real servers send it: each vector whole, cut anywhere, with a tail, and encoded again."""

from __future__ import annotations

from typing import Any

import pytest

from delivery.codecs.mm7 import DeliveryReportReq, Envelope, ReadReplyReq, decode_envelope, decode_http, encode_envelope
from huabao.errors import CodecError
from tests.vectors.loading import Vector, plain, vectors

VECTORS = vectors("mm7")
REPORTS = [each for each in VECTORS if "report" in each.name]


def split(vector: Vector) -> tuple[str, bytes]:
    """Content-Type and body of an HTTP message."""
    end = b"\r\n\r\n" if b"\r\n\r\n" in vector.data else b"\n\n"
    head, _, body = vector.data.partition(end)
    lines = head.decode("ascii").splitlines()
    return next(line.partition(":")[2].strip() for line in lines if line.lower().startswith("content-type:")), body


def shown(envelope: Envelope) -> dict[str, Any]:
    """The envelope as a vector describes it."""
    found: dict[str, Any] = {"transaction_id": envelope.transaction_id, "type": type(envelope.message).__name__, "fields": plain(envelope.message)}
    if envelope.version:
        found["version"] = envelope.version
    if envelope.problems:
        found["problems"] = list(envelope.problems)
    if envelope.content:
        if envelope.content.parts:
            found["parts"] = [f"{each.content_type} {len(each.body)}" for each in envelope.content.parts]
        else:
            found["text"] = envelope.content.text
    return found


@pytest.mark.parametrize("vector", VECTORS, ids=lambda each: each.name)
def test_vector_whole(vector: Vector) -> None:
    expected = {name: value for name, value in vector.expected.items() if name != "resolved"}
    assert shown(decode_http(*split(vector))) == expected


@pytest.mark.parametrize("vector", VECTORS, ids=lambda each: each.name)
def test_vector_cut_anywhere(vector: Vector) -> None:
    content_type, body = split(vector)
    for end in range(len(body)):
        try:
            assert isinstance(decode_http(content_type, body[:end]), Envelope)
        except CodecError:
            pass


@pytest.mark.parametrize("vector", VECTORS, ids=lambda each: each.name)
def test_vector_with_a_tail(vector: Vector) -> None:
    """Blank lines after it are nothing; after bare XML anything else is refused."""
    content_type, body = split(vector)
    assert decode_http(content_type, body + b"\r\n\r\n").message == decode_http(content_type, body).message
    if "multipart" not in content_type:
        with pytest.raises(CodecError):
            decode_http(content_type, body + b"<tail/>")


@pytest.mark.parametrize("vector", VECTORS, ids=lambda each: each.name)
def test_vector_encoded_again(vector: Vector) -> None:
    first = decode_http(*split(vector))
    again = decode_envelope(encode_envelope(first.message, first.namespace or "urn:none", first.version, transaction_id=first.transaction_id))
    assert again.message == first.message
    assert again.transaction_id == first.transaction_id


@pytest.mark.parametrize("vector", [each for each in VECTORS if "resolved" in each.expected], ids=lambda each: each.name)
def test_exchanged_parties_are_put_right(vector: Vector) -> None:
    message = decode_http(*split(vector)).message
    assert isinstance(message, DeliveryReportReq)
    resolved = message.resolved(vector.expected["resolved"]["own"])
    assert [each.text for each in resolved.recipients] == vector.expected["resolved"]["recipients"]
    assert resolved.resolved(vector.expected["resolved"]["own"]) == resolved


def test_parties_that_stand_right_or_are_strange_stay() -> None:
    vector = next(each for each in VECTORS if each.name == "report-many-numbers")
    message = decode_http(*split(vector)).message
    assert isinstance(message, DeliveryReportReq)
    assert message.resolved(["10658000"]) == message
    assert message.resolved(["+8613800000001"]) == message
    reply = decode_http(*split(next(each for each in VECTORS if each.name == "read-reply-req"))).message
    assert isinstance(reply, ReadReplyReq)
