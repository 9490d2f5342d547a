"""Who hears of what: each thing that happened to an alarm becomes a notice for each recipient, once.

A recipient hears of what is as bad as he asked for, where his duty says so of a shift of his that runs. Something critical
that nobody would hear of is told to all. What is not critical waits for the end of the quiet hours; who was told
that it began is told that it is over; who was not yet is told neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from huabao.alarms import CLOSED, Alarm, AlarmEvent
from huabao.hours import Hours
from monitoring.alarms.handling import SILENCED, state_of
from monitoring.alarms.kinds import CRITICAL, SEVERITIES, kind_of
from monitoring.models import DROPPED, WAITING, AlarmNotice, AlarmRecipient, DutyShift
from monitoring.settings import QUIET_HOURS

EVENTS_AT_ONCE: Final = 200


def route(session: Session, now: datetime) -> int:
    """Decide who hears of what happened since the last time; how many notices that made."""
    untold = select(AlarmEvent).where(~AlarmEvent.told).order_by(AlarmEvent.id).limit(EVENTS_AT_ONCE)
    events = session.scalars(untold.with_for_update(skip_locked=True)).all()
    if not events:
        return 0
    recipients = session.scalars(select(AlarmRecipient).order_by(AlarmRecipient.id)).all()
    duty = on_duty(session, now)
    quiet = Hours.parse(QUIET_HOURS.get(session))
    made = 0
    for event in events:
        event.told = True
        alarm = session.get_one(Alarm, event.alarm_id)
        if event.what == CLOSED:
            to = _told_before(session, alarm, recipients)
        elif state_of(alarm, now) == SILENCED:
            to = []
        else:
            to = wanted(recipients, duty, kind_of(alarm.kind).severity)
        due_at = _due(kind_of(alarm.kind).severity, quiet, now)
        session.add_all(AlarmNotice(event_id=event.id, recipient_id=one.id, due_at=due_at) for one in to)
        session.flush()
        made += len(to)
    return made


def wanted(recipients: Sequence[AlarmRecipient], duty: frozenset[str], severity: str) -> list[AlarmRecipient]:
    """Who hears of something so bad at this time."""
    rank = SEVERITIES.index(severity)
    asked = [one for one in recipients if SEVERITIES.index(one.severity) >= rank]
    found = [one for one in asked if not one.on_duty or one.name in duty]
    return found or (asked if severity == CRITICAL else [])


def on_duty(session: Session, now: datetime) -> frozenset[str]:
    """The names whose shifts run."""
    return frozenset(session.scalars(select(DutyShift.name).where(DutyShift.ends_at > now, DutyShift.starts_at <= now)))


def _told_before(session: Session, alarm: Alarm, recipients: Sequence[AlarmRecipient]) -> list[AlarmRecipient]:
    """Who was told that it is open; who waits to be told is not told at all."""
    of_alarm = select(AlarmEvent.id).where(AlarmEvent.alarm_id == alarm.id)
    waiting = update(AlarmNotice).where(AlarmNotice.event_id.in_(of_alarm), AlarmNotice.state == WAITING, AlarmNotice.attempts == 0)
    session.execute(waiting.values(state=DROPPED, error="over before it was told"), execution_options={"synchronize_session": False})
    last: dict[int, tuple[str, str]] = {}
    rows = select(AlarmNotice.recipient_id, AlarmEvent.what, AlarmNotice.state).join(AlarmEvent, AlarmEvent.id == AlarmNotice.event_id)
    for recipient, what, state in session.execute(rows.where(AlarmEvent.alarm_id == alarm.id).order_by(AlarmEvent.id)):
        if state != DROPPED:
            last[recipient] = what, state
    return [one for one in recipients if one.id in last and last[one.id][0] != CLOSED]


def _due(severity: str, quiet: Hours, now: datetime) -> datetime:
    if severity == CRITICAL or quiet.always:
        return now
    return (quiet.closes_at(now) or now) if quiet.is_open(now) else now
