"""A group of events that share a commit: its process killed with -9 before the commit and right after it, its database lost, and the same group given to two processes at once.

Each time all of it is there once in the end, or nothing of it was taken and the peer says it again.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from threading import Thread

import psycopg
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from huabao.runtime import Runtime
from reconciliation.intake import boss
from reconciliation.journal.models import ExchangeMessage
from subscribers.models import Reader, Subscription, SubscriptionEvent
from subscribers.orders.models import AppliedTransaction
from tests.command_line import process_environment
from tests.services.forked import Fork, run_text
from tests.services.waiting import PATIENCE_S, wait_until

EVENTS = 40
_TAKES = """
import pathlib, time
from huabao.config import Config
from huabao.runtime import make_runtime
from reconciliation.intake import boss
from tests.fault.test_intake_groups import bodies
runtime, place = make_runtime(Config()), pathlib.Path({place!r})
def wait_for(name):
    (place / "here").touch()
    while not (place / name).exists():
        time.sleep(0.02)
with runtime.transaction() as session:
    boss.take(session, [boss.read(one) for one in bodies()], now=runtime.now())
    session.flush()
    if {before!r}:
        wait_for("go")
wait_for("end")
"""


def bodies() -> list[bytes]:
    """Orders and pauses of twenty readers, each of whom pays for the next."""
    said = [
        {
            "event_id": f"e{at}", "event": "pause" if at % 2 else "order", "msisdn": f"138{at // 2:08d}", "service_id": "paper", "effective_at": f"2026-11-0{1 + at % 2}T08:00:00+08:00",
            "price_fen": 300,
        }
        for at in range(EVENTS)
    ]  # fmt: skip
    return [json.dumps(one).encode() for one in said]


def _process(runtime: Runtime, place: Path, *, before: bool) -> Fork:
    process = Fork(run_text, _TAKES.format(place=str(place), before=before), name="intake", environment=process_environment(runtime))
    wait_until(lambda: (place / "here").exists() or process.poll() is not None, what="the process did not take the group")
    assert process.poll() is None
    return process


def _take(runtime: Runtime) -> Counter[str]:
    with runtime.transaction() as session:
        return Counter(one.result for one in boss.take(session, [boss.read(one) for one in bodies()], now=runtime.now()))


def _is_there_once(runtime: Runtime) -> None:
    with runtime.transaction(read_only=True) as session:
        assert session.scalars(select(Subscription.state)).all() == ["paused"] * (EVENTS // 2)
        assert len(session.scalars(select(Reader.id)).all()) == EVENTS // 2
        assert len(session.scalars(select(SubscriptionEvent.id)).all()) == EVENTS == len(session.scalars(select(AppliedTransaction.transaction_id)).all())
        applied = session.scalars(select(ExchangeMessage.transaction_id).where(ExchangeMessage.verdict == "applied").order_by(ExchangeMessage.id)).all()
    assert applied == [f"e{at}" for at in range(EVENTS)], "in the order in which they took effect"


@pytest.mark.parametrize("before", [True, False], ids=["before the commit", "after it, before the answer"])
def test_a_process_killed_in_a_group_takes_all_of_it_or_nothing(runtime: Runtime, tmp_path: Path, before: bool) -> None:
    process = _process(runtime, tmp_path, before=before)
    process.kill()
    process.end()
    with runtime.transaction(read_only=True) as session:
        assert len(session.scalars(select(ExchangeMessage.id)).all()) == (0 if before else EVENTS)
    assert _take(runtime) == {"applied" if before else "repeated": EVENTS}
    _is_there_once(runtime)


def test_a_database_lost_in_a_group_takes_nothing_of_it(postgres_runtime: Runtime) -> None:
    runtime = postgres_runtime
    with psycopg.connect(runtime.config.database_url.replace("+psycopg", ""), autocommit=True) as other, pytest.raises(DBAPIError), runtime.transaction() as session:
        boss.take(session, [boss.read(one) for one in bodies()], now=runtime.now())
        session.flush()
        backend = session.scalar(text("SELECT pg_backend_pid()"))
        other.execute("SELECT pg_terminate_backend(%s)", (backend,))
        wait_until(lambda: other.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", (backend,)).fetchone() is None, what="the connection lives on")
    assert _take(runtime) == {"applied": EVENTS}
    _is_there_once(runtime)


def test_the_same_group_given_to_two_processes_at_once_counts_once(postgres_runtime: Runtime, tmp_path: Path) -> None:
    runtime = postgres_runtime
    first = _process(runtime, tmp_path, before=True)
    answers: list[Counter[str]] = []
    second = Thread(target=lambda: answers.append(_take(runtime)), daemon=True)
    try:
        second.start()
        with psycopg.connect(runtime.config.database_url.replace("+psycopg", ""), autocommit=True) as other:
            waits = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            wait_until(lambda: other.execute(waits).fetchone() is not None, what="the second never met the first")
        (tmp_path / "go").touch()
        second.join(PATIENCE_S)
    finally:
        (tmp_path / "end").touch()
        first.end()
    assert answers == [Counter(repeated=EVENTS)]
    _is_there_once(runtime)
