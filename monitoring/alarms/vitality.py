"""Whether the house works as a whole: what an orchestrator asks, and what the sign of life to the outside hangs on."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from huabao import leases
from huabao.queues import QUEUED, Job
from monitoring.settings import BACKLOG_S

LEADERS = ("scheduler", "worker")
"""Leases of which one is held while periodic work is done."""


def problems(session: Session, now: datetime) -> list[str]:
    """What is wrong, a sentence each; empty where the house works."""
    found = []
    if not any(leases.lease_holder(session, name, now=now) for name in LEADERS):
        found.append("nobody does the periodic work: no scheduler leads, no embedded worker runs")
    limit = timedelta(seconds=2 * BACKLOG_S.get(session))
    oldest = session.scalar(select(func.min(Job.run_at)).where(Job.queue == "express", Job.state == QUEUED))
    if oldest is not None and now - oldest > limit:
        found.append(f"urgent work waits since {oldest.isoformat(timespec='seconds')}: no worker takes it")
    return found
