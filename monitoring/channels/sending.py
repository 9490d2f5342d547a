"""Notices on their way: claimed, sent with no transaction open, written down.

All that waits for a recipient leaves as one message, and the next no earlier than `alarm_between_s` later, so that a
storm is a message a minute. A message whose sender died is sent again under the same id, by which a
mailbox or a system sees that it is the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from delivery.sending import replies
from delivery.sending.stages import warn
from huabao import alarms, mail
from huabao.alarms import CLOSED, Alarm, AlarmEvent
from huabao.errors import UsageError
from huabao.log import get_logger
from huabao.msisdn import MSISDN
from huabao.runtime import Runtime
from monitoring.alarms.handling import SILENCED, state_of
from monitoring.channels import webhook, wording
from monitoring.channels.routing import route
from monitoring.models import DROPPED, FAILED, LEAVING, SENT, WAITING, AlarmNotice, AlarmRecipient
from monitoring.settings import ATTEMPTS_MAX, BETWEEN_S, WEBHOOK_HOSTS

log = get_logger("alarms")

EMAIL, WEBHOOK, SMS = "email", "webhook", "sms"
CHANNELS: Final = (EMAIL, WEBHOOK, SMS)

CLAIMED_AT_ONCE: Final = 100
SILENT_S: Final = 180.0
"""What left so long ago and was not written down is sent again."""

PAUSE_S: Final = 30.0
PAUSE_S_MAX: Final = 3600.0

ALARM: Final = "alarms.channel"


@dataclass(frozen=True)
class Going:
    """One message to one recipient."""

    recipient: AlarmRecipient
    notices: tuple[int, ...]
    told: tuple[wording.Told, ...]
    message_id: str
    attempts: int


def deliver(runtime: Runtime) -> int:
    """Decide who hears of what is new, and send what is due; how many messages left."""
    now = runtime.now()
    with runtime.transaction(read_only=True) as session:
        untold = session.scalar(select(AlarmEvent.id).where(~AlarmEvent.told).limit(1))
        due = session.scalar(select(AlarmNotice.id).where(AlarmNotice.state.in_((WAITING, LEAVING)), AlarmNotice.due_at <= now).limit(1))
    if untold is None and due is None:
        return 0
    with runtime.transaction() as session:
        route(session, now)
    with runtime.transaction() as session:
        going = _claim(session, now)
    return sum(_send(runtime, one) for one in going)


# --- claiming --------------------------------------------------------------------------------------------------------


def _claim(session: Session, now: datetime) -> list[Going]:
    silent = update(AlarmNotice).where(AlarmNotice.state == LEAVING, AlarmNotice.left_at < now - timedelta(seconds=SILENT_S))
    session.execute(silent.values(state=WAITING), execution_options={"synchronize_session": False})
    waiting = select(AlarmNotice.recipient_id).where(AlarmNotice.state == WAITING, AlarmNotice.due_at <= now).distinct()
    found = []
    for recipient_id in sorted(session.scalars(waiting)):
        recipient = session.scalars(select(AlarmRecipient).where(AlarmRecipient.id == recipient_id).with_for_update(skip_locked=True)).one_or_none()
        if recipient is not None and not _too_soon(session, recipient_id, now) and (one := _claimed(session, recipient, now)) is not None:
            found.append(one)
    return found


def _too_soon(session: Session, recipient_id: int, now: datetime) -> bool:
    last = session.scalar(select(func.max(AlarmNotice.sent_at)).where(AlarmNotice.recipient_id == recipient_id))
    under_way = session.scalar(select(AlarmNotice.id).where(AlarmNotice.recipient_id == recipient_id, AlarmNotice.state == LEAVING).limit(1))
    return under_way is not None or (last is not None and now - last < timedelta(seconds=BETWEEN_S.get(session)))


def _claimed(session: Session, recipient: AlarmRecipient, now: datetime) -> Going | None:
    mine = select(AlarmNotice, AlarmEvent, Alarm).join(AlarmEvent, AlarmEvent.id == AlarmNotice.event_id).join(Alarm, Alarm.id == AlarmEvent.alarm_id)
    due = (AlarmNotice.recipient_id == recipient.id, AlarmNotice.state == WAITING, AlarmNotice.due_at <= now)
    rows = session.execute(mine.where(*due).order_by(AlarmNotice.id).limit(CLAIMED_AT_ONCE)).all()
    begun = {notice.message_id for notice, _, _ in rows if notice.message_id}
    if begun:  # a message that was tried before goes again as it was
        first = min(begun)
        rows = [row for row in rows if row[0].message_id == first]
    told, notices, attempts = [], [], 0
    for notice, event, alarm in rows:
        if event.what != CLOSED and (state_of(alarm, now) == SILENCED or alarm.closed_at is not None) and not notice.message_id:
            notice.state, notice.error = DROPPED, "silenced, or over before it was told"
            continue
        notice.state, notice.left_at, notice.attempts = LEAVING, now, notice.attempts + 1
        attempts = max(attempts, notice.attempts)
        notices.append(notice)
        told.append(wording.Told(alarm.id, alarm.kind, alarm.key, event.what, event.text or alarm.text, event.at, alarm.first_seen_at))
    if not notices:
        return None
    message_id = notices[0].message_id or f"alarms.{recipient.id}.{notices[0].id}.{len(notices)}"
    for notice in notices:
        notice.message_id = message_id
    session.flush()
    return Going(recipient, tuple(one.id for one in notices), tuple(told), message_id, attempts)


# --- sending ---------------------------------------------------------------------------------------------------------


def _send(runtime: Runtime, going: Going) -> bool:
    """Send one message and write down how that went; whether it left."""
    problem, for_good = "", False
    try:
        _put(runtime, going)
    except (mail.MailError, webhook.WebhookError) as error:
        problem, for_good = str(error), error.for_good
    except UsageError as error:
        problem, for_good = str(error), True
    with runtime.transaction() as session:
        _record(session, going, problem, for_good=for_good, now=runtime.now())
    if problem:
        log.warning("a message about alarms did not leave", channel=going.recipient.channel, recipient=going.recipient.name, problem=problem, attempts=going.attempts)
    return not problem


def _put(runtime: Runtime, going: Going) -> None:
    config, to, told = runtime.config, going.recipient, going.told
    if to.channel == EMAIL:
        made = mail.message(
            config, [to.address], wording.subject(told, to.language), wording.body(told, to.language, config.console_url), now=runtime.now(), message_id=going.message_id
        )
        mail.send(config, made)
    elif to.channel == WEBHOOK:
        secret = config.webhook_secret.get_secret_value().encode()
        if not secret:
            raise UsageError("no secret signs webhooks: set HUABAO_WEBHOOK_SECRET")
        with runtime.transaction(read_only=True) as session:
            allowed = WEBHOOK_HOSTS.get(session)
        url = webhook.check_url(to.address, allowed)
        webhook.post(url, wording.document(told, config.console_url, going.message_id), secret=secret, timestamp=int(runtime.now().timestamp()), delivery=going.message_id)
    else:
        with runtime.transaction() as session:
            asked = replies.ask(session, f"alarms:{going.message_id}", str(MSISDN(to.address)), wording.text(told, to.language), port_id=None, now=runtime.now())
            known = asked or replies.was_asked(session, f"alarms:{going.message_id}")
        if not known:
            raise mail.MailError("no port that is up sends texts")


def _record(session: Session, going: Going, problem: str, *, for_good: bool, now: datetime) -> None:
    mine = update(AlarmNotice).where(AlarmNotice.id.in_(going.notices), AlarmNotice.state == LEAVING)
    quiet = {"synchronize_session": False}
    about = f"{going.recipient.channel}:{going.recipient.name}"
    if not problem:
        session.execute(mine.values(state=SENT, sent_at=now, error=""), execution_options=quiet)
        alarms.close_alarm(session, ALARM, about, at=now)
        return
    if for_good or going.attempts >= ATTEMPTS_MAX.get(session):
        session.execute(mine.values(state=FAILED, error=problem[:300]), execution_options=quiet)
        warn(session, ALARM, about, f"{going.recipient.name} was not told by {going.recipient.channel}: {problem}", now=now)
        return
    pause_s = min(PAUSE_S * 2.0 ** (going.attempts - 1), PAUSE_S_MAX)
    session.execute(mine.values(state=WAITING, due_at=now + timedelta(seconds=pause_s), error=problem[:300]), execution_options=quiet)
