"""A round of the checks: what each found is held against what was seen before, and alarms open and close.

One leader runs it (`huabao.queues.Periodic`); it reads first and writes only where something
is wrong or was.
"""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from delivery.sending.stages import warn
from huabao import alarms
from huabao.runtime import Runtime
from monitoring.alarms import handling
from monitoring.alarms.checks import CHECKS, Check, Findings
from monitoring.alarms.hysteresis import CLOSE, RAISE, Standing, look
from monitoring.models import AlarmWatch
from monitoring.settings import CLOSES_AFTER, OPENS_AFTER

WATCH_EVERY_S = 15.0

_rounds: weakref.WeakKeyDictionary[Engine, int] = weakref.WeakKeyDictionary()
"""How many rounds this process did, by engine."""


def watch(runtime: Runtime, checks: Sequence[Check] = CHECKS) -> None:
    """One round: look, and open or close what follows from it."""
    number = _rounds.get(runtime.engine, -1) + 1
    _rounds[runtime.engine] = number
    now = runtime.now()
    due = [one for one in checks if number % one.every == 0]
    with runtime.transaction(read_only=True) as session:
        found = {one.kind: one.look(session, now) for one in due}
        seen = session.scalar(select(AlarmWatch.kind).limit(1)) is not None
    if seen or any(found.values()):
        with runtime.transaction() as session:
            for kind, findings in found.items():
                judge(session, kind, findings, now)
    if number % 240 == 0:
        with runtime.transaction() as session:
            handling.fade(session, now)
            handling.forget_old(session, now)


def judge(session: Session, kind: str, findings: Findings, now: datetime) -> None:
    """Hold what one check found against what it found before."""
    limits = OPENS_AFTER.get(session), CLOSES_AFTER.get(session)
    before: Mapping[str, AlarmWatch] = {row.key: row for row in session.scalars(select(AlarmWatch).where(AlarmWatch.kind == kind))}
    for key in sorted(findings.keys() | before.keys()):
        row = before.get(key)
        standing = Standing() if row is None else Standing(row.bad, row.good, row.opened)
        after, act = look(standing, is_bad=key in findings, opens_after=limits[0], closes_after=limits[1])
        if act == RAISE:
            warn(session, kind, key, findings[key].text, now=now, **findings[key].detail)
        elif act == CLOSE:
            alarms.close_alarm(session, kind, key, at=now)
        _keep(session, kind, key, row, after, now)
    session.flush()


def _keep(session: Session, kind: str, key: str, row: AlarmWatch | None, after: Standing, now: datetime) -> None:
    if after == Standing():
        if row is not None:
            session.delete(row)
        return
    if row is None:
        row = AlarmWatch(kind=kind, key=key, since=now)
        session.add(row)
    row.bad, row.good, row.opened = after.bad, after.good, after.opened
