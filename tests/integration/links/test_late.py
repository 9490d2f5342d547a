"""Answers that come after their submission was called unknown: what they say stands, unless reports said more meanwhile."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import insert, select, update

from delivery import partitions
from delivery.dialects import dialect
from delivery.links.late import learn
from delivery.models import Outcome, Submission, SubmissionPart, deliveries
from delivery.ports.smpp.receivers import LateAnswer
from huabao.clock import business_day
from huabao.ids import pack_ids
from huabao.runtime import Runtime

READER = 5


def submission(runtime: Runtime, state: str = "unknown", outcome: Outcome = Outcome.UNKNOWN) -> int:
    now = runtime.now()
    day = business_day(now)
    with runtime.transaction() as session:
        partitions.ensure_day(session, day)
        row = Submission(
            dispatch_id=1, day=day, batch_id=1, port_id=1, variant_id=1, fence=1, transaction_id="1-1-0-t", recipients=1, reader_ids=pack_ids([READER]), state=state, written_at=now
        )
        session.add(row)
        session.flush()
        values = {"day": day, "dispatch_id": 1, "reader_id": READER, "variant_id": 1, "port_id": 1, "outcome": int(outcome), "submission_id": row.id, "submitted_at": now, "outcome_at": now}
        session.execute(insert(deliveries), [values])
        return row.id


def tell(runtime: Runtime, submission_id: int, *, number: int = 1, parts: int = 1, status: int = 0, message_id: str | None = "m1") -> bool:
    with runtime.transaction() as session:
        return learn(session, 1, LateAnswer(submission_id, number, parts, status, message_id), dialect("smpp"), now=runtime.now())


def stands(runtime: Runtime, submission_id: int) -> tuple[str, str | None, Outcome]:
    with runtime.transaction(read_only=True) as session:
        found: Any = session.get_one(Submission, submission_id)
        outcome = session.scalars(select(deliveries.c.outcome).where(deliveries.c.reader_id == READER)).one()
        return found.state, found.message_id, Outcome(outcome)


def test_a_late_yes(runtime: Runtime) -> None:
    one = submission(runtime)
    assert tell(runtime, one)
    assert stands(runtime, one) == ("accepted", "m1", Outcome.SUBMITTED)


def test_a_late_no(runtime: Runtime) -> None:
    one = submission(runtime)
    assert tell(runtime, one, status=0x0B, message_id=None)
    assert stands(runtime, one) == ("refused", None, Outcome.REJECTED)


def test_a_late_not_now_leaves_it_unknown(sqlite_runtime: Runtime) -> None:
    one = submission(sqlite_runtime)
    assert tell(sqlite_runtime, one, status=0x58, message_id=None)
    assert stands(sqlite_runtime, one) == ("unknown", None, Outcome.UNKNOWN)


def test_what_is_not_called_unknown_yet_is_to_be_tried_again(sqlite_runtime: Runtime) -> None:
    one = submission(sqlite_runtime, "leaving", Outcome.PENDING)
    assert not tell(sqlite_runtime, one)
    assert stands(sqlite_runtime, one) == ("leaving", None, Outcome.PENDING)


@pytest.mark.parametrize("outcome", [Outcome.RETRIEVED, Outcome.EXPIRED])
def test_what_reports_said_meanwhile_stands(sqlite_runtime: Runtime, outcome: Outcome) -> None:
    one = submission(sqlite_runtime, outcome=outcome)
    assert tell(sqlite_runtime, one)
    assert stands(sqlite_runtime, one) == ("accepted", "m1", outcome)


def test_a_text_in_parts_is_accepted_with_its_last_one(runtime: Runtime) -> None:
    one = submission(runtime)
    with runtime.transaction() as session:
        session.execute(insert(SubmissionPart), [{"submission_id": one, "number": number, "port_id": 1, "message_id": "m2" if number == 2 else None} for number in (1, 2, 3)])
    assert tell(runtime, one, number=3, parts=3, message_id="m3")
    assert stands(runtime, one) == ("unknown", None, Outcome.UNKNOWN)
    assert tell(runtime, one, number=1, parts=3)
    assert stands(runtime, one) == ("accepted", "m1", Outcome.SUBMITTED)
    with runtime.transaction(read_only=True) as session:
        assert list(session.scalars(select(SubmissionPart.message_id).order_by(SubmissionPart.number))) == ["m1", "m2", "m3"]


def test_a_settled_submission_is_left_alone(sqlite_runtime: Runtime) -> None:
    one = submission(sqlite_runtime)
    tell(sqlite_runtime, one)
    with sqlite_runtime.transaction() as session:
        session.execute(update(deliveries).values(outcome=int(Outcome.RETRIEVED)))
    assert tell(sqlite_runtime, one, status=0x0B)
    assert stands(sqlite_runtime, one) == ("accepted", "m1", Outcome.RETRIEVED)
    assert tell(sqlite_runtime, 4711)
