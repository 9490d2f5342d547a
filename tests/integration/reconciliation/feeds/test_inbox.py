"""Files in the inbox: taken once, answered, kept, and the day reconciled when both sides are there."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from huabao.alarms import Alarm
from huabao.queues import Job
from huabao.runtime import Runtime
from reconciliation.feeds.inbox import take_inbox
from reconciliation.feeds.models import FeedArrival
from reconciliation.runs.daily import look, run_day
from reconciliation.runs.models import ReconcileRun
from tests.integration.reconciliation.installing import set_values
from tests.integration.reconciliation.runs.filing import DAY, ENDS, NOW, file, ready, record, state, subscribe


def _put(folder: Path, peer: str, name: str, text: str | None = None, *, letters: str = "a") -> Path:
    path = file(folder / "inbox" / peer, name, [record(1, letters), record(2, letters)])
    if text is not None:
        path.write_text(text)
    os.utime(path, (NOW.timestamp() - 60, NOW.timestamp() - 60))
    return path


def test_every_file_gets_its_answer_and_is_kept(runtime: Runtime, tmp_path: Path) -> None:
    here = ready(runtime, tmp_path)
    right = _put(tmp_path, "boss", "a.csv")
    bad = _put(tmp_path, "boss", "b.csv", "msisdn,service_id,state,effective_at\n#count=9\n#as_of=2026-11-22T00:00\n")
    some = _put(
        tmp_path, "misc", "c.csv", "msisdn,service_id,state,effective_at\n13800000001,news,active,2026-10-01T00:00\nx,news,active,2026-10-01T00:00\n#as_of=2026-11-22T00:00\n"
    )
    waiting = _put(tmp_path, "misc", "d.csv")
    os.utime(waiting, (NOW.timestamp(), NOW.timestamp()))
    taken = {one.checked.feed.path.name: one for one in take_inbox(here)}
    assert {name: one.verdict for name, one in taken.items()} == {"a.csv": "right", "b.csv": "bad", "c.csv": "semiwrong"}
    assert (tmp_path / "inbox/boss/response/right/a.csv.rsp").read_text() == "right\ta.csv\t2\n"
    assert (tmp_path / "inbox/boss/response/bad/b.csv.rsp").read_text().splitlines()[1].startswith("0\tcount\t")
    assert (tmp_path / "inbox/misc/response/semiwrong/c.csv.rsp").read_text().splitlines()[1].startswith("3\tnumber\t")
    assert not right.exists() and not bad.exists() and not some.exists() and waiting.exists()
    assert len(list((tmp_path / "reconcile/feeds/2026-11-21").rglob("*.csv"))) == 3 and take_inbox(here) == []
    with here.transaction(read_only=True) as session:
        assert {(row.name, row.verdict, row.day) for row in session.scalars(select(FeedArrival))} == {
            ("a.csv", "right", DAY), ("b.csv", "bad", DAY), ("c.csv", "semiwrong", DAY),
        }  # fmt: skip


def test_the_day_is_reconciled_once_both_files_are_there_and_a_missing_one_calls_a_person(runtime: Runtime, tmp_path: Path) -> None:
    here = ready(runtime, tmp_path)
    set_values(here, feed_expected="boss,misc", reconcile_auto="repair")
    subscribe(here, {1: "a"})
    _put(tmp_path, "boss", "a.csv")
    look(here)
    with here.transaction(read_only=True) as session:
        assert [(row.kind, row.key) for row in session.scalars(select(Alarm).where(Alarm.closed_at.is_(None)))] == [("feed.missing", "misc")]
        assert not session.scalars(select(Job).where(Job.task == "reconciliation.run_day")).all() and run_day(here, DAY) is None
    _put(tmp_path, "misc", "a.csv")
    look(ready(runtime, tmp_path, NOW + timedelta(minutes=5)))
    with here.transaction(read_only=True) as session:
        assert [row.args for row in session.scalars(select(Job).where(Job.task == "reconciliation.run_day"))] == [{"day": str(DAY)}]
        assert not session.scalars(select(Alarm).where(Alarm.closed_at.is_(None))).all()
    run_id = run_day(ready(runtime, tmp_path, NOW + timedelta(minutes=6)), DAY)
    assert run_id is not None and state(here, 2) == "active"
    look(ready(runtime, tmp_path, NOW + timedelta(minutes=7)))
    with here.transaction(read_only=True) as session:
        assert session.get_one(ReconcileRun, run_id).boss_as_of == ENDS
        assert len(session.scalars(select(Job).where(Job.task == "reconciliation.run_day")).all()) == 1
