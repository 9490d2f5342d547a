"""Seeds at six, the paper at half past: what happens at which hour, with a clock that stands where the test puts it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update

from content.models import Publication
from delivery.dispatch import gate, planning, seeds
from delivery.dispatch.planning import Request
from delivery.dispatch.thresholds import RAMP_READERS_MIN
from delivery.lifecycle import find_dispatch
from delivery.models import Batch, Dispatch, DispatchTransition, Outcome, deliveries
from huabao.alarms import Alarm
from huabao.ids import unpack_ids
from huabao.queues import Job
from huabao.runtime import Runtime
from tests.integration.gate.ground import members, set_to
from tests.services.clocks import at, local
from tests.services.delivering import add_port, build_world

DAY = "2026-11-22"


def planned(runtime: Runtime, *, window: str = "06:30-08:00", readers: int = 50, **request: object) -> int:
    """A paper of the window that is planned at five for half past six, its seeds readers 1 and 2."""
    early = at(runtime, f"{DAY}T05:00")
    world = build_world(early, readers=readers)
    add_port(early, "http://127.0.0.1:9/")
    members(early, "panel", 1, 2)
    with runtime.transaction() as session:
        session.execute(update(Publication).values(send_window=window))
    return planning.create(early, Request(world.edition, seed_group="panel", start_at=local(f"{DAY}T06:30"), **request), actor="mei")  # type: ignore[arg-type]


def state(runtime: Runtime, dispatch_id: int, clock: str) -> str:
    """The dispatch's state once the gate looked at it at that time."""
    there = at(runtime, f"{DAY}T{clock}")
    gate.watch(there)
    with there.transaction(read_only=True) as session:
        return find_dispatch(session, dispatch_id).state


def say(runtime: Runtime, dispatch_id: int, reader: int, outcome: Outcome) -> None:
    """What a seed's report made of it."""
    with runtime.transaction() as session:
        session.execute(update(deliveries).where(deliveries.c.dispatch_id == dispatch_id, deliveries.c.reader_id == reader).values(outcome=int(outcome)))


def jobs(runtime: Runtime) -> set[int]:
    """Readers of the batches that a worker may take."""
    with runtime.transaction(read_only=True) as session:
        batches = session.scalars(select(Batch).where(Batch.id.in_(select(Job.args["batch_id"].as_integer()))))
        return {reader for batch in batches for reader in unpack_ids(batch.reader_ids)}


def test_the_seeds_go_before_the_window_and_the_rest_when_it_opens(runtime: Runtime) -> None:
    dispatch_id = planned(runtime)
    assert state(runtime, dispatch_id, "05:59:59") == "planned"
    assert state(runtime, dispatch_id, "06:00") == "seeding"
    assert jobs(runtime) == {1, 2}
    for reader in (1, 2):
        say(runtime, dispatch_id, reader, Outcome.RETRIEVED)
    assert state(runtime, dispatch_id, "06:02") == "released"
    with runtime.transaction(read_only=True) as session:
        found = find_dispatch(session, dispatch_id)
        assert gate.waits_for(session, found, local(f"{DAY}T06:02")) == "its start is 2026-11-22 06:30:00"
    assert jobs(runtime) == {1, 2}
    assert state(runtime, dispatch_id, "06:30") == "sending"
    assert jobs(runtime) == set(range(1, 51))


def test_silent_seeds_are_judged_five_minutes_before_the_start(runtime: Runtime) -> None:
    set_to(runtime, RAMP_READERS_MIN, 1_000_000)
    dispatch_id = planned(runtime)
    state(runtime, dispatch_id, "06:00")
    say(runtime, dispatch_id, 1, Outcome.RETRIEVED)
    assert state(runtime, dispatch_id, "06:24:59") == "seeding"
    assert state(runtime, dispatch_id, "06:25") == "released"
    assert state(runtime, dispatch_id, "06:30") == "sending"
    with runtime.transaction(read_only=True) as session:
        found = find_dispatch(session, dispatch_id)
        assert (found.stage, found.gate["forced"]) == (1, True), "small, but in steps: the seeds were silent"
    assert jobs(runtime) < set(range(1, 51))


def test_seeds_that_went_late_have_their_time(runtime: Runtime) -> None:
    dispatch_id = planned(runtime)
    assert state(runtime, dispatch_id, "06:28") == "seeding"
    assert state(runtime, dispatch_id, "06:37") == "seeding", "ten minutes to report"
    assert state(runtime, dispatch_id, "06:38") == "held"
    with runtime.transaction(read_only=True) as session:
        assert [alarm.kind for alarm in session.scalars(select(Alarm))] == ["delivery.gate"]
        why = session.scalars(select(DispatchTransition.reason).where(DispatchTransition.after == "held")).one()
    assert why == "0 of 2 seeds retrieved; too few in 100kb-240x320"
    say(runtime, dispatch_id, 2, Outcome.RETRIEVED)
    assert state(runtime, dispatch_id, "06:45") == "sending"
    with runtime.transaction(read_only=True) as session:
        assert [alarm.closed_at is None for alarm in session.scalars(select(Alarm))] == [False]


def test_a_bad_report_after_the_release_still_holds_its_class(runtime: Runtime) -> None:
    dispatch_id = planned(runtime)
    state(runtime, dispatch_id, "06:00")
    say(runtime, dispatch_id, 1, Outcome.RETRIEVED)
    assert state(runtime, dispatch_id, "06:25") == "released"
    say(runtime, dispatch_id, 2, Outcome.FAILED)
    assert state(runtime, dispatch_id, "06:26") == "released"
    with runtime.transaction(read_only=True) as session:
        held = session.scalars(select(Batch.held).where(Batch.dispatch_id == dispatch_id, Batch.stage > 0)).all()
        assert held
        assert all(one is not None and "138****0002" in one for one in held)


def test_a_person_releases_for_now_and_the_window_still_binds(runtime: Runtime) -> None:
    dispatch_id = planned(runtime, window="06:30-08:00")
    with at(runtime, f"{DAY}T06:05").transaction() as session:
        gate.release(session, find_dispatch(session, dispatch_id), by="mei", at=local(f"{DAY}T06:05"), reason="seeds are in the office")
    assert state(runtime, dispatch_id, "06:10") == "released"
    assert state(runtime, dispatch_id, "06:30") == "sending"


def test_a_window_that_shuts_takes_it_back_and_the_next_one_goes_on(runtime: Runtime) -> None:
    dispatch_id = planned(runtime)
    with runtime.transaction() as session:
        gate.release(session, find_dispatch(session, dispatch_id), by="mei", at=local(f"{DAY}T06:31"))
    assert state(runtime, dispatch_id, "07:59:59") == "sending"
    assert state(runtime, dispatch_id, "08:00:01") == "released"
    with at(runtime, f"{DAY}T09:00").transaction(read_only=True) as session:
        assert "opens at 2026-11-23 06:30:00" in gate.waits_for(session, find_dispatch(session, dispatch_id), local(f"{DAY}T09:00"))


def test_who_cancels_his_order_is_no_silent_seed(runtime: Runtime) -> None:
    dispatch_id = planned(runtime)
    state(runtime, dispatch_id, "06:00")
    say(runtime, dispatch_id, 1, Outcome.CANCELLED)
    say(runtime, dispatch_id, 2, Outcome.RETRIEVED)
    assert state(runtime, dispatch_id, "06:01") == "released"
    with runtime.transaction(read_only=True) as session:
        found = session.get_one(Dispatch, dispatch_id)
        assert [line.counts for line in seeds.board(session, found)] == [False, True]
        assert gate.decision_at(session, found) == found.start_at - timedelta(minutes=5)
