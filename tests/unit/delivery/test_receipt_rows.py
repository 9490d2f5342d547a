"""Receipts as rows of the reports' table: whatever an SMSC writes, it fits, or is said to name no message."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.codecs.smpp import DeliverSM, EsmClass, Tag
from delivery.reports.receipts import receipt_row
from delivery.reports.store import EVENT_COLUMNS
from huabao.clock import SHANGHAI
from huabao.errors import CodecError

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
FIELDS = st.sampled_from([b"id:", b"stat:", b"err:", b"done date:", b"text:", b"DELIVRD", b"00010101000000", b"2611221200", b"\0", b"\t", b"\n", b"a" * 50, "报".encode(), b" "])


def deliver(payload: bytes, source: str = "8613800138000", *tlvs: tuple[int, bytes]) -> DeliverSM:
    return DeliverSM(source_addr=source, destination_addr="10658", esm_class=EsmClass.RECEIPT, short_message=payload[:254], tlvs=tlvs)


@given(st.lists(st.one_of(FIELDS, st.binary(max_size=12)), max_size=20).map(b"".join), st.text(st.characters(codec="latin-1", exclude_characters="\0"), max_size=20), st.binary(max_size=80))
def test_any_receipt_fits_or_names_nothing(payload: bytes, source: str, named: bytes) -> None:
    tlvs = ((Tag.RECEIPTED_MESSAGE_ID, named),) if named else ()
    try:
        row = receipt_row(1, deliver(payload, source, *tlvs), NOW, lambda text: text[:120], SHANGHAI)
    except CodecError:
        return
    assert set(row) == set(EVENT_COLUMNS)
    assert len(row["message_id"]) <= 120
    assert len(row["number"]) <= 80
    assert 0 < len(row["status"]) <= 40
    assert len(row["status_extension"] or "") <= 80
    assert not any("\0" in value for value in row.values() if isinstance(value, str))
    if row["reported_at"] is not None:
        row["reported_at"].astimezone(UTC)


def test_the_handset_is_whoever_has_a_mobile_number() -> None:
    line = b"id:1 stat:DELIVRD err:000"
    swapped = DeliverSM(source_addr="10658", destination_addr="8613800138000", esm_class=EsmClass.RECEIPT, short_message=line)
    assert receipt_row(1, swapped, NOW, str, SHANGHAI)["number"] == "13800138000"
    assert receipt_row(1, deliver(line), NOW, str, SHANGHAI)["number"] == "13800138000"
    with pytest.raises(CodecError):
        receipt_row(1, deliver(b"hello"), NOW, str, SHANGHAI)


def test_a_date_of_another_century_counts_for_nothing() -> None:
    assert receipt_row(1, deliver(b"id:1 done date:00010101000000 stat:DELIVRD"), NOW, str, SHANGHAI)["reported_at"] is None
