"""Which batches have a job, in which queue and order; what a hold, a stage, a rest or an edit of the port does to them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from delivery.dispatch import planning as dispatches
from delivery.dispatch.planning import Request
from delivery.models import Batch, Dispatch, Outcome, Port, Submission, deliveries
from delivery.sending import claims, sender, waiting
from delivery.throttle import Departure
from huabao.queues import QUEUED, Job
from huabao.runtime import Runtime
from tests.services.delivering import add_port, build_world, peer, set_setting, work

NOWHERE = "http://127.0.0.1:9/"


def begin(runtime: Runtime, url: str = NOWHERE, *, readers: int = 60, **port: Any) -> int:
    """A dispatch of batches of ten readers that sends."""
    world = build_world(runtime, readers=readers)
    add_port(runtime, url, **port)
    set_setting(runtime, "batch_readers_max", 10)
    return dispatches.create(runtime, Request(world.edition), actor="test")


def jobs(runtime: Runtime) -> list[tuple[str, int]]:
    """(queue, batch) of the jobs that wait, in the order in which they are taken."""
    with runtime.transaction(read_only=True) as session:
        wanted = select(Job.queue, Job.args).where(Job.state == QUEUED, Job.task == waiting.SEND_BATCH.name).order_by(Job.run_at, Job.id)
        return [(queue, args["batch_id"]) for queue, args in session.execute(wanted)]


def change(runtime: Runtime, table: Any, number: int, **values: Any) -> None:
    with runtime.transaction() as session:
        session.execute(update(table).where(table.id == number).values(**values))


def again(runtime: Runtime, **more: Any) -> list[tuple[str, int]]:
    """The jobs after all were taken back and given out anew."""
    with runtime.transaction() as session:
        waiting.withdraw(session, port_id=1)
        waiting.enqueue_ready(session, now=runtime.now(), **more)
    return jobs(runtime)


def submitted(runtime: Runtime) -> int:
    with runtime.transaction(read_only=True) as session:
        return len(session.execute(select(deliveries.c.reader_id).where(deliveries.c.outcome == int(Outcome.SUBMITTED))).all())


def test_only_batches_that_may_leave_have_a_job(runtime: Runtime) -> None:
    dispatch_id = begin(runtime)
    assert jobs(runtime) == [("bulk", batch) for batch in range(1, 7)]
    change(runtime, Batch, 1, held="the brake")
    change(runtime, Batch, 2, not_before=runtime.now() + timedelta(hours=1))
    change(runtime, Batch, 3, not_before=runtime.now() - timedelta(hours=1))
    change(runtime, Batch, 4, stage=2)
    change(runtime, Batch, 5, lane="resend")
    change(runtime, Dispatch, dispatch_id, stage=1)
    for batch in (3, 5, 6):
        change(runtime, Batch, batch, stage=1)
    assert sorted(again(runtime)) == [("bulk", 3), ("bulk", 6), ("express", 5)]
    change(runtime, Dispatch, dispatch_id, stage=3)
    change(runtime, Batch, 1, held=None)
    assert {batch for _, batch in again(runtime)} == {1, 3, 4, 5, 6}


def test_while_the_seeds_get_it_only_theirs_have_a_job(runtime: Runtime) -> None:
    dispatch_id = begin(runtime)
    change(runtime, Batch, 4, stage=0, lane="seed")
    change(runtime, Dispatch, dispatch_id, state="seeding", stage=0)
    assert again(runtime) == [("express", 4)]
    with runtime.transaction() as session:
        taken = claims.take(session, 4, owner="me", now=runtime.now(), lease_s=30)
        assert taken is not None
        assert taken.standing.may_send(runtime.now())
        assert taken.lane == "seed"
        assert not replace(taken.standing, stage=1).may_send(runtime.now())


@pytest.mark.parametrize("rest", [{"state": "paused"}, {"breaker": "open"}, {"service_codes": ["other"]}])
def test_a_port_that_rests_has_no_jobs_and_gets_them_back_in_order(runtime: Runtime, rest: dict[str, Any]) -> None:
    begin(runtime)
    change(runtime, Batch, 2, service_code="paper")
    with runtime.transaction() as session:
        session.execute(update(Batch).values(service_code="paper"))
    change(runtime, Port, 1, **rest)
    assert again(runtime) == []
    change(runtime, Port, 1, state="up", breaker="closed", service_codes=[])
    assert again(runtime) == [("bulk", batch) for batch in range(1, 7)]


def test_batches_of_an_smpp_port_wait_in_its_own_queues(runtime: Runtime) -> None:
    begin(runtime)
    change(runtime, Port, 1, kind="smpp")
    change(runtime, Batch, 6, lane="welcome")
    assert sorted(again(runtime)) == [("port-1", 1), ("port-1", 2), ("port-1", 3), ("port-1", 4), ("port-1", 5), ("port-1-express", 6)]


def test_a_batch_that_is_held_in_the_middle_stops(runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with peer(tmp_path / "kept") as mmsc:
        begin(runtime, mmsc.url, readers=10, max_recipients=1, connections=1, rate=60.0, burst=1)
        real, turns = claims.renew, []

        def renew(*arguments: Any, **more: Any) -> claims.Standing:
            turns.append(1)
            return replace(real(*arguments, **more), held="the brake" if len(turns) > 1 else None)

        monkeypatch.setattr(claims, "renew", renew)
        sender.send_batch(runtime, 1)
        left = submitted(runtime)
        assert 0 < left < 10
        monkeypatch.setattr(claims, "renew", real)
        again(runtime)
        work(runtime)
        assert submitted(runtime) == 10
        assert len(mmsc.recipients()) == len(set(mmsc.recipients())) == 10
        with runtime.transaction(read_only=True) as session:
            assert session.scalars(select(Submission.state).distinct()).all() == ["accepted"], "what did not leave was not forgotten"


def test_not_now_keeps_the_order_over_all_batches(runtime: Runtime, tmp_path: Path) -> None:
    """The peer says 4006 to the third SubmitReq; after the pause everybody comes in the order that was planned."""
    script = tmp_path / "script.yaml"
    script.write_text("- when: {nth: 3}\n  do: {code: 4006}\n")
    with peer(tmp_path / "kept", "--script", script) as mmsc:
        begin(runtime, mmsc.url, max_recipients=5, connections=1)
        set_setting(runtime, "deferral_pause_s", 0.3)
        set_setting(runtime, "pace_drop", 1.0)
        give_up = runtime.now() + timedelta(seconds=60)
        while submitted(runtime) < 60 and runtime.now() < give_up:
            work(runtime)
        assert [int(number[-8:]) for number in mmsc.recipients()] == list(range(1, 61))


def test_an_edit_of_the_port_takes_hold_in_a_running_batch(runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The throttle is asked with the new rate, and the link stays."""
    asked: list[float] = []
    told: list[int] = []

    class Watched:
        shares: dict[str, float] = {}

        def acquire(self, _key: str, _tokens: int, *, rate: float, **_: object) -> float:
            asked.append(rate)
            if len(asked) == 2:
                change(runtime, Port, 1, rate=77.0)
            return 0.0 if rate == 77.0 else 0.02

        def left(self, _key: str, departures: list[Departure]) -> None:
            told.extend(one.ticket for one in departures)

        def settle(self, _key: str) -> None:
            """Nothing is kept back."""

    with peer(tmp_path / "kept") as mmsc:
        begin(runtime, mmsc.url, readers=10, rate=55.0, burst=1)
        monkeypatch.setattr(sender, "NEWS_S", 0.05)
        monkeypatch.setattr(sender, "throttle_for", lambda _: Watched())
        sender.send_batch(runtime, 1)
        assert {55.0, 77.0} == set(asked)
        assert submitted(runtime) == 10
        assert len(told) == asked.count(77.0), "the throttle was not told of what left"


def test_an_answer_survives_a_database_that_is_away_for_a_moment(runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sqlalchemy.exc import OperationalError

    from delivery.sending import journal

    with peer(tmp_path / "kept") as mmsc:
        begin(runtime, mmsc.url, readers=10, max_recipients=2, connections=1)
        real, calls = journal.record_answers, []

        def record(*arguments: Any, **more: Any) -> None:
            real(*arguments, **more)
            calls.append(1)
            if len(calls) == 1:
                raise OperationalError("COMMIT", {}, Exception("the server went away"))

        monkeypatch.setattr(journal, "record_answers", record)
        monkeypatch.setattr(sender, "OUTAGE_S", 0.01)
        sender.send_batch(runtime, 1)
        assert submitted(runtime) == 10
        assert len(mmsc.recipients()) == len(set(mmsc.recipients())) == 10


