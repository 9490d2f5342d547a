"""PDUs as SMSCs send them: each vector whole, cut anywhere, with a tail, and encoded again."""

from __future__ import annotations

from typing import Any

import pytest

from delivery.codecs import smpp
from tests.vectors.loading import Vector, plain, vectors

VECTORS = vectors("smpp")


def shown(value: Any) -> Any:
    """A value as a vector describes it, octets in hex."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {name: shown(each) for name, each in value.items()}
    if isinstance(value, list):
        return [shown(each) for each in value]
    return value


def described(pdu: smpp.PDU) -> dict[str, Any]:
    """All that a vector says of a PDU."""
    body = pdu.body
    found = {"sequence": pdu.sequence, "status": pdu.status, "type": type(body).__name__, "fields": shown(plain(body))}
    if isinstance(body, smpp.DeliverSM | smpp.DataSM) and body.esm_class & 0x3C:
        receipt = smpp.read_receipt(body)
        found["receipt"] = {**plain(receipt), "state": receipt.state.name if receipt.state else None}
    elif isinstance(body, smpp.DeliverSM):
        found["text"] = smpp.read_text(body.data_coding, smpp.piece_of(body).octets)
    return found


def test_there_are_vectors() -> None:
    assert len(VECTORS) >= 16


@pytest.mark.parametrize("vector", VECTORS, ids=lambda each: each.name)
def test_vector_whole(vector: Vector) -> None:
    assert described(smpp.decode(vector.data)) == vector.expected


@pytest.mark.parametrize("vector", VECTORS, ids=lambda each: each.name)
def test_vector_cut_anywhere(vector: Vector) -> None:
    """Octets that have not come yet are waited for; a PDU that is shorter than it says is a fault."""
    for end in range(len(vector.data)):
        splitter = smpp.Splitter()
        assert splitter.feed(vector.data[:end]) == []
        splitter.check()
        assert splitter.feed(vector.data[end:]) == [vector.data]
        with pytest.raises(smpp.PDUError):
            smpp.decode(vector.data[:end])


@pytest.mark.parametrize("vector", VECTORS, ids=lambda each: each.name)
def test_vector_with_a_tail(vector: Vector) -> None:
    following = smpp.encode(smpp.EnquireLink(), 99)
    splitter = smpp.Splitter()
    found = [frame for octet in vector.data + following for frame in splitter.feed(bytes((octet,)))]
    assert found == [vector.data, following]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda each: each.name)
def test_vector_encoded_again(vector: Vector) -> None:
    pdu = smpp.decode(vector.data)
    again = smpp.encode(pdu.body, pdu.sequence, pdu.status)
    assert smpp.decode(again) == pdu
    if not vector.name.endswith("without-body"):  # an answer without a body and one with an empty body mean the same
        assert again == vector.data
