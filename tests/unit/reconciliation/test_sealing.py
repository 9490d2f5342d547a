"""Sealed messages come back whole with their key and row, and in no other way."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciliation.journal import sealing
from reconciliation.journal.sealing import SealError, new_key, seal, unseal

KEY = new_key()


@given(st.binary(max_size=3000), st.integers(1, 2**63 - 1))
@settings(max_examples=50)
def test_what_is_sealed_comes_back(content: bytes, message_id: int) -> None:
    sealed = seal(KEY, message_id, content)
    assert unseal(KEY, message_id, sealed) == content
    assert seal(KEY, message_id, content) != sealed, "two seals are never alike"


@given(st.data())
@settings(max_examples=50)
def test_a_changed_byte_another_key_and_another_row_open_nothing(data: st.DataObject) -> None:
    sealed = bytearray(seal(KEY, 7, b"13800138000" * 10))
    with pytest.raises(SealError):
        unseal(KEY, 8, bytes(sealed))
    with pytest.raises(SealError):
        unseal(new_key(), 7, bytes(sealed))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(SealError):
        unseal(KEY, 7, bytes(sealed))
    with pytest.raises(SealError):
        unseal(KEY, 7, bytes(sealed[: data.draw(st.integers(0, len(sealed) - 1))]))


def test_the_number_is_not_to_be_read_and_bombs_do_not_go_off(monkeypatch: pytest.MonkeyPatch) -> None:
    assert b"13800138000" not in seal(KEY, 1, b"13800138000")
    monkeypatch.setattr(sealing, "CONTENT_BYTES_MAX", 1000)
    with pytest.raises(SealError, match="larger than 1000"):
        unseal(KEY, 1, seal(KEY, 1, b"\0" * 100_000))
