"""Alarms: one open row for each incident, however often it is seen, and what happened to it.

Who notices something raises it, who sees that it is over closes it. What came back within
`alarm_reopen_s` is the same incident and opens its row again, unless a person closed
that. What a kind means, who is told and what to do next stands in `monitoring.alarms`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ForeignKey, Index, String, Text, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from huabao.db import Base, BigKey, Document
from huabao.msisdn import mask_within
from huabao.settings import Setting

REOPEN_S = Setting(
    "alarm_reopen_s", 600.0, "s", "what comes back within so long after its alarm closed by itself is the same incident and opens that alarm again", minimum=0, maximum=86_400
)
SETTINGS: tuple[Setting[Any], ...] = (REOPEN_S,)

OPENED, REOPENED, CLOSED = "opened", "reopened", "closed"
TAKEN, SILENCED, HEARD, ANNOUNCED, WITHDRAWN = "taken", "silenced", "heard", "announced", "withdrawn"

SYSTEM: Final = "huabao"

_OPEN = text("closed_at IS NULL")
_UNTOLD = text("NOT told")


class Alarm(Base):
    """One incident.

    Attributes:
        kind: the rule, e.g. `mm7.unknown_status`.
        key: what it is about, e.g. the port's name; (kind, key) is open at most once.
        text: what was seen last, one sentence in English.
        detail: facts for who looks closer; `readers` is how many it concerns.
        count: how often it was seen.
        acknowledged_by: who took it, or None.
        silenced_until: nobody is told of it before then.
        closed_by: the person, or None where it was over by itself.
        notice: what everybody on every desk is to know of it ("resend at 09:10, wait"), or empty.
    """

    __tablename__ = "alarms"
    __table_args__ = (
        Index("uq_alarms_open", "kind", "key", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_alarms_incidents", "kind", "key", "id"),
        Index("ix_alarms_closed", "closed_at", "id"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    kind: Mapped[str] = mapped_column(String(80))
    key: Mapped[str] = mapped_column(String(120))
    text: Mapped[str] = mapped_column(Text)
    detail: Mapped[dict[str, Any]] = mapped_column(Document, default=dict)
    count: Mapped[int] = mapped_column(default=1)
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    acknowledged_by: Mapped[str | None] = mapped_column(String(80))
    taken_at: Mapped[datetime | None]
    silenced_until: Mapped[datetime | None]
    silenced_by: Mapped[str | None] = mapped_column(String(80))
    silence_reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None] = mapped_column(String(80))
    notice: Mapped[str] = mapped_column(Text, default="", server_default="")


class AlarmEvent(Base):
    """What happened to an alarm; rows are only ever added.

    Attributes:
        what: opened, reopened, closed, taken, silenced, heard (again), announced, withdrawn.
        text: what was seen, or the reason that a person gave.
        told: whether it was decided who hears of it (`monitoring.channels`).
    """

    __tablename__ = "alarm_events"
    __table_args__ = (
        Index("ix_alarm_events_alarm", "alarm_id", "id"),
        Index("ix_alarm_events_untold", "id", sqlite_where=_UNTOLD, postgresql_where=_UNTOLD),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    alarm_id: Mapped[int] = mapped_column(ForeignKey("alarms.id", ondelete="CASCADE"))
    what: Mapped[str] = mapped_column(String(12))
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(80), default=SYSTEM)
    text: Mapped[str] = mapped_column(Text, default="")
    told: Mapped[bool] = mapped_column(default=False)


def raise_alarm(session: Session, kind: str, key: str, message: str, *, at: datetime, **detail: Any) -> Alarm:
    """Open the alarm (kind, key), or count it once more where it is open; what was just over opens again. A number in `message` is masked: many read it."""
    found = find_open(session, kind, key)
    if found is None:
        found = _again(session, kind, key, at) or Alarm(kind=kind, key=key, first_seen_at=at, count=0, detail={})
        what = OPENED if found.id is None else REOPENED
        found.closed_at = None
        _seen(found, message, detail, at)
        session.add(found)
        session.flush()
        note(session, found, what, at=at, why=found.text)
    else:
        _seen(found, message, detail, at)
    session.flush()
    return found


def _seen(found: Alarm, message: str, detail: dict[str, Any], at: datetime) -> None:
    found.count += 1
    found.last_seen_at = at
    found.text = mask_within(message)
    if detail:
        found.detail = {**found.detail, **detail}


def _again(session: Session, kind: str, key: str, at: datetime) -> Alarm | None:
    """The incident that closed by itself a moment ago."""
    last = session.scalar(select(Alarm).where(Alarm.kind == kind, Alarm.key == key).order_by(Alarm.id.desc()).limit(1).with_for_update())
    if last is None or last.closed_at is None or last.closed_by is not None:
        return None
    return last if at - last.closed_at < timedelta(seconds=REOPEN_S.get(session)) else None


def find_open(session: Session, kind: str, key: str) -> Alarm | None:
    """The open alarm (kind, key), if there is one."""
    return session.scalar(select(Alarm).where(Alarm.kind == kind, Alarm.key == key, Alarm.closed_at.is_(None)))


def close_alarm(session: Session, kind: str, key: str, *, at: datetime) -> None:
    """Close the alarm (kind, key) where it is open: what it says is over."""
    found = find_open(session, kind, key)
    if found is not None:
        found.closed_at = at
        note(session, found, CLOSED, at=at)


def note(session: Session, found: Alarm, what: str, *, at: datetime, by: str = SYSTEM, why: str = "") -> None:
    """Write down what happened to an alarm."""
    session.add(AlarmEvent(alarm_id=found.id, what=what, at=at, by=by, text=why, told=what not in (OPENED, REOPENED, CLOSED)))
