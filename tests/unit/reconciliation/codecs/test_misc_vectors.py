"""MISC's messages as peers send them: each vector whole, cut anywhere, with a tail, and encoded again."""

from __future__ import annotations

from typing import Any

import pytest

from huabao.errors import CodecError
from reconciliation.codecs.misc import Envelope, decode_envelope, encode_envelope
from tests.vectors.loading import Vector, plain, vectors

VECTORS = vectors("misc")


def shown(envelope: Envelope) -> dict[str, Any]:
    """The envelope as a vector describes it."""
    found: dict[str, Any] = {"transaction_id": envelope.transaction_id, "type": type(envelope.message).__name__, "fields": plain(envelope.message)}
    return found | ({"problems": list(envelope.problems)} if envelope.problems else {})


@pytest.mark.parametrize("vector", VECTORS, ids=lambda each: each.name)
def test_vector_whole(vector: Vector) -> None:
    assert shown(decode_envelope(vector.data)) == vector.expected


@pytest.mark.parametrize("vector", VECTORS, ids=lambda each: each.name)
def test_vector_cut_anywhere(vector: Vector) -> None:
    for end in range(len(vector.data.rstrip())):
        with pytest.raises(CodecError) as refused:
            decode_envelope(vector.data[:end])
        assert refused.value.status_code == 9014


@pytest.mark.parametrize("vector", VECTORS, ids=lambda each: each.name)
def test_vector_with_a_tail(vector: Vector) -> None:
    assert decode_envelope(vector.data + b"\r\n \r\n") == decode_envelope(vector.data)
    with pytest.raises(CodecError):
        decode_envelope(vector.data + b"<tail/>")


@pytest.mark.parametrize("vector", VECTORS, ids=lambda each: each.name)
def test_vector_encoded_again(vector: Vector) -> None:
    first = decode_envelope(vector.data)
    again = decode_envelope(encode_envelope(first.message, transaction_id=first.transaction_id, version=first.version, namespace=first.namespace or "urn:none"))
    assert (again.message, again.transaction_id) == (first.message, first.transaction_id)
