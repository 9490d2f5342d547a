"""What the page counts is what the ledger counts."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete

from delivery.ledger import proof
from delivery.models import Dispatch, Outcome, deliveries
from huabao.errors import UsageError
from huabao.runtime import Runtime
from monitoring import measures, tallies
from tests.integration.console.dispatch_rows import add_dispatch, add_submission, settle


def test_progress_agrees_with_the_ledger_and_with_itself(runtime: Runtime) -> None:
    dispatch_id = add_dispatch(runtime, planned=2000)
    for number, outcome in enumerate(Outcome):
        settle(runtime, dispatch_id, outcome, range(1 + number * 100, 1 + (number + 1) * 100), ago_s=60.0 * number)
    now = runtime.now()
    with runtime.transaction(read_only=True) as session:
        found = measures.count_progress(session, dispatch_id, now)
        counted = proof.counts(session, dispatch_id)
    assert dict(found.outcomes) == dict(counted.outcomes)
    assert found.excluded == sum(counted.excluded.values())
    assert found.balanced
    by_name = dict.fromkeys(found.outcomes, 0)
    for minute in found.by_minute:
        assert minute.at.second == 0
        assert now - timedelta(minutes=15) < minute.at <= now
        for name, count in minute.counts.items():
            by_name[name] += count
    assert {name: count for name, count in by_name.items() if name != "pending"} == {name: count for name, count in found.outcomes.items() if name != "pending"}


def test_the_rate_is_of_the_last_minute(runtime: Runtime) -> None:
    dispatch_id = add_dispatch(runtime, planned=2000)
    settle(runtime, dispatch_id, Outcome.SUBMITTED, range(1, 501), ago_s=200)
    settle(runtime, dispatch_id, Outcome.SUBMITTED, range(501, 801), ago_s=20)
    add_submission(runtime, dispatch_id, recipients=300, ago_s=20)
    add_submission(runtime, dispatch_id, recipients=500, ago_s=200)
    add_submission(runtime, dispatch_id, recipients=100, ago_s=5, state="deferred")
    now = runtime.now()
    with runtime.transaction(read_only=True) as session:
        found = measures.count_progress(session, dispatch_id, now)
        loads = measures.port_loads(session, session.get_one(Dispatch, dispatch_id), now)
        states = measures.submissions_by_state(session, dispatch_id)
    assert found.rate_per_s == pytest.approx(300 / 60)
    assert found.forecast_finish_at == pytest.approx(now + timedelta(seconds=1200 / 5), abs=timedelta(seconds=1))
    assert [(load.submissions, load.recipients) for load in loads] == [(2, 800)]
    assert loads[0].rate_per_s == pytest.approx(300 / 60)
    assert states == {"accepted": 2, "deferred": 1}


def test_a_count_is_kept_for_a_second_and_dropped_when_the_state_changes(runtime: Runtime) -> None:
    dispatch_id = add_dispatch(runtime, planned=50)
    now = runtime.now()

    def retrieved(after_s: float) -> int:
        with runtime.transaction(read_only=True) as session:
            return measures.dispatch_progress(session, dispatch_id, now + timedelta(seconds=after_s)).outcomes["retrieved"]

    assert retrieved(0) == 0
    settle(runtime, dispatch_id, Outcome.RETRIEVED, range(1, 11))
    assert retrieved(0.5) == 0
    assert retrieved(3600) == 10
    settle(runtime, dispatch_id, Outcome.RETRIEVED, range(11, 21))
    with runtime.transaction() as session:
        session.get_one(Dispatch, dispatch_id).state = "paused"
    assert retrieved(3600.1) == 20


def test_exclusions_come_with_their_reasons(runtime: Runtime) -> None:
    dispatch_id = add_dispatch(runtime, planned=5, excluded={"stopped": 3, "blacklisted": 9})
    with runtime.transaction(read_only=True) as session:
        assert list(measures.exclusions_by_reason(session, dispatch_id).items()) == [("blacklisted", 9), ("stopped", 3)]


def test_a_dispatch_that_is_not_there(runtime: Runtime) -> None:
    with runtime.transaction(read_only=True) as session, pytest.raises(UsageError, match="no dispatch 42"):
        measures.dispatch_progress(session, 42, runtime.now())


def test_a_closed_dispatch_is_known_by_its_tallies_alone(runtime: Runtime) -> None:
    dispatch_id = add_dispatch(runtime, planned=2000)
    settle(runtime, dispatch_id, Outcome.RETRIEVED, range(1, 1901), ago_s=200)
    settle(runtime, dispatch_id, Outcome.EXPIRED, range(1901, 2001), ago_s=20)
    now = runtime.now()
    with runtime.transaction() as session:
        dispatch = session.get_one(Dispatch, dispatch_id)
        dispatch.state, dispatch.closed_at = "closed", now
    counted = _counted(runtime, dispatch_id, now)
    with runtime.transaction() as session:
        tallies.count(session, session.get_one(Dispatch, dispatch_id), now + timedelta(minutes=1))
        session.execute(delete(deliveries))
    told = _counted(runtime, dispatch_id, now + timedelta(minutes=2))
    assert (told.outcomes, told.by_minute, told.measured_at) == (counted.outcomes, counted.by_minute, now + timedelta(minutes=1))


def _counted(runtime: Runtime, dispatch_id: int, now: datetime) -> measures.Progress:
    with runtime.transaction(read_only=True) as session:
        return measures.count_progress(session, dispatch_id, now)
