"""Asking for a work, doing it in a job, looking at what came of it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from content.models import Edition
from content.services import lock_edition
from content.works.models import DeskFile, DeskWork
from content.works.settings import WORKS_KEEP_DAYS
from huabao.errors import HuabaoError
from huabao.queues import Task, enqueue
from huabao.runtime import Runtime

WAITING, RUNNING, DONE, REFUSED, FAILED = "waiting", "running", "done", "refused", "failed"
STATES = (WAITING, RUNNING, DONE, REFUSED, FAILED)
OPEN = (WAITING, RUNNING)

TELL_EVERY_S = 0.5
"""How far a work is, is written down no more often than that."""

DROPPED_AT_ONCE = 500
"""Old works that go in one transaction."""

BROKEN = "it broke off; the log says why"


@dataclass(frozen=True)
class Made:
    """A file that a work made."""

    name: str
    media_type: str
    data: bytes = field(repr=False)
    about: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """What came of a work."""

    document: Mapping[str, Any]
    files: Sequence[Made] = ()


@dataclass(frozen=True)
class Order:
    """A work as whoever does it is told of it."""

    work_id: int
    edition_id: int
    version_id: int
    args: Mapping[str, Any]
    by: str
    role: str


Tell = Callable[[int, int], None]
"""Told how much is done, and of how much."""

Doing = Callable[[Runtime, Order, Tell], Result]


def ask(session: Session, task: Task, edition: Edition, kind: str, args: Mapping[str, Any], *, by: str, role: str, now: datetime) -> DeskWork:
    """Write a work down and have it done; where the same kind waits or runs for this edition, that one."""
    lock_edition(session, edition.id)  # two who ask at the same instant ask once
    running = session.scalar(select(DeskWork).where(DeskWork.edition_id == edition.id, DeskWork.kind == kind, DeskWork.state.in_(OPEN)).order_by(DeskWork.id.desc()).limit(1))
    if running is not None:
        return running
    made = DeskWork(
        edition_id=edition.id, edition_version_id=edition.current_version_id, kind=kind, args=dict(args), state=WAITING, done=0, total=0, by=by[:80], role=role, asked_at=now
    )  # fmt: skip
    session.add(made)
    session.flush()
    enqueue(session, task, {"work_id": made.id}, now=now)
    return made


def run(runtime: Runtime, work_id: int, doings: Mapping[str, Doing]) -> None:
    """Do a work. What it refuses is its answer; anything else that goes wrong is the job's."""
    with runtime.transaction() as session:
        work = session.get(DeskWork, work_id, with_for_update=True)
        if work is None or work.state not in OPEN:
            return
        work.state = RUNNING
        order, doing = Order(work.id, work.edition_id, work.edition_version_id, dict(work.args), work.by, work.role), doings[work.kind]
    state, result, problem = FAILED, Result({}), BROKEN
    try:
        result = doing(runtime, order, _teller(runtime, work_id))
        state, problem = DONE, ""
    except HuabaoError as error:
        state, problem = REFUSED, str(error)
    finally:
        with runtime.transaction() as session:
            _settle(session, session.get_one(DeskWork, work_id), state, result, problem, runtime.now())


def _teller(runtime: Runtime, work_id: int) -> Tell:
    last = 0.0

    def tell(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last >= TELL_EVERY_S:
            last = time.monotonic()
            with runtime.transaction() as session:
                work = session.get_one(DeskWork, work_id)
                work.done, work.total = done, total

    return tell


def _settle(session: Session, work: DeskWork, state: str, result: Result, problem: str, now: datetime) -> None:
    work.state, work.result, work.problem, work.finished_at = state, dict(result.document), problem, now
    for one in result.files:
        sha256 = hashlib.sha256(one.data).hexdigest()
        session.add(DeskFile(work_id=work.id, name=one.name, media_type=one.media_type, size_bytes=len(one.data), sha256=sha256, about=dict(one.about), data=one.data))
    session.flush()
    if result.files:  # those of earlier works of its kind are of an earlier version, or the same again
        earlier = select(DeskWork.id).where(DeskWork.edition_id == work.edition_id, DeskWork.kind == work.kind, DeskWork.id < work.id)
        session.execute(delete(DeskFile).where(DeskFile.work_id.in_(earlier)))


def drop_old(runtime: Runtime) -> int:
    """Let works go that were finished long ago, and their files; how many."""
    with runtime.transaction() as session:
        before = runtime.now() - timedelta(days=WORKS_KEEP_DAYS.get(session))
        old = session.scalars(select(DeskWork.id).where(DeskWork.finished_at < before).order_by(DeskWork.id).limit(DROPPED_AT_ONCE)).all()
        session.execute(delete(DeskFile).where(DeskFile.work_id.in_(old)))
        session.execute(delete(DeskWork).where(DeskWork.id.in_(old)))
        return len(old)


def latest(session: Session, edition_id: int, kind: str) -> DeskWork | None:
    """The last work of that kind."""
    return session.scalar(select(DeskWork).where(DeskWork.edition_id == edition_id, DeskWork.kind == kind).order_by(DeskWork.id.desc()).limit(1))


def open_work(session: Session, edition_id: int) -> DeskWork | None:
    """What waits or runs for an edition, the newest."""
    return session.scalar(select(DeskWork).where(DeskWork.edition_id == edition_id, DeskWork.state.in_(OPEN)).order_by(DeskWork.id.desc()).limit(1))


def files_of(session: Session, work_id: int) -> Sequence[DeskFile]:
    """Its files, in the order in which they were made."""
    return session.scalars(select(DeskFile).where(DeskFile.work_id == work_id).order_by(DeskFile.id)).all()


def file_of(session: Session, edition_id: int, file_id: int) -> DeskFile | None:
    """A file that was made for that edition, or None."""
    return session.scalar(select(DeskFile).join(DeskWork, DeskWork.id == DeskFile.work_id).where(DeskFile.id == file_id, DeskWork.edition_id == edition_id))
