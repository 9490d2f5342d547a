"""SI and SL: the specification's own octets, there and back, in one and in many short messages, and as tshark reads them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.codecs import smpp, wap_push
from delivery.codecs.wap_push import ServiceIndication, ServiceLoading
from delivery.codecs.wap_push.wbxml import SI_ACTIONS, SL_ACTIONS, encode_date
from huabao.errors import CodecError
from tests.dissectors import dissect_smpp

MAIL = ServiceIndication(
    "http://www.xyz.com/email/123/abc.wml", "You have 4 new emails", created=datetime(1999, 6, 25, 15, 23, 15, tzinfo=UTC), expires=datetime(1999, 6, 30, tzinfo=UTC)
)
MAIL_OCTETS = bytes.fromhex("02056a0045c60d0378797a008503") + b"email/123/abc.wml\0" + bytes.fromhex("0ac30719990625152315" "10c30419990630" "0103") + b"You have 4 new emails\0\1\1"  # noqa: ISC001
"""As WAP-167 encodes its own example."""

ADDRESSES = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["http://", "https://", "http://www.", "https://www.", "", "ftp://"]),
        st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=30),
        st.sampled_from(["", ".com/", ".org/.net/", ".edu/x", ".com", ".COM/"]),
    ),
)
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=300)
MOMENTS = st.none() | st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)).map(lambda at: at.replace(microsecond=0))  # noqa: DTZ001  hypothesis wants bounds without a zone
PUSHES: st.SearchStrategy[Any] = st.builds(ServiceIndication, ADDRESSES, TEXTS, st.sampled_from(sorted(SI_ACTIONS)), TEXTS, MOMENTS, MOMENTS) | st.builds(
    ServiceLoading, ADDRESSES, st.sampled_from(sorted(SL_ACTIONS))
)


def test_the_specifications_own_example() -> None:
    assert wap_push.encode_wbxml(MAIL) == MAIL_OCTETS
    assert wap_push.decode_wbxml(MAIL_OCTETS) == MAIL
    loading = bytes.fromhex("02066a00850a0378797a00850370702f6c6f61642e776d6c000601")
    assert wap_push.encode_wbxml(ServiceLoading("http://www.xyz.com/pp/load.wml", "execute-high")) == loading


@given(PUSHES)
def test_documents_there_and_back(push: wap_push.PushMessage) -> None:
    assert wap_push.decode_wbxml(wap_push.encode_wbxml(push)) == push
    assert wap_push.read_push(wap_push.write_push(push, 300)) == push


@given(PUSHES, st.integers(0, 1_000), st.sampled_from([1, 2]))
def test_short_messages_there_and_back(push: wap_push.PushMessage, reference: int, octets: smpp.texts.ReferenceOctets) -> None:
    made = wap_push.write_wap_push(push, reference_octets=octets)
    assert max(map(len, made.user_data)) <= 140
    found = []
    for prepared in smpp.prepare_submits(smpp.SubmitSM(source_addr="10658"), made):
        submit = smpp.read_submit_sm(prepared.render(1, "8613800138000", reference))
        assert (submit.esm_class, submit.data_coding) == (smpp.EsmClass.UDHI, 0xF5)
        found.append(smpp.piece_of(smpp.DeliverSM(esm_class=submit.esm_class, data_coding=4, short_message=submit.short_message)))
    assert {piece.ports for piece in found} == {smpp.Ports(2948, 9200)}
    if len(found) > 1:
        assert {piece.place.reference for piece in found if piece.place} == {reference % (1 << 8 * octets)}
    assert wap_push.read_push(smpp.join(reversed(found)) or b"") == push


def test_the_header_of_one_and_of_several() -> None:
    (one,) = wap_push.write_wap_push(MAIL).user_data
    assert one == bytes.fromhex("0605040b8423f0" "01060403ae81ea") + MAIL_OCTETS  # noqa: ISC001
    several = wap_push.write_wap_push(ServiceIndication(MAIL.href, "x" * 400)).user_data_for(7)
    assert [each[:12].hex() for each in several] == [f"0b05040b8423f0000307{len(several):02x}{number:02x}" for number in range(1, len(several) + 1)]
    wide = wap_push.write_wap_push(ServiceIndication(MAIL.href, "x" * 400), reference_octets=2).user_data_for(259)
    assert wide[1][:13].hex() == f"0c05040b8423f008040103{len(wide):02x}02"
    assert wap_push.write_push(ServiceLoading("http://a"), 1)[:7].hex() == "01060403b081ea"


def test_the_size_at_which_it_becomes_two() -> None:
    at = next(size for size in range(200) if len(wap_push.write_wap_push(ServiceIndication("http://a", "x" * size))) == 2)
    (largest,) = wap_push.write_wap_push(ServiceIndication("http://a", "x" * (at - 1))).user_data
    assert len(largest) == 140


def test_dates_lose_their_zeros_and_their_zone() -> None:
    assert encode_date(datetime(2026, 11, 22, 6, 30, tzinfo=timezone(timedelta(hours=8)))).hex() == "c306202611212230"
    assert encode_date(datetime(2026, 1, 1, tzinfo=UTC)).hex() == "c30420260101"


def test_what_cannot_be_written() -> None:
    for bad in (
        ServiceIndication("", "x"), ServiceIndication("http://a\0", "x"), ServiceIndication("http://a", "\ud83d"), ServiceIndication("http://a", "x", "shout"),  # type: ignore[arg-type]
        ServiceLoading("http://a", "signal-low"),  # type: ignore[arg-type]
    ):  # fmt: skip
        with pytest.raises(CodecError) as caught:
            wap_push.encode_wbxml(bad)
        assert not caught.value.theirs
    with pytest.raises(CodecError, match="too many"):
        wap_push.write_wap_push(ServiceIndication("http://a", "x" * 40_000))


@given(st.binary(max_size=120), st.sampled_from([b"", b"\2\5j\0\x45\xc6", b"\2\6j\0\x85", b"\1\6\4\3\xae\x81\xea\2\5j\0\x45"]))
def test_nonsense_is_a_codec_error_or_a_push(octets: bytes, start: bytes) -> None:
    for read in (wap_push.decode_wbxml, wap_push.read_push):
        try:
            found = read(start + octets)
        except CodecError as error:
            assert error.theirs
        else:
            assert found.href


def test_strings_of_a_table_and_entities() -> None:
    document = b"\2\5j" + b"\x04abc\0" + b"\x45\xc6\x0c\x83\0\1\3x\0\2\x41\1\1"
    assert wap_push.decode_wbxml(document) == ServiceIndication("http://abc", "xA")


def test_tshark_reads_the_push_out_of_its_short_messages(tmp_path: Path) -> None:
    push = ServiceIndication("https://wap.paper.com/e/12?t=abc", "今天的早报：" + "要闻、社会、体育" * 16, "signal-high", "edition-12", expires=datetime(2026, 11, 23, 4, tzinfo=UTC))
    made = wap_push.write_wap_push(push)
    assert len(made) == 4
    template = smpp.SubmitSM(source_addr="10658", dest_addr_ton=1, dest_addr_npi=1, registered_delivery=1, validity_period=smpp.write_relative(7200))
    pdus = [prepared.render(number, "8613800138000", 77) for number, prepared in enumerate(smpp.prepare_submits(template, made), 2)]
    answers = [smpp.encode(smpp.SubmitSMResp(f"{number:x}"), number) for number in range(2, 6)]
    request = smpp.encode(smpp.Bind("huabao", "geheim"), 1) + b"".join(pdus) + smpp.encode(smpp.CancelSM("", "2", 0, 0, "10658", 1, 1, "8613800138000"), 6)
    response = smpp.encode(smpp.BindResp("smsc", tlvs=((smpp.Tag.SC_INTERFACE_VERSION, b"\x34"),)), 1) + b"".join(answers) + smpp.encode(smpp.CancelSMResp(), 6)
    read = dissect_smpp(request, response, tmp_path)
    for wanted in ("Command: Bind_transceiver,", "4 Short Message fragments", "Method: Push (0x06), Content-Type: application/vnd.wap.sic", "href='https://'", "'.com/'",
                   "action='signal-high'", "%DateTime: 2026-11-23T04:00:00Z", "edition-12", "今天的早报：要闻", "Command: Cancel_sm - resp", "Message id.: 5"):  # fmt: skip
        assert wanted in read.text, wanted
    assert set(read.complaints) <= {"Unreassembled"}
    assert len(read.complaints) == 3  # the first three of four wait for the last
