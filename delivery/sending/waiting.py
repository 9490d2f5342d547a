"""Batches that wait for a worker, and their jobs.

A job's key names the batch and its fence, so a ready batch has one job at most
and a batch that came back gets a new one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import String, cast, exists, literal, select
from sqlalchemy.orm import Session

from delivery.lifecycle import ENDED, SENDING
from delivery.models import Batch, Dispatch
from huabao.queues import QUEUED, RUNNING, Job, Task, enqueue_many
from huabao.runtime import Runtime

JOBS_AT_ONCE = 500


def _send_batch(runtime: Runtime, batch_id: int, fence: int) -> None:
    from delivery.sending.sender import send_batch

    send_batch(runtime, batch_id)


SEND_BATCH = Task("delivery.send_batch", _send_batch, queue="bulk", max_attempts=5, lease_s=15.0)
"""Send what is left of a batch; args: batch_id, fence (of its key)."""


def job_key(args: Mapping[str, Any]) -> str:
    """The unique key of a batch's job."""
    return f"send_batch:{args['batch_id']}:{args['fence']}"


def enqueue_batch(session: Session, batch_id: int, fence: int, *, now: datetime, delay_s: float = 0.0) -> None:
    """Give a ready batch its job."""
    enqueue_many(session, SEND_BATCH, [{"batch_id": batch_id, "fence": fence}], now=now, delay_s=delay_s, key_of=job_key)


def enqueue_ready(session: Session, *, now: datetime, dispatch_id: int | None = None) -> int:
    """Give each ready batch of a dispatch that sends (or has ended) a job where it has none; how many."""
    key = literal("send_batch:", String) + cast(Batch.id, String) + ":" + cast(Batch.fence, String)
    has_job = exists().where(Job.unique_key == key, Job.state.in_((QUEUED, RUNNING))).correlate(Batch)
    wanted = (
        select(Batch.id, Batch.fence)
        .join(Dispatch, Dispatch.id == Batch.dispatch_id)
        .where(Batch.state == "ready", Dispatch.state.in_((SENDING, *ENDED)), ~has_job)
        .order_by(Batch.dispatch_id, Batch.position)
    )
    if dispatch_id is not None:
        wanted = wanted.where(Batch.dispatch_id == dispatch_id)
    found = [{"batch_id": batch_id, "fence": fence} for batch_id, fence in session.execute(wanted)]
    for at in range(0, len(found), JOBS_AT_ONCE):
        enqueue_many(session, SEND_BATCH, found[at : at + JOBS_AT_ONCE], now=now, key_of=job_key)
    return len(found)
