"""`huabao dispatch …` and `huabao ledger verify`; the dispatch itself and the proof as processes of their own."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from huabao.alarms import Alarm
from huabao.runtime import Runtime
from tests.command_line import CLI
from tests.integration.console.dispatch_rows import add_users
from tests.services.delivering import add_port, build_world, peer, set_setting


def test_plan_start_status_verify(runtime: Runtime, cli: CLI, tmp_path: Path) -> None:
    world = build_world(runtime, readers=700)
    run = cli.process if runtime.engine.dialect.name == "postgresql" else cli
    with peer(tmp_path / "kept") as mmsc:
        add_port(runtime, mmsc.url)
        planned = cli("dispatch", "plan", world.edition, "--deadline", "2099-01-01T06:30", "--json").json
        assert {"audience", "planned", "excluded", "variants", "bytes", "ports", "need_rate_per_s", "forecast_s", "deadline_met"} <= planned.keys()
        assert (planned["audience"], planned["planned"], planned["deadline_met"], planned["ports"][0]["load"]) == (700, 700, True, 700)
        started = run("dispatch", "start", world.edition, "--json", env={"HUABAO_REPORT_WAIT_S": "1"}).json
        assert {"dispatch_id", "state", "audience", "planned", "excluded", "outcomes", "rate_per_s", "forecast_finish_at"} <= started.keys()
        assert (started["state"], started["outcomes"]["no_report"]) == ("closed", 700)
        assert cli("dispatch", "status", 1, "--watch", "--json").json["state"] == "closed"
        proof = run("ledger", "verify", "--peer", mmsc.keep, "--json").json
        assert (proof["balanced"], proof["problems"]) == (True, [])
        assert proof["dispatches"][0]["planned"] == 700
        lines = (mmsc.keep / "submissions.jsonl").read_text()
        (mmsc.keep / "submissions.jsonl").write_text(lines + lines)
        said = cli("ledger", "verify", "--peer", mmsc.keep, code=1)
        assert "700 readers who got it twice" in said.out
        again = cli("dispatch", "start", world.edition, code=2)
        assert "--again" in again.err
        assert cli("dispatch", "list", "--json").json[0]["edition"] == world.edition


def test_steering_by_command(sqlite_runtime: Runtime, cli: CLI, tmp_path: Path) -> None:
    world = build_world(sqlite_runtime, readers=30)
    with peer(tmp_path / "kept") as mmsc:
        add_port(sqlite_runtime, mmsc.url)
        waiting = cli("dispatch", "start", world.edition, "--start", "2099-01-01T06:00", "--detach", "--json").json
        assert waiting["state"] == "planned"
        assert cli("dispatch", "hold", 1, "--json").json["state"] == "held"
        assert "pause is not possible" in cli("dispatch", "pause", 1, code=2).err
        released = cli("dispatch", "release", 1, "--reason", "good morning", "--json", env={"HUABAO_REPORT_WAIT_S": "1"}).json
        assert (released["state"], released["outcomes"]["no_report"]) == ("closed", 30)
        cli("dispatch", "start", world.edition, "--again", "--detach")
        cancelled = cli("dispatch", "cancel", 2, "--reason", "twice is enough", "--json").json
        assert (cancelled["state"], cancelled["outcomes"]["cancelled"]) == ("cancelled", 30)
        assert "there is no dispatch 9" in cli("dispatch", "kill", 9, code=2).err


def test_many_variants_are_asked_for(sqlite_runtime: Runtime, cli: CLI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("content.variants.VARIANTS_MAX", 0)
    world = build_world(sqlite_runtime, readers=3)
    with peer(tmp_path / "kept") as mmsc:
        add_port(sqlite_runtime, mmsc.url)
        for verb in ("plan", "start"):
            assert "say --yes" in cli("dispatch", verb, world.edition, code=2).err
        assert cli("dispatch", "plan", world.edition, "--yes", "--json").json["variants"] == 1


def test_a_plan_without_a_port(sqlite_runtime: Runtime, cli: CLI) -> None:
    world = build_world(sqlite_runtime, readers=40)
    planned = cli("dispatch", "plan", world.edition, "--deadline", "2099-01-01T06:30", "--json", code=1).json
    assert (planned["audience"], planned["planned"], planned["excluded"], planned["variants"]) == (40, 40, {}, 1)
    assert planned["bytes"] == 40 * planned["variant_bytes"] > 0
    assert planned["need_rate_per_s"] is not None
    assert (planned["ports"], planned["forecast_s"], planned["deadline_met"]) == ([], None, None)
    assert "there is no port to send through; add one" in cli("dispatch", "plan", world.edition, code=1).out
    assert "there is no port to send through; add one" in cli("dispatch", "plan", world.edition, "--ports", "main", code=2).err
    assert "there is no port to send through; add one" in cli("dispatch", "start", world.edition, code=2).err


def test_a_dispatch_that_paused_itself_is_a_problem(runtime: Runtime, cli: CLI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOBODY_SET_THIS", raising=False)
    world = build_world(runtime, readers=20)
    add_port(runtime, "http://127.0.0.1:1/", options={"user": "u", "password_env": "NOBODY_SET_THIS", "auth": "basic"})
    set_setting(runtime, "start_quiet_s", 0.1)
    started = cli("dispatch", "start", world.edition, "--json", code=1).json
    assert (started["state"], started["reason_by"]) == ("paused", "huabao")
    assert "NOBODY_SET_THIS" in started["reason"]
    with runtime.transaction(read_only=True) as session:
        alarm = session.scalars(select(Alarm.text).where(Alarm.kind == "delivery.paused")).one()
    resumed = cli("dispatch", "resume", 1, code=1)
    assert alarm in resumed.out.splitlines()
    status = cli("dispatch", "status", 1, code=0)
    assert alarm in status.out.splitlines()
    assert cli("dispatch", "resume", 1, "--detach", "--json", code=0).json["state"] == "sending"
    add_users(runtime)
    paused = cli("dispatch", "pause", 1, "--reason", "the editor asked", "--as", "root", code=0)
    assert "dispatch 1 was paused by root: the editor asked" in paused.out.splitlines()
    assert cli("dispatch", "cancel", 1, "--reason", "no more", "--json", code=0).json["reason"] == "no more"
