"""A large dispatch is shown by its tallies before its rows are counted; a sheet says what could be called back by them."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import update

from delivery.models import Dispatch, Outcome, Submission, deliveries
from huabao.runtime import Runtime
from monitoring import measures, recallable, tallies
from tests.integration.console.dispatch_rows import add_dispatch, add_submission, settle


@pytest.fixture(autouse=True)
def _all_are_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tallies, "LARGE", 1)
    monkeypatch.setattr(recallable, "LARGE", 1)


def shown(runtime: Runtime, dispatch_id: int, after: timedelta = timedelta()) -> measures.Progress:
    """What a page shows."""
    with runtime.transaction(read_only=True) as session:
        return measures.dispatch_progress(session, dispatch_id, runtime.now() + after)


def test_the_page_opened_first_says_what_the_tallies_know_and_soon_what_is(runtime: Runtime) -> None:
    dispatch_id = add_dispatch(runtime, planned=100)
    settle(runtime, dispatch_id, Outcome.RETRIEVED, range(1, 41), ago_s=20)
    add_submission(runtime, dispatch_id, recipients=40, ago_s=20)
    assert tallies.tally_due(runtime) == 1
    settle(runtime, dispatch_id, Outcome.RETRIEVED, range(41, 61))
    first = shown(runtime, dispatch_id, timedelta(seconds=5))
    assert (first.outcomes["retrieved"], first.outcomes["pending"]) == (40, 60), "as it was told"
    assert sum(sum(one.counts.values()) for one in first.by_minute) == 40
    assert first.rate_per_s == pytest.approx(40 / 60)
    assert first.balanced
    for _ in range(1200):
        if (now := shown(runtime, dispatch_id, timedelta(seconds=30))).outcomes["retrieved"] == 60:
            break
        threading.Event().wait(0.1)
    assert now.outcomes["retrieved"] == 60
    with runtime.transaction() as session:
        session.get_one(Dispatch, dispatch_id).state = "paused"
    assert shown(runtime, dispatch_id, timedelta(seconds=31)).outcomes["retrieved"] == 60, "what the last state's page showed is newer than the tallies"


def test_tallies_that_are_old_are_not_shown(runtime: Runtime) -> None:
    dispatch_id = add_dispatch(runtime, planned=100)
    tallies.tally_due(runtime)
    settle(runtime, dispatch_id, Outcome.RETRIEVED, range(1, 41))
    assert shown(runtime, dispatch_id, timedelta(minutes=6)).outcomes["retrieved"] == 40


def test_what_can_be_called_back_is_what_the_rows_say(runtime: Runtime) -> None:
    dispatch_id = add_dispatch(runtime, planned=100)
    settle(runtime, dispatch_id, Outcome.SUBMITTED, range(1, 61))
    settle(runtime, dispatch_id, Outcome.RETRIEVED, range(61, 81))
    add_submission(runtime, dispatch_id, recipients=50)
    add_submission(runtime, dispatch_id, recipients=10, state="unknown")
    with runtime.transaction() as session:
        session.execute(update(Submission).where(Submission.state == "accepted").values(message_id="m-1"))
        session.execute(update(deliveries).where(deliveries.c.reader_id <= 50).values(submission_id=1))
        session.execute(update(deliveries).where(deliveries.c.reader_id > 50, deliveries.c.reader_id <= 60).values(submission_id=2))
    with runtime.transaction(read_only=True) as session:
        counted = recallable.recallable(session, [session.get_one(Dispatch, dispatch_id)])
    tallies.tally_due(runtime)
    with runtime.transaction(read_only=True) as session:
        told = recallable.recallable(session, [session.get_one(Dispatch, dispatch_id)])
        tally = tallies.tally_of(session, dispatch_id)
    assert tally is not None
    assert counted == recallable.Recallable(50, 10)
    assert told == recallable.Recallable(50, 10, tally.at)
