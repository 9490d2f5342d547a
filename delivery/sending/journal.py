"""The journal of submissions: written before they leave, answered as the answers come.

Every function runs in the sender's transaction, after `claims.renew` proved that
the batch is still his. A delivery is touched once at the answer and once by its
reports; while its submission is leaving it stays pending.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from sqlalchemy import BigInteger, Boolean, Connection, Integer, String, Table, Update, bindparam, case, delete, func, insert, literal, null, select, true, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert

from delivery.models import Batch, Outcome, Submission, SubmissionPart, Withdrawal, deliveries
from delivery.ports import Answer, OutboundGroup
from delivery.sending.claims import ClaimedBatch, contact_reference, forget_losses
from huabao.db import UTCDateTime, bind_table, bound_ids, bound_table, in_bound_ids, in_ids, is_postgres
from huabao.ids import pack_ids
from huabao.rows import bind_rows, bound_rows
from subscribers.contacts import note_contacts

STATUS_CHARS_MAX = 200

Settled = tuple[int, Outcome, Sequence[int]]
"""(submission, outcome, readers who have it)."""

_MEANING: Mapping[str, Outcome] = MappingProxyType(
    {"accepted": Outcome.SUBMITTED, "partial": Outcome.SUBMITTED, "refused": Outcome.REJECTED, "unknown": Outcome.UNKNOWN}
)

LIVE_STATES = ("leaving", "accepted", "partial", "refused", "unknown")
"""Submissions that use up their readers; a deferred one was surely not taken."""


_submissions: Table = Submission.__table__  # type: ignore[assignment]  # a mapped class has a Table
_ANSWER = ("state", "message_id", "printed_id", "status_code", "status_text", "refused_ids", "answered_at")
_ANSWERED = update(_submissions).where(_submissions.c.id == bindparam("key")).values({name: bindparam(name) for name in _ANSWER})
_SHARED = ("dispatch_id", "day", "batch_id", "port_id", "variant_id", "fence", "state", "written_at")
_OF_GROUP = ("transaction_id", "recipients", "reader_ids")
_WRITTEN = insert(_submissions).returning(_submissions.c.id, _submissions.c.transaction_id)


def write_submissions(session: Session, batch: ClaimedBatch, groups: Sequence[tuple[int, ...]], *, first: int, at: datetime) -> list[OutboundGroup]:
    """Write one submission for each group of reader ids, before it leaves.

    Args:
        first: number of the first of them within this claim, for its TransactionID.
    """
    shared: dict[str, Any] = {
        "dispatch_id": batch.dispatch_id,
        "day": batch.day,
        "batch_id": batch.batch_id,
        "port_id": batch.port_id,
        "variant_id": batch.variant_id,
        "fence": batch.fence,
        "state": "leaving",
        "written_at": at,
    }
    named = {f"{batch.batch_id}-{batch.fence}-{number}-{batch.token}": group for number, group in enumerate(groups, first)}
    connection = session.connection()
    if is_postgres(connection):
        rows = [{"transaction_id": name, "recipients": len(group), "reader_ids": pack_ids(group).hex()} for name, group in named.items()]
        written = connection.execute(_writing_many(), shared | bind_rows(rows)).all()
    else:
        values = [shared | {"transaction_id": name, "recipients": len(group), "reader_ids": pack_ids(group)} for name, group in named.items()]
        written = connection.execute(_WRITTEN, values).all()
    ids: dict[str, int] = {name: submission_id for submission_id, name in written}
    return [OutboundGroup(ids[name], name, tuple([batch.numbers[reader] for reader in group])) for name, group in named.items()]


@lru_cache(maxsize=1)
def _writing_many() -> ReturningInsert[Any]:
    found = bound_rows({"transaction_id": String(), "recipients": Integer(), "reader_ids": String()})
    given = [bindparam(name, type_=_submissions.c[name].type) for name in _SHARED]
    rows = select(*given, found.c.transaction_id, found.c.recipients, func.decode(found.c.reader_ids, "hex"))
    return insert(_submissions).from_select([*_SHARED, *_OF_GROUP], rows).returning(_submissions.c.id, _submissions.c.transaction_id)


def unwrite(session: Session, batch: ClaimedBatch, *, keep: Iterable[int]) -> None:
    """Forget what this claim wrote down and surely did not send: all that is leaving but `keep`."""
    kept = list(keep)
    mine = (_submissions.c.batch_id == batch.batch_id, _submissions.c.fence == batch.fence, _submissions.c.state == "leaving")
    session.connection().execute(delete(_submissions).where(*mine, ~in_ids(session, _submissions.c.id, kept) if kept else true()))


def record_answers(session: Session, batch: ClaimedBatch, answers: Sequence[Answer], readers: dict[int, tuple[int, ...]], *, at: datetime) -> None:
    """Write answers down, with what they mean for their deliveries.

    Args:
        readers: of each submission that was answered.
    """
    rows = []
    settled: list[Settled] = []
    for answer in answers:
        group = readers[answer.submission_id]
        refused = refused_readers(batch, answer, group)
        rows.append(
            {
                "key": answer.submission_id,
                "state": answer.state,
                "message_id": answer.message_id,
                "printed_id": answer.printed_id,
                "status_code": answer.status_code,
                "status_text": answer.status_text[:STATUS_CHARS_MAX],
                "refused_ids": pack_ids(refused) if answer.state == "partial" else None,
                "answered_at": None if answer.state == "unknown" else at,
            }
        )
        settled += _settled(answer, group, refused)
    if settled:
        _settle(session, batch, settled, at=at)
    _write_parts(session, batch, answers)
    if batch.channel is not None:
        addressed = [reader for _, outcome, ones in settled if outcome is not Outcome.REJECTED for reader in ones]
        note_contacts(session, addressed, channel=batch.channel, purpose="activity", reference=contact_reference(batch.dispatch_id), at=at)
    _write_answers(session.connection(), rows, at=at)
    if batch.losses:
        forget_losses(session, batch)


def _write_answers(connection: Connection, rows: Sequence[dict[str, Any]], *, at: datetime) -> None:
    if not is_postgres(connection):
        connection.execute(_ANSWERED, rows)
        return
    known = [row | {"refused_ids": row["refused_ids"] and row["refused_ids"].hex(), "answered_at": row["answered_at"] is not None} for row in rows]
    connection.execute(_answering_many(), {"at": at} | bind_rows(known))


@lru_cache(maxsize=1)
def _answering_many() -> Update:
    kinds = {name: _submissions.c[name].type for name in _ANSWER} | {"refused_ids": String(), "answered_at": Boolean()}
    found = bound_rows({"key": BigInteger(), **kinds})
    values: dict[str, Any] = {name: found.c[name] for name in _ANSWER}
    values["refused_ids"] = func.decode(found.c.refused_ids, "hex")
    values["answered_at"] = case((found.c.answered_at, bindparam("at", type_=UTCDateTime)))
    return update(_submissions).where(_submissions.c.id == found.c.key).values(values)


def _write_parts(session: Session, batch: ClaimedBatch, answers: Sequence[Answer]) -> None:
    """One row for each submit_sm of a text that took several, so that each of its receipts finds it."""
    parts = [
        {"submission_id": answer.submission_id, "number": part.number, "port_id": batch.port_id, "message_id": part.message_id} for answer in answers for part in answer.parts
    ]
    if parts:
        session.connection().execute(insert(SubmissionPart), parts)


def refused_readers(batch: ClaimedBatch, answer: Answer, group: Iterable[int]) -> tuple[int, ...]:
    """The readers of `group` whose numbers a partial answer singles out."""
    if answer.state != "partial":
        return ()
    numbers = set(answer.refused)
    return tuple(reader for reader in group if batch.numbers[reader] in numbers)


def _settled(answer: Answer, group: Sequence[int], refused: Sequence[int]) -> Iterator[Settled]:
    """What an answer means for the deliveries of its readers; deferred ones stay pending."""
    whole = _MEANING.get(answer.state)
    if whole is None:
        return
    turned_away = set(refused)
    taken = [reader for reader in group if reader not in turned_away] if turned_away else group
    if taken:
        yield answer.submission_id, whole, taken
    if refused:
        yield answer.submission_id, Outcome.REJECTED, refused


def _settle(session: Session, batch: ClaimedBatch, settled: Sequence[Settled], *, at: datetime) -> None:
    """Give pending deliveries the outcomes of several answers: one statement on PostgreSQL, one an answer on SQLite, which plans such a join badly."""
    connection = session.connection()
    values: dict[str, Any] = {"of_day": batch.day, "dispatch": batch.dispatch_id, "at": at}
    if is_postgres(connection):
        columns: dict[str, list[int]] = {"reader_id": [], "submission_id": [], "outcome": []}
        for submission_id, outcome, readers in settled:
            columns["reader_id"] += readers
            columns["submission_id"] += [submission_id] * len(readers)
            columns["outcome"] += [int(outcome)] * len(readers)
        connection.execute(_settling_many(), values | bind_table(columns))
    else:
        rows = [
            {"submission": submission_id, "given": int(outcome), "settled": None if outcome is Outcome.SUBMITTED else at, "ids": bound_ids(readers, postgres=False)}
            for submission_id, outcome, readers in settled
        ]
        connection.execute(_settling_one(), [values | row for row in rows])


_PENDING = (
    deliveries.c.day == bindparam("of_day"),
    deliveries.c.dispatch_id == bindparam("dispatch"),
    deliveries.c.outcome == int(Outcome.PENDING),
)


@lru_cache(maxsize=1)
def _settling_many() -> Update:
    found = bound_table(("reader_id", "submission_id", "outcome"))
    at = bindparam("at", type_=UTCDateTime)
    outcome_at = case((found.c.outcome == int(Outcome.SUBMITTED), null()), else_=at)
    values = {"outcome": found.c.outcome, "submission_id": found.c.submission_id, "submitted_at": at, "outcome_at": outcome_at}
    return update(deliveries).where(*_PENDING, deliveries.c.reader_id == found.c.reader_id).values(values)


@lru_cache(maxsize=1)
def _settling_one() -> Update:
    mine = in_bound_ids(deliveries.c.reader_id, bindparam("ids", type_=String), postgres=False)
    values: dict[str, Any] = {"outcome": bindparam("given"), "submission_id": bindparam("submission"), "submitted_at": bindparam("at"), "outcome_at": bindparam("settled")}
    return update(deliveries).where(*_PENDING, mine).values(values)


def cancel(session: Session, batch: Batch | ClaimedBatch, readers: Sequence[int], *, at: datetime, reason: str | None = None) -> int:
    """Cancel pending deliveries of the batch; how many.

    One who waits to be sent to once more, after a lost answer, becomes unknown again: he may have it.

    Args:
        reason: why each of them is withdrawn, kept with the time; None where the dispatch's own transition says it.
    """
    mine = (
        deliveries.c.day == batch.day,
        deliveries.c.dispatch_id == batch.dispatch_id,
        in_ids(session, deliveries.c.reader_id, readers),
        deliveries.c.outcome == int(Outcome.PENDING),
    )
    if reason is not None:
        row = (literal(batch.dispatch_id, BigInteger), deliveries.c.reader_id, literal(reason), literal(at, UTCDateTime))
        gone = select(Withdrawal.reader_id).where(Withdrawal.dispatch_id == batch.dispatch_id, Withdrawal.reader_id == deliveries.c.reader_id).exists()
        session.execute(insert(Withdrawal).from_select(["dispatch_id", "reader_id", "reason", "at"], select(*row).where(*mine, ~gone)))
    outcome = case((deliveries.c.submission_id.is_not(None), int(Outcome.UNKNOWN)), else_=int(Outcome.CANCELLED))
    done = session.connection().execute(update(deliveries).where(*mine).values(outcome=outcome, outcome_at=at))
    return int(getattr(done, "rowcount", 0))
