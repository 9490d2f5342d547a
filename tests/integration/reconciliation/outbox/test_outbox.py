"""The outbox against a real BOSS: each request is done once, in its reader's order, whatever is lost on the way."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from console.checks import examine
from huabao.alarms import Alarm
from huabao.queues import Job
from huabao.runtime import Runtime
from reconciliation.outbox import Request, enqueue, people
from reconciliation.outbox.models import DONE, PERSON, REFUSED, WAITING, OutboundRequest
from reconciliation.outbox.sending import claim, heal, work
from subscribers.models import Reader
from tests.command_line import CLI
from tests.integration.reconciliation.installing import add_readers, later, numbers, set_values, with_boss
from tests.integration.sandbox.running import boss, kept


def _ask(runtime: Runtime, kind: str, reader_id: int, key: str, **more: Any) -> int:
    with runtime.transaction() as session:
        return enqueue(session, Request("boss", kind, key, reader_id, service_id="paper", **more), now=runtime.now())


def _rows(runtime: Runtime) -> list[OutboundRequest]:
    with runtime.transaction(read_only=True) as session:
        return list(session.scalars(select(OutboundRequest).order_by(OutboundRequest.id)))


def _alarms(runtime: Runtime) -> list[Alarm]:
    with runtime.transaction(read_only=True) as session:
        return list(session.scalars(select(Alarm).where(Alarm.closed_at.is_(None)).order_by(Alarm.kind)))


def test_requests_are_done_in_each_readers_order(runtime: Runtime, tmp_path: Path) -> None:
    with boss("--keep", tmp_path / "boss", "--answer-delay-ms", "0-20") as peer:
        runtime = with_boss(runtime, peer.url + "orders")
        readers = add_readers(runtime, numbers(6))
        for round_, kind in enumerate(("order", "cancel", "order")):
            for reader_id in readers.values():
                _ask(runtime, kind, reader_id, f"{kind}:{round_}:{reader_id}", payload={"price_fen": 500, "reason": "wap"})
        assert _ask(runtime, "order", readers["13800000000"], "order:0:" + str(readers["13800000000"])) == 1, "one cause asks once"
        work(runtime, "boss")
        accounts = peer.accounts()
        assert {(one["orders"]["paper"]["state"], one["orders"]["paper"]["price_fen"]) for one in accounts.values()} == {("active", 500)}
        assert peer.stats()["ordered"] == 12
    assert {row.state for row in _rows(runtime)} == {DONE}
    assert all(row.attempts == 1 and row.code == "00" for row in _rows(runtime))
    for number in readers:
        told = [one["operation"] for one in kept(tmp_path / "boss", "requests") if one["msisdn"] == number]
        assert told == ["order", "cancel", "order"]


def test_lost_answers_are_asked_for_again_and_nobody_is_ordered_twice(runtime: Runtime) -> None:
    with boss("--drop", "0.4") as peer:
        runtime = with_boss(runtime, peer.url)
        set_values(runtime, outbox_down_after=1000, outbox_attempts_max=30)
        readers = add_readers(runtime, numbers(20))
        for reader_id in readers.values():
            _ask(runtime, "order", reader_id, f"order:{reader_id}")
        for _ in range(40):
            work(runtime, "boss")
            if all(row.state == DONE for row in _rows(runtime)):
                break
            runtime = later(runtime, 4000)
        found = peer.stats()
    assert {row.state for row in _rows(runtime)} == {DONE}
    assert found["ordered"] == 20
    assert found["repeated"] == found["dropped"] > 0


def test_with_the_database_away_an_answer_is_asked_for_again(sqlite_runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_arguments: object) -> None:
        raise OperationalError("BEGIN", {}, Exception("the server closed the connection"))

    with boss() as peer:
        runtime = with_boss(sqlite_runtime, peer.url)
        _ask(runtime, "order", add_readers(runtime, numbers(1))["13800000000"], "a")
        with monkeypatch.context() as broken:
            broken.setattr("reconciliation.outbox.sending.record", away)
            with pytest.raises(OperationalError):
                work(runtime, "boss")
        assert work(runtime, "boss") == 0, "nobody knows yet whether it is still on its way"
        heal(later(runtime, 300))
        work(later(runtime, 400), "boss")
        assert (peer.stats()["ordered"], peer.stats()["repeated"]) == (1, 1)
    assert [row.state for row in _rows(runtime)] == [DONE]


def test_already_ordered_and_not_ordered_count_as_done(sqlite_runtime: Runtime) -> None:
    runtime = sqlite_runtime
    with boss() as peer:
        runtime = with_boss(runtime, peer.url)
        reader_id = add_readers(runtime, ["13800138000"])["13800138000"]
        peer.post("events", {"event": "order", "msisdn": "13800138000", "service_id": "paper"})
        _ask(runtime, "order", reader_id, "a")
        _ask(runtime, "cancel", reader_id, "b")
        _ask(runtime, "cancel", reader_id, "c")
        work(runtime, "boss")
    assert [(row.state, row.code) for row in _rows(runtime)] == [(DONE, "05"), (DONE, "00"), (DONE, "06")]


def test_a_peer_that_is_away_holds_the_rest_without_spending_tries(runtime: Runtime) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    runtime = with_boss(runtime, f"http://127.0.0.1:{port}/")
    readers = add_readers(runtime, numbers(12))
    for reader_id in readers.values():
        _ask(runtime, "order", reader_id, f"order:{reader_id}")
    asked = 0
    for _ in range(12):  # a day, every two hours
        heal(runtime)
        asked += work(runtime, "boss")
        runtime = later(runtime, 7200)
    assert asked == 0
    assert {(row.state, row.attempts) for row in _rows(runtime)} == {(WAITING, 0)}
    alarm = _alarms(runtime)
    assert [(one.kind, one.key, one.count) for one in alarm] == [("outbox.peer-away", "boss", 1)]
    assert claim(later(runtime, -7190), "boss") == [], "nobody is asked between two probes"
    with boss(port=port) as peer:
        work(runtime, "boss")
        assert peer.stats()["ordered"] == 12
    assert {row.state for row in _rows(runtime)} == {DONE}
    assert _alarms(runtime) == []


def test_a_peer_that_says_not_now_is_asked_again_by_itself(sqlite_runtime: Runtime) -> None:
    runtime = sqlite_runtime
    with boss() as peer:
        runtime = with_boss(runtime, peer.url)
        _ask(runtime, "order", add_readers(runtime, numbers(1))["13800000000"], "a")
        peer.post("down", {"seconds": 60})
        work(runtime, "boss")
        assert [(row.state, row.attempts, row.text) for row in _rows(runtime)] == [(WAITING, 0, "HTTP 503")]
        peer.post("down", {"seconds": 0})
        work(later(runtime, 60), "boss")
    assert [row.state for row in _rows(runtime)] == [DONE]


def test_what_boss_has_no_message_for_is_a_persons(sqlite_runtime: Runtime) -> None:
    with boss() as peer:
        runtime = with_boss(sqlite_runtime, peer.url)
        readers = add_readers(runtime, numbers(2))
        with runtime.transaction() as session:
            for number, payload in enumerate(({"state": "barred"}, {"state": "dancing"})):
                enqueue(session, Request("boss", "account", f"a{number}", list(readers.values())[number], payload=payload), now=runtime.now())
        work(runtime, "boss")
    assert [(row.state, row.code) for row in _rows(runtime)] == [(REFUSED, "100"), (PERSON, "no-message")]


def test_refused_is_refused(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    runtime = sqlite_runtime
    with boss() as peer:
        runtime = with_boss(runtime, peer.url)
        reader_id = add_readers(runtime, ["13800138000"])["13800138000"]
        peer.post("events", {"event": "barred", "msisdn": "13800138000"})
        _ask(runtime, "order", reader_id, "a")
        work(runtime, "boss")
    assert [(row.state, row.code, row.text) for row in _rows(runtime)] == [(REFUSED, "102", "停机")]
    assert _alarms(runtime) == []


def test_a_code_that_nobody_knows_is_a_persons(sqlite_runtime: Runtime, tmp_path: Path, cli: CLI) -> None:
    runtime = sqlite_runtime
    (tmp_path / "script.yaml").write_text(yaml.safe_dump([{"when": {"nth": 1}, "do": {"code": "4711"}}]))
    with boss("--script", tmp_path / "script.yaml") as peer:
        installed = with_boss(runtime, peer.url)
        readers = add_readers(runtime, numbers(2))
        first = _ask(runtime, "order", readers["13800000000"], "a")
        work(installed, "boss")
        second = _ask(runtime, "pause", readers["13800000001"], "b")
        work(installed, "boss")
        before = _rows(runtime)[0]
        assert (before.state, before.code) == (PERSON, "4711")
        assert [(one.kind, one.key) for one in _alarms(runtime)] == [("outbox.person", "boss")]
        assert [one["id"] for one in cli("outbox", "list", "--json", code=1).json["requests"]] == [first]
        assert "stands in no table" in cli("outbox", "show", first).out
        assert [(one.ok, one.found) for one in examine(installed) if one.what == "outbox"] == [(False, "1 requests wait for a person")]
        cli("outbox", "retry", first)
        work(installed, "boss")
        row = _rows(runtime)[0]
        assert (row.state, row.code) == (DONE, "00")
        assert row.transaction_id != before.transaction_id, "what was answered is asked under a new id"
    assert _alarms(runtime) == []
    assert "refused already" in cli("outbox", "drop", second, "--reason", "x", code=2).err


def test_two_workers_never_ask_about_one_reader_at_once(postgres_runtime: Runtime) -> None:
    with boss("--answer-delay-ms", "5-15") as peer:
        runtime = with_boss(postgres_runtime, peer.url)
        set_values(runtime, outbox_parallel=4)
        for reader_id in add_readers(runtime, numbers(10)).values():
            for index in range(4):
                _ask(runtime, ("order", "cancel")[index % 2], reader_id, f"{reader_id}:{index}")
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(lambda _: work(runtime, "boss"), range(3)))
        work(runtime, "boss")
        found = peer.stats()
    rows = _rows(runtime)
    assert {(row.state, row.code) for row in rows} == {(DONE, "00")}, "each was true when it came"
    assert found["ordered"] == 20


def test_a_reader_without_a_number_is_asked_for_nowhere(sqlite_runtime: Runtime) -> None:
    runtime = sqlite_runtime
    with boss() as peer:
        runtime = with_boss(runtime, peer.url)
        reader_id = add_readers(runtime, ["13800138000"])["13800138000"]
        _ask(runtime, "order", reader_id, "a")
        with runtime.transaction() as session:
            session.get_one(Reader, reader_id).msisdn = "-1"
        work(runtime, "boss")
        assert "requests" not in peer.stats()
    assert [(row.state, row.text) for row in _rows(runtime)] == [("dropped", "its reader has no number any more")]


def test_forgetting_a_reader_still_ends_his_order(runtime: Runtime) -> None:
    with boss() as peer:
        runtime = with_boss(runtime, peer.url)
        peer.post("events", {"event": "order", "msisdn": "13800138000", "service_id": "paper"})
        reader_id = add_readers(runtime, ["13800138000"])["13800138000"]
        _ask(runtime, "cancel", reader_id, "a", payload={"reason": "wap"})
        _ask(runtime, "order", reader_id, "b")
        with runtime.transaction() as session:
            assert people.forget_number(session, "13800138000") == {"outbound_requests": 1}
            session.delete(session.get_one(Reader, reader_id))
        work(runtime, "boss")
        assert peer.accounts()["13800138000"]["orders"]["paper"]["state"] == "cancelled"
    assert _rows(runtime) == []


def test_a_cause_that_is_rolled_back_asks_nobody(sqlite_runtime: Runtime) -> None:
    runtime = sqlite_runtime
    reader_id = add_readers(runtime, numbers(1))["13800000000"]
    with pytest.raises(RuntimeError), runtime.transaction() as session:
        enqueue(session, Request("boss", "order", "a", reader_id, service_id="paper"), now=runtime.now())
        raise RuntimeError
    assert _rows(runtime) == []
    with runtime.transaction(read_only=True) as session:
        assert session.scalar(select(Job.id)) is None
