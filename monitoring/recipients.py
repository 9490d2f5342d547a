"""Who is told of alarms, and who is on duty when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from huabao import audit, mail
from huabao.errors import UsageError
from huabao.msisdn import MSISDN, parse_msisdn
from monitoring.channels.sending import CHANNELS, EMAIL, SMS
from monitoring.channels.webhook import check_url
from monitoring.models import AlarmRecipient, DutyShift
from monitoring.settings import WEBHOOK_HOSTS

SHIFT_MAX: Final = timedelta(days=7)
NOTE_CHARS_MAX: Final = 2000


def add(session: Session, name: str, channel: str, address: str, *, severity: str, on_duty: bool, language: str, by: str, now: datetime) -> AlarmRecipient:
    """A further way to tell somebody; the same address again changes it.

    Raises:
        UsageError: no such channel, or no such address of it.
    """
    address = _checked(session, channel, address)
    found = session.scalar(select(AlarmRecipient).where(AlarmRecipient.channel == channel, AlarmRecipient.address == address))
    if found is None:
        found = AlarmRecipient(channel=channel, address=address, created_by=by, created_at=now)
        session.add(found)
    found.name, found.severity, found.on_duty, found.language = name, severity, on_duty, language
    session.flush()
    audit.record(session, actor=by, action="alarms.recipient", object_kind="recipient", object_id=found.id, at=now, name=name, channel=channel, severity=severity, on_duty=on_duty)
    return found


def remove(session: Session, recipient_id: int, *, by: str, now: datetime) -> None:
    """Tell him nothing any more.

    Raises:
        UsageError: there is no such recipient.
    """
    found = session.get(AlarmRecipient, recipient_id)
    if found is None:
        raise UsageError(f"there is no recipient {recipient_id}; `huabao alarms recipients` shows them")
    audit.record(session, actor=by, action="alarms.recipient_removed", object_kind="recipient", object_id=found.id, at=now, name=found.name, channel=found.channel)
    session.delete(found)
    session.flush()


def listed(session: Session) -> Sequence[AlarmRecipient]:
    """All, by name."""
    return session.scalars(select(AlarmRecipient).order_by(AlarmRecipient.name, AlarmRecipient.id)).all()


def shown(one: AlarmRecipient) -> str:
    """His address as others may see it: a number masked, of a webhook the host, for its path may hold a secret."""
    if one.channel == SMS:
        return MSISDN(one.address).masked
    return one.address if one.channel == EMAIL else f"{urlsplit(one.address).hostname}/…"


def forget_number(session: Session, msisdn: MSISDN) -> dict[str, int]:
    """Forget a person's number here too."""
    found = session.scalars(select(AlarmRecipient).where(AlarmRecipient.channel == SMS, AlarmRecipient.address == str(msisdn))).all()
    for one in found:
        session.delete(one)
    session.flush()
    return {"alarm_recipients": len(found)}


def _checked(session: Session, channel: str, address: str) -> str:
    if channel not in CHANNELS:
        raise UsageError(f"channels are {', '.join(CHANNELS)}; not {channel[:20]!r}")
    if channel == EMAIL:
        return mail.check_address(address)
    if channel == SMS:
        return str(parse_msisdn(address))
    return check_url(address, WEBHOOK_HOSTS.get(session))


# --- duty ------------------------------------------------------------------------------------------------------------


def add_shift(session: Session, name: str, starts_at: datetime, ends_at: datetime, note: str, *, by: str, now: datetime) -> DutyShift:
    """Somebody is on duty from then to then.

    Raises:
        UsageError: it ends before it begins, or lasts longer than a week.
    """
    if not timedelta(0) < ends_at - starts_at <= SHIFT_MAX:
        raise UsageError(f"a shift ends after it begins and lasts at most {SHIFT_MAX.days} days")
    found = DutyShift(name=name, starts_at=starts_at, ends_at=ends_at, note=note.strip()[:NOTE_CHARS_MAX], created_by=by, created_at=now)
    session.add(found)
    session.flush()
    audit.record(session, actor=by, action="duty.add", object_kind="shift", object_id=found.id, at=now, name=name, starts_at=starts_at.isoformat(), ends_at=ends_at.isoformat())
    return found


def remove_shift(session: Session, shift_id: int, *, by: str, now: datetime) -> None:
    """Take a shift out of the roster.

    Raises:
        UsageError: there is no such shift.
    """
    found = session.get(DutyShift, shift_id)
    if found is None:
        raise UsageError(f"there is no shift {shift_id}; `huabao duty list` shows them")
    audit.record(session, actor=by, action="duty.remove", object_kind="shift", object_id=shift_id, at=now, name=found.name)
    session.delete(found)
    session.flush()


def roster(session: Session, now: datetime, *, days_back: int = 1, limit: int = 50) -> Sequence[DutyShift]:
    """Shifts that ran lately, run, or come, the earliest first."""
    return session.scalars(select(DutyShift).where(DutyShift.ends_at > now - timedelta(days=days_back)).order_by(DutyShift.starts_at, DutyShift.id).limit(limit)).all()
