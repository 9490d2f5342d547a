"""What left through each port minute by minute, counted from the submissions as they are answered.

Pages ask for it by the hour, so it is counted once. Every few seconds the
submissions of the last minutes are counted anew, found by their numbers, and
the minutes that they fall into are written whole: counting twice counts once,
and what was missed while nobody counted is caught up with by the next count.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Select, case, delete, func, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from delivery.models import Port, PortMinute, Submission, SubmissionPart
from huabao.db import is_postgres
from huabao.minutes import minute_of, minute_sql
from huabao.runtime import Runtime
from huabao.settings import Setting

KEEP_DAYS = Setting("port_minutes_keep_days", 40, "days", "what left through each port minute by minute is removed after this long", minimum=1, maximum=3660)

SETTINGS: tuple[Setting[Any], ...] = (KEEP_DAYS,)

OPEN = timedelta(minutes=5)
"""A minute is counted again until the newest answer is so much younger."""

SUBMISSIONS_MAX = 1_000_000
"""Most of them that are looked at; who was away for longer begins there."""

_LEAVING = "leaving"
_FAILED = ("refused", "deferred", "unknown")
_COUNTED = ("submissions", "recipients", "units", "refused", "deferred", "unknown", "first_id", "last_id", "last_failed_id")


def count_minutes(runtime: Runtime) -> int:
    """Count the minutes that may have changed; how many were written."""
    with runtime.transaction(read_only=True) as session:
        rows = _rows(session)
    if not rows:
        return 0
    with runtime.transaction() as session:
        make = postgres_insert if is_postgres(session) else sqlite_insert
        adding = make(PortMinute)
        session.execute(adding.on_conflict_do_update(index_elements=["port_id", "minute"], set_={name: adding.excluded[name] for name in _COUNTED}), rows)
        session.execute(delete(PortMinute).where(PortMinute.minute < runtime.now() - timedelta(days=KEEP_DAYS.get(session))))
    return len(rows)


def _rows(session: Session) -> list[dict[str, Any]]:
    """The minutes that may have changed, whole.

    A minute that has submissions before the first one looked at is not seen whole, and left as it is. What is
    still on its way is in no minute; the first of them is looked at again until it has its answer.
    """
    leaving = session.scalar(select(func.min(Submission.id)).where(Submission.message_id.is_(None), Submission.state == _LEAVING))
    begin = _begin(session)
    ports = {row.id: row.options.get("counts") == "submits" for row in session.execute(select(Port.id, Port.options))}
    keys = (PortMinute.port_id, PortMinute.minute, PortMinute.first_id)
    known = {(row.port_id, row.minute): row.first_id for row in session.execute(select(*keys).where(PortMinute.last_id >= begin))}
    rows = []
    for found in session.execute(_counted(session, begin)).mappings():
        minute = minute_of(found["minute"])
        if found["port_id"] in ports and known.get((found["port_id"], minute), begin) >= begin:
            row = {name: found[name] for name in ("port_id", *_COUNTED) if name != "units"}
            units = found["submissions"] if ports[found["port_id"]] else found["pdus"]
            first = min(found["first_id"], leaving or found["first_id"])
            rows.append({**row, "minute": minute, "units": int(units), "recipients": int(found["recipients"]), "first_id": first})
    return rows


def _begin(session: Session) -> int:
    """The submission from which on minutes may have changed."""
    newest = session.scalar(select(func.max(PortMinute.minute)))
    least = max(0, (session.scalar(select(func.max(Submission.id))) or 0) - SUBMISSIONS_MAX)
    if newest is None:
        return least
    return max(least, session.scalar(select(func.min(PortMinute.first_id)).where(PortMinute.minute >= newest - OPEN)) or 0)


def _counted(session: Session, begin: int) -> Select[Any]:
    parts = select(SubmissionPart.submission_id, func.count().label("pdus")).where(SubmissionPart.submission_id >= begin).group_by(SubmissionPart.submission_id).subquery()
    minute = minute_sql(session, func.coalesce(Submission.answered_at, Submission.written_at)).label("minute")
    ended = [func.sum(case((Submission.state == name, 1), else_=0)).label(name) for name in _FAILED]
    return (
        select(
            Submission.port_id, minute, func.count().label("submissions"), func.sum(Submission.recipients).label("recipients"),
            func.sum(Submission.recipients * func.coalesce(parts.c.pdus, 1)).label("pdus"), *ended,
            func.min(Submission.id).label("first_id"), func.max(Submission.id).label("last_id"),
            func.max(case((Submission.state.in_(_FAILED), Submission.id))).label("last_failed_id"),
        )
        .outerjoin(parts, parts.c.submission_id == Submission.id)
        .where(Submission.id >= begin, Submission.state != _LEAVING)
        .group_by(Submission.port_id, minute)
    )  # fmt: skip
