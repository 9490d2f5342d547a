"""The journal of submissions: written before they leave, answered as the answers come.

Every function runs in the sender's transaction, after `claims.renew` proved that
the batch is still his. A delivery is touched once at the answer and once by its
reports; while its submission is leaving it stays pending.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import String, Table, Update, bindparam, insert, update
from sqlalchemy.orm import Session

from delivery.claims import ClaimedBatch
from delivery.models import Outcome, Submission, deliveries
from delivery.ports import Answer, OutboundGroup
from huabao.db import bound_ids, in_bound_ids, is_postgres
from huabao.ids import pack_ids

STATUS_CHARS_MAX = 200

LIVE_STATES = ("leaving", "accepted", "partial", "refused", "unknown")
"""Submissions that use up their readers; a deferred one was surely not taken."""


_submissions: Table = Submission.__table__  # type: ignore[assignment]  # a mapped class has a Table
_ANSWERED = (
    update(_submissions)
    .where(_submissions.c.id == bindparam("key"))
    .values({name: bindparam(name) for name in ("state", "message_id", "status_code", "status_text", "refused_ids", "answered_at")})
)


def write_submissions(session: Session, batch: ClaimedBatch, groups: Sequence[tuple[int, ...]], *, first: int, at: datetime) -> list[OutboundGroup]:
    """Write one submission for each group of reader ids, before it leaves.

    Args:
        first: number of the first of them within this claim, for its TransactionID.
    """
    rows: list[dict[str, Any]] = [
        {
            "dispatch_id": batch.dispatch_id,
            "day": batch.day,
            "batch_id": batch.batch_id,
            "port_id": batch.port_id,
            "variant_id": batch.variant_id,
            "fence": batch.fence,
            "transaction_id": f"{batch.batch_id}-{batch.fence}-{first + step}-{batch.token}",
            "recipients": len(group),
            "reader_ids": pack_ids(group),
            "state": "leaving",
            "written_at": at,
        }
        for step, group in enumerate(groups)
    ]
    ids = session.scalars(insert(Submission).returning(Submission.id, sort_by_parameter_order=True), rows).all()
    return [
        OutboundGroup(submission_id, row["transaction_id"], tuple(batch.numbers[reader] for reader in group))
        for submission_id, row, group in zip(ids, rows, groups, strict=True)
    ]


def record_answers(session: Session, batch: ClaimedBatch, answers: Sequence[Answer], readers: dict[int, tuple[int, ...]], *, at: datetime) -> None:
    """Write answers down, with what they mean for their deliveries.

    Args:
        readers: of each submission that was answered.
    """
    rows = []
    for answer in answers:
        group = readers[answer.submission_id]
        refused = refused_readers(batch, answer, group)
        rows.append(
            {
                "key": answer.submission_id,
                "state": answer.state,
                "message_id": answer.message_id,
                "status_code": answer.status_code,
                "status_text": answer.status_text[:STATUS_CHARS_MAX],
                "refused_ids": pack_ids(refused) if answer.state == "partial" else None,
                "answered_at": None if answer.state == "unknown" else at,
            }
        )
        settle(session, batch, answer.submission_id, answer.state, group, refused, at=at)
    session.connection().execute(_ANSWERED, rows)


def refused_readers(batch: ClaimedBatch, answer: Answer, group: Iterable[int]) -> tuple[int, ...]:
    """The readers of `group` whose numbers a partial answer singles out."""
    if answer.state != "partial":
        return ()
    numbers = set(answer.refused)
    return tuple(reader for reader in group if batch.numbers[reader] in numbers)


def settle(session: Session, batch: ClaimedBatch, submission_id: int, state: str, group: Sequence[int], refused: Sequence[int], *, at: datetime) -> None:
    """What an answer means for the deliveries of its readers; deferred ones stay pending."""
    if state == "deferred":
        return
    whole = {"accepted": Outcome.SUBMITTED, "partial": Outcome.SUBMITTED, "refused": Outcome.REJECTED, "unknown": Outcome.UNKNOWN}[state]
    turned_away = set(refused)
    taken = [reader for reader in group if reader not in turned_away] if turned_away else group
    if taken:
        change(session, batch, taken, whole, submission_id=submission_id, at=at)
    if turned_away:
        change(session, batch, sorted(turned_away), Outcome.REJECTED, submission_id=submission_id, at=at)


def change(session: Session, batch: ClaimedBatch, readers: Sequence[int], outcome: Outcome, *, submission_id: int | None, at: datetime) -> None:
    """Give pending deliveries of the batch an outcome."""
    postgres = is_postgres(session)
    values: dict[str, Any] = {"outcome_": int(outcome), "day_": batch.day, "dispatch": batch.dispatch_id, "ids": bound_ids(readers, postgres=postgres)}
    if submission_id is not None:
        values |= {"submission": submission_id, "submitted": at}
    if outcome is not Outcome.SUBMITTED:
        values["settled"] = at
    session.connection().execute(_changing(postgres, submission_id is not None, outcome is not Outcome.SUBMITTED), values)


@lru_cache(maxsize=8)
def _changing(postgres: bool, submitted: bool, settled: bool) -> Update:
    """The statement of `change`, built once: it is the most frequent of all."""
    values: dict[str, Any] = {"outcome": bindparam("outcome_")}
    if submitted:
        values |= {"submission_id": bindparam("submission"), "submitted_at": bindparam("submitted")}
    if settled:
        values["outcome_at"] = bindparam("settled")
    return (
        update(deliveries)
        .where(
            deliveries.c.day == bindparam("day_"),
            deliveries.c.dispatch_id == bindparam("dispatch"),
            in_bound_ids(deliveries.c.reader_id, bindparam("ids", type_=String), postgres=postgres),
            deliveries.c.outcome == int(Outcome.PENDING),
        )
        .values(values)
    )
