"""What a port may do and when, as an operator sets it: hours, codes, priority, cost, contract, rates agreed for later."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from delivery.models import Port
from delivery.ports import PortSettings, changes, health, services
from delivery.ports.pace import PaceRules, effective
from huabao.alarms import Alarm
from huabao.audit import AuditEntry
from huabao.runtime import Runtime
from tests.command_line import CLI
from tests.services.clocks import moved

URL = "http://127.0.0.1:9/mm7"
CONTRACT = """\
rate: 100
validity_h_max: 72
services:
  "10658000": {hours: "06:00-22:00", rate: 60, per_reader_day: 2}
  "*": {}
"""


def add(cli: CLI, *more: object) -> None:
    cli("port", "add", "main", "--url", URL, "--rate", "50", *more)


def port_of(runtime: Runtime) -> Port:
    with runtime.transaction(read_only=True) as session:
        return services.find_port(session, "main")


def actions(runtime: Runtime) -> list[str]:
    with runtime.transaction(read_only=True) as session:
        return list(session.scalars(select(AuditEntry.action).where(AuditEntry.object_kind == "port").order_by(AuditEntry.id)))


def test_everything_about_a_port_is_set_and_shown(cli: CLI, runtime: Runtime) -> None:
    (cli.folder / "contract.yaml").write_text(CONTRACT)
    add(cli, "--hours", "6:00-22:00,22:00-23:00", "--service-codes", "10658000, 10658001", "--priority", "2", "--cost", "900", "--contract", "contract.yaml")
    shown = cli("port", "show", "main", "--json").json
    assert (shown["hours"], shown["service_codes"], shown["priority"], shown["cost_fen_per_1000"]) == ("06:00-23:00", ["10658000", "10658001"], 2, 900)
    assert shown["contract"]["services"]["10658000"]["rate"] == 60
    changed = cli("port", "set", "main", "--hours", "", "--service-codes", "", "--contract", "", "--json").json
    assert (changed["hours"], changed["service_codes"], changed["contract"], changed["priority"]) == ("", [], {}, 2)
    with runtime.transaction(read_only=True) as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "port.set")).one()
    assert entry.detail["changes"]["hours"] == ["06:00-23:00", ""]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--hours", "6-23"), "is no hours"),
        (("--service-codes", "a b"), "is no service code"),
        (("--priority", "-1"), "--priority"),
        (("--cost", "-1"), "--cost"),
        (("--contract", "none.yaml"), "none.yaml"),
        (("--contract", "list.yaml"), "by name"),
        (("--contract", "odd.yaml"), "colour"),
        (("--contract", "low.yaml"), "allows 20 a second"),
        (("--contract", "word.yaml"), "above 0"),
    ],
)
def test_what_cannot_be_is_refused_with_what_would(cli: CLI, sqlite_runtime: Runtime, options: tuple[str, ...], message: str) -> None:
    for name, text in (("list", "- 1"), ("odd", "colour: red"), ("low", "rate: 20"), ("word", "recipients_per_day: many")):
        (cli.folder / f"{name}.yaml").write_text(text)
    said = cli("port", "add", "main", "--url", URL, "--rate", "50", *options, code=2)
    assert message in said.err
    assert cli("port", "list", "--json").json == []


def test_the_list_says_what_a_port_may_do_now(cli: CLI, runtime: Runtime) -> None:
    add(cli)
    assert [(one["standing"], one["rate_now"]) for one in cli("port", "list", "--json").json] == [("ok", 50)]
    cli("port", "set", "main", "--state", "paused", "--reason", "maintenance")
    [paused] = cli("port", "list", "--json").json
    assert (paused["standing"], paused["rate_now"], paused["standing_reason"]) == ("paused", 0, "port main is paused: maintenance")
    assert port_of(runtime).state_at is not None
    cli("port", "set", "main", "--state", "up")
    assert port_of(runtime).state_reason == ""
    [closed] = cli("port", "list", "--json", env={"HUABAO_NOW": "2026-11-22T03:00"}).json if cli("port", "set", "main", "--hours", "06:00-23:00").code == 0 else []
    assert (closed["standing"], closed["standing_until"]) == ("hours", "2026-11-21T22:00:00+00:00")


def test_a_port_that_was_in_trouble_starts_afresh(cli: CLI, runtime: Runtime) -> None:
    add(cli)
    now = runtime.now()
    with runtime.transaction() as session:
        port = services.find_port(session, "main")
        port.rate_factor, port.rate_factor_at, port.deferred_until, port.breaker, port.failures = 0.25, now, now + timedelta(hours=1), "open", 7
        session.add(Alarm(kind=health.UNREACHABLE, key="main", text="dead", first_seen_at=now, last_seen_at=now))
    assert cli("port", "show", "main", "--json").json["standing"] == "open"
    again = cli("port", "reset", "main", "--reason", "the operator says it is back", "--json").json
    assert (again["standing"], again["rate_now"], again["failures"]) == ("ok", 50, 0)
    with runtime.transaction(read_only=True) as session:
        assert session.scalar(select(Alarm.id).where(Alarm.closed_at.is_(None))) is None
    assert actions(runtime)[-1] == "port.reset"


# --- rates agreed for later ------------------------------------------------------------------------------------------


def at(runtime: Runtime, **later: float) -> str:
    return (runtime.now() + timedelta(**later)).isoformat()


def test_a_rate_changes_when_it_was_agreed(cli: CLI, runtime: Runtime) -> None:
    add(cli)
    cli("port", "schedule", "main", "--at", at(runtime, hours=2), "--rate", "50", "--reason", "and back")
    cli("port", "schedule", "main", "--at", at(runtime, hours=1), "--rate", "100", "--burst", "2", "--reason", "speed-up")
    assert [one["rate"] for one in cli("port", "schedule", "main", "--list", "--json").json] == [100, 50]
    assert changes.apply_due(moved(runtime, minutes=59)) == 0
    assert changes.apply_due(moved(runtime, minutes=61)) == 1
    assert (port_of(runtime).rate, port_of(runtime).burst) == (100, 2)
    assert changes.apply_due(moved(runtime, minutes=61)) == 0, "once"
    assert changes.apply_due(moved(runtime, minutes=121)) == 1
    assert (port_of(runtime).rate, port_of(runtime).burst) == (50, 1)
    assert actions(runtime).count("port.rate_change") == 2
    assert [one["state"] for one in cli("port", "schedule", "main", "--list", "--json").json] == ["made", "made"]


def test_late_changes_are_made_in_their_order(cli: CLI, runtime: Runtime) -> None:
    add(cli)
    for hours, rate in ((3, 30), (1, 10), (2, 20)):
        cli("port", "schedule", "main", "--at", at(runtime, hours=hours), "--rate", rate)
    assert changes.apply_due(moved(runtime, hours=10)) == 3
    assert port_of(runtime).rate == 30


def test_a_change_is_called_off(cli: CLI, runtime: Runtime) -> None:
    add(cli)
    made = cli("port", "schedule", "main", "--at", at(runtime, hours=1), "--rate", "100", "--json").json
    assert cli("port", "schedule", "main", "--cancel", made["id"], "--json").json["state"] == "called off"
    assert "called off already" in cli("port", "schedule", "main", "--cancel", made["id"], code=2).err
    assert changes.apply_due(moved(runtime, hours=2)) == 0
    assert port_of(runtime).rate == 50


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--at", "2020-01-01T06:00", "--rate", "9"), "in the past"),
        (("--at", "2099-01-01T06:00", "--rate", "500"), "allows 100"),
        (("--at", "2099-01-01T06:00", "--rate", "40", "--burst", "30"), "half of the rate"),
        (("--at", "2099-01-01T06:00"), "--at T --rate N"),
        (("--list", "--cancel", "1"), "--at T --rate N"),
        (("--cancel", "77"), "no change 77"),
    ],
)
def test_a_change_that_cannot_be_is_refused_at_once(cli: CLI, sqlite_runtime: Runtime, options: tuple[str, ...], message: str) -> None:
    (cli.folder / "contract.yaml").write_text(CONTRACT)
    add(cli, "--contract", "contract.yaml")
    assert message in cli("port", "schedule", "main", *options, code=2).err


def test_a_change_that_became_impossible_calls_a_person(cli: CLI, runtime: Runtime) -> None:
    add(cli)
    cli("port", "schedule", "main", "--at", at(runtime, hours=1), "--rate", "100")
    (cli.folder / "contract.yaml").write_text("rate: 60")
    cli("port", "set", "main", "--contract", "contract.yaml")
    assert changes.apply_due(moved(runtime, hours=2)) == 0
    assert port_of(runtime).rate == 50
    with runtime.transaction(read_only=True) as session:
        assert session.scalars(select(Alarm.kind)).all() == [changes.IMPOSSIBLE]


def test_the_pace_follows_the_settings(cli: CLI, runtime: Runtime) -> None:
    add(cli)
    cli("settings", "set", "pace_recovery_s", "50")
    now: datetime = runtime.now()
    with runtime.transaction() as session:
        port = services.find_port(session, "main")
        port.rate_factor, port.rate_factor_at = 0.5, now
        session.flush()
        settings = PortSettings.of(port, PaceRules.of(session))
    rate, burst = effective(settings, now + timedelta(seconds=10))
    assert (round(rate, 6), burst) == (35.0, 1)
