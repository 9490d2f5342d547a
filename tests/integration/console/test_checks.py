"""`huabao doctor` names what would make somebody get a paper twice."""

from __future__ import annotations

from console.checks import Finding, examine
from delivery.models import DeliveryEvent, EventState, Port
from huabao.alarms import raise_alarm
from huabao.runtime import Runtime
from tests.command_line import CLI


def test_a_database_that_forgets_commits_is_named(postgres_runtime: Runtime) -> None:
    found = {one.what: one for one in examine(postgres_runtime)}
    assert not found["durability"].ok, "the tests' own server runs without fsync"
    assert "fsync" in found["durability"].found
    assert found["schema"].ok


def test_sqlite_has_nothing_to_say_about_it(sqlite_runtime: Runtime) -> None:
    assert "durability" not in {one.what for one in examine(sqlite_runtime)}


def reports(runtime: Runtime) -> Finding:
    return next(one for one in examine(runtime) if one.what == "reports")


def test_reports_that_nobody_can_place_are_named(runtime: Runtime, cli: CLI) -> None:
    assert (reports(runtime).ok, reports(runtime).found) == (True, "all found their submission")
    now = runtime.now()
    with runtime.transaction() as session:
        port = Port(name="main", kind="mm7", url="http://127.0.0.1:9/", rate=1, burst=1, options={}, created_at=now)
        session.add(port)
        session.flush()
        common = {"received_at": now, "port_id": port.id, "message_id": "m", "number": "13800000001", "status": "Retrieved"}
        session.add_all([DeliveryEvent(**common, state=int(EventState.PARKED)) for _ in range(2)])
    waiting = reports(runtime)
    assert (waiting.ok, waiting.found.startswith("2 wait at main since ")) == (True, True), "an early report waits for its answer: nothing is wrong yet"
    with runtime.transaction() as session:
        alarm = raise_alarm(session, "reports.stray", "parked", "3 reports never found their submission", at=now)
        alarm_id = alarm.id
    lost = reports(runtime)
    assert (lost.ok, lost.found.startswith("3 reports never found their submission; 2 wait at main")) == (False, True)
    cli("alarms", "ack", alarm_id)
    assert reports(runtime).ok
