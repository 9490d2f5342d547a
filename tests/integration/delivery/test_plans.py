"""A plan on real rows: priorities, hours, agreed rates, contracts, paused ports; and what a dispatch makes of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from content.models import Publication
from delivery.dispatch import planning, plans
from delivery.dispatch.planning import Request
from delivery.dispatch.progress import progress
from delivery.models import Dispatch, Port, deliveries
from delivery.ports import changes
from huabao.clock import SHANGHAI
from huabao.errors import UsageError
from huabao.runtime import Runtime
from tests.command_line import CLI
from tests.services.delivering import World, add_port, build_world

URL = "http://127.0.0.1:9/mm7"
CODE = "10658000"


@pytest.fixture
def world(runtime: Runtime) -> World:
    """A title of 1,000 readers with a service code."""
    found = build_world(runtime, readers=1000)
    with runtime.transaction() as session:
        session.execute(update(Publication).values(service_code=CODE))
    return found


def request(runtime: Runtime, world: World, *, long_s: float | None = None, **more: Any) -> Request:
    start = runtime.now() + timedelta(hours=1)
    return Request(world.edition, start_at=start, deadline_at=None if long_s is None else start + timedelta(seconds=long_s), **more)


def loads(runtime: Runtime, dispatch_id: int) -> dict[str, int]:
    with runtime.transaction(read_only=True) as session:
        rows = session.execute(select(Port.name, func.count()).join(deliveries, deliveries.c.port_id == Port.id).where(deliveries.c.dispatch_id == dispatch_id).group_by(Port.name))
        return {row[0]: row[1] for row in rows}


def hours_around(runtime: Runtime, first: int, last: int) -> str:
    """Hours from so many hours from now to so many."""
    begin, end = ((runtime.now() + timedelta(hours=one)).astimezone(SHANGHAI) for one in (first, last))
    return f"{begin:%H:%M}-{end:%H:%M}"


def test_the_next_priority_helps_where_the_first_cannot_do_it_in_time(runtime: Runtime, world: World) -> None:
    add_port(runtime, URL, name="cheap", rate=10, burst=1, cost_fen_per_1000=5000)
    add_port(runtime, URL, name="dear", rate=100, burst=1, priority=1, cost_fen_per_1000=9000)
    relaxed = plans.plan(runtime, request(runtime, world, long_s=200)).to_document()
    assert [(one["name"], one["load"]) for one in relaxed["ports"]] == [("cheap", 1000), ("dear", 0)]
    assert (relaxed["cost_fen"], relaxed["problems"]) == (5000, [])
    hurried = request(runtime, world, long_s=50)
    planned = plans.plan(runtime, hurried).to_document()
    assert [(one["name"], one["load"]) for one in planned["ports"]] == [("cheap", 500), ("dear", 500)]
    assert (planned["deadline_met"], planned["need_rate_per_s"], planned["forecast_s"]) == (True, 20.0, 50.0)
    dispatch_id = planning.create(runtime, hurried, actor="ops")
    found = loads(runtime, dispatch_id)
    assert sum(found.values()) == 1000
    assert abs(found["cheap"] - 500) < 20


def test_what_cannot_be_in_time_says_what_is_missing(runtime: Runtime, world: World, cli: CLI) -> None:
    add_port(runtime, URL, rate=10, burst=1)
    start = runtime.now() + timedelta(hours=1)
    said = cli("dispatch", "plan", world.edition, "--start", start.isoformat(), "--deadline", (start + timedelta(seconds=60)).isoformat(), "--json", code=1).json
    assert (said["deadline_met"], said["late"], said["forecast_text"]) == (False, 400, "1 m 40 s")
    [problem] = said["problems"]
    assert "it takes 1 m 40 s and 400 readers would be late: 17 a second are needed" in problem


def test_an_agreed_rate_counts(runtime: Runtime, world: World) -> None:
    add_port(runtime, URL, rate=10, burst=1)
    wanted = request(runtime, world, long_s=60)
    assert not plans.plan(runtime, wanted).outlook.deadline_met
    with runtime.transaction() as session:
        changes.schedule_change(session, "main", runtime.now() + timedelta(minutes=30), 20, by="ops", now=runtime.now())
    assert plans.plan(runtime, wanted).outlook.forecast_s == 50.0


def test_a_port_out_of_hours_makes_it_later(runtime: Runtime, world: World) -> None:
    add_port(runtime, URL, rate=10, burst=1, hours=hours_around(runtime, 3, 5))
    found = plans.plan(runtime, request(runtime, world)).outlook
    assert found.forecast_s is not None
    assert 3600 < found.forecast_s <= 2 * 3600 + 160
    dispatch_id = planning.create(runtime, request(runtime, world), actor="ops")
    with runtime.transaction(read_only=True) as session:
        stands = progress(session, dispatch_id, now=runtime.now())
    assert [one.clearance.cause for one in stands.ports] == ["hours"]
    assert stands.forecast_finish_at is not None
    assert stands.forecast_finish_at > runtime.now() + timedelta(hours=2)


def test_a_dispatch_that_waits_for_its_window_is_not_forecast_before_it_opens(runtime: Runtime, world: World) -> None:
    add_port(runtime, URL, rate=10, burst=1)
    with runtime.transaction() as session:
        session.execute(update(Publication).values(send_window=hours_around(runtime, 3, 5)))
    dispatch_id = planning.create(runtime, request(runtime, world), actor="ops")
    with runtime.transaction(read_only=True) as session:
        stands = progress(session, dispatch_id, now=runtime.now())
    assert stands.forecast_finish_at is not None
    assert stands.forecast_finish_at > runtime.now() + timedelta(hours=2)


def test_paused_ports_are_a_problem_of_the_plan_and_no_wrong_use(runtime: Runtime, world: World, cli: CLI) -> None:
    add_port(runtime, URL, state="paused", state_reason="maintenance")
    said = cli("dispatch", "plan", world.edition, "--json", code=1).json
    assert (said["planned"], said["ports"][0]["load"]) == (1000, 1000)
    assert said["problems"] == ["port main is paused: maintenance; `huabao port set main --state up` lets it send"]
    assert "every port is paused" in cli("dispatch", "start", world.edition, code=2).err
    add_port(runtime, "smpp://127.0.0.1:9", name="texts")
    with runtime.transaction() as session:
        session.execute(update(Port).where(Port.name == "texts").values(kind="smpp"))
    again = cli("dispatch", "plan", world.edition, "--json", code=1).json
    assert [(one["name"], one["load"]) for one in again["ports"]] == [("main", 1000), ("texts", 0)]
    assert "every port is paused" in cli("dispatch", "start", world.edition, code=2).err


def test_a_paused_port_that_is_named_gets_no_load_while_another_is_up(runtime: Runtime, world: World) -> None:
    add_port(runtime, URL, name="north", state="paused")
    add_port(runtime, URL, name="south")
    dispatch_id = planning.create(runtime, request(runtime, world, ports=("north", "south")), actor="ops")
    assert loads(runtime, dispatch_id) == {"south": 1000}
    with runtime.transaction(read_only=True) as session:
        assert session.scalars(select(Dispatch.ports)).one() == ["north", "south"], "it may take over later"


def test_a_stale_edition_is_foreseen(runtime: Runtime) -> None:
    world = build_world(runtime, readers=1000, stale_after_s=7200)
    add_port(runtime, URL, rate=10, burst=1)
    [problem] = plans.plan(runtime, Request(world.edition, start_at=runtime.now() + timedelta(seconds=7150))).problems
    assert "too old" in problem


# --- contracts -------------------------------------------------------------------------------------------------------


def test_a_contract_that_would_be_broken_is_named_and_refused(runtime: Runtime, world: World, cli: CLI) -> None:
    contract = {"recipients_per_day": 600, "services": {CODE: {"rate": 50, "per_reader_day": 1}}}
    add_port(runtime, URL, rate=80, burst=1, contract=contract)
    said = cli("dispatch", "plan", world.edition, "--json", code=1).json
    kept = {one["rule"]: one["kept"] for one in said["contract"]}
    assert kept == {"service_code": True, "rate": False, "per_reader_day": True, "recipients_per_day": False}
    assert any("allowed 50/s, planned 80/s; `huabao port set main --rate 50`" in one for one in said["problems"])
    assert any("give 400 of them to another port" in one for one in said["problems"])
    shown = cli("dispatch", "plan", world.edition, code=1).out
    assert "NOT kept" in shown
    assert "--despite-contract" in cli("dispatch", "start", world.edition, "--detach", code=2).err
    cli("dispatch", "start", world.edition, "--detach", "--start", "2099-01-01T06:30", "--despite-contract")


def test_frequency_counts_what_is_planned_for_that_day(runtime: Runtime, world: World) -> None:
    add_port(runtime, URL, contract={"services": {CODE: {"per_reader_day": 2}}})
    wanted = request(runtime, world)
    for _ in range(2):
        planning.create(runtime, Request(world.edition, start_at=wanted.start_at, again=True), actor="ops")
    [finding] = plans.plan(runtime, wanted).outlook.breaches
    assert (finding.rule, finding.allowed, finding.planned) == ("per_reader_day", "2", "3 of this code in the day")
    with pytest.raises(UsageError, match="another service code or on another day"):
        planning.create(runtime, Request(world.edition, start_at=wanted.start_at, again=True), actor="ops")
    other_day = Request(world.edition, start_at=runtime.now() + timedelta(days=3), again=True)
    assert plans.plan(runtime, other_day).outlook.breaches == ()


def test_a_port_that_may_not_carry_the_code_is_left_out_and_named_ones_are_told(runtime: Runtime, world: World) -> None:
    add_port(runtime, URL, name="other", service_codes=["99"])
    with pytest.raises(UsageError, match=f"may carry service code {CODE}"):
        planning.create(runtime, request(runtime, world), actor="ops")
    [finding] = plans.plan(runtime, request(runtime, world)).outlook.breaches
    assert (finding.rule, finding.allowed, finding.planned) == ("service_code", "99", CODE)
    add_port(runtime, URL, name="mine", service_codes=[CODE])
    found = plans.plan(runtime, request(runtime, world))
    assert [port.name for port in found.subject.ports] == ["mine"]
    assert found.problems == ()


def test_the_status_of_a_dispatch_names_its_ports_in_trouble(runtime: Runtime, world: World, cli: CLI) -> None:
    add_port(runtime, URL, name="north")
    add_port(runtime, URL, name="south", rate_factor=0.5, rate_factor_at=runtime.now() + timedelta(hours=1))
    dispatch_id = planning.create(runtime, request(runtime, world), actor="ops")
    cli("port", "set", "north", "--state", "paused", "--reason", "maintenance")
    said = cli("dispatch", "status", dispatch_id, "--json").json
    assert [(one["name"], one["standing"], one["rate_factor"]) for one in said["ports"]] == [("north", "paused", 1.0), ("south", "ok", 0.5)]
    assert sum(one["waiting"] for one in said["ports"]) == 1000
    assert said["forecast_finish_at"] is None, "nobody knows how long the pause lasts"
    text = cli("dispatch", "status", dispatch_id).out
    assert "port north is paused: maintenance" in text
    assert "port south, at 50% of its rate since its peer said slow down" in text
