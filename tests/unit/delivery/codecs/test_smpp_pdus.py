"""PDUs: there and back, at every cut, from nonsense, and octet for octet as smpplib writes them."""

from __future__ import annotations

import random
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from smpplib import command as smpplib_command
from smpplib import smpp as smpplib

from delivery.codecs import smpp
from delivery.codecs.smpp.names import Command
from huabao.errors import CodecError
from tests.smpp_strategies import BODIES, DELIVERS, SEQUENCES, STATUSES, SUBMITS, TLVS, texts

NAMES = [each.name for each in fields(smpp.SubmitSM) if each.name != "tlvs"]


def by_smpplib(command: str, body: Any, sequence: int, status: int = 0, **more: Any) -> bytes:
    """The same values, written by smpplib."""
    pdu = smpplib.make_pdu(command, sequence=sequence)
    pdu.sequence, pdu.status = sequence, status
    for each in fields(body):
        if each.name not in ("tlvs", "mode"):
            setattr(pdu, each.name, getattr(body, each.name))
    for name, value in more.items():
        setattr(pdu, name, value)
    written: bytes = pdu.generate()
    return written


def random_message(dice: random.Random) -> smpp.SubmitSM:
    """A message of fields of any size and content."""

    def text(octets_max: int) -> str:
        return "".join(chr(dice.randrange(1, 256)) for _ in range(dice.choice((0, dice.randrange(octets_max), octets_max - 1))))

    def octet() -> int:
        return dice.choice((0, 1, dice.randrange(256), 255))

    return smpp.SubmitSM(
        text(6), octet(), octet(), text(21), octet(), octet(), text(21), octet(), octet(), octet(), text(17), text(17), octet(), octet(), octet(), octet(),
        dice.randbytes(dice.choice((0, 1, dice.randrange(254), 140, 254))),
    )  # fmt: skip


@pytest.mark.parametrize(("command", "kind"), [("submit_sm", smpp.SubmitSM), ("deliver_sm", smpp.DeliverSM)])
def test_thousands_of_messages_are_smpplibs_octet_for_octet(command: str, kind: type[Any]) -> None:
    dice = random.Random(34)
    for _ in range(2_500):
        message = kind(*[getattr(random_message(dice), name) for name in NAMES])
        sequence = dice.randrange(1, smpp.SEQUENCE_MAX)
        octets = smpp.encode(message, sequence)
        assert octets == by_smpplib(command, message, sequence)
        assert smpp.decode(octets) == smpp.PDU(sequence, 0, message)


@given(SUBMITS, SEQUENCES)
def test_prepared_submits_are_the_same_octets(submit: smpp.SubmitSM, sequence: int) -> None:
    address = "".join(char for char in submit.destination_addr if " " < char < "\x7f" and char != "?")
    prepared = smpp.PreparedSubmit(submit)
    assert prepared.render(sequence, address) == smpp.encode(replace(submit, destination_addr=address), sequence)


@settings(max_examples=300)
@given(texts(65), SEQUENCES, STATUSES, st.sampled_from(["submit_sm_resp", "deliver_sm_resp"]))
def test_responses_are_smpplibs_octet_for_octet(message_id: str, sequence: int, status: int, command: str) -> None:
    body = smpp.SubmitSMResp(message_id) if command == "submit_sm_resp" else smpp.DeliverSMResp(message_id)
    octets = smpp.encode(body, sequence, status)
    assert octets == by_smpplib(command, body, sequence, status)
    assert smpp.read_message_id(octets) == message_id
    assert smpp.read_header(octets) == (len(octets), Command[command.upper()], status, sequence)


@pytest.mark.parametrize(
    ("command", "body"),
    [
        ("bind_transceiver", smpp.Bind("huabao", "geheim", "VMS", address_range="10658*")),
        ("bind_receiver", smpp.Bind("huabao", mode="receiver")),
        ("bind_transmitter_resp", smpp.BindResp("smsc", "transmitter")),
        ("query_sm", smpp.QuerySM("12", 1, 1, "10658")),
        ("query_sm_resp", smpp.QuerySMResp("12", "", 2, 0)),
        ("unbind", smpp.Unbind()),
        ("unbind_resp", smpp.UnbindResp()),
        ("enquire_link", smpp.EnquireLink()),
        ("enquire_link_resp", smpp.EnquireLinkResp()),
        ("generic_nack", smpp.GenericNack()),
    ],
)
def test_the_other_pdus_are_smpplibs(command: str, body: smpp.Body) -> None:
    assert smpp.encode(body, 7) == by_smpplib(command, body, 7)


def test_optional_parameters_that_smpplib_knows_are_its_own() -> None:
    submit = smpp.SubmitSM(destination_addr="8613800138000")
    ours = replace(submit, tlvs=((smpp.Tag.USER_MESSAGE_REFERENCE, b"\0\7"), (smpp.Tag.MESSAGE_PAYLOAD, b"long")))
    assert smpp.encode(ours, 9) == by_smpplib("submit_sm", submit, 9, user_message_reference=7, message_payload=b"long")
    unknown = replace(submit, tlvs=((0x1501, b"a carrier's own"), (0x1501, b"twice")))
    assert smpp.decode(smpp.encode(unknown, 9)).body == unknown  # smpplib drops what it does not know


def test_what_smpplib_cuts_silently_is_refused() -> None:
    for submit in (smpp.SubmitSM(source_addr="1" * 21), smpp.SubmitSM(destination_addr="1" * 21), smpp.SubmitSM(service_type="WAPPUS")):
        with pytest.raises(smpp.PDUError, match="are possible") as caught:
            smpp.encode(submit, 1)
        assert not caught.value.theirs
    with pytest.raises(smpp.PDUError):
        smpp.encode(smpp.Bind("a system_id too long", ""), 1)
    with pytest.raises(smpp.PDUError, match="up to 20"):
        smpp.PreparedSubmit(smpp.SubmitSM()).render(1, "1" * 21)
    for bad in (smpp.SubmitSM(esm_class=256), smpp.SubmitSM(source_addr_ton=-1), smpp.SubmitSM(short_message=bytes(255)), smpp.SubmitSM(source_addr="华报")):
        with pytest.raises(smpp.PDUError):
            smpp.encode(bad, 1)
    with pytest.raises(smpp.PDUError, match="either"):
        smpp.encode(smpp.SubmitSM(short_message=b"a", tlvs=((smpp.Tag.MESSAGE_PAYLOAD, b"b"),)), 1)


def test_what_smpplib_lacks() -> None:
    assert "cancel_sm" not in dir(smpplib_command)
    cancel = smpp.CancelSM("", "00ff", 1, 1, "10658", 1, 1, "8613800138000")
    assert smpp.encode(cancel, 5) == bytes.fromhex("0000002e 00000008 00000000 00000005 00 3030666600 0101 313036353800 0101 3836313338303031333830303000")
    assert smpp.decode(smpp.encode(cancel, 5)).body == cancel
    replaced = smpp.ReplaceSM("00ff", 1, 1, "10658", short_message=b"new")
    assert smpp.decode(smpp.encode(replaced, 5)).body == replaced


@settings(max_examples=400)
@given(BODIES, SEQUENCES, STATUSES)
def test_there_and_back(body: smpp.Body, sequence: int, status: int) -> None:
    octets = smpp.encode(body, sequence, status)
    assert smpp.decode(octets) == smpp.PDU(sequence, status, body)


@settings(max_examples=150)
@given(BODIES, st.data())
def test_a_pdu_that_ends_early_is_a_pdu_or_a_fault_of_theirs(body: smpp.Body, data: st.DataObject) -> None:
    octets = smpp.encode(body, 77)
    cut = octets[: data.draw(st.integers(16, len(octets)))]
    cut = len(cut).to_bytes(4, "big") + cut[4:]
    try:
        assert smpp.decode(cut).sequence == 77
    except smpp.PDUError as error:
        assert error.theirs and not error.fatal
        assert (error.sequence, error.command) == (77, smpp.read_header(octets).command)
        assert error.status_code


@settings(max_examples=300)
@given(st.sampled_from(Command) | st.integers(0, 0xFFFFFFFF), st.binary(max_size=300))
@example(Command.QUERY_SM_RESP, b"\0")
@example(Command.BIND_TRANSCEIVER_RESP, b"smsc")
def test_nonsense_is_a_codec_error_or_a_value(command: int, body: bytes) -> None:
    frame = smpp.pack_header(16 + len(body), command, 0, 3) + body
    try:
        pdu = smpp.decode(frame)
    except CodecError as error:
        assert error.theirs
    else:
        assert pdu.sequence == 3


def test_answers_with_an_error_have_no_body() -> None:
    for command in (Command.SUBMIT_SM_RESP, Command.DELIVER_SM_RESP, Command.BIND_TRANSCEIVER_RESP, Command.QUERY_SM_RESP, Command.DATA_SM_RESP):
        frame = smpp.pack_header(16, command, smpp.Status.ESME_RTHROTTLED, 4)
        assert smpp.decode(frame).status == smpp.Status.ESME_RTHROTTLED
    assert smpp.read_message_id(smpp.pack_header(16, Command.SUBMIT_SM_RESP, 0x58, 4)) == ""


def test_an_unknown_pdu_names_what_to_answer() -> None:
    with pytest.raises(smpp.PDUError) as caught:
        smpp.decode(smpp.pack_header(16, 0x0B, 0, 12))
    assert (caught.value.status_code, caught.value.sequence, caught.value.fatal) == (smpp.Status.ESME_RINVCMDID, 12, False)
    with pytest.raises(smpp.PDUError):
        smpp.decode(smpp.pack_header(17, Command.ENQUIRE_LINK, 0, 12))
    with pytest.raises(smpp.PDUError):
        smpp.decode(b"\0\0\0\x08")


@given(DELIVERS, TLVS)
def test_parameters_of_a_deliver_sm_are_found(message: smpp.DeliverSM, tlvs: smpp.TLVs) -> None:
    read = smpp.read_deliver_sm(smpp.encode(replace(message, tlvs=tlvs), 1))
    for tag, _ in tlvs:
        assert read.tlv(tag) == next(value for one, value in tlvs if one == tag)
    assert read.tlv(smpp.Tag.MESSAGE_PAYLOAD) is None


def test_names_of_states() -> None:
    assert smpp.status_name(0x58) == "ESME_RTHROTTLED"
    assert smpp.status_name(0x400) == "0x00000400"
