"""A day with figures that are counted by hand: two papers, complaints, a stop that ended, alarms, a port, a run."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import update

from care.models import Complaint
from delivery.models import Dispatch, Outcome, Port, PortMinute
from huabao.alarms import Alarm
from huabao.audit import AuditEntry
from huabao.clock import business_day
from huabao.runtime import Runtime
from monitoring.readership import ReadershipDay
from monitoring.tallies import tally_due
from reconciliation.runs.models import ReconcileRun
from reconciliation.stop_send.models import DeliveryStop, RecoveryAttempt
from tests.integration.console.dispatch_rows import add_dispatch, settle

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
"""12:00 in Shanghai."""

TODAY = date(2026, 11, 23)


def add_papers(runtime: Runtime) -> tuple[int, int]:
    """A morning paper of 100 that closed (90 have it, 18 of them late by 30 minutes) and an evening paper of 40 that runs; their dispatches."""
    morning = add_dispatch(runtime, planned=100)
    settle(runtime, morning, Outcome.RETRIEVED, range(1, 73), ago_s=3 * 3600)
    settle(runtime, morning, Outcome.RETRIEVED, range(73, 91), ago_s=2.5 * 3600)
    settle(runtime, morning, Outcome.EXPIRED, range(91, 98), ago_s=600)
    settle(runtime, morning, Outcome.NO_REPORT, range(98, 101), ago_s=600)
    now = runtime.now()
    with runtime.transaction() as session:
        times = {"start_at": now - timedelta(hours=4), "started_at": now - timedelta(hours=4), "deadline_at": now - timedelta(hours=3)}
        session.execute(update(Dispatch).where(Dispatch.id == morning).values(state="closed", closed_at=now - timedelta(minutes=5), sent_at=now - timedelta(hours=3), **times))
    evening = add_dispatch(runtime, planned=40, number="88", title='=HYPERLINK("http://evil.example")<b>晚报</b>', excluded={"stopped": 3})
    settle(runtime, evening, Outcome.RETRIEVED, range(1, 11))
    settle(runtime, evening, Outcome.SUBMITTED, range(11, 21))
    tally_due(runtime)
    return morning, evening


def add_around(runtime: Runtime) -> None:
    """What else that day had; 10,000 readers pay."""
    now = runtime.now()
    common = {"channel": "hotline", "recorded_at": now, "cause_by": "told", "by": "zhou", "due_at": now + timedelta(days=2), "edition_id": 1}
    stop = {"service_id": "jh", "failing_since": now, "by": "stop_send", "looked_at": now}
    run = {"compared": 100, "matched": 97, "compared_at": now, "refused": [], "boss_as_of": now, "misc_as_of": now, "platform_as_of": now}
    figures = {"differences": {"aax": 2, "xxa": 1}, "money_fen": {"aax": 1000, "xxa": 300}, "equal": {"aaa": 97}}
    with runtime.transaction() as session:
        for cause, ago in (("late", 1), ("late", 2), ("handset", 3), ("late", 26), ("stopped", 24 * 30)):
            session.add(Complaint(cause=cause, received_at=now - timedelta(hours=ago), **common))
        for ago in (0, 31):
            day = business_day(now) - timedelta(days=ago)
            session.add(ReadershipDay(day=day, city="", service_id="", active=10_000, paused=0, stopped=0, counted_at=now))
        session.add_all(
            [
                DeliveryStop(id=1, reader_id=1, cause="unreachable", stopped_at=now - timedelta(days=3), ended_at=now, ended_by="recovered", **stop),
                DeliveryStop(id=2, reader_id=2, cause="memory_full", stopped_at=now - timedelta(hours=1), **stop),
                RecoveryAttempt(
                    stop_id=1, reader_id=1, service_id="jh", cause="unreachable", stopped_at=now - timedelta(days=3), number=1, sign="schedule", method="paper",
                    state="recovered", due_at=now, begun_at=now - timedelta(days=1), entered_at=now, ended_at=now, steps=[],
                ),
                Alarm(kind="dispatch.not_started", key="1", text="late", detail={"readers": 100}, first_seen_at=now - timedelta(hours=4), last_seen_at=now,
                      closed_at=now - timedelta(hours=3), acknowledged_by="王敏"),
                Alarm(kind="complaints.burst", key="", text="many", detail={}, first_seen_at=now - timedelta(minutes=10), last_seen_at=now),
                Alarm(kind="complaints.burst", key="old", text="", detail={}, first_seen_at=now - timedelta(days=3), last_seen_at=now, closed_at=now - timedelta(days=2)),
                PortMinute(port_id=session.query(Port).one().id, minute=now.replace(second=0, microsecond=0) - timedelta(hours=3), submissions=10, recipients=90, units=90,
                           refused=1, deferred=2, unknown=3, first_id=1, last_id=9),
                AuditEntry(at=now, actor="huabao", action="port.breaker_open", object_kind="port", object_id="mm-1", detail={}),
                ReconcileRun(kind="daily", day=business_day(now) - timedelta(days=1), feeds="f", started_by="t", created_at=now, approvals=[], plan="", figures=figures, **run),
            ]
        )  # fmt: skip
