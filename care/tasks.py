"""Periodic work: readers are counted once a day, who comes and goes as it happens; a burst of complaints is an alarm, reports are mailed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from care.models import Complaint
from care.reports.mailing import MAIL_REPORT
from care.settings import BURST_MIN, BURST_TIMES
from huabao import alarms
from huabao.queues import Periodic, Task
from huabao.runtime import Runtime

BURST: Final = "complaints.burst"
USUAL_DAYS: Final = 14
HOUR: Final = timedelta(hours=1)


def _count_readers(runtime: Runtime) -> None:
    from monitoring.readership import count_today

    count_today(runtime)


def _keep_moves(runtime: Runtime) -> None:
    from care.overview.moving import keep_moves

    keep_moves(runtime)


def _mark_new(runtime: Runtime) -> None:
    from care.overview.marks import mark_new

    mark_new(runtime)


def _mark_never(runtime: Runtime) -> None:
    from care.overview.marks import mark_never

    mark_never(runtime)


def _plan_mails(runtime: Runtime) -> None:
    from care.reports.mailing import plan_mails

    plan_mails(runtime)


def watch_burst(runtime: Runtime) -> None:
    """Open the alarm where the last hour brought far more complaints than an hour usually does, and close it once it did not."""
    now = runtime.now()
    with runtime.transaction() as session:
        found = _received(session, now - HOUR, now)
        usual = _received(session, now - timedelta(days=USUAL_DAYS), now - HOUR) / (USUAL_DAYS * 24 - 1)
        if found >= max(BURST_MIN.get(session), BURST_TIMES.get(session) * usual):
            alarms.raise_alarm(session, BURST, "", f"{found} complaints within an hour; usual are {usual:.1f}", at=now, found=found, usual=round(usual, 1))
        elif alarms.find_open(session, BURST, "") is not None:
            alarms.close_alarm(session, BURST, "", at=now)


def _received(session: Session, since: datetime, until: datetime) -> int:
    return session.scalar(select(func.count()).select_from(Complaint).where(Complaint.recorded_at > since, Complaint.recorded_at <= until)) or 0


TASKS: tuple[Task, ...] = (MAIL_REPORT,)
PERIODIC: tuple[Periodic, ...] = (
    Periodic("care.count_readers", _count_readers, 900.0),
    Periodic("care.keep_moves", _keep_moves, 60.0),
    Periodic("care.mark_new", _mark_new, 600.0),
    Periodic("care.mark_never", _mark_never, 900.0),
    Periodic("care.watch_complaints", watch_burst, 60.0),
    Periodic("care.plan_mails", _plan_mails, 60.0),
)
