"""Who is judged silent: not a sender of this very process that waits for the database longer than its lease, and nobody whose lease was written by a clock that was just set."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import select

from delivery.models import Batch, Submission
from delivery.sending import claims, sender, sweeps
from huabao.clock import SteadyClock
from huabao.config import Config
from huabao.leases import take_lease
from huabao.queues import Job, Task, claim_job, claim_next, enqueue
from huabao.runtime import Runtime, make_runtime
from huabao.working import run_claimed, sweep_jobs
from tests.integration.sending.test_waiting import begin, submitted
from tests.services.delivering import peer

HOUR = timedelta(hours=1)


@pytest.fixture
def patient(runtime: Runtime) -> Runtime:
    """Leases that last longer than any test: only `later` they are over."""
    return replace(runtime, config=runtime.config.model_copy(update={"lease_s": 300.0}))


def later(runtime: Runtime) -> Runtime:
    """An hour on: every lease is over, and no clock was set."""
    return replace(runtime, clock=lambda: runtime.clock() + HOUR)


def fences(runtime: Runtime) -> list[tuple[str, int]]:
    """State and fence of the first two batches."""
    with runtime.transaction(read_only=True) as session:
        return [(batch.state, batch.fence) for batch in session.scalars(select(Batch).where(Batch.id <= 2).order_by(Batch.id))]


def test_a_sender_that_waited_longer_than_its_lease_keeps_its_batch(patient: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its process looks for silent workers while it waits; a dead worker's batch is found all the same."""
    with peer(tmp_path / "kept") as mmsc:
        begin(patient, mmsc.url, readers=20, max_recipients=1, connections=1)
        with patient.transaction() as session:
            assert claims.take(session, 2, owner="dead", now=patient.now(), lease_s=15) is not None
        real, swept = sender.BatchSender._take, list[bool]()

        def waits(self: sender.BatchSender) -> None:
            if not swept:
                sweeps.requeue_silent(later(patient))
                swept.append(True)
            real(self)

        monkeypatch.setattr(sender.BatchSender, "_take", waits)
        sender.send_batch(patient, 1)
        assert swept
        assert fences(patient) == [("done", 1), ("ready", 1)]
        assert submitted(patient) == len(mmsc.recipients()) == 10
        with patient.transaction(read_only=True) as session:
            assert session.scalars(select(Submission.state).distinct()).all() == ["accepted"]


def test_a_sender_that_ended_badly_leaves_its_batch_to_the_lease(patient: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: sender.BatchSender) -> None:
        raise RuntimeError("broken on purpose")

    with peer(tmp_path / "kept") as mmsc:
        begin(patient, mmsc.url, readers=20)
        monkeypatch.setattr(sender.BatchSender, "_take", broken)
        with pytest.raises(RuntimeError):
            sender.send_batch(patient, 1)
    sweeps.requeue_silent(patient)
    assert fences(patient)[0] == ("claimed", 1)
    sweeps.requeue_silent(later(patient))
    assert fences(patient)[0] == ("ready", 1)


def test_a_job_that_runs_here_is_not_queued_again(runtime: Runtime) -> None:
    task = Task("test.slow", lambda _: sweep_jobs(later(runtime)))
    with runtime.transaction() as session:
        for _ in range(2):
            enqueue(session, task, {}, now=runtime.now())
        mine = claim_next(session, queues=("default",), owner="me", now=runtime.now(), lease_s=5)
        assert mine is not None
        assert claim_job(session, 3 - mine.job_id, owner="dead", now=runtime.now(), lease_s=5) is not None
    run_claimed(runtime, {task.name: task}, mine, owner="me")
    with runtime.transaction(read_only=True) as session:
        assert {job.id: (job.state, job.losses) for job in session.scalars(select(Job))} == {mine.job_id: ("done", 0), 3 - mine.job_id: ("queued", 1)}


@contextmanager
def server_clock(runtime: Runtime) -> Iterator[psycopg.Connection]:
    """The database's clock, for whoever connects from now on: `UPDATE ahead SET by = '1 hour'` sets it."""
    url = runtime.engine.url
    with psycopg.connect(url.render_as_string(hide_password=False).replace("+psycopg", ""), autocommit=True) as server:
        server.execute("CREATE SCHEMA before")
        server.execute("CREATE TABLE public.ahead AS SELECT interval '0' AS by")
        server.execute("CREATE FUNCTION before.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS 'SELECT pg_catalog.clock_timestamp() + by FROM public.ahead'")
        server.execute(f'ALTER DATABASE "{url.database}" SET search_path = before, pg_catalog, public'.encode())
        yield server


def test_who_sees_a_set_server_clock_last_judges_nobody_by_the_leases_of_those_who_saw_it_first(postgres_runtime: Runtime) -> None:
    """A sender notices at once and renews by the new time; to a scheduler with the old time that lease is one of a clock that was wrong."""
    begin(postgres_runtime)
    config = Config(database_url=postgres_runtime.config.database_url, data_dir=postgres_runtime.config.data_dir, lease_s=60)
    with server_clock(postgres_runtime) as server:
        sending, scheduling = make_runtime(config), make_runtime(config)
        try:
            assert scheduling.now() - sending.now() < HOUR / 2, "both look at it"
            with sending.transaction() as session:
                taken = claims.take(session, 1, owner="alive", now=sending.now(), lease_s=60)
                assert taken is not None
                assert take_lease(session, "leader", "alive", now=sending.now(), lease_s=60) is not None
            server.execute("UPDATE ahead SET by = '1 hour'")
            assert isinstance(sending.clock, SteadyClock)
            sending.clock.look()
            assert sending.now() - scheduling.now() > HOUR / 2, "one has seen it, the other has not"
            with sending.transaction() as session:
                claims.renew(session, claims.look_up(session, taken, now=sending.now()), now=sending.now(), lease_s=60)
                assert take_lease(session, "leader", "alive", now=sending.now(), lease_s=60) is not None
            sweeps.requeue_silent(scheduling)
            assert fences(postgres_runtime)[0] == ("claimed", 1)
            with scheduling.transaction() as session:
                assert take_lease(session, "leader", "late", now=scheduling.now(), lease_s=60, in_doubt=scheduling.in_doubt) is None
            assert scheduling.in_doubt
        finally:
            sending.engine.dispose()
            scheduling.engine.dispose()
