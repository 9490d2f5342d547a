"""What happened around the dispatches of a span: ports, seeds, alarms, stops and recoveries, complaints; each from an index or from counters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from care.models import Complaint
from care.reports.sends import Sent
from delivery.dispatch import seeds
from delivery.dispatch.verdict import BAD, RETRIEVED
from delivery.models import Dispatch, Outcome, Port, PortMinute
from huabao.alarms import Alarm
from huabao.audit import AuditEntry
from huabao.clock import SHANGHAI
from monitoring.alarms.kinds import SEVERITIES, kind_of
from reconciliation.stop_send.following import ACCOUNT
from reconciliation.stop_send.lifecycle import RECOVERED
from reconciliation.stop_send.models import DeliveryStop, RecoveryAttempt
from subscribers.models import Reader

ATTEMPT_DAYS = 62
"""No attempt to bring a reader back lasts longer."""

ALARMS_MAX = 200
BREAKER_OPEN = "port.breaker_open"


def span(since: date, until: date) -> tuple[datetime, datetime]:
    """The first instant of `since` and the first behind `until`, Asia/Shanghai."""
    begins, ends = (datetime.combine(day, time.min, SHANGHAI).astimezone(UTC) for day in (since, until + timedelta(days=1)))
    return begins, ends


@dataclass(frozen=True, slots=True)
class PortDay:
    """What left through a port.

    Attributes:
        submissions: answered or given up; of these `accepted` at least in part.
        opened: how often its breaker opened.
    """

    name: str
    submissions: int
    recipients: int
    refused: int
    deferred: int
    unknown: int
    opened: int

    @property
    def accepted(self) -> int:
        """Submissions that the peer took, at least in part."""
        return self.submissions - self.refused - self.deferred - self.unknown


def ports(session: Session, since: date, until: date) -> list[PortDay]:
    """Every port through which anything left, or whose breaker opened, by name."""
    begins, ends = span(since, until)
    m = PortMinute
    sums = [func.sum(column) for column in (m.submissions, m.recipients, m.refused, m.deferred, m.unknown)]
    rows = session.execute(select(Port.name, *sums).join(Port, Port.id == m.port_id).where(m.minute >= begins, m.minute < ends).group_by(Port.name))
    found = {name: [int(one) for one in counts] for name, *counts in rows}
    mine = (AuditEntry.action == BREAKER_OPEN, AuditEntry.at >= begins, AuditEntry.at < ends)
    opened = {name: int(times) for name, times in session.execute(select(AuditEntry.object_id, func.count()).where(*mine).group_by(AuditEntry.object_id))}
    return [_port(name, found.get(name, [0] * len(sums)), opened.get(name, 0)) for name in sorted({*found, *opened})]


def _port(name: str, counts: Sequence[int], opened: int) -> PortDay:
    submissions, recipients, refused, deferred, unknown = counts
    return PortDay(name, submissions, recipients, refused, deferred, unknown, opened)


@dataclass(frozen=True, slots=True)
class SeedDay:
    """The seeds of one dispatch."""

    name: str
    group: str
    sent: int
    retrieved: int
    bad: int

    @property
    def silent(self) -> int:
        """Those that said nothing."""
        return self.sent - self.retrieved - self.bad


def seeds_of(session: Session, found: Sequence[Sent]) -> list[SeedDay]:
    """Of each dispatch with seeds, what they said; none whose deliveries are gone."""
    made = []
    for one in found:
        dispatch = session.get_one(Dispatch, one.dispatch_id)
        lines = [line for line in seeds.board(session, dispatch) if line.counts and line.outcome is not Outcome.PENDING]
        if lines:
            good, bad = (sum(line.verdict == verdict for line in lines) for verdict in (RETRIEVED, BAD))
            made.append(SeedDay(one.name, dispatch.seed_group or "", len(lines), good, bad))
    return made


@dataclass(frozen=True, slots=True)
class Incident:
    """One alarm.

    Attributes:
        owner: who took it, or "".
        minutes: how long it lasted, until `closed_at` or until the report was made.
        readers: how many it concerned; None where nobody said.
    """

    kind: str
    key: str
    severity: str
    text: str
    owner: str
    first_seen_at: datetime
    closed_at: datetime | None
    minutes: int
    readers: int | None

    def name(self, language: str) -> str:
        """What the kind is called."""
        return kind_of(self.kind).name[language == "zh"]


def alarms(session: Session, since: date, until: date, now: datetime, *, limit: int = ALARMS_MAX) -> list[Incident]:
    """Incidents that were open at any time of the span, the worst first, then as they came."""
    begins, ends = span(since, until)
    there = (Alarm.first_seen_at < ends, or_(Alarm.closed_at.is_(None), Alarm.closed_at >= begins))
    found = [_incident(one, now) for one in session.scalars(select(Alarm).where(*there).order_by(Alarm.first_seen_at.desc(), Alarm.id.desc()).limit(limit))]
    return sorted(found, key=lambda one: (SEVERITIES.index(one.severity), one.first_seen_at, one.kind, one.key))


def _incident(one: Alarm, now: datetime) -> Incident:
    readers = one.detail.get("readers")
    lasted = (one.closed_at or now) - one.first_seen_at
    return Incident(
        kind=one.kind,
        key=one.key,
        severity=kind_of(one.kind).severity,
        text=one.text,
        owner=one.acknowledged_by or "",
        first_seen_at=one.first_seen_at,
        closed_at=one.closed_at,
        minutes=max(0, int(lasted.total_seconds() // 60)),
        readers=readers if isinstance(readers, int) and not isinstance(readers, bool) else None,
    )


@dataclass(frozen=True, slots=True)
class Stops:
    """Who was stopped and who came back.

    Attributes:
        stopped: subscriptions by cause; those whose account was barred are not among them.
        attempted: attempts that began; `recovered` are those that ended so, whenever they began.
        open: stopped when the report was made.
    """

    stopped: Mapping[str, int]
    barred: int
    attempted: int
    recovered: int
    open: int


def stops(session: Session, since: date, until: date, *, city: str = "") -> Stops:
    """Stops, attempts and recoveries of the span; of readers of one city, where one is named."""
    begins, ends = span(since, until)
    s, a = DeliveryStop, RecoveryAttempt
    mine, tried = ((one.reader_id.in_(select(Reader.id).where(Reader.city == city)),) if city else () for one in (s, a))
    rows = session.execute(select(s.cause, s.by, func.count()).where(s.stopped_at >= begins, s.stopped_at < ends, *mine).group_by(s.cause, s.by)).all()
    causes: dict[str, int] = {}
    for cause, by, count in rows:
        if by != ACCOUNT:
            causes[cause] = causes.get(cause, 0) + int(count)
    recovered = (a.begun_at >= begins - timedelta(days=ATTEMPT_DAYS), a.begun_at < ends, a.state == RECOVERED, a.ended_at >= begins, a.ended_at < ends, *tried)
    return Stops(
        stopped=dict(sorted(causes.items(), key=lambda row: (-row[1], row[0]))),
        barred=sum(int(count) for _, by, count in rows if by == ACCOUNT),
        attempted=session.scalar(select(func.count()).select_from(a).where(a.begun_at >= begins, a.begun_at < ends, a.method != "", *tried)) or 0,
        recovered=session.scalar(select(func.count()).select_from(a).where(*recovered)) or 0,
        open=session.scalar(select(func.count()).select_from(s).where(s.ended_at.is_(None), *mine)) or 0,
    )


def complaints_by_day(session: Session, since: date, until: date, *, city: str = "") -> dict[date, dict[str, int]]:
    """Complaints of each day by cause, a day without one left out; of readers of one city, where one is named."""
    begins, ends = span(since, until)
    found: dict[date, dict[str, int]] = {}
    mine = (Complaint.city == city,) if city else ()
    rows = session.execute(select(Complaint.received_at, Complaint.cause).where(Complaint.received_at >= begins, Complaint.received_at < ends, *mine))
    for at, cause in rows:
        causes = found.setdefault(at.astimezone(SHANGHAI).date(), {})
        causes[cause] = causes.get(cause, 0) + 1
    return found
