"""`huabao alarms …` and `huabao duty …`: incidents, what is done with them, who is told, who is on duty."""

from __future__ import annotations

import re
from typing import Any

import click

from huabao.alarms import Alarm
from huabao.cli import Invocation, Report, operation
from huabao.clock import parse_time, shanghai_text
from huabao.errors import UsageError

SEVERITIES = ("critical", "warning", "info")
UNITS_S = {"m": 60, "h": 3600, "d": 86_400}
KEYS = ("id", "kind", "key", "text", "count", "first_seen_at", "last_seen_at", "acknowledged_by", "silenced_until", "closed_at", "closed_by", "notice")


@click.group("alarms")
def alarms() -> None:
    """Incidents, one row each."""


@alarms.command("list")
@click.option("--open", "only_open", is_flag=True, help="Those that are not closed.")
@operation
def alarms_list(invocation: Invocation, only_open: bool) -> Report:
    """The newest incidents, at most 200."""
    from sqlalchemy import select

    with invocation.runtime.transaction(read_only=True) as session:
        query = select(Alarm).order_by(Alarm.last_seen_at.desc()).limit(200)
        found = list(session.scalars(query.where(Alarm.closed_at.is_(None)) if only_open else query))
    rows = [(one.id, one.kind, one.key, one.count, shanghai_text(one.last_seen_at), one.acknowledged_by or "", one.text) for one in found]
    return Report([_document(one) for one in found], rows=rows, columns=("id", "kind", "about", "times", "last seen", "taken by", "text"))


def _document(one: Alarm) -> dict[str, Any]:
    from monitoring.alarms.kinds import kind_of

    return {key: getattr(one, key) for key in KEYS} | {"severity": kind_of(one.kind).severity}


@alarms.command("show")
@click.argument("alarm_id", type=int)
@operation
def alarms_show(invocation: Invocation, alarm_id: int) -> Report:
    """One incident: what it means, what to do next, what happened to it."""
    from monitoring.alarms import handling
    from monitoring.alarms.kinds import kind_of

    with invocation.runtime.transaction(read_only=True) as session:
        found = handling.find(session, alarm_id)
        events = handling.history(session, alarm_id)
    kind = kind_of(found.kind)
    data = _document(found) | {"meaning": kind.meaning[0], "next": kind.next[0], "detail": found.detail}
    data["history"] = [{"at": one.at, "what": one.what, "by": one.by, "text": one.text} for one in events]
    rows = [(shanghai_text(one.at), one.what, one.by, one.text) for one in events]
    return Report(data, [f"{kind.name[0]} ({found.key})", found.text, kind.meaning[0], f"Next: {kind.next[0]}"], rows=rows, columns=("at", "what", "by", "why"))


@alarms.command("ack")
@click.argument("alarm_id", type=int)
@operation
def alarms_ack(invocation: Invocation, alarm_id: int) -> Report:
    """Take the alarm: its name stands beside it from now on."""
    from monitoring.alarms import handling

    with invocation.runtime.transaction() as session:
        handling.take(session, alarm_id, by=invocation.actor, now=invocation.runtime.now())
    return Report({"id": alarm_id, "acknowledged_by": invocation.actor}, [f"alarm {alarm_id} is {invocation.actor}'s"])


@alarms.command("silence")
@click.argument("alarm_id", type=int)
@click.option("--for", "span", default="1h", show_default=True, help="30m, 1h, 1d; 0 ends the silence.")
@click.option("--reason", default="", help="Kept in its history.")
@operation
def alarms_silence(invocation: Invocation, alarm_id: int, span: str, reason: str) -> Report:
    """Tell nobody of the alarm for so long."""
    from monitoring.alarms import handling

    seconds = _seconds(span)
    why = invocation.why(reason) if seconds else ""
    with invocation.runtime.transaction() as session:
        if seconds:
            found = handling.silence(session, alarm_id, seconds, why, by=invocation.actor, now=invocation.runtime.now())
        else:
            found = handling.hear(session, alarm_id, by=invocation.actor, now=invocation.runtime.now())
    until = found.silenced_until
    return Report({"id": alarm_id, "silenced_until": until}, [f"alarm {alarm_id} is {f'silent until {shanghai_text(until)}' if until else 'heard again'}"])


@alarms.command("close")
@click.argument("alarm_id", type=int)
@click.option("--reason", default="", help="Kept in its history.")
@operation
def alarms_close(invocation: Invocation, alarm_id: int, reason: str) -> Report:
    """Close the alarm by hand; where its cause lasts, a new one opens."""
    from monitoring.alarms import handling

    why = invocation.why(reason)
    with invocation.runtime.transaction() as session:
        handling.close(session, alarm_id, why, by=invocation.actor, now=invocation.runtime.now())
    return Report({"id": alarm_id, "closed": True}, [f"alarm {alarm_id} is closed"])


@alarms.command("announce")
@click.argument("alarm_id", type=int)
@click.argument("notice", default="")
@operation
def alarms_announce(invocation: Invocation, alarm_id: int, notice: str) -> Report:
    """Say NOTICE on top of every desk while the alarm is open ("resend at 09:10, do not resend by hand"); without it, take that back."""
    from monitoring.alarms import handling

    with invocation.runtime.transaction() as session:
        found = handling.announce(session, alarm_id, notice, by=invocation.actor, now=invocation.runtime.now())
    return Report({"id": alarm_id, "notice": found.notice}, [f"every desk says: {found.notice}" if found.notice else "no desk says anything of it"])


def _seconds(span: str) -> float:
    found = re.fullmatch(r"(\d{1,5})([mhd])|0", span.strip())
    if found is None:
        raise UsageError(f"{span!r} is no length of time; write 30m, 1h or 1d")
    return float(found[1]) * UNITS_S[found[2]] if found[1] else 0.0


# --- who is told -----------------------------------------------------------------------------------------------------


@alarms.command("recipients")
@operation
def recipients_list(invocation: Invocation) -> Report:
    """Who is told of alarms, by what."""
    from monitoring import recipients

    with invocation.runtime.transaction(read_only=True) as session:
        found = recipients.listed(session)
    data = [
        {"id": one.id, "name": one.name, "channel": one.channel, "address": recipients.shown(one), "severity": one.severity, "on_duty": one.on_duty, "language": one.language}
        for one in found
    ]
    return Report(data, rows=[tuple(one.values()) for one in data], columns=("id", "name", "channel", "address", "from", "on duty only", "language"))


@alarms.command("tell")
@click.argument("name")
@click.argument("channel", type=click.Choice(["email", "webhook", "sms"]))
@click.argument("address")
@click.option("--severity", type=click.Choice(SEVERITIES), default="warning", show_default=True, help="This and whatever is worse.")
@click.option("--on-duty", is_flag=True, help="Only while a shift of NAME runs.")
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
@operation
def recipients_add(invocation: Invocation, name: str, channel: str, address: str, severity: str, on_duty: bool, language: str) -> Report:
    """Tell NAME of alarms by CHANNEL at ADDRESS; the same address again changes how."""
    from monitoring import recipients

    now = invocation.runtime.now()
    with invocation.runtime.transaction() as session:
        one = recipients.add(session, name, channel, address, severity=severity, on_duty=on_duty, language=language, by=invocation.actor, now=now)
    return Report({"id": one.id, "name": name, "channel": channel}, [f"{name} is told by {channel} ({recipients.shown(one)}) of what is {severity} or worse"])


@alarms.command("untell")
@click.argument("recipient_id", type=int)
@operation
def recipients_remove(invocation: Invocation, recipient_id: int) -> Report:
    """Tell that recipient nothing any more."""
    from monitoring import recipients

    with invocation.runtime.transaction() as session:
        recipients.remove(session, recipient_id, by=invocation.actor, now=invocation.runtime.now())
    return Report({"id": recipient_id, "removed": True}, [f"recipient {recipient_id} is told nothing any more"])


# --- duty ------------------------------------------------------------------------------------------------------------


@click.group("duty")
def duty() -> None:
    """The roster: who is on duty when, and what he hands over."""


@duty.command("list")
@operation
def duty_list(invocation: Invocation) -> Report:
    """Shifts of yesterday, today and those to come."""
    from monitoring import recipients

    with invocation.runtime.transaction(read_only=True) as session:
        found = recipients.roster(session, invocation.runtime.now())
    data = [{"id": one.id, "name": one.name, "starts_at": one.starts_at, "ends_at": one.ends_at, "note": one.note} for one in found]
    rows = [(one.id, one.name, shanghai_text(one.starts_at), shanghai_text(one.ends_at), one.note) for one in found]
    return Report(data, rows=rows, columns=("id", "name", "from", "until", "hands over"))


@duty.command("add")
@click.argument("name")
@click.argument("starts")
@click.argument("ends")
@click.option("--note", default="", help="What the next one must know.")
@operation
def duty_add(invocation: Invocation, name: str, starts: str, ends: str, note: str) -> Report:
    """NAME is on duty from STARTS until ENDS."""
    from monitoring import recipients

    with invocation.runtime.transaction() as session:
        one = recipients.add_shift(session, name, parse_time(starts), parse_time(ends), note, by=invocation.actor, now=invocation.runtime.now())
    return Report({"id": one.id, "name": name}, [f"{name} is on duty from {shanghai_text(one.starts_at)} until {shanghai_text(one.ends_at)}"])


@duty.command("remove")
@click.argument("shift_id", type=int)
@operation
def duty_remove(invocation: Invocation, shift_id: int) -> Report:
    """Take a shift out of the roster."""
    from monitoring import recipients

    with invocation.runtime.transaction() as session:
        recipients.remove_shift(session, shift_id, by=invocation.actor, now=invocation.runtime.now())
    return Report({"id": shift_id, "removed": True}, [f"shift {shift_id} is out of the roster"])


COMMANDS: tuple[click.Command, ...] = (alarms, duty)
