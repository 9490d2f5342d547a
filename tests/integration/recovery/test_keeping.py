"""What is kept of stops: how long, what stays of a person who is forgotten, what the metrics count."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select, update

from console.metrics import exposition
from console.registry import registry
from huabao.runtime import Runtime
from reconciliation.stop_send import attempts, looking, report, tidying
from reconciliation.stop_send.models import DeliveryStop, DeliveryStreak, JudgedDispatch, RecoveryAttempt, RecoveryCredit, Replay, SettingsPush, StopRun
from subscribers.models import Reader, Subscription
from tests.command_line import CLI
from tests.integration.recovery.test_signs import NUMBER, T0, WHO, stopped
from tests.services.clocks import at

TABLES = (DeliveryStop, DeliveryStreak, JudgedDispatch, RecoveryAttempt, RecoveryCredit, Replay, SettingsPush, StopRun)


def tried(runtime: Runtime) -> Runtime:
    """A stopped reader of whom every table has a row; a day later."""
    later = stopped(runtime, "handset_settings")
    with runtime.transaction() as session:
        attempts.begin(session, later.now(), only=looking.open_stops(session, [NUMBER]))
        session.flush()
        session.execute(update(RecoveryAttempt).values(method="tip"))
        session.add(DeliveryStreak(reader_id=WHO, service_id="paper", cause="unknown", failing_since=T0, editions=3, last_failed_at=T0))
        session.add(SettingsPush(reader_id=WHO, asked_at=T0))
        session.add(JudgedDispatch(dispatch_id=1, judged_at=T0))
        session.add(StopRun(at=T0, state="applied", found=1))
        session.add(StopRun(at=T0, state="held", found=1))
    return later


def owed(runtime: Runtime) -> None:
    """His stop ended, and a credit is owed for it."""
    with runtime.transaction() as session:
        stop = session.scalars(select(DeliveryStop)).one()
        stop.ended_at, stop.ended_by = T0 + timedelta(days=2), "released"
        row = Replay(stop_id=stop.id, reader_id=WHO, service_id="paper", publication_id=1, policy="credit", since=T0, until=T0)
        session.add(row)
        session.flush()
        session.add(
            RecoveryCredit(replay_id=row.id, month=T0.date().replace(day=1), reader_id=WHO, service_id="paper", missed=1, published=2, price_fen=300, credit_fen=150, created_at=T0)
        )


def rows(runtime: Runtime) -> dict[str, int]:
    with runtime.transaction(read_only=True) as session:
        return {one.__tablename__: session.scalar(select(func.count()).select_from(one)) or 0 for one in TABLES}


def test_what_is_old_goes_with_all_that_hangs_on_it(runtime: Runtime) -> None:
    tried(runtime)
    owed(runtime)
    before = rows(runtime)
    assert tidying.tidy(at(runtime, T0 + timedelta(days=1101))) == {"judged_dispatches": 1, "stop_runs": 1, "settings_pushes": 1}, "the stop ended two days later"
    assert tidying.tidy(at(runtime, T0 + timedelta(days=1103))) == {"recovery_credits": 1, "recovery_replays": 1, "recovery_attempts": 1, "delivery_stops": 1}
    assert before == dict.fromkeys(before, 1) | {"stop_runs": 2}
    assert rows(runtime) == dict.fromkeys(before, 0) | {"stop_runs": 1, "delivery_streaks": 1}, "the held run waits on, his failures count on"


def test_an_open_stop_stays_and_failures_of_an_order_that_ended_go(sqlite_runtime: Runtime) -> None:
    tried(sqlite_runtime)
    with sqlite_runtime.transaction() as session:
        session.execute(update(Subscription).where(Subscription.reader_id == WHO).values(state="cancelled"))
    tidying.tidy(at(sqlite_runtime, T0 + timedelta(days=2000)))
    found = rows(sqlite_runtime)
    assert (found["delivery_stops"], found["recovery_attempts"], found["delivery_streaks"]) == (1, 1, 0)


def test_forgotten_he_is_nobody_and_the_month_stands(runtime: Runtime, cli: CLI) -> None:
    tried(runtime)
    month = report.month_of("2026-11")
    with runtime.transaction(read_only=True) as session:
        before = report.document(report.monthly(session, month), None)
    removed = cli("subscribers", "forget", NUMBER, "--json").json["removed"]
    assert {name: removed[name] for name in ("delivery_stops", "recovery_attempts", "delivery_streaks", "settings_pushes")} == {
        "delivery_stops": 1, "recovery_attempts": 1, "delivery_streaks": 1, "settings_pushes": 1,
    }  # fmt: skip
    with runtime.transaction(read_only=True) as session:
        stop, attempt = session.scalars(select(DeliveryStop)).one(), session.scalars(select(RecoveryAttempt)).one()
        assert (stop.reader_id, stop.imei, stop.ended_by, attempt.reader_id, attempt.state) == (0, None, "left", 0, "given_up")
        assert session.scalar(select(Reader.id).where(Reader.id == WHO)) is None
        assert report.document(report.monthly(session, month), None) == before


def test_metrics_count_stops_by_cause_and_attempts_by_state(sqlite_runtime: Runtime) -> None:
    later = tried(sqlite_runtime)
    lines = exposition(later, registry()).decode().splitlines()
    assert 'huabao_stopped_subscriptions{cause="handset_settings"} 1.0' in lines
    assert 'huabao_recovery_attempts{cause="handset_settings",state="waiting"} 1.0' in lines
    with sqlite_runtime.transaction() as session:
        session.execute(update(RecoveryAttempt).values(state="recovered", ended_at=later.now(), cause="of another release"))
    lines = exposition(later, registry()).decode().splitlines()
    assert 'huabao_recovery_attempts{cause="unknown",state="recovered"} 1.0' in lines
    assert sum(line.startswith("huabao_recovery_attempts{") for line in lines) == 64, "eight causes, eight states, whatever stands in the table"
    assert "huabao_recovery_replays_due 0.0" in lines
