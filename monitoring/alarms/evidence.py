"""What an alarm rests on, over time: which kinds have figures that are kept, and these figures around the incident.

A kind that has none says so in words: it happened at one instant, or of what it is about
nobody knows more than since when it is so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery import partitions
from delivery.models import Dispatch, Port, PortMinute
from huabao.alarms import Alarm
from huabao.clock import business_day
from reconciliation.runs.models import ReconcileRun

COURSE, FAILING, PORT, BURST, RUNS = "course", "failing", "port", "burst", "runs"
ONCE, SINCE = "once", "since"

CHARTS: Final[Mapping[str, tuple[str, ...]]] = {
    COURSE: ("dispatch.not_started", "dispatch.late", "delivery.paused", "delivery.window", "delivery.deadline", "delivery.stale"),
    FAILING: ("delivery.brake",),
    PORT: ("reports.stopped", "port.unreachable", "port.misconfigured", "port.stuck", "link.down", "link.misconfigured", "delivery.refused"),
    BURST: ("complaints.burst",),
    RUNS: ("reconcile.held",),
}
"""Kinds by the chart of what they measure."""

WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    ONCE: (
        "editions.none_approved", "editions.reserve_failed", "delivery.gate", "delivery.unknown_code", "delivery.duplicates", "jobs.failed", "jobs.lost", "port.rate_change",
        "capacity.short", "contract.breach", "ledger.unbalanced", "outbox.person", "outbox.answers", "reconcile.feed-refused", "boss.unknown-event", "boss.broken-event",
        "stops.held", "stops.listed", "clock.stepped", "alarms.channel", "reports.stray", "reports.unknown_status", "dialects.broken", "misc.unknown_service", "misc.malformed",
        "misc.unknown_code", "misc.broken", "reports.mail",
    ),
    SINCE: (
        "reports.backlog", "jobs.backlog", "orders.unanswered", "outbox.peer-away", "feed.missing", "feed.sftp", "feed.export", "content.feed_missing", "database.full",
    ),
}  # fmt: skip
"""Kinds without figures over time, by the reason: something happened, or it has been so since an instant."""

BEFORE: Final = timedelta(hours=2)
LONGEST: Final = timedelta(hours=24)
RUNS_SHOWN: Final = 60


@dataclass(frozen=True)
class Evidence:
    """What an alarm's page shows under it.

    Attributes:
        chart: one of `CHARTS`, or "".
        words: why there is none: `once`, `since`, `not_yet` (it has figures, but none yet) or `gone`; "" where there is one.
    """

    chart: str
    words: str = ""


def evidence_of(session: Session, alarm: Alarm, now: datetime) -> Evidence:
    """Whether there are figures of an incident; a kind that nobody wrote down has none."""
    words = next((name for name, kinds in WORDS.items() if alarm.kind in kinds), ONCE)
    chart = next((name for name, kinds in CHARTS.items() if alarm.kind in kinds), "")
    if not chart:
        return Evidence("", words)
    if chart in (COURSE, FAILING):
        dispatch = dispatch_of(session, alarm)
        missing = "gone" if dispatch is None or partitions.was_dropped(session, dispatch) else "not_yet" if dispatch.started_at is None else ""
    elif chart == PORT:
        missing = "" if minutes(session, alarm, now) else "gone"
    else:
        missing = "gone" if chart == RUNS and not runs(session, alarm) else ""
    return Evidence("", missing) if missing else Evidence(chart)


def around(alarm: Alarm, now: datetime) -> tuple[datetime, datetime]:
    """The span that is shown: from two hours before it was seen first until it closed, a day at most."""
    begin = (alarm.first_seen_at - BEFORE).replace(second=0, microsecond=0)
    return begin, min(alarm.closed_at or now, begin + LONGEST)


def dispatch_of(session: Session, alarm: Alarm) -> Dispatch | None:
    """The dispatch that it is about."""
    return session.get(Dispatch, int(alarm.key)) if alarm.key.isascii() and alarm.key.isdecimal() and len(alarm.key) < 18 else None


def minutes(session: Session, alarm: Alarm, now: datetime) -> Sequence[PortMinute]:
    """What left through the port that it is about, minute by minute; a minute in which nothing did is missing."""
    begin, end = around(alarm, now)
    mine = (Port.name == alarm.key, PortMinute.minute >= begin, PortMinute.minute <= end)
    return session.scalars(select(PortMinute).join(Port, Port.id == PortMinute.port_id).where(*mine).order_by(PortMinute.minute)).all()


def runs(session: Session, alarm: Alarm) -> Sequence[tuple[date, int]]:
    """Comparisons of that kind until the incident: the day, and the differences of its largest class; of a day that was compared again, the last."""
    one = ReconcileRun
    wanted = select(one.day, one.figures).where(one.kind == alarm.key, one.day <= business_day(alarm.last_seen_at)).order_by(one.day.desc(), one.id.desc()).limit(RUNS_SHOWN)
    found: dict[date, int] = {}
    for day, figures in session.execute(wanted):
        found.setdefault(day, max((int(count) for count in (figures.get("differences") or {}).values()), default=0))
    return sorted(found.items())
