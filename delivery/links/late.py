"""Answers that came after their submission had been called unknown.

The response of a submit_sm that timed out may still come: then the message is
nobody's guess any more. What reports made of the delivery meanwhile stands; where it
is still unknown for this reason, it becomes what the answer says.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from delivery.dialects import Dialect
from delivery.models import Batch, Outcome, Submission, SubmissionPart, deliveries
from delivery.ports.smpp.receivers import LateAnswer
from huabao.db import in_ids
from huabao.ids import unpack_ids


def learn(session: Session, port_id: int, answer: LateAnswer, tables: Dialect, *, now: datetime) -> bool:
    """Write down a late answer; False while the submission still waits to be called unknown, so that it is to be tried again."""
    found = session.get(Submission, answer.submission_id, populate_existing=True, with_for_update=True)
    if found is None or found.state not in ("leaving", "unknown"):
        return True
    if found.state == "leaving":
        return False
    if answer.status != 0:
        meaning = tables.command_status(answer.status)
        if meaning.verdict == "refused":
            _settle(session, found, "refused", Outcome.REJECTED, answer, now)
        return True
    if answer.parts > 1 and not _all_parts(session, port_id, answer):
        return True
    _settle(session, found, "accepted", Outcome.SUBMITTED, answer, now)
    return True


def _all_parts(session: Session, port_id: int, answer: LateAnswer) -> bool:
    """Write down a part that was taken after all; whether every part is by now."""
    session.merge(SubmissionPart(submission_id=answer.submission_id, number=answer.number, port_id=port_id, message_id=answer.message_id))
    session.flush()
    taken = select(func.count()).where(SubmissionPart.submission_id == answer.submission_id, SubmissionPart.message_id.is_not(None))
    return session.scalar(taken) == answer.parts


def _settle(session: Session, found: Submission, state: str, outcome: Outcome, answer: LateAnswer, now: datetime) -> None:
    found.state, found.status_code, found.answered_at = state, answer.status, now
    if answer.number == 1 and answer.message_id is not None:
        found.message_id = answer.message_id
    found.status_text = "the answer came late"
    session.flush()
    session.execute(
        update(deliveries)
        .where(
            deliveries.c.day == found.day,
            deliveries.c.dispatch_id == found.dispatch_id,
            in_ids(session, deliveries.c.reader_id, unpack_ids(found.reader_ids)),
            deliveries.c.submission_id == found.id,
            deliveries.c.outcome.in_(_open_outcomes(session, found, outcome)),
        )
        .values(outcome=int(outcome), outcome_at=None if outcome is Outcome.SUBMITTED else now)
    )


def _open_outcomes(session: Session, found: Submission, outcome: Outcome) -> list[int]:
    """Which deliveries a late answer still speaks for: the unknown; and who waits to be sent to once more, where the first was taken after all."""
    if outcome is not Outcome.SUBMITTED:
        return [int(Outcome.UNKNOWN)]
    waits = session.scalar(select(Batch.id).where(Batch.id == found.batch_id, Batch.state == "ready").with_for_update())
    return [int(Outcome.UNKNOWN), *([int(Outcome.PENDING)] if waits is not None else [])]
