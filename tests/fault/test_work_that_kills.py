"""A job or a batch that ends its worker each time: it is found, given up or held with an alarm, and everything else goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import select, update

from delivery.dispatch import brake
from delivery.dispatch import planning as dispatches
from delivery.dispatch.planning import Request
from delivery.ledger import proof
from delivery.ledger.peer import read_peer
from delivery.models import Batch
from delivery.settings import BATCH_LOSSES_MAX
from huabao import queues
from huabao.alarms import Alarm
from huabao.queues import FAILED, Job, Task
from huabao.runtime import Runtime
from huabao.working import LOSSES_MAX
from tests.services.delivering import add_port, build_world, peer, set_setting
from tests.services.waiting import wait_until
from tests.services.workers import Worker, outcomes, start_worker

KILLING_JOB = """
import os, signal
from huabao.queues import Task
TASKS = (*TASKS, Task("test.fine", lambda runtime, at: time.sleep(0.05)), Task("test.kills", lambda runtime: os.kill(os.getpid(), signal.SIGKILL)))
"""

KILLING_BATCH = """
import os, signal
from delivery.sending import sender
_before = sender._send
def _send(runtime, claimed, *more):
    if claimed.batch_id == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    _before(runtime, claimed, *more)
sender._send = _send
"""

READERS = 200


def alarms_of(runtime: Runtime, kind: str) -> list[str]:
    with runtime.transaction(read_only=True) as session:
        return list(session.scalars(select(Alarm.text).where(Alarm.kind == kind, Alarm.closed_at.is_(None))))


def work_until_it_lives(runtime: Runtime, more: str, *, deaths_max: int) -> int:
    """Start workers one after the other until one has nothing left to die of; how many died."""
    for deaths in range(deaths_max + 1):
        worker = start_worker(runtime, {"HUABAO_LEASE_S": "1"}, more=more)
        try:
            if not dies(worker, lambda: is_through(runtime)):
                return deaths
        finally:
            worker.kill()
    raise AssertionError(f"more than {deaths_max} workers died")


def dies(worker: Worker, otherwise: Callable[[], bool]) -> bool:
    """Whether the worker dies before that comes about."""
    wait_until(lambda: not worker.lives or otherwise())
    return not worker.lives


def is_through(runtime: Runtime) -> bool:
    """Whether no job waits or runs."""
    with runtime.transaction(read_only=True) as session:
        return session.scalar(select(Job.id).where(Job.state.in_(("queued", "running"))).limit(1)) is None


def test_a_job_that_ends_its_worker_is_given_up_and_the_others_are_done(runtime: Runtime) -> None:
    set_setting(runtime, LOSSES_MAX.name, 3)
    with runtime.transaction() as session:
        queues.enqueue(session, Task("test.kills", print), {}, now=runtime.now())
        queues.enqueue_many(session, Task("test.fine", print), ({"at": at} for at in range(20)), now=runtime.now())
    assert work_until_it_lives(runtime, KILLING_JOB, deaths_max=3) == 3
    with runtime.transaction(read_only=True) as session:
        [lost] = session.scalars(select(Job).where(Job.state == FAILED)).all()
        assert (lost.task, lost.losses) == ("test.kills", 3)
    [said] = alarms_of(runtime, "jobs.lost")
    assert f"job {lost.id} (test.kills) was given up: 3 workers" in said


def test_a_batch_that_ends_its_worker_is_held_and_the_others_go_on(runtime: Runtime, tmp_path: Path) -> None:
    set_setting(runtime, BATCH_LOSSES_MAX.name, 3)
    for name, value in {"batch_readers_max": 20, "ramp_readers_min": READERS + 1, "brake_readers_min": READERS + 1, "unknown_wait_s": 86_400.0}.items():
        set_setting(runtime, name, value)  # lost answers of killed workers are not to be judged here
    with peer(tmp_path / "kept", "--answer-delay-ms", "0-5") as mmsc:
        world = build_world(runtime, readers=READERS)
        add_port(runtime, mmsc.url, rate=500, burst=10, connections=4)
        dispatch_id = dispatches.create(runtime, Request(world.edition), actor="test")
        for _ in range(3):
            worker = start_worker(runtime, {"HUABAO_LEASE_S": "1"}, more=KILLING_BATCH)
            assert dies(worker, lambda: False)
            worker.kill()
        last = start_worker(runtime, {"HUABAO_LEASE_S": "1"}, more=KILLING_BATCH)
        try:
            wait_until(lambda: outcomes(runtime, dispatch_id).get("pending") == 20 and bool(alarms_of(runtime, brake.ALARM)))
            [said] = alarms_of(runtime, brake.ALARM)
            assert "batch 3 (20 readers): 3 workers in a row fell silent with it" in said
            assert last.lives
        finally:
            last.kill()
        with runtime.transaction() as session:
            held = session.scalars(select(Batch).where(Batch.held.is_not(None))).all()
            assert [batch.id for batch in held] == [3]
            [pulled] = brake.open_brakes(session, dispatch_id)
            brake.release(session, pulled.id, by="ops", at=runtime.now(), reason="mended")
            session.execute(update(Batch).where(Batch.state == "claimed").values(lease_until=runtime.now()))
        mended = start_worker(runtime)
        try:
            wait_until(lambda: "pending" not in outcomes(runtime, dispatch_id))
        finally:
            mended.kill()
        assert alarms_of(runtime, brake.ALARM) == []
    got = mmsc.recipients()
    assert len(got) == len(set(got)), "somebody got it twice"
    with runtime.transaction(read_only=True) as session:
        assert list(proof.verify(session, peers=[read_peer(mmsc.keep)]).problems) == []
