"""Running jobs: the task base that both ways to run share.

One of the three edges where any exception is caught: it is logged, the job is
put back with a pause, and after the last attempt it is given up with an alarm.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from huabao import alarms
from huabao import queues as jobs
from huabao.hands import Hands
from huabao.log import BOUND, bound, get_logger
from huabao.outages import fullness
from huabao.queues import Claim, Periodic, Retry, Task
from huabao.runtime import Runtime
from huabao.settings import Setting

LOSSES_MAX = Setting(
    "job_losses_max",
    5,
    "workers",
    "a job with which so many workers in a row fell silent (killed, out of memory) is given up with an alarm; less than 3 blames bystanders",
    minimum=1,
)

SETTINGS: tuple[Setting[Any], ...] = (LOSSES_MAX,)

FULL_S = 60.0
"""A database that so long had room for everything is not full any more."""

JOBS = Hands()
"""Jobs that threads of this process run."""

log = get_logger("jobs")


def work_once(runtime: Runtime, tasks: Mapping[str, Task], *, queues: tuple[str, ...], owner: str, look_first: bool, begun: Callable[[], None] | None = None) -> bool:
    """Claim and run one job of these queues; False where there was none.

    Args:
        look_first: ask without a lock, which an idle worker's claim would take from SQLite's writers.
        begun: called once a job is claimed, before it runs.

    Raises:
        OperationalError: the database is away.
    """
    if look_first:
        with runtime.transaction(read_only=True) as session:
            if not jobs.any_ready(session, queues=queues, now=runtime.now()):
                return False
    with runtime.transaction() as session:
        claim = jobs.claim_next(session, queues=queues, owner=owner, now=runtime.now(), lease_s=runtime.config.lease_s)
    if claim is None:
        return False
    if begun is not None:
        begun()
    run_claimed(runtime, tasks, claim, owner=owner)
    return True


def run_claimed(runtime: Runtime, tasks: Mapping[str, Task], claim: Claim, *, owner: str) -> None:
    """Run a claimed job to its end, whatever that is; never raises for the job's own faults."""
    task = tasks.get(claim.task)
    try:
        if task is None:
            raise LookupError(f"no task is called {claim.task!r}")
        with bound(job=claim.job_id, task=claim.task, **_told(claim)), JOBS.holding(runtime.engine, claim.job_id), _lease_kept(runtime, task, claim, owner):
            task.run(runtime, **claim.args)
    except Retry as again:
        with runtime.transaction() as session:
            jobs.put_back(session, claim, owner=owner, now=runtime.now(), delay_s=again.delay_s, counted=False)
    except Exception as error:  # the task edge
        _failed(runtime, task, claim, owner, error)
    else:
        with runtime.transaction() as session:
            jobs.finish(session, claim, owner=owner, now=runtime.now())


def _told(claim: Claim) -> dict[str, Any]:
    """What every line of the job's work says of it."""
    return {name.removesuffix("_id"): claim.args[name] for name in BOUND if name in claim.args}


def run_periodic(runtime: Runtime, periodic: Periodic) -> None:
    """Run one periodic piece of work; its failure is logged and it runs again at its time."""
    try:
        periodic.run(runtime)
    except Exception as error:  # the task edge
        log.error("periodic work failed", name=periodic.name, exc_info=error)


def _failed(runtime: Runtime, task: Task | None, claim: Claim, owner: str, error: Exception) -> None:
    log.error("job failed", job=claim.job_id, task=claim.task, attempt=claim.attempts, exc_info=error)
    text = f"{type(error).__name__}: {error}"
    now = runtime.now()
    with runtime.transaction() as session:
        if task is None or claim.attempts >= task.max_attempts:
            jobs.give_up(session, claim, owner=owner, now=now, error=text)
            alarms.raise_alarm(session, "jobs.failed", claim.task, f"job {claim.job_id} ({claim.task}) was given up: {text}", at=now, args=dict(claim.args))
        else:
            delay_s = jobs.BACKOFF_S[min(claim.attempts, len(jobs.BACKOFF_S)) - 1]
            jobs.put_back(session, claim, owner=owner, now=now, delay_s=delay_s, error=text)


@contextmanager
def _lease_kept(runtime: Runtime, task: Task, claim: Claim, owner: str) -> Iterator[None]:
    done = threading.Event()

    def keep() -> None:
        while not done.wait(min(task.lease_s, runtime.config.lease_s) / 3):  # whoever claimed did so for the configured time
            try:
                with runtime.transaction() as session:
                    jobs.extend_lease(session, claim, owner=owner, now=runtime.now(), lease_s=task.lease_s)
            except SQLAlchemyError as error:  # it may be back before the lease ends
                log.warning("lease of a job not renewed, database unreachable", job=claim.job_id, error=type(error).__name__)

    keeper = threading.Thread(target=keep, name=f"lease-{claim.job_id}", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        done.set()
        keeper.join()


def sweep_jobs(runtime: Runtime) -> None:
    """Queue again what a worker that fell silent had in hand; give up what was lost too often, which may be what ends them."""
    _tell_of_steps(runtime)
    now = runtime.now()
    with runtime.transaction() as session:
        swept = jobs.sweep(session, now=now, losses_max=LOSSES_MAX.get(session), in_hand=JOBS.of(runtime.engine), in_doubt=lambda: runtime.in_doubt)
        _tell_of_fullness(session, now)
        for job in swept.given_up:
            what = f"job {job.job_id} ({job.task}) was given up: {LOSSES_MAX.get(session)} workers in a row fell silent with it, it may be what ends them"
            alarms.raise_alarm(session, "jobs.lost", str(job.job_id), what, at=now, args=dict(job.args))
    if swept.queued:
        log.warning("jobs of a silent worker queued again", count=swept.queued)
    for job in swept.given_up:
        log.error("a job was lost too often and is given up", job=job.job_id, task=job.task)


def _tell_of_fullness(session: Session, now: datetime) -> None:
    """Call a person where the database had no room, as soon as it has room for that; it is over once a minute went well."""
    if fullness.s_ago < FULL_S:
        alarms.raise_alarm(session, "database.full", "database", "the database had no room left to write; nothing is sent meanwhile, it goes on by itself once it has", at=now)
    else:
        alarms.close_alarm(session, "database.full", "database", at=now)


def _tell_of_steps(runtime: Runtime) -> None:
    """Call a person where the clock was set."""
    step_s = runtime.step_s()
    if step_s:
        which = "the database's clock" if runtime.engine.dialect.name == "postgresql" else "this machine's clock"
        ahead = "it is followed at once" if step_s > 0 else "we go on by the time that we had, at half speed, until it has caught up"
        with runtime.transaction() as session:
            alarms.raise_alarm(session, "clock.stepped", socket.gethostname(), f"{which} was set by {step_s:+.0f} s: {ahead}", at=runtime.now(), step_s=round(step_s, 3))


SWEEP = Periodic("jobs.sweep", sweep_jobs, 5.0)
