"""Batches that wait for a worker, and their jobs.

A job's key names the batch and its fence, so a ready batch has one job at most
and a batch that came back gets a new one. Only a batch that may leave now has a
job: what is held, waits for its hour or for a port that rests has none, and gets
one by `enqueue_ready` in the order of its dispatch as soon as it may.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, and_, cast, delete, exists, literal, or_, select
from sqlalchemy.orm import Session

from delivery.lanes import queue_of
from delivery.lifecycle import ENDED, SEEDING, SENDING
from delivery.models import Batch, Dispatch, Port
from delivery.ports import PORT_KINDS, PortSettings
from huabao.queues import QUEUED, RUNNING, Job, Task, enqueue, enqueue_many
from huabao.runtime import Runtime

JOBS_AT_ONCE = 500


def _send_batch(runtime: Runtime, batch_id: int, fence: int) -> None:
    from delivery.sending.sender import send_batch

    send_batch(runtime, batch_id)


SEND_BATCH = Task("delivery.send_batch", _send_batch, queue="bulk", max_attempts=5, lease_s=15.0)
"""Send what is left of a batch; args: batch_id, fence (of its key)."""


def _queue_ready(runtime: Runtime, port_id: int) -> None:
    with runtime.transaction() as session:
        enqueue_ready(session, now=runtime.now())


QUEUE_READY = Task("delivery.queue_ready", _queue_ready, queue="express")
"""Give ready batches their jobs at the instant at which a port may go on; args: port_id."""


def job_key(args: Mapping[str, Any]) -> str:
    """The unique key of a batch's job."""
    return f"send_batch:{args['batch_id']}:{args['fence']}"


_KEY: ColumnElement[str] = literal("send_batch:", String) + cast(Batch.id, String) + ":" + cast(Batch.fence, String)


def port_queue(port_id: int, lane: str) -> str:
    """The queue of a port that has an owner; its express lane is a queue of its own."""
    return f"port-{port_id}-express" if queue_of(lane) == "express" else f"port-{port_id}"


def enqueue_batch(session: Session, batch_id: int, *, now: datetime) -> None:
    """Give a ready batch its job, if it may leave."""
    _enqueue(session, _may_leave(now) & (Batch.id == batch_id), now=now)


def enqueue_ready(session: Session, *, now: datetime, dispatch_id: int | None = None) -> int:
    """Give each ready batch that may leave (or whose dispatch has ended) a job where it has none; how many."""
    open_ones = select(Dispatch.id).where(Dispatch.closed_at.is_(None), Dispatch.state.in_((SENDING, SEEDING, *ENDED)))
    mine = open_ones if dispatch_id is None else open_ones.where(Dispatch.id == dispatch_id)
    ids = session.scalars(mine).all()
    return _enqueue(session, _may_leave(now) & Batch.dispatch_id.in_(ids), now=now) if ids else 0


def _may_leave(now: datetime) -> ColumnElement[bool]:
    """Whether a batch of a joined dispatch may leave as far as the two of them say; an ended one's goes to be cancelled."""
    let_out = or_(and_(Dispatch.state == SENDING, Batch.stage <= Dispatch.stage), and_(Dispatch.state == SEEDING, Batch.stage == 0))
    due = and_(*(or_(at.is_(None), at <= now) for at in (Batch.not_before, Batch.paced_at)))
    return or_(Dispatch.state.in_(ENDED), and_(let_out, due, Batch.held.is_(None)))


def _enqueue(session: Session, which: ColumnElement[bool], *, now: datetime) -> int:
    has_job = exists().where(Job.unique_key == _KEY, Job.state.in_((QUEUED, RUNNING))).correlate(Batch)
    wanted = (
        select(Batch.id, Batch.fence, Batch.lane, Batch.port_id, Batch.service_code, Dispatch.state.in_(ENDED).label("ended"))
        .join(Dispatch, Dispatch.id == Batch.dispatch_id)
        .where(Batch.state == "ready", which, ~has_job)
        .order_by(Batch.dispatch_id, Batch.position)
    )
    found = session.execute(wanted).all()
    if not found:
        return 0
    ports = {port.id: PortSettings.of(port) for port in session.scalars(select(Port))}
    queues: dict[str, list[dict[str, int]]] = defaultdict(list)
    for row in found:
        port = ports[row.port_id]
        if row.ended or port.may_send(now, row.service_code or None).allowed:
            queues[port_queue(port.port_id, row.lane) if PORT_KINDS[port.kind].owned else queue_of(row.lane)].append({"batch_id": row.id, "fence": row.fence})
    for queue, args in queues.items():
        task = replace(SEND_BATCH, queue=queue)
        for at in range(0, len(args), JOBS_AT_ONCE):
            enqueue_many(session, task, args[at : at + JOBS_AT_ONCE], now=now, key_of=job_key)
    return sum(map(len, queues.values()))


def withdraw(session: Session, *, dispatch_id: int | None = None, port_id: int | None = None) -> int:
    """Take the waiting jobs of a dispatch or a port that rests, all at once; how many.

    They come again, in order, by `enqueue_ready`. Jobs that somebody just claims are left to him.
    """
    of = Batch.dispatch_id == dispatch_id if port_id is None else Batch.port_id == port_id
    open_ones = select(Dispatch.id).where(Dispatch.closed_at.is_(None), Dispatch.state.not_in(ENDED))
    keys = select(_KEY).where(of, Batch.state == "ready", Batch.dispatch_id.in_(open_ones))
    waiting = select(Job.id).where(Job.state == QUEUED, Job.task == SEND_BATCH.name, Job.unique_key.in_(keys)).with_for_update(skip_locked=True)
    found = session.scalars(waiting).all()
    for at in range(0, len(found), JOBS_AT_ONCE):
        session.execute(delete(Job).where(Job.id.in_(found[at : at + JOBS_AT_ONCE])), execution_options={"synchronize_session": False})
    return len(found)


def wake_at(session: Session, port_id: int, until: datetime, *, now: datetime) -> None:
    """Have the batches of a port that rests queued again at that instant."""
    delay_s = max(0.0, (until - now).total_seconds())
    enqueue(session, QUEUE_READY, {"port_id": port_id}, now=now, delay_s=delay_s, unique_key=f"queue_ready:{port_id}:{until.isoformat()}")
