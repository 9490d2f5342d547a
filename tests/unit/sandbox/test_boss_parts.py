"""The parts of the BOSS simulator: what it does for the platform, what happens at its counters, its files, its scripts."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from huabao.errors import UsageError
from reconciliation.codecs.boss import BossEvent, BossRequest, decode_answer, decode_event, encode_request, headers_for, verify
from sandbox.boss import wire
from sandbox.boss.accounts import Accounts
from sandbox.boss.commands import boss
from sandbox.boss.script import Moment, decide, read_script
from sandbox.boss.wire import Asked

NUMBER = "13800138000"


def _ask(accounts: Accounts, transaction_id: str, operation: str, service_id: str = "paper") -> str:
    return accounts.ask(Asked(transaction_id, operation, NUMBER, service_id, "", None))


def test_each_transaction_is_done_once() -> None:
    accounts = Accounts({"paper": 500})
    assert [_ask(accounts, "1", "order"), _ask(accounts, "1", "order"), _ask(accounts, "2", "order")] == ["00", "00", "05"]
    assert [_ask(accounts, "3", "cancel"), _ask(accounts, "1", "order"), _ask(accounts, "3", "cancel"), _ask(accounts, "4", "cancel")] == ["00", "00", "00", "06"]
    assert _ask(accounts, "1", "cancel") == "98", "an id stands for one request"
    assert accounts.by_number[NUMBER].orders["paper"].state == "cancelled"
    assert (accounts.counts["ordered"], accounts.counts["repeated"]) == (1, 4)


def test_states_of_accounts_and_orders() -> None:
    accounts = Accounts({})
    assert [_ask(accounts, str(number), one) for number, one in enumerate(("pause", "order", "pause", "pause", "resume", "barred", "barred"))] == [
        "100",
        "00",
        "00",
        "07",
        "00",
        "00",
        "07",
    ]
    assert _ask(accounts, "o", "order", "comic") == "102"
    assert _ask(accounts, "c", "closed") == "00"
    assert accounts.by_number[NUMBER].orders == {}


def test_what_happens_at_its_counters_stands_in_the_feed_and_in_the_bill(tmp_path: Path) -> None:
    accounts, at = Accounts({}), "2026-11-22T08:00:00+08:00"
    for event in (
        {"event": "order", "msisdn": NUMBER, "service_id": "paper", "price_fen": 500, "fee_msisdn": "13900139000"},
        {"event": "order", "msisdn": "13800138001", "service_id": "paper"},
        {"event": "barred", "msisdn": "13800138001"},
        {"event": "order", "msisdn": "13800138002", "service_id": "paper"},
        {"event": "transfer", "msisdn": "13800138002"},
        {"event": "number_change", "msisdn": NUMBER, "new_msisdn": "13800138009"},
    ):
        accounts.happen({**event, "effective_at": at})
    lines = list(accounts.feed(datetime(2026, 11, 22, 12, tzinfo=UTC)))
    assert lines == [
        "msisdn,service_id,state,effective_at,price_fen,fee_msisdn",
        f"13800138001,paper,paused,{at},300,",
        f"13800138009,paper,active,{at},500,13900139000",
        "#count=2",
        "#as_of=2026-11-22T12:00:00+00:00",
    ]
    assert list(csv.DictReader(accounts.bill())) == [{"msisdn": "13800138009", "fee_msisdn": "13900139000", "service_id": "paper", "price_fen": "500"}]
    (tmp_path / "feed.csv").write_text("\n".join(lines))
    again = Accounts({})
    assert again.load(tmp_path / "feed.csv") == 2
    assert again.by_number["13800138009"].orders["paper"].price_fen == 500
    (tmp_path / "feed.csv").write_text("a,b\n1,2\n")
    with pytest.raises(UsageError, match=r"feed\.csv"):
        again.load(tmp_path / "feed.csv")


def test_it_reads_and_writes_what_our_codec_writes_and_reads() -> None:
    body = encode_request(BossRequest("1", "order", NUMBER, "paper", "13900139000", 300, datetime(2026, 11, 22, tzinfo=UTC), "wap"))
    assert wire.read_request(body) == Asked("1", "order", NUMBER, "paper", "13900139000", 300)
    assert wire.read_request(b"{}") is wire.read_request(b"x") is wire.read_request(body.replace(b'"06"', b'"66"')) is None
    assert decode_answer(wire.write_answer("1", "05", "已订购")).code == "05"
    event = {"event_id": "e", "event": "order", "msisdn": NUMBER, "service_id": "paper", "effective_at": "2026-11-22T08:00:00+08:00", "reason": ""}
    assert decode_event(wire.write_event(event)) == BossEvent("e", "order", NUMBER, datetime(2026, 11, 22, tzinfo=UTC), "paper")


def test_both_sign_alike() -> None:
    headers = wire.signed("geheim", b"{}")
    stamp = int(headers[wire.STAMP])
    verify([b"geheim"], headers[wire.STAMP], headers[wire.SIGNATURE], b"{}", now_s=stamp)
    assert wire.is_signed(["other", "geheim"], headers_for(b"geheim", stamp, b"{}"), b"{}")
    assert not wire.is_signed(["other"], headers, b"{}")
    assert not wire.is_signed(["geheim"], headers_for(b"geheim", stamp - 400, b"{}"), b"{}")


def test_a_script_says_what_a_request_meets(tmp_path: Path) -> None:
    path = tmp_path / "script.yaml"
    path.write_text("- {when: {nth: 2}, do: {http: 503}}\n- {when: {operation: order, msisdn: '138*'}, do: {code: '102'}}\n- {do: {drop: true}}\n")
    rules = read_script(path)
    assert [dict(decide(rules, Moment(0.0, number, operation, NUMBER, "paper"))) for number, operation in ((1, "order"), (2, "order"), (3, "cancel"))] == [
        {"code": "102"}, {"http": 503}, {"drop": True},
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["a: 1", "- 1", "- {do: {dance: true}}", "- {do: {code: 102}}", "- {do: {drop: true}, when: {mood: 1}}", "- {when: {nth: 1}}"])
def test_scripts_that_are_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "script.yaml").write_text(text)
    with pytest.raises(UsageError, match=r"script\.yaml"):
        read_script(tmp_path / "script.yaml")


def test_it_says_what_a_script_may_say_and_what_is_wrong() -> None:
    assert "every" in CliRunner().invoke(boss, ["--script-help"]).output
    said = CliRunner().invoke(boss, ["--delay-ms", "5-1"])
    assert said.exit_code == 2
    assert "--delay-ms" in said.output
