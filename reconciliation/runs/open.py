"""Differences that are open, who looks after them, and what is removed in time."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Text, cast, delete, select
from sqlalchemy.orm import Session

from huabao import audit
from huabao.errors import UsageError
from huabao.runtime import Runtime
from reconciliation.feeds.inbox import KEPT
from reconciliation.feeds.models import FeedArrival
from reconciliation.feeds.settings import FEED_KEEP_DAYS
from reconciliation.runs.models import ReconcileDifference, ReconcileRepair, ReconcileRun
from reconciliation.runs.running import FOLDER
from reconciliation.runs.settings import FILES_DAYS, KEEP_DAYS

_CHUNK = 2000


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which open differences; an empty text is any."""

    name: str = ""
    action: str = ""
    owner: str = ""
    msisdn: str = ""
    older_than_days: int = 0


def list_open(session: Session, wanted: Wanted, *, today: date, limit: int) -> Sequence[ReconcileDifference]:
    """The open differences, the oldest first."""
    c = ReconcileDifference
    found = select(c).where(c.closed_at.is_(None), c.first_day <= today - timedelta(days=wanted.older_than_days))
    for column, value in ((c.name, wanted.name), (c.action, wanted.action), (c.owner, wanted.owner), (c.msisdn, wanted.msisdn)):
        if value:
            found = found.where(column == value)
    return session.scalars(found.order_by(c.first_day, c.id).limit(limit)).all()


def assign(session: Session, ids: Sequence[int], owner: str, *, by: str, at: datetime) -> None:
    """Give open differences to somebody; an empty name to nobody.

    Raises:
        UsageError: one of them is not open; none is given then.
    """
    for one in ids:
        row = session.get(ReconcileDifference, one, with_for_update=True)
        if row is None or row.closed_at is not None:
            raise UsageError(f"difference {one} is not open; `huabao reconcile open` shows those that are")
        row.owner, row.owned_at = owner, at if owner else None
        audit.record(session, actor=by, action="reconcile.assign", object_kind="reconcile_difference", object_id=one, at=at, owner=owner)
    session.flush()


def forget_number(session: Session, msisdn: str) -> Mapping[str, int]:
    """Remove what is kept of a number (11 digits); files of runs that hold it go with `tidy`."""
    c, r = ReconcileDifference, ReconcileRepair
    for row in session.scalars(select(c).where(c.msisdn != msisdn, cast(c.said, Text).contains(msisdn))):  # he pays for another
        row.said = {side: {name: value for name, value in (told or {}).items() if value != msisdn} if isinstance(told, dict) else told for side, told in row.said.items()}
    ids = session.scalars(select(c.id).where(c.msisdn == msisdn)).all()
    repairs = session.execute(delete(r).where(r.difference_id.in_(ids)))
    gone = session.execute(delete(c).where(c.msisdn == msisdn))
    return {"reconcile_differences": int(gone.rowcount), "reconcile_repairs": int(repairs.rowcount)}  # type: ignore[attr-defined]  # a cursor's results


def tidy(runtime: Runtime) -> None:
    """Remove what was settled long ago, and files of old runs."""
    now = runtime.now()
    with runtime.transaction() as session:
        before = now - timedelta(days=KEEP_DAYS.get(session))
        c, r, run = ReconcileDifference, ReconcileRepair, ReconcileRun
        old = session.scalars(select(c.id).where(c.closed_at < before).order_by(c.id).limit(_CHUNK)).all()
        session.execute(delete(r).where(r.difference_id.in_(old)))
        session.execute(delete(c).where(c.id.in_(old)))
        session.execute(delete(FeedArrival).where(FeedArrival.day < (now - timedelta(days=FEED_KEEP_DAYS.get(session))).date()))
        kept = select(r.id).where(r.run_id == run.id).exists()
        session.execute(delete(run).where(run.created_at < before, ~kept))
        files_before = now - timedelta(days=FILES_DAYS.get(session))
        _remove_kept(runtime, files_before.date())
        stale = session.scalars(select(run).where(run.differences_file.is_not(None), run.created_at < files_before)).all()
        for one in stale:
            shutil.rmtree(runtime.config.data_dir / FOLDER / f"{one.kind}-{one.day}-run-{one.id}", ignore_errors=True)
            one.differences_file = None


def _remove_kept(runtime: Runtime, before: date) -> None:
    """Remove the files of days that are long past."""
    folder = runtime.config.data_dir / FOLDER / KEPT
    for one in sorted(folder.iterdir()) if folder.is_dir() else ():
        if one.name < str(before):
            shutil.rmtree(one, ignore_errors=True)
