"""What left through a port by the minute: counted once however often, answers that come late, several ports, parts of texts, retention."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from delivery.models import Port, PortMinute, Submission, SubmissionPart
from delivery.ports.minutes import KEEP_DAYS, count_minutes
from huabao.clock import business_day
from huabao.ids import pack_ids
from huabao.runtime import Runtime


@pytest.fixture
def now(runtime: Runtime) -> datetime:
    """The beginning of this minute; a port of each kind is there."""
    at = runtime.now().replace(second=0, microsecond=0)
    with runtime.transaction() as session:
        for number, kind, options in ((1, "mm7", {}), (2, "smpp", {}), (3, "mm7", {"counts": "submits"})):
            session.add(Port(id=number, name=f"p-{number}", kind=kind, url="http://127.0.0.1:9/", rate=100.0, burst=3, options=options, created_at=at))
    return at


def _submit(runtime: Runtime, port_id: int, at: datetime, *, state: str = "accepted", recipients: int = 3, answered: bool = True, parts: int = 0) -> int:
    row: dict[str, Any] = {
        "dispatch_id": 1, "day": business_day(at), "batch_id": 1, "port_id": port_id, "variant_id": 1, "fence": 1, "transaction_id": "t", "recipients": recipients,
        "reader_ids": pack_ids([1]), "state": state, "written_at": at, "answered_at": at if answered else None,
    }  # fmt: skip
    with runtime.transaction() as session:
        made = session.scalars(insert(Submission).returning(Submission.id), [row]).one()
        if parts:
            session.execute(insert(SubmissionPart), [{"submission_id": made, "number": number, "port_id": port_id} for number in range(1, parts + 1)])
        return made


def _minutes(runtime: Runtime) -> dict[tuple[int, datetime], tuple[int, int, int, int]]:
    with runtime.transaction(read_only=True) as session:
        rows = session.scalars(select(PortMinute)).all()
        return {(row.port_id, row.minute): (row.submissions, row.recipients, row.units, row.refused + row.deferred + row.unknown) for row in rows}


def test_counting_twice_counts_once(runtime: Runtime, now: datetime) -> None:
    assert count_minutes(runtime) == 0
    _submit(runtime, 1, now)
    _submit(runtime, 1, now, state="refused")
    _submit(runtime, 2, now, recipients=1, parts=4)
    _submit(runtime, 2, now, recipients=1)
    _submit(runtime, 3, now, recipients=50)
    expected = {(1, now): (2, 6, 6, 1), (2, now): (2, 2, 5, 0), (3, now): (1, 50, 1, 0)}
    for _ in range(3):
        assert count_minutes(runtime) == 3
        assert _minutes(runtime) == expected
    _submit(runtime, 1, now + timedelta(minutes=1))
    count_minutes(runtime)
    assert _minutes(runtime) == expected | {(1, now + timedelta(minutes=1)): (1, 3, 3, 0)}


def test_an_answer_that_comes_late_falls_into_its_minute(runtime: Runtime, now: datetime) -> None:
    late = _submit(runtime, 1, now, state="leaving", answered=False)
    for minute in range(12):
        _submit(runtime, 1, now + timedelta(minutes=minute))
        count_minutes(runtime)
    assert sum(one[0] for one in _minutes(runtime).values()) == 12
    with runtime.transaction() as session:
        row = session.get_one(Submission, late)
        row.state, row.answered_at = "unknown", now + timedelta(minutes=11)
    count_minutes(runtime)
    found = _minutes(runtime)
    assert found[1, now + timedelta(minutes=11)] == (2, 6, 6, 1)
    assert found[1, now] == (1, 3, 3, 0), "a minute that is over is not counted from a part of its submissions"


def test_who_was_away_catches_up(runtime: Runtime, now: datetime) -> None:
    _submit(runtime, 1, now)
    count_minutes(runtime)
    for minute in range(20):
        _submit(runtime, 1, now + timedelta(minutes=minute))
    count_minutes(runtime)
    found = _minutes(runtime)
    assert len(found) == 20
    assert found[1, now] == (2, 6, 6, 0)
    assert sum(one[0] for one in found.values()) == 21


def test_old_minutes_are_forgotten(runtime: Runtime, now: datetime) -> None:
    _submit(runtime, 1, now - timedelta(days=KEEP_DAYS.default + 1))
    _submit(runtime, 1, now)
    count_minutes(runtime)
    assert list(_minutes(runtime)) == [(1, now)]
