"""Batches in a worker's hands: claimed with a lease and a fencing token.

A claim raises the batch's fence; whoever held it before finds each of his writes
refused (`renew` raises FenceError). What he had written down and may have sent
becomes unknown at the claim and is never sent again from here; the readers in no
submission go on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Table, bindparam, or_, select, update
from sqlalchemy.orm import Session

from content.models import Edition, EditionVersion, Publication
from delivery import audience as audiences
from delivery.lifecycle import ENDED, SENDING
from delivery.models import Batch, Dispatch, Outcome, Port, Submission, deliveries
from huabao.db import in_ids
from huabao.errors import FenceError
from huabao.ids import new_token, unpack_ids
from huabao.msisdn import MSISDN
from subscribers.models import Reader


@dataclass(frozen=True)
class ClaimedBatch:
    """A batch in this worker's hands.

    Attributes:
        fence: what every write of this claim must carry.
        numbers: of the readers who are still to be served, by id.
        gone: readers who left since the snapshot, by the reason.
        token: makes the TransactionIDs of this claim differ from all others.
    """

    batch_id: int
    dispatch_id: int
    day: date
    variant_id: int
    port_id: int
    service_code: str | None
    owner: str
    fence: int
    deferrals: int
    numbers: Mapping[int, MSISDN]
    gone: Mapping[str, Sequence[int]]
    token: str = field(default_factory=lambda: new_token(6))


@dataclass(frozen=True)
class Standing:
    """What a sender learns with each renewal.

    Attributes:
        dispatch_state: see `delivery.lifecycle`.
        port_state: up or paused.
        deferred_until: the port asked for a pause, or None.
    """

    dispatch_state: str
    port_state: str
    deferred_until: datetime | None

    def may_send(self, now: datetime) -> bool:
        """Whether further submissions may leave."""
        return self.dispatch_state == SENDING and self.port_state == "up" and self.pause_s(now) <= 0

    @property
    def ended(self) -> bool:
        """Whether nothing of this dispatch may leave any more."""
        return self.dispatch_state in ENDED

    def pause_s(self, now: datetime) -> float:
        """Seconds that the port asked us to wait."""
        return 0.0 if self.deferred_until is None else max(0.0, (self.deferred_until - now).total_seconds())


_batches: Table = Batch.__table__  # type: ignore[assignment]  # a mapped class has a Table
_RENEWED = (
    update(_batches)
    .where(_batches.c.id == bindparam("batch"), _batches.c.fence == bindparam("held"), _batches.c.owner == bindparam("holder"), _batches.c.state == "claimed")
    .values(lease_until=bindparam("until"))
)
_STANDING = select(Dispatch.state, Port.state, Port.deferred_until).join(Port, Port.id == bindparam("port")).where(Dispatch.id == bindparam("dispatch"))


def take(session: Session, batch_id: int, *, owner: str, now: datetime, lease_s: float) -> Batch | None:
    """Raise the fence of a batch that is ready, or whose worker fell silent; None where it is neither."""
    free = or_(Batch.state == "ready", (Batch.state == "claimed") & (Batch.lease_until < now))
    found = session.scalar(
        update(Batch)
        .where(Batch.id == batch_id, free)
        .values(state="claimed", owner=owner, fence=Batch.fence + 1, lease_until=now + timedelta(seconds=lease_s))
        .returning(Batch.id)
    )
    return None if found is None else session.get(Batch, found, populate_existing=True)


def look_up(session: Session, batch: Batch, *, now: datetime) -> ClaimedBatch:
    """Who of a batch just taken is still to be served."""
    lost = lost_readers(session, batch, now=now)
    pending = {
        row[0]
        for row in session.connection().execute(
            select(deliveries.c.reader_id).where(
                deliveries.c.day == batch.day,
                deliveries.c.dispatch_id == batch.dispatch_id,
                in_ids(session, deliveries.c.reader_id, unpack_ids(batch.reader_ids)),
                deliveries.c.outcome == int(Outcome.PENDING),
            )
        ).fetchall()
    }
    assert not pending & lost, "a reader of an unknown submission is still pending"
    numbers, gone = _recheck(session, batch, sorted(pending), now)
    return ClaimedBatch(
        batch.id, batch.dispatch_id, batch.day, batch.variant_id, batch.port_id, batch.service_code, str(batch.owner), batch.fence, batch.deferrals, numbers, gone
    )


def lost_readers(session: Session, batch: Batch, *, now: datetime) -> set[int]:
    """Make unknown what an earlier claim wrote down and may have sent; its readers."""
    lost: set[int] = set()
    left = session.execute(select(Submission.id, Submission.reader_ids).where(Submission.batch_id == batch.id, Submission.state == "leaving", Submission.fence < batch.fence))
    for submission_id, packed in left.all():
        readers = unpack_ids(packed)
        lost.update(readers)
        session.execute(update(Submission).where(Submission.id == submission_id).values(state="unknown", status_text="the worker fell silent before the answer was recorded"))
        session.connection().execute(
            update(deliveries)
            .where(
                deliveries.c.day == batch.day,
                deliveries.c.dispatch_id == batch.dispatch_id,
                in_ids(session, deliveries.c.reader_id, readers),
                deliveries.c.outcome == int(Outcome.PENDING),
            )
            .values(outcome=int(Outcome.UNKNOWN), submission_id=submission_id, submitted_at=now, outcome_at=now)
        )
    return lost


def renew(session: Session, batch: ClaimedBatch, *, now: datetime, lease_s: float) -> Standing:
    """Prove that the batch is still ours, renew its lease and learn how things stand.

    Raises:
        FenceError: somebody else took it over.
    """
    values = {"batch": batch.batch_id, "held": batch.fence, "holder": batch.owner, "until": now + timedelta(seconds=lease_s)}
    if session.connection().execute(_RENEWED, values).rowcount != 1:
        raise FenceError(f"batch {batch.batch_id} was taken over; fence {batch.fence} is void")
    return standing(session, batch.dispatch_id, batch.port_id)


def standing(session: Session, dispatch_id: int, port_id: int) -> Standing:
    """How a dispatch and a port stand."""
    return Standing(*session.connection().execute(_STANDING, {"dispatch": dispatch_id, "port": port_id}).one())


def give_back(session: Session, batch: ClaimedBatch, state: str, *, deferred: bool = False) -> None:
    """Let the batch go: done, cancelled, or ready for the next claim."""
    values: dict[str, Any] = {"state": state, "owner": None, "lease_until": None}
    if deferred:
        values["deferrals"] = Batch.deferrals + 1
    session.execute(update(Batch).where(Batch.id == batch.batch_id, Batch.fence == batch.fence).values(**values))


def open_batches(session: Session, dispatch_id: int) -> bool:
    """Whether some batch of the dispatch is not finished."""
    return session.scalar(select(Batch.id).where(Batch.dispatch_id == dispatch_id, Batch.state.in_(("ready", "claimed"))).limit(1)) is not None


def _recheck(session: Session, batch: Batch, readers: Sequence[int], now: datetime) -> tuple[dict[int, MSISDN], dict[str, list[int]]]:
    dispatch = session.get_one(Dispatch, batch.dispatch_id)
    version = session.get_one(EditionVersion, dispatch.edition_version_id)
    edition = session.get_one(Edition, dispatch.edition_id)
    publication = session.get_one(Publication, edition.publication_id)
    audience = audiences.Audience.of(session, publication, edition, version)
    rows = session.connection().execute(audiences.recheck_sql(audience, now).where(in_ids(session, Reader.id, readers)).order_by(Reader.id)).fetchall()
    numbers = {reader_id: MSISDN(number) for reader_id, number, reason in rows if reason is None}
    gone: dict[str, list[int]] = {}
    for reader_id, _, reason in rows:
        if reason is not None:
            gone.setdefault(reason, []).append(reader_id)
    vanished = sorted(set(readers) - {row.id for row in rows})
    if vanished:
        gone["not_subscribed"] = sorted([*gone.get("not_subscribed", []), *vanished])
    return numbers, gone
