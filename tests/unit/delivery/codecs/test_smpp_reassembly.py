"""Messages from handsets in pieces, user data headers, and SMPP's times."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.codecs import smpp
from huabao.errors import CodecError

NOW = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
ELEMENTS = st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=30)), max_size=6).map(tuple)


@given(st.text(st.sampled_from("退订TD早报😀€"), min_size=300, max_size=500), st.randoms(use_true_random=False), st.integers(0, 255))
def test_any_order_and_doubles(text: str, dice: random.Random, reference: int) -> None:
    made = smpp.write_text(text)
    deliver = [
        smpp.DeliverSM(source_addr="13800138000", destination_addr="10658", esm_class=made.esm_class, data_coding=made.data_coding, short_message=each)
        for each in made.user_data_for(reference)
    ]
    found = [smpp.piece_of(each) for each in deliver]
    assert len({piece.key for piece in found}) == 1
    found += dice.choices(found, k=3)
    dice.shuffle(found)
    assert smpp.join_text(found) == text
    missing = [piece for piece in found if piece.place != found[0].place]
    assert smpp.join_text(missing) is None


def test_a_character_cut_by_the_handset_is_whole_again() -> None:
    octets = "早😀".encode("utf-16-be")
    found = [
        smpp.piece_of(smpp.DeliverSM(esm_class=0x40, data_coding=8, short_message=bytes((5, 0, 3, 9, 2, number)) + cut)) for number, cut in ((2, octets[4:]), (1, octets[:4]))
    ]
    assert smpp.join_text(found) == "早😀"


def test_sar_parameters_and_whole_messages() -> None:
    sar = [
        smpp.DeliverSM(data_coding=0, short_message=cut, tlvs=((smpp.Tag.SAR_MSG_REF_NUM, b"\1\2"), (smpp.Tag.SAR_TOTAL_SEGMENTS, b"\2"), (smpp.Tag.SAR_SEGMENT_SEQNUM, bytes((number,)))))
        for number, cut in ((1, b"QX"), (2, b"5"))
    ]
    found = [smpp.piece_of(each) for each in sar]
    assert found[0].place == smpp.Concatenation(258, 2, 1)
    assert smpp.join_text(found) == "QX5"
    whole = smpp.piece_of(smpp.DeliverSM(short_message=b"QX"))
    assert (whole.place, smpp.join_text([whole])) == (None, "QX")
    payload = smpp.piece_of(smpp.DeliverSM(data_coding=8, tlvs=((smpp.Tag.MESSAGE_PAYLOAD, "退订".encode("utf-16-be")),)))
    assert smpp.join_text([payload]) == "退订"


@pytest.mark.parametrize("header", [bytes((5, 0, 3, 9, 2, 0)), bytes((5, 0, 3, 9, 2, 3)), bytes((5, 0, 3, 9, 0, 0)), bytes((4, 0, 2, 9, 2))])
def test_an_impossible_place_is_no_place(header: bytes) -> None:
    assert smpp.piece_of(smpp.DeliverSM(esm_class=0x40, short_message=header + b"QX")).place is None


@given(st.binary(max_size=60))
def test_any_user_data_is_a_piece_or_a_codec_error(octets: bytes) -> None:
    try:
        piece = smpp.piece_of(smpp.DeliverSM(esm_class=0x40, short_message=octets))
    except CodecError as error:
        assert error.theirs
    else:
        assert octets.endswith(piece.octets)


@given(ELEMENTS, st.binary(max_size=60))
def test_headers_there_and_back(elements: tuple[tuple[int, bytes], ...], rest: bytes) -> None:
    if elements:
        assert smpp.read_udh(smpp.write_udh(elements) + rest) == (elements, rest)
    else:
        assert smpp.write_udh(elements) == b""


def test_headers_that_do_not_fit() -> None:
    for elements in (((0, bytes(256)),), ((300, b""),), tuple((1, bytes(100)) for _ in range(3))):
        with pytest.raises(CodecError):
            smpp.write_udh(elements)
    assert smpp.ports_of(((5, bytes.fromhex("0b8423f0")),)) == smpp.Ports(2948, 9200)
    assert smpp.ports_of(((4, b"\1\2"),)) == smpp.Ports(1, 2)
    assert smpp.concatenation_of(((8, b"\1\0\3\2"),)) == smpp.Concatenation(256, 3, 2)


@given(st.integers(0, 99 * 86_400))
def test_relative_times_there_and_back(seconds: int) -> None:
    assert smpp.read_time(smpp.write_relative(seconds), NOW) == NOW + timedelta(seconds=seconds)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31), timezones=st.just(UTC)))  # noqa: DTZ001  hypothesis wants bounds without a zone
def test_absolute_times_there_and_back(at: datetime) -> None:
    assert smpp.read_time(smpp.write_absolute(at), NOW) == at.replace(microsecond=at.microsecond // 100_000 * 100_000)


def test_times_of_others() -> None:
    assert smpp.read_time("", NOW) is None
    assert smpp.read_time("261122143000032+", NOW) == NOW  # 14:30 in Shanghai, 32 quarters ahead
    assert smpp.read_time("261122023000016-", NOW) == NOW
    assert smpp.write_relative(0.2) == "000000000001000R"
    for bad in ("x", "261322143000032+", "2611221430000320"):
        with pytest.raises(CodecError):
            smpp.read_time(bad, NOW)
    for seconds in (-1, 99 * 86_400 + 1):
        with pytest.raises(CodecError):
            smpp.write_relative(seconds)
