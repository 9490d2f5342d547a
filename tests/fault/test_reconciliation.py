"""Repairs under trouble: a run killed with -9 between two of its transactions, a BOSS that is away for a day. Nothing is done twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import psycopg
from sqlalchemy import func, select

from huabao.runtime import Runtime
from reconciliation.codecs.feeds import FeedRecord
from reconciliation.outbox.models import DONE, WAITING, OutboundRequest
from reconciliation.outbox.sending import work
from reconciliation.runs.models import ReconcileDifference, ReconcileRepair, ReconcileRun
from reconciliation.runs.running import reconcile
from subscribers.models import SubscriptionEvent
from subscribers.orders.as_of import state_at
from tests import servers
from tests.command_line import ROOT, process_environment
from tests.integration.reconciliation.installing import at, set_values, with_boss
from tests.integration.reconciliation.runs.filing import DAY, ENDS, NOW, number, order, ready, record, run, subscribe
from tests.integration.sandbox.running import BOSSSandbox, boss
from tests.services.waiting import wait_until

BATCH = 20
READERS = BATCH + 10
_APPLY = """
import sys
from dataclasses import replace
from datetime import datetime
from huabao.config import Config
from huabao.runtime import make_runtime
from functools import partial
from reconciliation.runs import running
running.repair_some = partial(running.repair_some, limit=20)
running.apply_repairs(replace(make_runtime(Config()), clock=lambda: datetime.fromisoformat(sys.argv[2])), int(sys.argv[1]), by="night")
"""
PLACE = "http://127.0.0.1:1/"


def _count(runtime: Runtime, what: type, *conditions: object) -> int:
    with runtime.transaction(read_only=True) as session:
        return session.scalar(select(func.count()).select_from(what).where(*conditions)) or 0  # type: ignore[arg-type]


def _states(runtime: Runtime) -> set[str]:
    with runtime.transaction(read_only=True) as session:
        return {one.state for one in state_at(session, NOW + timedelta(days=9))}


def test_a_run_killed_in_the_middle_of_its_repairs_goes_on_where_it_was(postgres_runtime: Runtime, tmp_path: Path) -> None:
    here = with_boss(ready(postgres_runtime, tmp_path), PLACE)
    set_values(here, reconcile_guard_floor=10 * READERS)
    subscribe(here, dict.fromkeys(range(READERS), "p"))
    ordered = [record(index, "a") for index in range(READERS)]
    wanted = order(tmp_path, [], ordered)
    run_id = reconcile(here, wanted)
    held = psycopg.connect(postgres_runtime.config.database_url.replace("+psycopg", ""))
    try:
        held.execute("SELECT id FROM readers WHERE msisdn = %s FOR UPDATE", (number(READERS - 1),))  # the second batch waits for him
        environment = process_environment(here, {"HUABAO_BOSS_URL": PLACE, "HUABAO_BOSS_SECRETS": "huabao"})
        process = subprocess.Popen(servers.mortal([sys.executable, "-c", _APPLY, str(run_id), NOW.isoformat()]), env=environment, cwd=ROOT)
        try:
            wait_until(lambda: _count(here, ReconcileRepair, ReconcileRepair.state == "done") == BATCH, what="the first batch was never done")
        finally:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
    finally:
        held.close()
    with here.transaction(read_only=True) as session:
        assert session.get_one(ReconcileRun, run_id).state == "applying"
    again = run(here, wanted, apply=True)
    assert again.run.id == run_id and again.run.state == "applied" and dict(again.states) == {"done": READERS, "asked": READERS}
    assert _count(here, SubscriptionEvent, SubscriptionEvent.source == "repair") == READERS == _count(here, OutboundRequest), "each once"
    assert _states(here) == {"active"}
    with here.transaction() as session:
        for row in session.scalars(select(OutboundRequest)):
            row.state, row.answered_at = DONE, NOW
    later = ready(here, tmp_path, NOW + timedelta(days=1))
    last = run(later, order(tmp_path / "next", ordered, ordered, DAY + timedelta(days=1), ENDS + timedelta(days=1)), apply=True)
    assert set(last.run.figures["differences"]) <= {"effective"} and last.run.figures["closed"] == {"fixed": READERS} and not last.repairs


def _file_of(peer: BOSSSandbox) -> list[FeedRecord]:
    """What BOSS has by now."""
    found = [(msisdn, one["orders"]["news"]) for msisdn, one in sorted(peer.accounts().items()) if "news" in one["orders"]]
    return [FeedRecord(msisdn, "news", one["state"], NOW) for msisdn, one in found]


def test_a_boss_that_is_away_for_a_day_is_asked_once_and_does_it_when_it_is_back(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    readers, port = 8, servers.free_tcp_port()
    here = with_boss(ready(sqlite_runtime, tmp_path), f"http://127.0.0.1:{port}/orders")
    subscribe(here, dict.fromkeys(range(readers), "p"))
    ordered = [record(index, "a") for index in range(readers)]
    first = run(here, order(tmp_path, [], ordered), apply=True)
    assert dict(first.states) == {"done": readers, "asked": readers}
    for hours in (0, 6, 12, 18):
        work(at(here, NOW + timedelta(hours=hours)), "boss")
    assert _count(here, OutboundRequest, OutboundRequest.state == WAITING) == readers, "it waits, nothing is given up"
    later = ready(here, tmp_path, NOW + timedelta(days=1))
    second = run(later, order(tmp_path / "second", [], ordered, DAY + timedelta(days=1), ENDS + timedelta(days=1)), apply=True)
    assert not second.repairs and second.run.figures["in_flight"] == readers and second.run.figures["closed"] == {}
    assert _count(here, OutboundRequest) == readers == _count(here, ReconcileDifference, ReconcileDifference.closed_at.is_(None))
    with boss(port=port) as peer:
        for hours in range(2, 40, 4):
            work(at(later, NOW + timedelta(days=1, hours=hours)), "boss")
            if _count(here, OutboundRequest, OutboundRequest.state == DONE) == readers:
                break
        told = peer.stats()
        assert (told["ordered"], told.get("repeated", 0)) == (readers, 0)
        back = ready(here, tmp_path, NOW + timedelta(days=4))
        last = run(back, order(tmp_path / "last", _file_of(peer), ordered, DAY + timedelta(days=4), ENDS + timedelta(days=4)), apply=True)
    assert set(last.run.figures["differences"]) <= {"effective"} and last.run.figures["closed"] == {"fixed": readers}
    assert _count(here, OutboundRequest) == readers and _states(here) == {"active"}
