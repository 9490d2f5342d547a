"""Receipts of all kinds: orders, cases, gaps, parameters, ids in other forms, and text that is no receipt."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.codecs import smpp
from huabao.errors import CodecError

SHANGHAI = ZoneInfo("Asia/Shanghai")


def receipt(text: str, *tlvs: tuple[int, bytes], esm_class: int = 0x04) -> smpp.Receipt:
    """What is read in a deliver_sm with this text."""
    return smpp.read_receipt(smpp.DeliverSM(esm_class=esm_class, short_message=text.encode("latin-1"), tlvs=tlvs), zone=SHANGHAI)


STANDARD = "id:0000123abc sub:001 dlvrd:001 submit date:2611220630 done date:2611220631 stat:DELIVRD err:000 text:id:99 stat:EXPIRED"


def test_the_form_of_appendix_b() -> None:
    found = receipt(STANDARD)
    assert (found.message_id, found.state, found.stat, found.error) == ("0000123abc", smpp.MessageState.DELIVERED, "DELIVRD", "000")
    assert (found.submitted, found.delivered, found.text, found.interim) == (1, 1, "id:99 stat:EXPIRED", False)
    assert found.submit_at == datetime(2026, 11, 22, 6, 30, tzinfo=SHANGHAI)
    assert found.done_at == datetime(2026, 11, 22, 6, 31, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("text", "message_id", "stat"),
    [
        ("ID:1 STAT:UNDELIV ERR:27", "1", "UNDELIV"),
        ("stat:expired id:1", "1", "EXPIRED"),
        ("id:1 sub:1 dlvrd:0 submit_date:261122063000 done_date:20261122063100 stat:REJECTD err:0x21 text:", "1", "REJECTD"),
        ("id: 1, stat: DELIVRD", "1", "DELIVRD"),
        ("id:1\r\nstat:DELIVRD\0", "1", "DELIVRD"),
        ("id:a-1.b_2 stat:DELIVRD", "a-1.b_2", "DELIVRD"),
        ("id:1 stat:NOROUTE", "1", "NOROUTE"),
        ("id:1", "1", ""),
        ("text:早 id:1 stat:DELIVRD".encode().decode("latin-1"), "1", "DELIVRD"),
        ("id:1 id:2 stat:DELIVRD stat:UNDELIV", "1", "DELIVRD"),
        ("valid:7 id:1 stat:DELIVRD", "1", "DELIVRD"),
    ],
)
def test_forms_that_were_seen(text: str, message_id: str, stat: str) -> None:
    found = receipt(text)
    assert (found.message_id, found.stat) == (message_id, stat)


def test_states() -> None:
    assert receipt("id:1 stat:UNDELIV").state == smpp.MessageState.UNDELIVERABLE
    assert receipt("id:1 stat:REJECTED").state == smpp.MessageState.REJECTED
    assert receipt("id:1 stat:NOROUTE").state is None
    assert receipt("id:1 stat:UNDELIV", (smpp.Tag.MESSAGE_STATE, b"\2")).state == smpp.MessageState.DELIVERED
    assert receipt("id:1 stat:UNDELIV", (smpp.Tag.MESSAGE_STATE, b"\x63")).state == smpp.MessageState.UNDELIVERABLE
    assert receipt("id:1 stat:Delivered").stat == "DELIVRD"
    assert receipt("id:1", (smpp.Tag.MESSAGE_STATE, b"\0")).state == smpp.MessageState.SCHEDULED
    assert receipt("id:1 stat:DELIVRD", (smpp.Tag.MESSAGE_STATE, b"\0")).state == smpp.MessageState.DELIVERED
    assert receipt("id:1 stat:ENROUTE", esm_class=0x20).interim
    assert not smpp.DeliverSM(esm_class=0x40).is_receipt
    assert smpp.DeliverSM(esm_class=0x44).is_receipt
    assert not smpp.DeliverSM(esm_class=0x08).is_receipt


def test_parameters_alone_are_enough_and_count_first() -> None:
    found = receipt("", (smpp.Tag.RECEIPTED_MESSAGE_ID, b"abc\0"), (smpp.Tag.MESSAGE_STATE, b"\3"), (smpp.Tag.NETWORK_ERROR_CODE, b"\3\0\x1b"))
    assert (found.message_id, found.state, found.error) == ("abc", smpp.MessageState.EXPIRED, "gsm:27")
    assert receipt("id:other stat:DELIVRD", (smpp.Tag.RECEIPTED_MESSAGE_ID, b"abc")).message_id == "abc"
    data = smpp.DataSM(esm_class=4, tlvs=((smpp.Tag.MESSAGE_PAYLOAD, b"id:7 stat:DELIVRD"),))
    assert smpp.read_receipt(data).message_id == "7"
    assert receipt("id:1 err:021", (smpp.Tag.NETWORK_ERROR_CODE, b"\3\0\0")).error == "021"


@pytest.mark.parametrize("text", ["", "hello", "stat:DELIVRD", "identity:5", "id:"])
def test_a_receipt_of_nothing_is_a_codec_error(text: str) -> None:
    with pytest.raises(CodecError, match="names no message"):
        receipt(text)


def test_dates_that_are_none() -> None:
    found = receipt("id:1 sub:x dlvrd: submit date:0000000000 done date:soon stat:DELIVRD")
    assert (found.submit_at, found.done_at, found.submitted, found.delivered) == (None, None, None, None)


@given(st.binary(max_size=254), st.lists(st.tuples(st.sampled_from([0x1E, 0x427, 0x423]), st.binary(max_size=70)), max_size=3).map(tuple))
def test_any_octets_are_a_receipt_or_a_codec_error(octets: bytes, tlvs: smpp.TLVs) -> None:
    try:
        found = smpp.read_receipt(smpp.DeliverSM(esm_class=4, short_message=octets, tlvs=tlvs))
    except CodecError as error:
        assert error.theirs
    else:
        assert found.message_id


@given(
    st.builds(
        smpp.Receipt,
        message_id=st.text(st.sampled_from("0123456789abcdefABCDEF-"), min_size=1, max_size=64),
        state=st.sampled_from(smpp.MessageState),
        error=st.sampled_from(["000", "027", "21"]),
        submitted=st.integers(0, 999),
        delivered=st.integers(0, 999),
        submit_at=st.just(datetime(2026, 11, 22, 6, 30, tzinfo=UTC)),
        done_at=st.just(datetime(2026, 11, 23, 6, 30, tzinfo=UTC)),
        text=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20),
    )
)
def test_what_we_write_we_read(written: smpp.Receipt) -> None:
    found = smpp.read_receipt(smpp.DeliverSM(esm_class=4, short_message=smpp.write_receipt(written)))
    assert found == smpp.Receipt(**{name: getattr(written, name) for name in ("message_id", "state", "error", "submitted", "delivered", "submit_at", "done_at", "text")}, stat=found.stat)


@given(st.integers(0, 1 << 64))
def test_ids_in_another_base(number: int) -> None:
    assert smpp.receipt_id_form(f"{number:X}", "hex") == str(number)
    assert smpp.receipt_id_form(f"00{number:x}", "hex") == str(number)
    assert smpp.receipt_id_form(f"{number:010d}", "decimal") == f"{number:x}"
    assert smpp.receipt_id_form(f" {number} ", "same") == str(number)


@pytest.mark.parametrize("form", sorted(smpp.ID_FORMS))
def test_ids_that_are_no_numbers_stay(form: str) -> None:
    assert smpp.receipt_id_form("x-17", form) == "x-17"
    assert smpp.receipt_id_form("", form) == ""
