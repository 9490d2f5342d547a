"""MISC's messages: whatever we write is read again, what is wrong is refused with 9014, hostile bytes are bounded."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huabao.errors import CodecError
from reconciliation.codecs.misc import (
    Device,
    Message,
    ServiceID,
    SubscribeServiceReq,
    SubscribeServiceResp,
    SyncOrderRelationReq,
    SyncOrderRelationResp,
    UnSubscribeServiceReq,
    UnSubscribeServiceResp,
    User,
    decode_envelope,
    encode_envelope,
    find_transaction_id,
)
from reconciliation.codecs.misc.features import decode_feature, encode_feature
from tests.codec_strategies import XML_TEXT
from tests.vectors.loading import vectors

USUAL = next(one for one in vectors("misc") if one.name == "order-usual").data

MSISDNS = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
SHORT = XML_TEXT
CODES = st.integers(0, 10**9 - 1)
FEATURES = st.just("") | st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
USERS = st.builds(User, st.sampled_from([1, 2]), MSISDNS, st.just("") | SHORT)
DEVICES = st.builds(Device, st.none() | CODES, st.just("") | SHORT)
SERVICES = st.builds(ServiceID, SHORT, SHORT, st.just("") | SHORT, FEATURES, CODES)
MESSAGES: st.SearchStrategy[Message] = st.one_of(
    st.builds(SyncOrderRelationReq, SHORT, CODES, USERS, USERS, st.none() | CODES, st.just("") | SHORT, st.none() | CODES, st.just("") | SHORT, FEATURES, DEVICES, DEVICES),
    st.builds(SubscribeServiceReq, SERVICES, USERS, USERS, DEVICES, DEVICES),
    st.builds(UnSubscribeServiceReq, SERVICES, USERS, USERS, DEVICES, DEVICES),
    st.builds(SyncOrderRelationResp, CODES),
    st.builds(SubscribeServiceResp, CODES),
    st.builds(UnSubscribeServiceResp, CODES),
)


@given(MESSAGES, SHORT)
@settings(max_examples=50)
def test_what_is_written_is_read_again(message: Message, transaction_id: str) -> None:
    found = decode_envelope(encode_envelope(message, transaction_id=transaction_id))
    assert (found.message, found.transaction_id, found.version, found.problems) == (message, transaction_id, "1.5.0", ())


@given(FEATURES)
def test_feature_strings_come_back(text: str) -> None:
    assert decode_feature(encode_feature(text)) == text


def test_the_feature_string_of_the_manual() -> None:
    assert decode_feature("MTA2NjIxNDQgREE=") == "10662144 DA"
    assert encode_feature("10662144 DA") == "MTA2NjIxNDQgREE="


@given(st.binary(max_size=300) | st.integers(0, len(USUAL)).flatmap(lambda at: st.binary(max_size=4).map(lambda junk: USUAL[:at] + junk + USUAL[at:])))
@settings(max_examples=200)
def test_any_bytes_are_a_message_or_refused(data: bytes) -> None:
    try:
        decode_envelope(data)
    except CodecError as error:
        assert error.status_code == 9014
    assert len(find_transaction_id(data)) <= 40


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (b"<ActionID>1</ActionID>", b"", "has no ActionID"),
        (b"<ActionID>1<", b"<ActionID>one<", "ActionID is no number"),
        (b"<ActionReasonID>1<", b"<ActionReasonID>-1<", "ActionReasonID is no number"),
        (b"<ActionID>1</ActionID>", b"<ActionID>1</ActionID><ActionID>2</ActionID>", "two different ActionID"),
        (b"<SPServiceID>TJSJB<", b"<SPServiceID><", "has no SPServiceID"),
        (b"<SPServiceID>TJSJB<", b"<SPServiceID>" + b"x" * 41 + b"<", "more than 40 characters"),
        (b"<DestUser_ID><UserIDType>1</UserIDType><MSISDN>13800138000", b"<DestUser_ID><UserIDType>1</UserIDType><MSISDN>", "DestUser_ID has no MSISDN"),
        (b"<DestUser_ID><UserIDType>1</UserIDType><MSISDN>13800138000", b"<DestUser_ID><UserIDType>1</UserIDType><MSISDN>1380013800", "MSISDN is no mobile number"),
        (b"20261122060001", b"", "no TransactionID"),
        (b"20261122060001", b"2" * 41, "more than 40 characters"),
        (b"SyncOrderRelationReq xmlns", b"SyncOrderRelationRex xmlns", "not well-formed"),
        (b"<?xml", b"<!DOCTYPE a [<!ENTITY b 'c'>]><?xml", "DOCTYPE"),
    ],
)
def test_what_matters_is_refused_by_name(before: bytes, after: bytes, said: str) -> None:
    assert before in USUAL
    with pytest.raises(CodecError, match=said) as refused:
        decode_envelope(USUAL.replace(before, after, 1))
    assert refused.value.status_code == 9014
    assert "13800138000" not in str(refused.value)


def test_large_and_deep_messages_are_refused_unread() -> None:
    with pytest.raises(CodecError, match="more than 64000"):
        decode_envelope(USUAL + b" " * 70_000)
    with pytest.raises(CodecError, match="nested deeper"):
        decode_envelope(b"<a>" * 200 + b"</a>" * 200)
    assert len(find_transaction_id(b"<" * 10**6)) == 0


def test_a_refusal_can_name_its_transaction() -> None:
    assert find_transaction_id(USUAL.replace(b"<ActionID>1<", b"<ActionID>x<")) == "20261122060001"


def test_a_message_shows_no_number_in_logs() -> None:
    assert "13800138000" not in repr(decode_envelope(USUAL))


def test_texts_that_xml_cannot_carry_are_ours_to_mend() -> None:
    with pytest.raises(CodecError) as refused:
        encode_envelope(SyncOrderRelationResp(0), transaction_id="a\x00b")
    assert not refused.value.theirs
