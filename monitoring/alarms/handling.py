"""What a person does with an alarm: takes it, silences it for a time, closes it, tells every desk of it; and the lists of them.

Every act stands in the alarm's history and in the audit trail.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from huabao import alarms, audit
from huabao.alarms import Alarm, AlarmEvent
from huabao.errors import UsageError
from monitoring.alarms.kinds import SEVERITIES, kind_of, kinds
from monitoring.settings import FADE_H, KEEP_DAYS, SILENCE_S_MAX

OPEN, SILENCED, CLOSED = "open", "silenced", "closed"
STATES: Final = (OPEN, SILENCED, CLOSED)

OPEN_MAX: Final = 500
"""More incidents at one time nobody reads; the newest are shown."""

NOTICE_CHARS_MAX: Final = 120
REASON_CHARS_MAX: Final = 500


def state_of(alarm: Alarm, now: datetime) -> str:
    """open, silenced or closed."""
    if alarm.closed_at is not None:
        return CLOSED
    return SILENCED if alarm.silenced_until is not None and alarm.silenced_until > now else OPEN


def find(session: Session, alarm_id: int) -> Alarm:
    """The alarm of that number.

    Raises:
        UsageError: there is none.
    """
    found = session.get(Alarm, alarm_id)
    if found is None:
        raise UsageError(f"there is no alarm {alarm_id}; `huabao alarms list` shows them")
    return found


# --- lists -----------------------------------------------------------------------------------------------------------


def current(session: Session, state: str, now: datetime) -> list[Alarm]:
    """Alarms that are open, or silenced: the worst first, of those the newest."""
    quiet = Alarm.silenced_until > now
    wanted = select(Alarm).where(Alarm.closed_at.is_(None), quiet if state == SILENCED else or_(Alarm.silenced_until.is_(None), ~quiet))
    found = session.scalars(wanted.order_by(Alarm.id.desc()).limit(OPEN_MAX)).all()
    return sorted(found, key=lambda one: (SEVERITIES.index(kind_of(one.kind).severity), -one.first_seen_at.timestamp()))


def closed(session: Session, *, after: tuple[datetime, int] | None, limit: int) -> Sequence[Alarm]:
    """Closed alarms, the last one first, those behind `after`: (closed_at, id) of the last one seen. Read along `ix_alarms_closed`."""
    wanted = select(Alarm).where(Alarm.closed_at.is_not(None))
    if after is not None:
        at, alarm_id = after
        wanted = wanted.where(Alarm.closed_at <= at, or_(Alarm.closed_at < at, Alarm.id < alarm_id))
    return session.scalars(wanted.order_by(Alarm.closed_at.desc(), Alarm.id.desc()).limit(limit)).all()


def counts(session: Session, now: datetime) -> dict[str, int]:
    """How many are open and how many silenced."""
    quiet = func.coalesce(Alarm.silenced_until > now, False)  # a column's default
    found = dict(session.execute(select(quiet, func.count()).where(Alarm.closed_at.is_(None)).group_by(quiet)).all())
    return {OPEN: int(found.get(False, 0)), SILENCED: int(found.get(True, 0))}


def history(session: Session, alarm_id: int) -> Sequence[AlarmEvent]:
    """What happened to it, the last first; at most 200."""
    return session.scalars(select(AlarmEvent).where(AlarmEvent.alarm_id == alarm_id).order_by(AlarmEvent.id.desc()).limit(200)).all()


def earlier(session: Session, alarm: Alarm, limit: int = 5) -> Sequence[Alarm]:
    """Earlier incidents of the same kind, the last first."""
    mine = (Alarm.kind == alarm.kind, Alarm.id < alarm.id)
    return session.scalars(select(Alarm).where(*mine).order_by(Alarm.id.desc()).limit(limit)).all()


@dataclass(frozen=True)
class Incident:
    """What every desk is told of."""

    alarm_id: int
    kind: str
    key: str
    severity: str
    since: datetime
    notice: str


def known(session: Session) -> tuple[Incident, ...]:
    """Open alarms that somebody announced, the worst first; one small read along the index of the open ones."""
    found = session.scalars(select(Alarm).where(Alarm.closed_at.is_(None), Alarm.notice != "").order_by(Alarm.id.desc()).limit(5)).all()
    told = [Incident(one.id, one.kind, one.key, kind_of(one.kind).severity, one.first_seen_at, one.notice) for one in found]
    return tuple(sorted(told, key=lambda one: SEVERITIES.index(one.severity)))


# --- acts ------------------------------------------------------------------------------------------------------------


def _locked(session: Session, alarm_id: int) -> Alarm:
    find(session, alarm_id)
    found = session.scalars(select(Alarm).where(Alarm.id == alarm_id).with_for_update(), execution_options={"populate_existing": True}).one()
    if found.closed_at is not None:
        raise UsageError(f"alarm {alarm_id} is closed; nothing is left to do with it")
    return found


def _done(session: Session, alarm: Alarm, what: str, by: str, now: datetime, why: str = "") -> None:
    alarms.note(session, alarm, what, at=now, by=by, why=why)
    audit.record(session, actor=by, action=f"alarms.{what}", object_kind="alarm", object_id=alarm.id, at=now, kind=alarm.kind, about=alarm.key, why=why)
    session.flush()


def take(session: Session, alarm_id: int, *, by: str, now: datetime) -> Alarm:
    """Whose it is from now on; taking it from somebody else is told by its history.

    Raises:
        UsageError: there is no such open alarm.
    """
    found = _locked(session, alarm_id)
    if found.acknowledged_by != by:
        found.acknowledged_by, found.taken_at = by, now
        _done(session, found, alarms.TAKEN, by, now)
    return found


def silence(session: Session, alarm_id: int, seconds: float, reason: str, *, by: str, now: datetime) -> Alarm:
    """Tell nobody of it for so long; it stays among the silenced ones and is heard again by itself.

    Raises:
        UsageError: there is no such open alarm, no reason, or the time is too long.
    """
    longest = SILENCE_S_MAX.get(session)
    if not 0 < seconds <= longest:
        raise UsageError(f"a silence lasts at most {longest / 3600:g} hours (setting {SILENCE_S_MAX.name})")
    why = _reason(reason)
    found = _locked(session, alarm_id)
    found.silenced_until, found.silenced_by, found.silence_reason = now + timedelta(seconds=seconds), by, why
    _done(session, found, alarms.SILENCED, by, now, found.silence_reason)
    return found


def hear(session: Session, alarm_id: int, *, by: str, now: datetime) -> Alarm:
    """End its silence.

    Raises:
        UsageError: there is no such open alarm.
    """
    found = _locked(session, alarm_id)
    if found.silenced_until is not None:
        found.silenced_until = None
        _done(session, found, alarms.HEARD, by, now)
    return found


def close(session: Session, alarm_id: int, reason: str, *, by: str, now: datetime) -> Alarm:
    """Close it by hand; where what it says lasts, it is a new incident when that is seen next.

    Raises:
        UsageError: there is no such open alarm, or no reason.
    """
    why = _reason(reason)
    found = _locked(session, alarm_id)
    found.closed_at, found.closed_by = now, by
    _done(session, found, alarms.CLOSED, by, now, why)
    return found


def announce(session: Session, alarm_id: int, notice: str, *, by: str, now: datetime) -> Alarm:
    """Say on top of every desk what people are to know of it; empty takes that back.

    Raises:
        UsageError: there is no such open alarm, or it is too long.
    """
    notice = " ".join(notice.split())
    if len(notice) > NOTICE_CHARS_MAX:
        raise UsageError(f"a notice has at most {NOTICE_CHARS_MAX} characters")
    found = _locked(session, alarm_id)
    if found.notice != notice:
        found.notice = notice
        _done(session, found, alarms.ANNOUNCED if notice else alarms.WITHDRAWN, by, now, notice)
    return found


def _reason(given: str) -> str:
    reason = given.strip()[:REASON_CHARS_MAX]
    if not reason:
        raise UsageError("say why, so that the next one knows")
    return reason


# --- what ends by itself ---------------------------------------------------------------------------------------------


def fade(session: Session, now: datetime) -> int:
    """Close alarms of what happens once, where it was not seen for `alarm_fade_h`; how many."""
    once = [name for name, one in kinds().items() if one.once]
    before = now - timedelta(hours=FADE_H.get(session))
    old = session.scalars(select(Alarm).where(Alarm.closed_at.is_(None), Alarm.kind.in_(once), Alarm.last_seen_at < before)).all()
    for one in old:
        alarms.close_alarm(session, one.kind, one.key, at=now)
    return len(old)


def forget_old(session: Session, now: datetime) -> None:
    """Drop what closed before `alarms_keep_days`, with its history and its notices."""
    session.execute(delete(Alarm).where(Alarm.closed_at < now - timedelta(days=KEEP_DAYS.get(session))))
