"""Spreading a dispatch's batches over time, so that it takes no more of its ports than it may.

A dispatch with a rate has small batches, each due when the ones before it have had
their time (`Batch.not_before`): it waits in the table and not in a worker's hands,
and whoever shares its ports has them in between. After a pause the rest is spread
anew from then on, so that what was missed does not come in a rush.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from delivery.models import Batch, Dispatch

STEP_S = 5.0
"""A batch holds what its dispatch may send in so many seconds."""


def batch_readers(rate: float | None, readers_max: int) -> int:
    """Most readers of one batch of a dispatch that may send `rate` a second."""
    return readers_max if rate is None else max(1, min(readers_max, math.ceil(rate * STEP_S)))


def spread(session: Session, dispatch: Dispatch, *, start: datetime) -> datetime:
    """Give the ready batches of the dispatch their times; when the last one will have had its own."""
    at = start
    if dispatch.rate is None:
        return at
    ready = select(Batch.id, Batch.size, Batch.not_before).where(Batch.dispatch_id == dispatch.id, Batch.state == "ready").order_by(Batch.position)
    times = []
    for batch_id, size, _ in session.execute(ready).all():
        times.append({"id": batch_id, "not_before": at})
        at += timedelta(seconds=size / dispatch.rate)
    if times:
        session.execute(update(Batch), times)
    return at
