"""Readers, stops, attempts, runs and differences for the desks' tests, row by row; enough of each that a page has something to show."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update

from console.models import User
from content.models import Edition, EditionVersion
from delivery.models import Dispatch, Outcome
from huabao.clock import business_day
from huabao.runtime import Runtime
from reconciliation.runs.models import ReconcileDifference, ReconcileRepair, ReconcileRun
from reconciliation.stop_send.models import DeliveryStop, RecoveryAttempt, StopRun
from subscribers.models import Reader, Subscription, SubscriptionEvent
from tests.integration.console.dispatch_rows import add_dispatch, settle
from tests.services.delivering import manuscript

HEFEI, BENGBU = "合肥", "蚌埠"
STOPPED, WELL, BARRED, ELSEWHERE = 1, 2, 3, 4
"""Ids of readers."""


def number_of(reader_id: int) -> str:
    """The number of a reader of these tests."""
    return f"1380551{reader_id:04d}"


def add_readers(runtime: Runtime) -> int:
    """Four readers with one order each; the first is stopped and was tried twice. The dispatch that all of them are in."""
    now = runtime.now()
    dispatch_id = add_dispatch(runtime, planned=4, state="draining")
    settle(runtime, dispatch_id, Outcome.EXPIRED, range(STOPPED, STOPPED + 1), ago_s=3600)
    settle(runtime, dispatch_id, Outcome.RETRIEVED, range(WELL, WELL + 1), ago_s=3600)
    settle(runtime, dispatch_id, Outcome.SUBMITTED, range(BARRED, ELSEWHERE + 1), ago_s=3600)
    long_ago = now - timedelta(days=200)
    cities = {STOPPED: HEFEI, WELL: HEFEI, BARRED: BENGBU, ELSEWHERE: BENGBU}
    common = {"topics": [], "attributes": {}, "created_at": long_ago, "updated_at": long_ago, "handset": "Nokia N70", "handset_class": "100kb-240x320"}
    rows = [
        {"id": one, "msisdn": number_of(one), "city": city, "account_state": "barred" if one == BARRED else "normal", "account_at": long_ago, "account_source": "boss", **common}
        for one, city in cities.items()
    ]
    order = {
        "service_id": "jh",
        "effective_at": long_ago,
        "order_at": long_ago,
        "order_source": "misc",
        "price_fen": 500,
        "price_at": long_ago,
        "price_source": "boss",
        "updated_at": long_ago,
    }
    with runtime.transaction() as session:
        version = session.scalars(select(EditionVersion)).one()
        version.manuscript = manuscript("paper-0", version.issue_date).to_document()
        session.execute(update(Dispatch).values(started_at=now - timedelta(hours=1)))
        session.execute(update(Edition).values(current_version_id=version.id))
        session.execute(insert(Reader), rows)
        session.add_all([Subscription(reader_id=one, state="paused" if one == BARRED else "active", order_state="active", **order) for one in cities])
        session.add(SubscriptionEvent(reader_id=STOPPED, service_id="jh", event="order", state="active", source="misc", effective_at=long_ago, recorded_at=long_ago))
    add_stop(runtime, STOPPED, "memory_full", days=40, tried=2)
    return dispatch_id


def add_stop(runtime: Runtime, reader_id: int, cause: str, *, days: int, tried: int = 0, running: str = "", by: str = "stop_send") -> int:
    """A stop that lasts, so many days old, with so many attempts that failed; and one more that is under way in the state `running`."""
    now = runtime.now()
    at = now - timedelta(days=days)
    with runtime.transaction() as session:
        stop = DeliveryStop(
            reader_id=reader_id, service_id="jh", cause=cause, failing_since=at - timedelta(days=9), stopped_at=at, by=by, looked_at=at, tried=tried + bool(running),
            next_at=None if running else now + timedelta(days=3), next_why="7 days on; 12:00 drawn with 8% expected (1.2 of 14.0 tries of late)", ended_at=None,
        )  # fmt: skip
        session.add(stop)
        session.flush()
        for number in range(1, tried + 1):
            session.add(_attempt(stop, number, at + timedelta(days=7 * number), "failed"))
        if running:
            session.add(_attempt(stop, tried + 1, now - timedelta(hours=2), running))
        changed = {"stop_state": "recovering" if running == "paper" else "stopped", "stop_cause": cause, "stopped_at": at}
        session.execute(update(Subscription).where(Subscription.reader_id == reader_id).values(**changed))
        event = {"event": "stop", "state": "active", "source": "stop_send", "field": "stop", "reason": cause, "effective_at": at, "recorded_at": at}
        session.add(SubscriptionEvent(reader_id=reader_id, service_id="jh", **event))
        return stop.id


def _attempt(stop: DeliveryStop, number: int, begun_at: datetime, state: str) -> RecoveryAttempt:
    ended = state in ("failed", "recovered", "given_up")
    steps = [["tip", begun_at.isoformat(), "text"], ["probe", (begun_at + timedelta(days=1)).isoformat(), "dispatch 17"]]
    steps += [["failed", (begun_at + timedelta(days=1, hours=8)).isoformat(), "the probe did not reach him"]] if state == "failed" else []
    return RecoveryAttempt(
        stop_id=stop.id, reader_id=stop.reader_id, service_id=stop.service_id, cause=stop.cause, stopped_at=stop.stopped_at, number=number, sign="schedule",
        method="probe" if state != "recovered" else "paper", state=state, due_at=begun_at + timedelta(hours=30), begun_at=begun_at, entered_at=begun_at, steps=steps, why="",
        reached=state == "recovered" if ended else None, ended_at=begun_at + timedelta(days=1, hours=8) if ended else None,
    )  # fmt: skip


def add_recovered(runtime: Runtime, *, first: int, number: int, months_ago: int = 0, recovered: int = 0) -> None:
    """So many stops that were tried in a month, of which some were brought back; readers from `first` on."""
    now = runtime.now()
    begun = business_day(now).replace(day=1)
    for _ in range(months_ago):
        begun = (begun - timedelta(days=1)).replace(day=1)
    at = datetime(begun.year, begun.month, 1, 4, tzinfo=UTC)
    with runtime.transaction() as session:
        for index in range(number):
            good = index < recovered
            stop = DeliveryStop(
                reader_id=first + index, service_id="jh", cause=("unreachable", "handset_settings")[index % 2], failing_since=at, stopped_at=at - timedelta(days=3),
                by="stop_send", looked_at=at, tried=1, next_why="", ended_at=at + timedelta(days=2), ended_by="recovered" if good else "left",
            )  # fmt: skip
            session.add(stop)
            session.flush()
            session.add(_attempt(stop, 1, at, "recovered" if good else "failed"))


def add_held_stops(runtime: Runtime, found: int = 2412) -> int:
    """A run of stops that the guard holds; one candidate stands for all."""
    with runtime.transaction() as session:
        why = f"{found:,} stops in a day are more than 2,000 (stop_guard_count)"
        run = StopRun(at=runtime.now(), state="held", found=found, causes={"unreachable": found - 12, "memory_full": 12}, why=why, approvals=[])
        session.add(run)
        session.flush()
        return run.id


def add_difference(runtime: Runtime, reader_id: int, run_id: int = 1, *, days: int = 3, **values: Any) -> int:
    """An open difference of a reader's order, first seen so many days ago."""
    today = business_day(runtime.now())
    given = {
        "name": "axa", "boss": "active", "misc": "absent", "platform": "active", "direction": "none", "money_fen": 500, "action": "ask",
        "why": "charged, and nobody knows of an order: a person finds out whether he wants it", **values,
    }  # fmt: skip
    with runtime.transaction() as session:
        row = ReconcileDifference(
            msisdn=number_of(reader_id), service_id="jh", run_id=run_id, first_day=today - timedelta(days=days), last_day=today - timedelta(days=1),
            opened_at=runtime.now(), **given,
        )  # fmt: skip
        session.add(row)
        session.flush()
        return row.id


def add_run(runtime: Runtime, *, days: int = 1, held: int = 0, **values: Any) -> int:
    """A run of the day so many days ago; with repairs of class `xxa` that stop so many readers and wait for two people."""
    now = runtime.now()
    figures = {
        "differences": {"aax": 214, "xxa": 60 + held, "axa": 12, "price": 9}, "money_fen": {"aax": 107_000, "xxa": 30_000, "axa": 6_000, "price": 900},
        "equal": {"aaa": 1_575_800, "ppp": 412, "xxx": 90}, "in_flight": 37, "records": {"boss": 1_576_447, "misc": 1_576_433, "platform": 1_576_290},
    }  # fmt: skip
    given = {"compared": 1_576_500, "matched": 1_576_302, "figures": figures, "refused": [], "boss_as_of": now, "misc_as_of": now, "platform_as_of": now, **values}
    with runtime.transaction() as session:
        day = business_day(now) - timedelta(days=days)
        run = ReconcileRun(kind="daily", day=day, feeds=f"feeds-{days}", started_by="scheduler", created_at=now, compared_at=now, approvals=[], plan="plan", **given)
        session.add(run)
        session.flush()
        repair = {"difference_id": 0, "name": "xxa", "side": "platform", "action": "stop", "event": "cancel", "stops": True, "state": "planned", "created_at": now}
        if held:
            session.execute(insert(ReconcileRepair), [{"run_id": run.id, "why": "", "before": "active", "after": "", "outcome": "", **repair}] * held)
        return run.id


def give_city(runtime: Runtime, name: str, city: str | None) -> None:
    """Let an account see the readers of one city only."""
    with runtime.transaction() as session:
        session.execute(update(User).where(User.name == name).values(city=city))
