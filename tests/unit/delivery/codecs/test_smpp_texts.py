"""Texts: the alphabet, the choice of coding, sizes, cuts that split no character, and what smpplib gets wrong."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from smpplib import consts, gsm

from delivery.codecs import smpp
from delivery.codecs.smpp.gsm7 import ALPHABET, ESCAPE, EXTENSION, decode_gsm7, encode_gsm7
from huabao.errors import CodecError

GSM_CHARACTERS = [char for code, char in enumerate(ALPHABET) if code != ESCAPE] + list(EXTENSION.values())
GSM_TEXTS = st.text(st.sampled_from(GSM_CHARACTERS), max_size=700)
ANY_TEXTS = st.text(st.characters(codec="utf-8"), max_size=700) | st.text(st.sampled_from("早报😀𠮷a€"), max_size=700)
REFERENCES = st.integers(0, 100_000)


def pieces(messages: smpp.ShortMessages, reference: int = 0) -> list[smpp.Piece]:
    """As the short messages come to a handset."""
    octets = messages.user_data_for(reference)
    return [smpp.piece_of(smpp.DeliverSM(esm_class=messages.esm_class, data_coding=messages.data_coding, short_message=each)) for each in octets]


def test_the_alphabet_is_python_independent_and_whole() -> None:
    assert len(ALPHABET) == 128 == len(set(ALPHABET))
    assert len(GSM_CHARACTERS) == len(set(GSM_CHARACTERS)) == 137
    assert encode_gsm7("@£_\n§ à") == [b"\0", b"\1", b"\x11", b"\n", b"\x5f", b" ", b"\x7f"]
    assert encode_gsm7("€[]") == [b"\x1be", b"\x1b<", b"\x1b>"]
    assert encode_gsm7("`") is None
    assert encode_gsm7("\x1b") is None


@given(GSM_TEXTS)
def test_gsm_there_and_back(text: str) -> None:
    assert decode_gsm7(b"".join(encode_gsm7(text) or [])) == text


@given(st.binary(max_size=200))
def test_any_septets_are_a_text(septets: bytes) -> None:
    assert len(decode_gsm7(septets)) <= len(septets)
    assert "\x1b" not in decode_gsm7(septets)


def test_escapes_that_stand_for_nothing() -> None:
    assert decode_gsm7(b"a\x1b") == "a "
    assert decode_gsm7(b"\x1b\x1ba") == " a"
    assert decode_gsm7(b"\x1bA") == "A"


@given(st.text(st.sampled_from([char for char in GSM_CHARACTERS if char not in "§\f"]), max_size=160))
def test_one_short_message_is_smpplibs(text: str) -> None:
    parts, coding, esm_class = gsm.make_parts(text)
    if len(parts) == 1:
        made = smpp.write_text(text)
        assert (list(made.user_data), made.data_coding, made.esm_class) == (parts, coding, esm_class)


@given(st.integers(161, 3_000), st.integers(71, 3_000))
def test_several_short_messages_are_smpplibs_where_nothing_is_cut_in_two(septets: int, units: int) -> None:
    for text in ("x" * septets, "早" * units):
        parts, coding, esm_class = gsm.make_parts(text)
        made = smpp.write_text(text)
        assert (list(made.user_data_for(parts[0][3])), made.data_coding, made.esm_class) == (parts, coding, esm_class)


def test_sizes() -> None:
    for text, count in (("x" * 160, 1), ("x" * 161, 2), ("x" * 306, 2), ("x" * 307, 3), ("早" * 70, 1), ("早" * 71, 2), ("早" * 134, 2), ("早" * 135, 3), ("", 1)):
        assert len(smpp.write_text(text)) == count
    assert [len(each) for each in smpp.write_text("x" * 307).user_data] == [6 + 153, 6 + 153, 6 + 1]
    assert [len(each) for each in smpp.write_text("x" * 305, reference_octets=2).user_data] == [7 + 152, 7 + 152, 7 + 1]
    assert [len(each) for each in smpp.write_text("早" * 133, reference_octets=2).user_data] == [7 + 132, 7 + 132, 7 + 2]


@given(GSM_TEXTS | ANY_TEXTS, REFERENCES, st.sampled_from([1, 2]))
@example("x" * 152 + "€" + "x" * 20, 3, 1)
@example("早" * 66 + "😀" + "报" * 20, 300, 1)
def test_what_is_cut_joins_again_and_no_character_is_cut(text: str, reference: int, octets: smpp.texts.ReferenceOctets) -> None:
    made = smpp.write_text(text, reference_octets=octets)
    found = pieces(made, reference)
    assert smpp.join_text(found) == text
    for piece in found:
        alone = smpp.read_text(piece.data_coding, piece.octets)
        assert "�" not in alone or "�" in text
        assert not piece.octets.endswith(b"\x1b") or piece.data_coding == smpp.DataCoding.UCS_2
        if piece.data_coding == smpp.DataCoding.UCS_2 and piece.octets:
            assert not 0xD800 <= int.from_bytes(piece.octets[-2:], "big") <= 0xDBFF
    for each in made.user_data:
        header = each[0] + 1 if made.udhi else 0
        room = 140 - header
        assert len(each) - header <= (room * 8 // 7 if made.data_coding == smpp.DataCoding.DEFAULT else room)
    if len(made) > 1:
        assert {piece.place.reference for piece in found if piece.place} == {reference % (1 << 8 * octets)}


def test_faults_of_smpplib_that_are_not_ours() -> None:
    grave = gsm.make_parts("`")
    assert grave[:2] == ([b"\x5f"], consts.SMPP_ENCODING_DEFAULT)  # arrives as §
    assert smpp.write_text("`").data_coding == smpp.DataCoding.UCS_2
    assert smpp.read_text(8, smpp.write_text("`").user_data[0]) == "`"
    euro = "x" * 152 + "€" + "x" * 20
    assert gsm.make_parts(euro)[0][0].endswith(b"\x1b")  # the pair is cut
    assert smpp.write_text(euro).user_data[0].endswith(b"x")
    face = "早" * 66 + "😀" + "报" * 20
    assert gsm.make_parts(face, consts.SMPP_ENCODING_ISO10646)[0][0].endswith(b"\xd8\x3d")
    assert smpp.write_text(face).user_data[0].endswith("早".encode("utf-16-be"))


def test_a_text_that_is_too_long_or_no_text() -> None:
    assert len(smpp.write_text("早" * 67 * 255)) == 255
    with pytest.raises(CodecError, match="256 short messages"):
        smpp.write_text("早" * (67 * 255 + 1))
    with pytest.raises(CodecError, match="surrogate"):
        smpp.write_text("a\ud83d")
    with pytest.raises(CodecError, match="alphabet lacks"):
        smpp.write_text("早", data_coding=0)
    with pytest.raises(CodecError, match="not 3"):
        smpp.write_text("a", data_coding=3)
    assert smpp.write_text("a", data_coding=8).user_data == (b"\0a",)


@given(GSM_TEXTS | ANY_TEXTS)
def test_a_payload_holds_the_whole_text(text: str) -> None:
    made = smpp.write_payload(text)
    assert len(made) == 1
    (prepared,) = smpp.prepare_submits(smpp.SubmitSM(source_addr="10658"), made)
    submit = smpp.read_submit_sm(prepared.render(1, "8613800138000", 5))
    assert smpp.read_text(submit.data_coding, submit.payload) == text
    assert not submit.has_header
    with pytest.raises(CodecError, match="message_payload"):
        smpp.write_payload("早" * 32_768)


@given(GSM_TEXTS | ANY_TEXTS, REFERENCES, st.sampled_from([1, 2]))
def test_prepared_short_messages_carry_the_reference(text: str, reference: int, octets: smpp.texts.ReferenceOctets) -> None:
    made = smpp.write_text(text, reference_octets=octets)
    template = smpp.SubmitSM(source_addr="10658", esm_class=smpp.EsmClass.REPLY_PATH, registered_delivery=1, tlvs=((smpp.Tag.USER_MESSAGE_REFERENCE, b"\0\1"),))
    prepared = smpp.prepare_submits(template, made)
    submits = [smpp.read_submit_sm(each.render(number, "8613800138000", reference)) for number, each in enumerate(prepared, 1)]
    assert tuple(each.short_message for each in submits) == made.user_data_for(reference)
    assert {(each.data_coding, each.esm_class, each.tlvs) for each in submits} == {(made.data_coding, 0x80 | made.esm_class, template.tlvs)}


def test_texts_of_other_codings() -> None:
    assert smpp.read_text(0x0F, "早报".encode("gb18030")) == "早报"
    assert smpp.read_text(3, b"\xe9") == "é"
    assert smpp.read_text(0, b"\xe9", default_alphabet="latin-1") == "é"
    assert smpp.read_text(0xF1, b"\0") == "@"
    assert smpp.read_text(8, b"\0a\0") == "a�"
    with pytest.raises(CodecError, match="no text"):
        smpp.read_text(4, b"\0")


# --- references ------------------------------------------------------------------------------------------------------


@given(st.integers(0, 1 << 40), st.lists(st.sampled_from(["13800138000", "13900139000", "13700137000"]), max_size=400))
def test_no_reference_comes_twice_to_a_handset_within_the_window(start: int, order: list[str]) -> None:
    references = smpp.References(start)
    given_: dict[str, list[int]] = {}
    for number, destination in enumerate(order):
        given_.setdefault(destination, []).append(references.next(destination, float(number)) % 256)
    for each in given_.values():
        assert all(len(set(each[at : at + 256])) == len(each[at : at + 256]) for at in range(len(each)))


def test_what_is_remembered_is_bounded() -> None:
    references = smpp.References(remembered_max=3)
    for number in range(10):
        references.next(str(number), 0.0)
    assert len(references) == 3
    first = references.next("9", 1.0)
    assert references.next("9", 2.0) == first + 1
    assert references.next("9", 1e9) != first + 2
