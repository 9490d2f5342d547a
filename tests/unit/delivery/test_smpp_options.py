"""Options of an smpp port: what cannot work is refused in words, what is unwise is warned of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from delivery.codecs.smpp import Concatenation, concatenation_of, read_submit_sm, read_text, read_udh
from delivery.models import Port
from delivery.ports import MessageContent, PortSettings, WAPPush, port_kind
from delivery.ports.smpp.contents import prepare
from delivery.ports.smpp.options import SMPPOptions, address_of, advice
from huabao.errors import PortError, UsageError
from huabao.msisdn import MSISDN

URL = "smpp://smsc.example:2775"


def options(**given: Any) -> SMPPOptions:
    return SMPPOptions.of(URL, {"system_id": "huabao", **given})


def settings(**given: Any) -> PortSettings:
    return PortSettings(1, "sms", "smpp", URL, 50.0, 1, options={"system_id": "huabao"}, **given)


@pytest.mark.parametrize(
    ("url", "found"),
    [(URL, ("smsc.example", 2775, False)), ("smpps://10.0.0.1:3550", ("10.0.0.1", 3550, True)), ("smpp://smsc", ("smsc", 2775, False)), ("smpp://[::1]:99/", ("::1", 99, False))],
)
def test_addresses(url: str, found: tuple[str, int, bool]) -> None:
    assert address_of(url) == found


@pytest.mark.parametrize("url", ["http://smsc:2775", "smpp://", "smsc:2775", "smpp://smsc:0", "smpp://smsc:99999", "smpp://me:secret@smsc:2775", "smpp://smsc:2775/path"])
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(UsageError, match="--url"):
        address_of(url)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"system_id": ""}, "--system-id"),
        ({"system_id": "x" * 16}, "15 ASCII"),
        ({"system_id": "花报"}, "ASCII"),
        ({"window": 0}, "--window"),
        ({"binds": 17}, "--binds"),
        ({"source_ton": 7}, "--source-ton"),
        ({"number_form": "+1"}, "--number-form"),
        ({"receipt_id": "octal"}, "--receipt-id"),
        ({"receipt_zone": "Mars"}, "--receipt-zone"),
        ({"dialect": "klingon"}, "klingon"),
        ({"ca_file": "/no/such.pem"}, "--ca-file"),
        ({"vasp_id": "8"}, "no option 'vasp_id'"),
    ],
)
def test_what_cannot_work(given: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        options(**given)


def test_a_kind_checks_its_options() -> None:
    port_kind("smpp").check(settings())
    with pytest.raises(UsageError, match="no option 'auth'"):
        port_kind("smpp").check(PortSettings(1, "sms", "smpp", URL, 50.0, 1, options={"system_id": "huabao", "auth": "basic"}))


def test_a_missing_password_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SMSC_PASSWORD", raising=False)
    with pytest.raises(PortError, match="SMSC_PASSWORD"):
        options(password_env="SMSC_PASSWORD").bind()
    monkeypatch.setenv("SMSC_PASSWORD", "secret")
    assert options(password_env="SMSC_PASSWORD").bind().password == "secret"
    assert options().bind().password == ""


@pytest.mark.parametrize(("form", "receipt"), [("same", "0000ABC"), ("hex", "0xABC"), ("decimal", "2748")])
def test_ids_of_receipts_find_those_of_answers(form: str, receipt: str) -> None:
    one = options(message_id="nocase-nozeros", receipt_id=form)
    answer = {"same": "abc", "hex": "2748", "decimal": "00ABC"}[form]
    assert one.receipt_id_of(receipt) == one.message_id_of(answer)


def test_the_windows_say_how_many_may_be_in_flight() -> None:
    row = Port(id=3, name="sms", kind="smpp", url=URL, rate=50.0, burst=1, connections=8, max_recipients=100, timeout_s=30.0, options={"system_id": "h", "window": 20, "binds": 2})
    row.hours, row.service_codes, row.priority, row.cost_fen_per_1000, row.contract = "", [], 0, 0, {}
    row.state, row.state_reason, row.rate_factor, row.breaker, row.failures = "up", "", 1.0, "closed", 0
    found = PortSettings.of(row)
    assert (found.connections, found.max_recipients, found.group_size, found.tokens(1)) == (40, 1, 1, 1)


def test_a_window_far_above_the_rate_is_warned_of() -> None:
    assert advice(20, {"window": 60}) == ""
    assert "2 to 3 times the rate" in advice(20, {"window": 50, "binds": 2})
    assert advice(0.5, {"window": 1}) == ""


def test_numbers_are_written_as_the_peer_wants_them() -> None:
    assert [options(number_form=form).number(MSISDN("13800138000")) for form in ("86", "+86", "national")] == ["8613800138000", "+8613800138000", "13800138000"]


# --- contents --------------------------------------------------------------------------------------------------------


def test_a_text_takes_as_many_submit_sm_as_it_needs() -> None:
    assert len(prepare(settings(), options(), MessageContent(text="早报"))) == 1
    assert len(prepare(settings(), options(), MessageContent(text="报" * 135))) == 3


def test_how_a_long_text_goes_is_the_ports_option() -> None:
    text = MessageContent(text="报" * 134)
    submits = {form: [read_submit_sm(pdu.render(1, "8613800138000", 258)) for pdu in prepare(settings(), options(long_text=form), text)] for form in ("parts", "parts-16", "payload")}
    assert {form: [len(one.short_message) for one in found] for form, found in submits.items()} == {"parts": [140, 140], "parts-16": [139, 139, 7 + 4], "payload": [0]}
    assert [concatenation_of(read_udh(submits[form][0].short_message)[0]) for form in ("parts", "parts-16")] == [Concatenation(2, 2, 1), Concatenation(258, 3, 1)]
    assert read_text(8, submits["payload"][0].payload) == text.text
    with pytest.raises(UsageError, match="--long-text"):
        options(long_text="cut")


def test_a_text_beyond_the_ports_parts_is_refused_before_it_leaves() -> None:
    with pytest.raises(PortError, match="takes 3 short messages"):
        prepare(settings(), options(parts_max=2), MessageContent(text="报" * 135))


def test_a_wap_push_goes_to_the_browser_and_an_mms_does_not_go() -> None:
    (pdu,) = prepare(settings(), options(), MessageContent(wap_push=WAPPush("http://wap.example/a", "今天的早报")))
    frame = pdu.render(1, "8613800138000")
    assert bytes.fromhex("0605040B8423F0") in frame
    assert read_udh(bytes.fromhex("0605040B8423F0"))[0]
    with pytest.raises(PortError, match="mm7"):
        prepare(settings(), options(), MessageContent(mime=b"x"))


def test_a_private_ca_that_is_none_is_named(tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.write_text("no certificate")
    with pytest.raises(UsageError, match="PEM"):
        options(ca_file=str(path)).ssl_context()
