"""What Prometheus is told, counted when it asks: every label is bounded, whatever the house does and for however long.

A label's values come from a list in the code (states, kinds, queues), or name what an
operator configured (ports, titles, services of peers), at most `NAMED_MAX` of each; never a dispatch,
an edition, a reader, a text. `_total` of what the database numbers is the newest number: numbers that a
rolled-back transaction used are counted too, so it may be a little high and never falls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from content.models import Edition, Publication
from delivery import kinds, lifecycle
from delivery.lanes import RESEND
from delivery.models import DeliveryEvent, Dispatch, EventState, Outcome, Port, PortMinute, Submission
from delivery.reports.store import in_state, is_open
from huabao import leases
from huabao.alarms import Alarm
from huabao.queues import FAILED, QUEUED, QUEUES, RUNNING, Job
from monitoring.alarms.handling import SILENCED, state_of
from monitoring.alarms.kinds import SEVERITIES, kind_of
from monitoring.alarms.kinds import kinds as alarm_kinds
from monitoring.channels.sending import CHANNELS
from monitoring.measures import dispatch_progress
from monitoring.models import LEAVING, WAITING, AlarmNotice, AlarmRecipient
from reconciliation.outbox.models import ASKING, PERSON, UNKNOWN, OutboundPeer, OutboundRequest
from reconciliation.outbox.models import WAITING as TO_ASK
from reconciliation.stop_send.causes import CAUSES
from reconciliation.stop_send.causes import UNKNOWN as NO_CAUSE
from reconciliation.stop_send.lifecycle import STATES
from reconciliation.stop_send.models import DUE, DeliveryStop, RecoveryAttempt, Replay

DISPATCHES_MAX: Final = 20
"""The newest open dispatches; more are never open in a province that sends two papers a day."""

NAMED_MAX: Final = 100
"""Values of a label that an operator configures; those beyond are `other`."""

ATTEMPTS_DAYS: Final = 30
"""How far back attempts of recovery count."""

OTHER: Final = "other"
PEERS: Final = ("boss", "misc")
ROLES: Final = ("scheduler", "worker")
MINUTE = timedelta(minutes=1)

Families = Iterator[Metric]


def families(session: Session, now: datetime, tasks: Iterable[str]) -> Families:
    """All of them; `tasks` are the names that jobs may have."""
    titles = _named(session.scalars(select(Publication.slug).order_by(Publication.id).limit(NAMED_MAX)))
    yield from _dispatches(session, now, titles)
    yield from _ports(session, now)
    yield from _jobs(session, now, frozenset(tasks))
    for family in (_reports, _alarms, _peers, _leaders, _stopped, _recovery):
        yield from family(session, now)


def _named(names: Iterable[str]) -> Callable[[str], str]:
    known = frozenset(names)
    return lambda name: name if name in known else OTHER


def _gauge(name: str, what: str, labels: tuple[str, ...], values: Mapping[Any, float]) -> GaugeMetricFamily:
    found = GaugeMetricFamily(name, what, labels=labels)
    for key, value in values.items():
        found.add_metric(key if isinstance(key, tuple) else (key,), value)
    return found


# --- sending ---------------------------------------------------------------------------------------------------------


def _dispatches(session: Session, now: datetime, titles: Callable[[str], str]) -> Families:
    is_open = (Dispatch.closed_at.is_(None), Dispatch.state != lifecycle.CLOSED, Dispatch.kind.not_in(kinds.UNCOUNTED), Dispatch.lane != RESEND)
    wanted = select(Dispatch, Publication.slug).join(Edition, Edition.id == Dispatch.edition_id).join(Publication, Publication.id == Edition.publication_id)
    states = dict.fromkeys(lifecycle.STATES, 0)
    readers: dict[tuple[str, str], int] = {}
    rates: dict[str, float] = {}
    deadlines: dict[str, float] = {}
    finishes: dict[str, float] = {}
    for one, slug in session.execute(wanted.where(*is_open).order_by(Dispatch.id.desc()).limit(DISPATCHES_MAX)):
        title, progress = titles(slug), dispatch_progress(session, one.id, now)
        states[one.state] += 1
        rates[title] = rates.get(title, 0.0) + progress.rate_per_s
        for outcome in Outcome:
            name = outcome.name.lower()
            readers[title, name] = readers.get((title, name), 0) + progress.outcomes.get(name, 0)
        if one.sent_at is None and one.deadline_at is not None:
            deadlines[title] = min(deadlines.get(title, float("inf")), (one.deadline_at - now).total_seconds())
            if progress.forecast_finish_at is not None:
                finishes[title] = max(finishes.get(title, 0.0), (progress.forecast_finish_at - now).total_seconds())
    yield _gauge("huabao_dispatches", "Open dispatches by state.", ("state",), states)
    yield _gauge("huabao_deliveries", "Readers of the open dispatches of a title, by outcome.", ("publication", "outcome"), readers)
    yield _gauge("huabao_dispatch_rate_readers_per_second", "Readers submitted a second, over the last minute.", ("publication",), rates)
    yield _gauge("huabao_dispatch_deadline_seconds", "Time left until the next deadline of what is not sent yet; below 0 it is past.", ("publication",), deadlines)
    yield _gauge("huabao_dispatch_finish_seconds", "Time until the last reader is sent to, by the present forecast.", ("publication",), finishes)


def _ports(session: Session, now: datetime) -> Families:
    ports = session.scalars(select(Port).order_by(Port.id).limit(NAMED_MAX)).all()
    yield _gauge("huabao_port_up", "1 where a port is not paused.", ("port",), {one.name: float(one.state == "up") for one in ports})
    yield _gauge("huabao_port_breaker_open", "1 where a port's peer does not answer.", ("port",), {one.name: float(one.breaker != "closed") for one in ports})
    yield _gauge("huabao_port_limit_per_second", "A port's rate as agreed: recipients, or PDUs of an smpp port.", ("port",), {one.name: one.rate for one in ports})
    yield _gauge("huabao_port_rate_factor", "1 in quiet times; less after the peer said slow down.", ("port",), {one.name: one.rate_factor for one in ports})
    last = now.replace(second=0, microsecond=0) - MINUTE
    minutes = {row.port_id: row for row in session.scalars(select(PortMinute).where(PortMinute.minute == last))}
    sent = {one.name: float(minutes[one.id].units) if one.id in minutes else 0.0 for one in ports}
    yield _gauge("huabao_port_units_last_minute", "What left in the last whole minute, as the port's limit counts it.", ("port",), sent)
    failed = {(one.name, why): float(getattr(minutes.get(one.id), why, 0)) for one in ports for why in ("refused", "deferred", "unknown")}
    yield _gauge("huabao_port_failed_last_minute", "Submissions of the last whole minute that were refused, put off or not answered.", ("port", "result"), failed)
    yield _newest(session, "huabao_submissions", "Submissions written down.", Submission.id)


def _newest(session: Session, name: str, what: str, column: Any) -> CounterMetricFamily:
    return CounterMetricFamily(name, what, value=float(session.scalar(select(func.max(column))) or 0))


def _reports(session: Session, now: datetime) -> Families:
    open_ones = select(DeliveryEvent.state, func.count()).where(is_open())
    counts = dict(session.execute(open_ones.group_by(DeliveryEvent.state)).all())
    yield GaugeMetricFamily("huabao_reports_unfolded", "Reports stored and not yet folded into deliveries.", value=counts.get(EventState.NEW, 0))
    yield GaugeMetricFamily("huabao_reports_parked", "Reports whose submission is not known yet.", value=counts.get(EventState.PARKED, 0))
    oldest = session.scalar(select(DeliveryEvent.received_at).where(in_state(EventState.NEW)).order_by(DeliveryEvent.id).limit(1))
    yield GaugeMetricFamily("huabao_reports_oldest_seconds", "How long the oldest of them has waited.", value=_age(oldest, now))
    yield _newest(session, "huabao_reports", "Reports stored.", DeliveryEvent.id)


def _age(at: datetime | None, now: datetime) -> float:
    return 0.0 if at is None else max(0.0, (now - at).total_seconds())


# --- the house -------------------------------------------------------------------------------------------------------


def _jobs(session: Session, now: datetime, known: frozenset[str]) -> Families:
    counts = {(task, state): 0 for task in sorted({*known, OTHER}) for state in (QUEUED, RUNNING, FAILED)}
    rows = session.execute(select(Job.task, Job.state, func.count()).where(Job.state.in_((QUEUED, RUNNING, FAILED))).group_by(Job.task, Job.state))
    for task, state, count in rows:
        counts[task if task in known else OTHER, state] += count
    yield _gauge("huabao_jobs", "Jobs by task and state (queued, running, failed).", ("task", "state"), counts)
    oldest = {one: _age(session.scalar(select(func.min(Job.run_at)).where(Job.queue == one, Job.state == QUEUED)), now) for one in QUEUES}
    yield _gauge("huabao_job_oldest_seconds", "How long the oldest due job of a queue has waited.", ("queue",), oldest)


def _alarms(session: Session, now: datetime) -> Families:
    known = alarm_kinds()
    severities = {(severity, state): 0 for severity in SEVERITIES for state in ("open", SILENCED)}
    found = dict.fromkeys((*known, OTHER), 0)
    for one in session.scalars(select(Alarm).where(Alarm.closed_at.is_(None)).limit(10_000)):
        severities[kind_of(one.kind).severity, state_of(one, now)] += 1
        found[one.kind if one.kind in known else OTHER] += 1
    yield _gauge("huabao_alarms_open", "Open alarms by severity; silenced ones by themselves.", ("severity", "state"), severities)
    yield _gauge("huabao_alarms_open_kind", "Open alarms by kind, silenced ones too.", ("kind",), found)
    yield _newest(session, "huabao_alarms_raised", "Incidents that were ever opened.", Alarm.id)
    waiting = select(AlarmRecipient.channel, func.count()).join(AlarmNotice, AlarmNotice.recipient_id == AlarmRecipient.id)
    rows = session.execute(waiting.where(AlarmNotice.state.in_((WAITING, LEAVING))).group_by(AlarmRecipient.channel))
    yield _gauge("huabao_alarm_notices_waiting", "What recipients were not told yet.", ("channel",), dict.fromkeys(CHANNELS, 0) | dict(rows.all()))


def _peers(session: Session, now: datetime) -> Families:
    open_states = (TO_ASK, ASKING, UNKNOWN, PERSON)
    counts = {(peer, state): 0 for peer in PEERS for state in open_states}
    one = OutboundRequest
    for peer, state, number in session.execute(select(one.peer, one.state, func.count()).where(one.state.in_(open_states)).group_by(one.peer, one.state)):
        if peer in PEERS:
            counts[peer, state] = number
    yield _gauge("huabao_outbound_requests", "Requests to BOSS and MISC that are not settled.", ("peer", "state"), counts)
    waiting = {peer: session.scalar(select(func.min(one.created_at)).where(one.peer == peer, one.state.in_(open_states[:3]))) for peer in PEERS}
    yield _gauge("huabao_outbound_oldest_seconds", "How long the oldest of them has waited for its answer.", ("peer",), {peer: _age(at, now) for peer, at in waiting.items()})
    away = set(session.scalars(select(OutboundPeer.peer).where(OutboundPeer.down_since.is_not(None))))
    yield _gauge("huabao_peer_up", "1 where a peer answers, as far as we know.", ("peer",), {peer: float(peer not in away) for peer in PEERS})


def _leaders(session: Session, now: datetime) -> Families:
    held = {role: float(leases.lease_holder(session, role, now=now) is not None) for role in ROLES}
    yield _gauge("huabao_leader", "1 where somebody does the periodic work: the scheduler, or the embedded worker.", ("role",), held)


# --- stop-send -------------------------------------------------------------------------------------------------------


def _stopped(session: Session, _now: datetime) -> Families:
    counts = dict.fromkeys(CAUSES, 0)
    for cause, count in session.execute(select(DeliveryStop.cause, func.count()).where(DeliveryStop.ended_at.is_(None)).group_by(DeliveryStop.cause)):
        counts[cause if cause in counts else NO_CAUSE] += count
    what = "Subscriptions that are not sent to because nothing reached their readers, or whose account is barred."
    yield _gauge("huabao_stopped_subscriptions", what, ("cause",), counts)


def _recovery(session: Session, now: datetime) -> Families:
    one = RecoveryAttempt
    counts = dict.fromkeys(((cause, state) for cause in CAUSES for state in STATES), 0)
    begun = one.begun_at > now - timedelta(days=ATTEMPTS_DAYS)
    for cause, state, count in session.execute(select(one.cause, one.state, func.count()).where(begun).group_by(one.cause, one.state)):
        key = (cause if cause in CAUSES else NO_CAUSE, state)
        counts[key] = counts.get(key, 0) + count
    yield _gauge("huabao_recovery_attempts", f"Attempts to reach stopped readers begun in the last {ATTEMPTS_DAYS} days.", ("cause", "state"), counts)
    due = session.scalar(select(func.count()).select_from(Replay).where(Replay.state == DUE)) or 0
    yield GaugeMetricFamily("huabao_recovery_replays_due", "Recovered readers who are owed what they missed.", value=due)
