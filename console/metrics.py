"""Metrics for Prometheus, counted when they are asked for; every label is bounded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from delivery import kinds, lifecycle
from delivery.lanes import RESEND
from delivery.models import DeliveryEvent, Dispatch, EventState
from huabao.queues import FAILED, QUEUED, RUNNING, Job, Registry
from huabao.runtime import Runtime
from monitoring.measures import dispatch_progress
from reconciliation.stop_send.causes import CAUSES, UNKNOWN
from reconciliation.stop_send.lifecycle import STATES
from reconciliation.stop_send.models import DUE, DeliveryStop, RecoveryAttempt, Replay

DISPATCHES_MAX = 20
"""The newest open dispatches; more are never open in a province that sends two papers a day."""

ATTEMPTS_DAYS = 30
"""How far back attempts of recovery count."""


class _DatabaseCollector(Collector):
    def __init__(self, runtime: Runtime, registry: Registry) -> None:
        self.runtime = runtime
        self.known = frozenset(registry.tasks)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        with self.runtime.transaction(read_only=True) as session:
            yield from self._deliveries(session)
            yield self._jobs(session)
            yield from _reports(session)
            yield _stopped(session)
            yield from _recovery(session, self.runtime.now())

    def _deliveries(self, session: Session) -> Iterator[GaugeMetricFamily]:
        readers = GaugeMetricFamily("huabao_deliveries", "Readers of an open dispatch by outcome.", labels=("dispatch", "outcome"))
        rate = GaugeMetricFamily("huabao_dispatch_rate_readers_per_second", "Readers submitted a second, over the last minute.", labels=("dispatch",))
        is_open = (Dispatch.closed_at.is_(None), Dispatch.state != lifecycle.CLOSED, Dispatch.kind.not_in(kinds.UNCOUNTED), Dispatch.lane != RESEND)
        wanted = select(Dispatch.id).where(*is_open).order_by(Dispatch.id.desc()).limit(DISPATCHES_MAX)
        now = self.runtime.now()
        for dispatch_id in session.scalars(wanted):
            progress = dispatch_progress(session, dispatch_id, now)
            rate.add_metric((str(dispatch_id),), progress.rate_per_s)
            for outcome, count in progress.outcomes.items():
                readers.add_metric((str(dispatch_id), outcome), count)
        yield readers
        yield rate

    def _jobs(self, session: Session) -> GaugeMetricFamily:
        jobs = GaugeMetricFamily("huabao_jobs", "Jobs by task and state (queued, running, failed).", labels=("task", "state"))
        counts = {(task, state): 0 for task in self.known for state in (QUEUED, RUNNING, FAILED)}
        rows = session.execute(select(Job.task, Job.state, func.count()).where(Job.state.in_((QUEUED, RUNNING, FAILED))).group_by(Job.task, Job.state))
        for task, state, count in rows:
            key = (task if task in self.known else "other", state)
            counts[key] = counts.get(key, 0) + count
        for labels, count in sorted(counts.items()):
            jobs.add_metric(labels, count)
        return jobs


def _reports(session: Session) -> Iterator[GaugeMetricFamily]:
    rows = session.execute(select(DeliveryEvent.state, func.count()).where(DeliveryEvent.state.in_((EventState.NEW, EventState.PARKED))).group_by(DeliveryEvent.state))
    counts = dict(rows.all())
    yield GaugeMetricFamily("huabao_reports_unfolded", "Reports stored and not yet folded into deliveries.", value=counts.get(EventState.NEW, 0))
    yield GaugeMetricFamily("huabao_reports_parked", "Reports whose submission is not known yet.", value=counts.get(EventState.PARKED, 0))


def _stopped(session: Session) -> GaugeMetricFamily:
    stopped = GaugeMetricFamily(
        "huabao_stopped_subscriptions", "Subscriptions that are not sent to because nothing reached their readers, or whose account is barred.", labels=("cause",)
    )
    counts = dict.fromkeys(CAUSES, 0)
    for cause, count in session.execute(select(DeliveryStop.cause, func.count()).where(DeliveryStop.ended_at.is_(None)).group_by(DeliveryStop.cause)):
        counts[cause if cause in counts else UNKNOWN] += count
    for cause, count in counts.items():
        stopped.add_metric((cause,), count)
    return stopped


def _recovery(session: Session, now: datetime) -> Iterator[GaugeMetricFamily]:
    tried = GaugeMetricFamily("huabao_recovery_attempts", f"Attempts to reach stopped readers begun in the last {ATTEMPTS_DAYS} days.", labels=("cause", "state"))
    one = RecoveryAttempt
    counts = dict.fromkeys(((cause, state) for cause in CAUSES for state in STATES), 0)
    begun = one.begun_at > now - timedelta(days=ATTEMPTS_DAYS)
    for cause, state, count in session.execute(select(one.cause, one.state, func.count()).where(begun).group_by(one.cause, one.state)):
        key = (cause if cause in CAUSES else UNKNOWN, state)
        counts[key] = counts.get(key, 0) + count
    for labels, count in counts.items():
        tried.add_metric(labels, count)
    yield tried
    due = session.scalar(select(func.count()).select_from(Replay).where(Replay.state == DUE)) or 0
    yield GaugeMetricFamily("huabao_recovery_replays_due", "Recovered readers who are owed what they missed.", value=due)


def exposition(runtime: Runtime, registry: Registry) -> bytes:
    """All metrics in Prometheus' text form."""
    registered = CollectorRegistry(auto_describe=False)
    registered.register(_DatabaseCollector(runtime, registry))
    return generate_latest(registered)
