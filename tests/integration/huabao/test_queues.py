"""The job table on both databases: one claim each, silence taken over, nothing lost."""

import dataclasses
import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from huabao import queues
from huabao.embedded import EmbeddedWorker
from huabao.queues import DONE, FAILED, QUEUED, Job, Periodic, Registry, Retry, Task
from huabao.runtime import Runtime
from huabao.working import run_claimed, sweep_jobs
from tests.services.waiting import PATIENCE_S


def _enqueue(runtime: Runtime, task: Task, count: int = 1) -> None:
    with runtime.transaction() as session:
        queues.enqueue_many(session, task, ({"at": at} for at in range(count)), now=runtime.now())


def _states(runtime: Runtime) -> list[str]:
    with runtime.transaction(read_only=True) as session:
        return [job.state for job in session.query(Job).order_by(Job.id)]


def test_many_claimers_run_each_job_once(runtime: Runtime) -> None:
    seen: list[int] = []
    task = Task("test.note", lambda _, at: seen.append(at))
    _enqueue(runtime, task, 60)
    finished = threading.Event()
    watch = Periodic("test.watch", lambda _: finished.set() if len(seen) >= 60 else None, 0.05)
    worker = EmbeddedWorker(runtime, Registry({task.name: task}, (watch,)))
    assert worker.take_lease()
    worker.start()
    assert finished.wait(PATIENCE_S)
    worker.stop()
    assert sorted(seen) == list(range(60))
    assert set(_states(runtime)) == {DONE}


def test_only_one_embedded_worker_at_a_time(runtime: Runtime) -> None:
    first, second = EmbeddedWorker(runtime, Registry()), EmbeddedWorker(runtime, Registry())
    assert first.take_lease()
    assert not second.take_lease()
    first.start()
    first.stop()
    assert second.take_lease()


def test_a_retry_costs_no_attempt_and_a_fault_is_given_up_with_an_alarm(runtime: Runtime) -> None:
    def again(_: Runtime, at: int) -> None:
        raise Retry(0.0)

    def broken(_: Runtime, at: int) -> None:
        raise RuntimeError("broken on purpose")

    tasks = {"test.again": Task("test.again", again), "test.broken": Task("test.broken", broken, max_attempts=1)}
    for task in tasks.values():
        _enqueue(runtime, task)
    for _ in range(2):
        with runtime.transaction() as session:
            claim = queues.claim_next(session, queues=("default",), owner="me", now=runtime.now(), lease_s=5)
        assert claim is not None
        run_claimed(runtime, tasks, claim, owner="me")
    with runtime.transaction(read_only=True) as session:
        again_job, broken_job = session.query(Job).order_by(Job.id)
        assert (again_job.state, again_job.attempts) == (QUEUED, 0)
        assert (broken_job.state, broken_job.last_error) == (FAILED, "RuntimeError: broken on purpose")


def test_a_silent_worker_loses_its_job_and_its_word(runtime: Runtime) -> None:
    task = Task("test.slow", lambda _, at: None)
    _enqueue(runtime, task)
    with runtime.transaction() as session:
        lost = queues.claim_next(session, queues=("default",), owner="dead", now=runtime.now() - timedelta(seconds=60), lease_s=5)
        assert lost is None, "not due a minute ago"
        lost = queues.claim_next(session, queues=("default",), owner="dead", now=runtime.now(), lease_s=-1)
    assert lost is not None
    sweep_jobs(runtime)
    with runtime.transaction() as session:
        taken = queues.claim_job(session, lost.job_id, owner="alive", now=runtime.now(), lease_s=30)
        queues.finish(session, lost, owner="dead", now=runtime.now())
    assert taken is not None
    assert _states(runtime) == ["running"]


def test_a_unique_key_waits_once(runtime: Runtime) -> None:
    task = Task("test.once", lambda _: None)
    with runtime.transaction() as session:
        assert queues.enqueue(session, task, {}, now=runtime.now(), unique_key="only")
        assert not queues.enqueue(session, task, {}, now=runtime.now(), unique_key="only")


def test_unpublished_jobs_are_taken_once_and_again_when_nobody_claims_them(runtime: Runtime) -> None:
    _enqueue(runtime, Task("test.note", lambda _, at: None), 3)
    with runtime.transaction() as session:
        assert len(queues.take_unpublished(session, now=runtime.now())) == 3
    with runtime.transaction() as session:
        assert queues.take_unpublished(session, now=runtime.now()) == []
    with runtime.transaction() as session:
        later = runtime.now() + timedelta(seconds=queues.REPUBLISH_AFTER_S + 1)
        assert len(queues.take_unpublished(session, now=later)) == 3


@pytest.mark.parametrize("size", [0, 1, 40_000])
def test_any_number_of_ids_fits_a_clause(runtime: Runtime, size: int) -> None:
    from huabao.db import in_ids

    _enqueue(runtime, Task("test.note", lambda _, at: None), 2)
    with runtime.transaction() as session:
        assert session.query(Job).where(in_ids(session, Job.id, range(1, size + 1))).count() == min(size, 2)


def test_a_job_keeps_its_lease_through_an_outage(sqlite_runtime: Runtime) -> None:
    """The keeper meets a database that refuses it, and renews the lease once that is over."""
    runtime = dataclasses.replace(sqlite_runtime, config=sqlite_runtime.config.model_copy(update={"lease_s": 0.3}))

    def lease() -> datetime | None:
        with runtime.transaction(read_only=True) as session:
            found: datetime | None = session.query(Job.lease_until).scalar()
            return found

    def long(_: Runtime, at: int) -> None:
        before = lease()
        with runtime.transaction() as session:
            session.execute(text("ALTER TABLE jobs RENAME TO jobs_away"))
        threading.Event().wait(0.5)  # several times what lies between two renewals
        with runtime.transaction() as session:
            session.execute(text("ALTER TABLE jobs_away RENAME TO jobs"))
        assert any(lease() != before or threading.Event().wait(0.1) for _ in range(1000)), "nobody renewed the lease any more"

    task = Task("test.long", long, max_attempts=1)
    _enqueue(runtime, task)
    with runtime.transaction() as session:
        claim = queues.claim_next(session, queues=("default",), owner="me", now=runtime.now(), lease_s=60)
    assert claim is not None
    run_claimed(runtime, {task.name: task}, claim, owner="me")
    assert _states(runtime) == [DONE]


def _lose(runtime: Runtime, *job_ids: int, later: timedelta = timedelta(0)) -> queues.Swept:
    """Have a worker claim these jobs and fall silent; what the sweep makes of it."""
    with runtime.transaction() as session:
        for job_id in job_ids:
            assert queues.claim_job(session, job_id, owner="dead", now=runtime.now() + later, lease_s=-1) is not None
    with runtime.transaction() as session:
        return queues.sweep(session, now=runtime.now() + later, losses_max=3)


def _losses(runtime: Runtime) -> dict[int, tuple[str, int]]:
    with runtime.transaction(read_only=True) as session:
        return {job.id: (job.state, job.losses) for job in session.query(Job)}


def test_a_job_lost_with_three_workers_is_given_up_and_bystanders_get_their_last_chance_alone(runtime: Runtime) -> None:
    _enqueue(runtime, Task("test.note", lambda _, at: None), 3)
    assert _lose(runtime, 1, 2, 3) == queues.Swept(3)
    assert _lose(runtime, 1, 2, 3) == queues.Swept(1)
    assert _losses(runtime) == {1: (QUEUED, 2), 2: ("running", 1), 3: ("running", 1)}
    assert _lose(runtime) == queues.Swept(0), "one at a time"
    [lost] = (swept := _lose(runtime, 1)).given_up
    assert (lost.job_id, swept.queued) == (1, 1)
    assert _losses(runtime) == {1: (FAILED, 3), 2: (QUEUED, 2), 3: ("running", 1)}
    with runtime.transaction() as session:
        claim = queues.claim_job(session, 2, owner="alive", now=runtime.now(), lease_s=30)
        assert claim is not None
        queues.finish(session, claim, owner="alive", now=runtime.now())
    assert _lose(runtime) == queues.Swept(1)
    assert _losses(runtime)[3] == (QUEUED, 2)


def test_a_job_that_ended_in_any_other_way_was_not_lost(runtime: Runtime) -> None:
    _enqueue(runtime, Task("test.note", lambda _, at: None))
    assert _lose(runtime, 1) == queues.Swept(1)
    with runtime.transaction() as session:
        claim = queues.claim_job(session, 1, owner="alive", now=runtime.now(), lease_s=30)
        assert claim is not None
        queues.put_back(session, claim, owner="alive", now=runtime.now(), delay_s=0.0, error="a fault")
    assert _losses(runtime) == {1: (QUEUED, 0)}


def test_what_a_clock_wrote_that_was_an_hour_ahead_waits_for_no_hour(runtime: Runtime) -> None:
    task, hour = Task("test.note", lambda _, at: None), timedelta(hours=1)
    with runtime.transaction() as session:
        queues.enqueue_many(session, task, ({"at": at} for at in range(2)), now=runtime.now() + hour)
        assert queues.claim_job(session, 1, owner="dead", now=runtime.now() + hour, lease_s=15) is not None
    with runtime.transaction() as session:
        assert queues.sweep(session, now=runtime.now(), losses_max=3) == queues.Swept(1)
        assert queues.claim_next(session, queues=("default",), owner="me", now=runtime.now(), lease_s=5) is not None
        assert queues.claim_next(session, queues=("default",), owner="me", now=runtime.now(), lease_s=5) is not None
