"""The SMSC simulator's parts: its script, its options, and its wire beside Huabao's codec."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from delivery.codecs import smpp
from huabao.errors import UsageError
from sandbox.commands import sandbox
from sandbox.smsc import wire
from sandbox.smsc.options import FORMS, IDS, OUTCOMES, STATES, parse_errors, parse_esmes
from sandbox.smsc.script import Moment, decide, read_script
from sandbox.smsc.script import __doc__ as SCRIPT_DOC
from tests.smpp_strategies import BODIES, SUBMITS

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)


def script(folder: Path, text: str) -> Path:
    """A script's file."""
    path = folder / "script.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_scripts_own_description_is_a_script(tmp_path: Path) -> None:
    described = "\n".join(line for line in str(SCRIPT_DOC).split("::\n", 1)[1].splitlines())
    rules = read_script(script(tmp_path, described))
    assert len(rules) == 10
    moment = Moment(6.0, 1, 0, "13900139000", "huabao", "hello")
    assert decide(rules, moment) == {"status": 0x14}
    assert decide(rules, Moment(9.0, 20, 0, "13900139000", "huabao", "hello")) == {"drop": True}
    assert decide(rules, Moment(9.0, 21, 0, "13800139000", "huabao", "TD now")) == {"stat": "UNDELIV", "err": "021", "answer_delay_ms": 300, "delay_ms": 5}
    assert decide(rules, Moment(9.0, 21, 0, "13800139000", "other", "TD now")) == {}


@pytest.mark.parametrize(
    "text",
    ["[", "a: 1", "- 1", "- {do: {dance: true}}", "- {do: {drop: 1}}", "- {do: {status: NOPE}}", "- {do: {stat: NOPE}}", "- {do: {drop: true}, at_s: 1}", "- {do: {reset: true}, at_s: x}",
     "- {do: {reset: true}, at_s: 1, when: {nth: 1}}", "- {do: {drop: true}, when: {nth: x}}", "- {do: {drop: true}, when: {mood: 1}}", "- {do: {mo: x}, at_s: 1}", "- {do: {mo: {from: a}}}"],
)  # fmt: skip
def test_scripts_that_are_none(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match=r"script\.yaml"):
        read_script(script(tmp_path, text))


def test_a_script_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        read_script(tmp_path / "none.yaml")


def test_options() -> None:
    assert parse_esmes(("huabao:ge:heim", "other:")) == {"huabao": "ge:heim", "other": ""}
    for bad in ("huabao", ":x", "huabao:123456789", "a-system-id-too-long:x"):
        with pytest.raises(UsageError):
            parse_esmes((bad,))
    assert parse_errors("ESME_RSUBMITFAIL=0.1,88=0.2,0x14=0.1") == {0x45: 0.1, 88: 0.2, 0x14: 0.1}
    for wrong in ("ESME_NOPE=0.1", "0x=0.1", "4294967296=0.1", "0=0.1"):
        with pytest.raises(UsageError):
            parse_errors(wrong)
    assert set(OUTCOMES.values()) <= {*STATES, ""}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--esme", "huabao"], "ID:PASSWORD"), (["--mix", "read=1"], "there is no 'read'"), (["--tls-cert", __file__], "--tls-key"), (["--errors", "ESME_NOPE=1"], "ESME_NOPE"),
        (["--delay-ms", "5-1"], "--delay-ms"), (["--script", "/no/such.yaml"], "No such file"), (["--receipt-ids", "octal"], "octal"),
    ],
)  # fmt: skip
def test_wrong_use_is_said_in_a_line(arguments: list[str], said: str) -> None:
    found = CliRunner().invoke(sandbox, ["smsc", *arguments])
    assert found.exit_code == 2
    assert said in found.output


def test_what_a_script_may_say() -> None:
    assert "do: {garbage: true}" in CliRunner().invoke(sandbox, ["smsc", "--script-help"]).output


@given(st.integers(1, 1 << 62))
def test_ids_of_answers_and_receipts(number: int) -> None:
    for name, (answered, reported) in IDS.items():
        assert len(answered(number)) < 65
        form = name if name in smpp.ID_FORMS else "same"
        same = [smpp.receipt_id_form(reported(number), form).lower().lstrip("0"), answered(number).lower().lstrip("0")]
        assert same[0] == same[1], name


@given(BODIES, st.integers(1, 60))
def test_it_reads_what_huabao_writes(body: smpp.Body, size: int) -> None:
    octets = smpp.encode(body, 9)
    stream = wire.Stream()
    (found,) = [each for at in range(0, len(octets), size) for each in stream.feed(octets[at : at + size])]
    assert (found.sequence, found.frame, stream.lost) == (9, octets, False)
    if isinstance(body, smpp.Bind) and found.pdu:
        assert wire.text_of(found.pdu.system_id) == body.system_id


@given(SUBMITS.filter(lambda submit: not submit.tlvs))
def test_both_find_the_same_in_a_submit_sm(submit: smpp.SubmitSM) -> None:
    (found,) = wire.Stream().feed(smpp.encode(submit, 9))
    assert (found.name, wire.is_cut(found.pdu)) == ("submit_sm", False)
    for name in ("source_addr", "destination_addr", "service_type", "validity_period"):
        assert wire.text_of(getattr(found.pdu, name)) == getattr(submit, name)
    assert (found.pdu.short_message or b"") == submit.short_message


@given(st.binary(max_size=200))
def test_nonsense_loses_the_stream_or_is_a_request(data: bytes) -> None:
    stream = wire.Stream()
    for request in stream.feed(data):
        assert len(request.frame) >= 16


@pytest.mark.parametrize("form", FORMS)
def test_receipts_are_read_by_huabao(form: str) -> None:
    text = wire.receipt_text(form, "00ab", "UNDELIV", "021", NOON, "早报 paper".encode())
    parameters: smpp.TLVs = ((smpp.Tag.RECEIPTED_MESSAGE_ID, b"00ab\0"), (smpp.Tag.MESSAGE_STATE, b"\5")) if form == "tlv" else ()
    octets = wire.deliver(3, esm_class=4, short_message=text, **({"receipted_message_id": "00ab", "message_state": 5} if form == "tlv" else {}))
    pdu = smpp.decode(octets)
    assert isinstance(pdu.body, smpp.DeliverSM)
    assert set(pdu.body.tlvs) == set(parameters)
    receipt = smpp.read_receipt(pdu.body)
    assert (receipt.message_id.lower(), receipt.state) == ("00ab", smpp.MessageState.UNDELIVERABLE)


@given(st.text(st.sampled_from("TDQX退订早报😀€ `"), max_size=300), st.integers(0, 255))
def test_handsets_texts_are_read_by_huabao(text: str, reference: int) -> None:
    coding, esm_class, pieces = wire.handset_texts(text, reference)
    found = [smpp.piece_of(smpp.DeliverSM(esm_class=esm_class, data_coding=coding, short_message=each)) for each in pieces]
    assert smpp.join_text(found) == (text.replace("`", "'") if coding == 0 else text)
