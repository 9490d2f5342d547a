"""Work to be done later: one job table for both ways to run.

A service enqueues a job in its own transaction, so work and cause appear
together or not at all. Embedded, this process claims jobs from the table.
In production the relay publishes job ids to Celery, which carries nothing else;
`run_job` claims the row by its id, so a message delivered twice runs once.
A sweep publishes again what got lost and frees jobs whose worker fell silent.

A job runs at least once. What must happen exactly once guards itself with a
lease and a fencing token of its own, as a batch does (`delivery.dispatch.planning`).
A job with which workers fell silent again and again is given up (`sweep`): it may be
what ends them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, CursorResult, Index, Select, SmallInteger, String, Table, Text, Update, bindparam, event, func, null, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.sql.dml import ReturningUpdate

from huabao.db import Base, BigKey, Document, UTCDateTime, is_postgres
from huabao.leases import FAR_S, is_over
from huabao.quick import Quick, ask
from huabao.runtime import Runtime

QUEUED, RUNNING, DONE, FAILED = "queued", "running", "done", "failed"

QUEUES = ("express", "default", "bulk", "build")
"""Every queue there is; a worker takes all unless told otherwise. Express overtakes bulk."""

REPUBLISH_AFTER_S = 30.0
"""A published job that nobody claimed for so long is published again."""

CLOCKS_APART_S = 0.5
"""A job that was published is due, even where the worker's clock is so much behind the relay's."""

BACKOFF_S = (1.0, 5.0, 30.0, 120.0, 600.0)
"""Pauses between attempts."""


class Retry(Exception):
    """Raised by a task that wants to run again later; it is no failure.

    Attributes:
        delay_s: seconds until then.
    """

    def __init__(self, delay_s: float) -> None:
        super().__init__(f"again in {delay_s} s")
        self.delay_s = delay_s


@dataclass(frozen=True)
class Task:
    """A kind of job.

    Attributes:
        name: `<package>.<verb>`, as it stands in the job table.
        run: called as run(runtime, **args).
        queue: one of `QUEUES`.
        max_attempts: tries before the job counts as failed; a `Retry` is no try.
        lease_s: silence after which another worker may take the job.
    """

    name: str
    run: Callable[..., None]
    queue: str = "default"
    max_attempts: int = 5
    lease_s: float = 60.0


@dataclass(frozen=True)
class Periodic:
    """Work that the scheduler (or the embedded worker) does again and again.

    Attributes:
        name: `<package>.<verb>`.
        run: called as run(runtime).
        every_s: seconds between two beginnings.
    """

    name: str
    run: Callable[[Runtime], None]
    every_s: float


@dataclass(frozen=True)
class Companion:
    """What runs beside an embedded worker from its start to its end.

    Attributes:
        name: `<package>.<what>`.
        start: called as start(runtime, registry); returns what stops it.
    """

    name: str
    start: Callable[[Runtime, Registry], Callable[[], None]]


@dataclass(frozen=True)
class Registry:
    """Everything that this installation can run; console makes the one there is."""

    tasks: Mapping[str, Task] = field(default_factory=dict)
    periodics: tuple[Periodic, ...] = ()
    companions: tuple[Companion, ...] = ()


class Job(Base):
    """One piece of work.

    Attributes:
        attempts: how often it began, except where it asked to run again later.
        losses: workers in a row that fell silent with it.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        Index("ix_jobs_ready", "queue", "run_at", "id", sqlite_where=text("state = 'queued'"), postgresql_where=text("state = 'queued'")),
        Index("ix_jobs_running", "lease_until", sqlite_where=text("state = 'running'"), postgresql_where=text("state = 'running'")),
        Index("uq_jobs_key", "unique_key", unique=True, sqlite_where=text("state IN ('queued','running')"), postgresql_where=text("state IN ('queued','running')")),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    task: Mapped[str] = mapped_column(String(80))
    args: Mapped[dict[str, Any]] = mapped_column(Document)
    queue: Mapped[str] = mapped_column(String(20))
    unique_key: Mapped[str | None] = mapped_column(String(160))
    state: Mapped[str] = mapped_column(String(10), default=QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    losses: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    run_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    owner: Mapped[str | None] = mapped_column(String(120))
    last_error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


@dataclass(frozen=True)
class Claim:
    """A job in this worker's hands."""

    job_id: int
    task: str
    args: Mapping[str, Any] = field(default_factory=dict)
    attempts: int = 1


def enqueue(session: Session, task: Task, args: Mapping[str, Any], *, now: datetime, delay_s: float = 0.0, unique_key: str | None = None) -> bool:
    """Write a job; False when a job with the same `unique_key` waits or runs already."""
    if unique_key is not None and session.scalar(select(Job.id).where(Job.unique_key == unique_key, Job.state.in_((QUEUED, RUNNING)))):
        return False
    session.add(_row(task, args, now=now, run_at=now + timedelta(seconds=delay_s), unique_key=unique_key))
    session.flush()
    _tell_at_commit(session)
    return True


def enqueue_many(
    session: Session,
    task: Task,
    many_args: Iterable[Mapping[str, Any]],
    *,
    now: datetime,
    delay_s: float = 0.0,
    key_of: Callable[[Mapping[str, Any]], str] | None = None,
) -> int:
    """Write one job for each set of arguments; how many were asked for.

    `key_of` names each job's unique key; where a job of that key waits or runs already, none is added.
    """
    run_at = now + timedelta(seconds=delay_s)
    rows = [
        {"task": task.name, "args": dict(args), "queue": task.queue, "state": QUEUED, "attempts": 0, "run_at": run_at, "created_at": now}
        | {"unique_key": key_of(args) if key_of else None}
        for args in many_args
    ]
    if rows:
        adding = postgresql_insert(Job) if is_postgres(session) else sqlite_insert(Job)
        session.execute(adding.on_conflict_do_nothing(), rows)
        _tell_at_commit(session)
    return len(rows)


def _row(task: Task, args: Mapping[str, Any], *, now: datetime, run_at: datetime, unique_key: str | None) -> Job:
    return Job(task=task.name, args=dict(args), queue=task.queue, unique_key=unique_key, state=QUEUED, attempts=0, run_at=run_at, created_at=now)


listeners: list[Callable[[], None]] = []
"""Called in this process after each commit that wrote jobs; a worker here need not wait for its next look."""


def _tell_at_commit(session: Session) -> None:
    session.info["jobs_written"] = True


@event.listens_for(Session, "after_commit")
def _tell(session: Session) -> None:
    if session.info.pop("jobs_written", False):
        for listener in tuple(listeners):
            listener()


def next_due(connection: Connection, *, queues: Sequence[str]) -> list[datetime | None]:
    """For each queue when its next job is due (maybe long past), or None where none waits; cheap, and locks nothing."""
    return list(connection.execute(_next_due(tuple(queues))).one())


@lru_cache(maxsize=8)
def _next_due(queues: tuple[str, ...]) -> Select[Any]:
    firsts: list[Any] = [select(func.min(Job.run_at)).where(Job.queue == queue, Job.state == QUEUED).scalar_subquery() for queue in queues]
    return select(*firsts)


def any_ready(session: Session, *, queues: Sequence[str], now: datetime) -> bool:
    """Whether a job waits; cheap, and locks nothing."""
    (found,) = ask(session, _any_ready(tuple(queues))(at=now))
    return bool(found)


@lru_cache(maxsize=64)
def _any_ready(queues: tuple[str, ...]) -> Quick:
    return Quick(lambda _: select(Job.id).where(or_(*(Job.queue == queue for queue in queues)), Job.state == QUEUED, Job.run_at <= bindparam("at", type_=UTCDateTime)).limit(1))


def claim_next(session: Session, *, queues: Sequence[str], owner: str, now: datetime, lease_s: float) -> Claim | None:
    """Claim the next job of the first queue that has one."""
    (found,) = ask(session, _claiming(tuple(queues))(at=now, holder=owner, until=now + timedelta(seconds=lease_s)))
    return Claim(*found[0]) if found else None


@lru_cache(maxsize=64)
def _claiming(queues: tuple[str, ...]) -> Quick:
    """The statement of `claim_next`; a queue is looked at only where those before it are empty."""
    return Quick(lambda _: _claim_of(queues))


def _claim_of(queues: tuple[str, ...]) -> ReturningUpdate[Any]:
    jobs: Table = Job.__table__  # type: ignore[assignment]  # a mapped class has a Table
    firsts = [
        select(jobs.c.id)
        .where(jobs.c.queue == queue, jobs.c.state == QUEUED, jobs.c.run_at <= bindparam("at"))
        .order_by(jobs.c.run_at, jobs.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
        for queue in queues
    ]
    return (
        update(jobs)
        .where(jobs.c.id == func.coalesce(*firsts, null()), jobs.c.state == QUEUED)
        .values(state=RUNNING, owner=bindparam("holder"), lease_until=bindparam("until"), attempts=jobs.c.attempts + 1)
        .returning(jobs.c.id, jobs.c.task, jobs.c.args, jobs.c.attempts)
    )


def claim_job(session: Session, job_id: int, *, owner: str, now: datetime, lease_s: float) -> Claim | None:
    """Claim this job, or None where it is done, not due or in other hands."""
    result = session.execute(
        update(Job)
        .where(Job.id == job_id, Job.state == QUEUED, Job.run_at <= now + timedelta(seconds=CLOCKS_APART_S))
        .values(state=RUNNING, owner=owner, lease_until=now + timedelta(seconds=lease_s), attempts=Job.attempts + 1)
        .returning(Job.task, Job.args, Job.attempts)
    ).one_or_none()
    return None if result is None else Claim(job_id, result.task, result.args, result.attempts)


def extend_lease(session: Session, claim: Claim, *, owner: str, now: datetime, lease_s: float) -> bool:
    """Keep a long job; False when it was taken over."""
    return _changed(session.execute(update(Job).where(Job.id == claim.job_id, Job.owner == owner, Job.state == RUNNING).values(lease_until=now + timedelta(seconds=lease_s))))


def finish(session: Session, claim: Claim, *, owner: str, now: datetime) -> None:
    """The job is done."""
    ask(session, _FINISHING(job=claim.job_id, holder=owner, at=now))


def _finish_of(_postgres: bool) -> Update:
    jobs: Table = Job.__table__  # type: ignore[assignment]  # a mapped class has a Table
    mine = (jobs.c.id == bindparam("job"), jobs.c.owner == bindparam("holder"), jobs.c.state == RUNNING)
    return update(jobs).where(*mine).values(state=DONE, finished_at=bindparam("at"), last_error=None, lease_until=None, owner=None)


_FINISHING = Quick(_finish_of)


def put_back(session: Session, claim: Claim, *, owner: str, now: datetime, delay_s: float, error: str | None = None, counted: bool = True) -> None:
    """The job runs again after `delay_s`; a `Retry` is not counted as an attempt."""
    values: dict[str, Any] = {"state": QUEUED, "run_at": now + timedelta(seconds=delay_s), "published_at": None, "last_error": error, "losses": 0}
    if not counted:
        values["attempts"] = claim.attempts - 1
    _settle(session, claim, owner, **values)


def give_up(session: Session, claim: Claim, *, owner: str, now: datetime, error: str) -> None:
    """The job failed for good; it stays in the table with its error."""
    _settle(session, claim, owner, state=FAILED, finished_at=now, last_error=error)


def _settle(session: Session, claim: Claim, owner: str, **values: Any) -> None:
    session.execute(update(Job).where(Job.id == claim.job_id, Job.owner == owner, Job.state == RUNNING).values(lease_until=None, owner=None, **values))


@dataclass(frozen=True)
class Swept:
    """What `sweep` did.

    Attributes:
        queued: jobs that wait again.
        given_up: those that were lost too often.
    """

    queued: int = 0
    given_up: tuple[Claim, ...] = ()


def sweep(session: Session, *, now: datetime, losses_max: int, in_hand: Set[int] = frozenset(), in_doubt: Callable[[], bool] = lambda: False) -> Swept:
    """Queue again every job whose worker fell silent, up to `losses_max` workers in a row.

    Of a queue's jobs with one chance left only one waits or runs at a time: where
    several were lost with one process, the one that ends it is found, and the
    others are not given up for it.

    Args:
        in_hand: jobs that threads of this process run; they live, whatever their leases say.
        in_doubt: asked once silent ones are found: whether the clock was just set, so that nobody is judged.
    """
    _pull_back(session, now)
    silent = select(Job).where(Job.state == RUNNING, is_over(Job.lease_until, now)).order_by(Job.id).with_for_update(skip_locked=True)
    found = [job for job in session.scalars(silent) if job.id not in in_hand]
    if found and in_doubt():  # asked now: who wrote a lease by a clock that was set saw it before us
        return Swept()
    queued, given_up = 0, []
    taken = _last_chances(session, now, losses_max) if found and losses_max > 1 else set()
    for job in found:
        losses = job.losses + 1
        if losses >= losses_max:
            job.state, job.finished_at, job.last_error = FAILED, now, f"{losses} workers in a row fell silent with it"
            given_up.append(Claim(job.id, job.task, job.args, job.attempts))
        elif losses == losses_max - 1 and job.queue in taken:
            continue
        else:
            taken |= {job.queue} if losses == losses_max - 1 else set()
            job.state, job.run_at, job.published_at = QUEUED, now, None
            queued += 1
        job.owner, job.lease_until, job.losses = None, None, losses
    session.flush()
    return Swept(queued, tuple(given_up))


def _pull_back(session: Session, now: datetime) -> None:
    """Jobs that were written by a clock which was an hour ahead do not wait for that hour."""
    session.execute(update(Job).where(Job.state == QUEUED, Job.created_at > now + timedelta(seconds=FAR_S)).values(run_at=now, created_at=now, published_at=None))


def _last_chances(session: Session, now: datetime, losses_max: int) -> set[str]:
    """Queues in which a job with one chance left waits or runs."""
    mine = (Job.losses >= losses_max - 1, or_(Job.state == QUEUED, (Job.state == RUNNING) & ~is_over(Job.lease_until, now)))
    return set(session.scalars(select(Job.queue).where(*mine)))


def take_unpublished(session: Session, *, now: datetime, limit: int = 500) -> list[tuple[int, str]]:
    """Due jobs of `QUEUES` that Celery does not know of, marked as published: (id, queue). A port's own queues are its owner's."""
    stale = now - timedelta(seconds=REPUBLISH_AFTER_S)
    wanted = (
        select(Job.id, Job.queue)
        .where(Job.queue.in_(QUEUES), Job.state == QUEUED, Job.run_at <= now, (Job.published_at.is_(None)) | (Job.published_at < stale))
        .order_by(Job.run_at, Job.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    found = [(row.id, row.queue) for row in session.execute(wanted)]
    if found:
        session.execute(update(Job).where(Job.id.in_([job_id for job_id, _ in found])).values(published_at=now))
    return found


def _changed(result: Any) -> bool:
    return isinstance(result, CursorResult) and result.rowcount > 0
