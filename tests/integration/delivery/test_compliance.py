"""A contract that was kept at planning and is not any more: an alarm and a warning, until it is mended."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from content.models import Publication
from delivery.dispatch import compliance, planning
from delivery.dispatch.planning import Request
from delivery.models import Dispatch, Port
from delivery.tasks import FORESEE
from huabao import queues
from huabao.alarms import Alarm
from huabao.queues import Job
from huabao.runtime import Runtime
from tests.command_line import CLI
from tests.services.clocks import at
from tests.services.delivering import add_port, build_world, work

CODE, URL = "10658000", "http://127.0.0.1:9/mm7"
EVENING = "2026-11-21T20:00"
ALLOWED = {"hours": "06:00-09:00", "rate": 50}


@pytest.fixture
def evening(runtime: Runtime) -> Runtime:
    """The evening before: a dispatch of 1,000 readers is planned for the window 06:30 to 08:00, on a port whose contract allows 06:00 to 09:00."""
    then = at(runtime, EVENING)
    world = build_world(then, readers=1000)
    with then.transaction() as session:
        session.execute(update(Publication).values(service_code=CODE, send_window="06:30-08:00"))
    add_port(then, URL, rate=50, burst=1, contract=ALLOWED)
    assert planning.create(then, Request(world.edition, start_at=then.now() + timedelta(hours=10)), actor="ops") == 1
    return then


def alarm(runtime: Runtime) -> str | None:
    with runtime.transaction(read_only=True) as session:
        return session.scalar(select(Alarm.text).where(Alarm.kind == compliance.BREACH, Alarm.closed_at.is_(None)))


def test_a_window_that_was_moved_is_held_against_the_contract_again(evening: Runtime, cli: CLI) -> None:
    assert compliance.watch(evening) == 0
    assert cli("dispatch", "status", 1, "--json", env={"HUABAO_NOW": EVENING}).json["contract"] == []
    cli("publication", "set", "paper", "--window", "10:00-11:30")
    assert compliance.watch(evening) == 1
    text = alarm(evening)
    assert text is not None
    assert text.startswith("dispatch 1: contract of port main, hours: allowed 06:00-09:00, planned 2026-11-22 10:00:00 to 2026-11-22 10:00:20; start within")
    status = cli("dispatch", "status", 1, env={"HUABAO_NOW": EVENING})
    assert any(line.startswith("warning: contract of port main, hours") for line in status.out.splitlines())
    cli("publication", "set", "paper", "--window", "08:00-09:00")
    assert compliance.watch(evening) == 0
    assert alarm(evening) is None


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"rate": 80}, "rate: allowed 50/s, planned 80/s"),
        ({"hours": "09:30-11:00"}, "hours: allowed 06:00-09:00"),
        ({"contract": {"recipients_per_day": 900}}, "recipients per day"),
    ],
    ids=["faster", "later", "less allowed"],
)
def test_so_is_a_port_that_was_changed(evening: Runtime, change: dict[str, object], rule: str) -> None:
    with evening.transaction() as session:
        session.execute(update(Publication).values(send_window=""))
        session.execute(update(Port).values(**change))
    assert compliance.watch(evening) == 1
    assert rule in (alarm(evening) or "")


def test_a_port_that_rests_for_another_reason_breaks_no_hours(evening: Runtime) -> None:
    with evening.transaction() as session:
        session.execute(update(Port).values(state="paused"))
    assert compliance.watch(evening) == 0


def test_opening_the_window_warns_at_once(evening: Runtime, cli: CLI) -> None:
    night = {"HUABAO_NOW": "2026-11-22T12:00"}
    said = cli("dispatch", "open-window", 1, "--until", "2026-11-22T13:00", "--reason", "the editor was late", env=night).out
    assert "warning: contract of port main, hours: allowed 06:00-09:00" in said


def test_who_knew_is_not_told_again(runtime: Runtime) -> None:
    then = at(runtime, EVENING)
    world = build_world(then, readers=10)
    add_port(then, URL, rate=50, burst=1, contract={"rate": 20})
    planning.create(then, Request(world.edition, start_at=then.now() + timedelta(hours=10), despite_contract=True), actor="ops")
    assert compliance.watch(then) == 0


def test_of_two_on_a_day_the_later_is_too_many_and_one_that_was_moved(evening: Runtime, cli: CLI) -> None:
    with evening.transaction() as session:
        session.execute(update(Port).values(contract={"per_reader_day": 1}))
    for days in (0, 1):
        start = evening.now() + timedelta(days=days, hours=10)
        planning.create(evening, Request("paper/1", start_at=start, again=True, despite_contract=True), actor="ops")
    assert compliance.watch(evening) == 0, "who started the second knew, and the first was there before"
    cli("publication", "set", "paper", "--window", "06:30-08:00")
    with evening.transaction() as session:
        session.execute(update(Dispatch).where(Dispatch.id == 1).values(start_at=evening.now() + timedelta(days=1, hours=10)))
    assert compliance.watch(evening) == 1
    assert "per reader day: allowed 1, planned 2 of this code in the day" in (alarm(evening) or "")


def test_the_job_looks_and_so_does_one_that_an_older_scheduler_wrote(evening: Runtime) -> None:
    with evening.transaction() as session:
        session.execute(update(Publication).values(send_window="10:00-11:30"))
        queues.enqueue(session, FORESEE, {}, now=evening.now())
    work(evening)
    assert alarm(evening) is not None
    with evening.transaction() as session:
        session.execute(update(Publication).values(send_window="06:30-08:00"))
        session.add(Job(task="delivery.watch", args={}, queue="default", state="queued", attempts=0, run_at=evening.now(), created_at=evening.now(), unique_key="delivery.watch"))
    work(evening)
    assert alarm(evening) is None
