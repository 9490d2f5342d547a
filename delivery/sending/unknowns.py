"""What becomes of readers whose answer was lost, as their publication states.

`never`: nothing; where each message is charged, only a person sends again.
`wait-then-once`: a report is waited for; where none came, they are sent to once
more, before the deadline. `retry`: the same after a short wait, a few times over.

Sending once more is a new submission of the same batch. The old one stays unknown
and names those readers (`Submission.again_ids`): they may have it twice, and
`ledger verify` says how many they are. A report that comes before the new
submission leaves keeps it from leaving.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, select, update
from sqlalchemy.orm import Session

from content.models import Edition, Publication
from content.services import KILLED_EDITION
from delivery import kinds, lifecycle
from delivery.dispatch.policies import UNKNOWN_LAST_S, UNKNOWN_RETRY_S, UNKNOWN_TRIES_MAX, UNKNOWN_WAIT_S
from delivery.models import Batch, DeliveryEvent, Dispatch, EventState, Outcome, Submission, deliveries
from delivery.sending.waiting import enqueue_ready
from huabao.db import in_ids
from huabao.ids import pack_ids, unpack_ids
from huabao.log import get_logger
from huabao.runtime import Runtime

log = get_logger("unknowns")

NEVER, ONCE, RETRY = "never", "wait-then-once", "retry"

SUBMISSIONS_AT_ONCE = 100
"""Lost answers that one transaction deals with."""


@dataclass(frozen=True)
class UnknownRule:
    """A publication's policy, with its settings.

    Attributes:
        wait_s: so long a report is waited for.
        last_s: so long before the deadline it is waited for no longer.
        tries_max: so often a reader is sent to once more; 0 for never.
    """

    wait_s: float
    last_s: float
    tries_max: int

    @classmethod
    def of(cls, session: Session, policy: str) -> UnknownRule:
        """The rule of a policy of `content.models.UNKNOWN_POLICIES`."""
        if policy == NEVER:
            return cls(0.0, 0.0, 0)
        if policy == RETRY:
            return cls(UNKNOWN_RETRY_S.get(session), 0.0, UNKNOWN_TRIES_MAX.get(session))
        return cls(UNKNOWN_WAIT_S.get(session), UNKNOWN_LAST_S.get(session), 1)

    def due_before(self, deadline: datetime | None, now: datetime) -> datetime | None:
        """Answers lost until that instant are due now; None for none: never, or past the deadline."""
        if self.tries_max == 0 or (deadline is not None and now >= deadline):
            return None
        if deadline is not None and self.last_s and now >= deadline - timedelta(seconds=self.last_s):
            return now
        return now - timedelta(seconds=self.wait_s)


def send_again(runtime: Runtime) -> int:
    """Deal with every lost answer that is due; how many readers are sent to once more."""
    with runtime.transaction(read_only=True) as session:
        found = session.scalars(
            select(Dispatch.id).where(Dispatch.state.in_((lifecycle.SENDING, lifecycle.DRAINING)), _open_answers().exists()).order_by(Dispatch.id)
        ).all()
    total = 0
    for dispatch_id in found:
        with runtime.transaction() as session:
            readers = _send_again(session, dispatch_id, now=runtime.now())
        if readers:
            log.info("lost answers: sent once more by policy", dispatch=dispatch_id, readers=readers)
        total += readers
    return total


def is_awaited(session: Session, dispatch: Dispatch, *, now: datetime) -> bool:
    """Whether lost answers of a dispatch are still to be dealt with, so that it cannot be closed."""
    if session.scalar(_open_answers().where(Submission.dispatch_id == dispatch.id).correlate(None).limit(1)) is None:
        return False
    if _rule(session, dispatch).due_before(dispatch.deadline_at, now) is None:
        return False
    left = (deliveries.c.day == dispatch.day, deliveries.c.dispatch_id == dispatch.id, deliveries.c.outcome == int(Outcome.UNKNOWN))
    return session.scalar(select(deliveries.c.reader_id).where(*left).limit(1)) is not None  # else reports told of everybody


def _open_answers() -> Select[Any]:
    return select(Submission.id).where(Submission.dispatch_id == Dispatch.id, Submission.state == "unknown", Submission.again_ids.is_(None))


def _rule(session: Session, dispatch: Dispatch) -> UnknownRule:
    row = select(Publication.unknown_policy, Edition.state).join(Edition, Edition.publication_id == Publication.id).where(Edition.id == dispatch.edition_id)
    policy, state = session.execute(row).one()
    return UnknownRule.of(session, NEVER if state == KILLED_EDITION or _is_corrected(session, dispatch) else policy)


def _is_corrected(session: Session, dispatch: Dispatch) -> bool:
    """Whether a newer version is under way: then nobody gets this one once more."""
    newer = (Dispatch.edition_id == dispatch.edition_id, Dispatch.edition_version_id != dispatch.edition_version_id, Dispatch.id > dispatch.id)
    return session.scalar(select(Dispatch.id).where(*newer, Dispatch.kind == kinds.CORRECTION).limit(1)) is not None


def _send_again(session: Session, dispatch_id: int, *, now: datetime) -> int:
    dispatch = lifecycle.lock_dispatch(session, dispatch_id)
    rule = _rule(session, dispatch)
    before = rule.due_before(dispatch.deadline_at, now)
    if dispatch.state not in (lifecycle.SENDING, lifecycle.DRAINING) or before is None:
        return 0
    due = select(Submission).where(Submission.dispatch_id == dispatch_id, Submission.state == "unknown", Submission.again_ids.is_(None), Submission.written_at <= before)
    readers = sum(_again(session, one, rule) for one in session.scalars(due.order_by(Submission.id).limit(SUBMISSIONS_AT_ONCE)).all())
    if readers:
        if dispatch.state == lifecycle.DRAINING:
            lifecycle.act(session, dispatch, "again", by=lifecycle.SYSTEM, at=now, reason=f"the answers of {readers:,} readers were lost; they are sent to once more by policy")
        enqueue_ready(session, now=now, dispatch_id=dispatch_id)
    return readers


def _again(session: Session, lost: Submission, rule: UnknownRule) -> int:
    """Give the readers of a lost answer back to their batch; how many. A batch in other hands is left for the next time."""
    batch = session.scalar(select(Batch).where(Batch.id == lost.batch_id, Batch.state.in_(("done", "ready"))).with_for_update(skip_locked=True))
    if batch is None:
        return 0
    readers = [] if batch.variant_id != lost.variant_id else _without_report(session, lost, rule)
    lost.again_ids = pack_ids(readers)
    if readers:
        session.connection().execute(update(deliveries).where(*_mine(session, lost, readers)).values(outcome=int(Outcome.PENDING), outcome_at=None))
        batch.state = "ready"
    session.flush()
    return len(readers)


def _without_report(session: Session, lost: Submission, rule: UnknownRule) -> list[int]:
    """Its readers of whom nothing was heard, and who were not sent to once more too often already."""
    told = select(DeliveryEvent.reader_id).where(DeliveryEvent.submission_id == lost.id, DeliveryEvent.state == int(EventState.FOLDED), DeliveryEvent.reader_id.is_not(None))
    heard = set(session.scalars(told))
    tried: dict[int, int] = {}
    for packed in session.scalars(select(Submission.again_ids).where(Submission.batch_id == lost.batch_id, Submission.again_ids.is_not(None))):
        for reader in unpack_ids(packed or b""):
            tried[reader] = tried.get(reader, 0) + 1
    open_ones = session.scalars(select(deliveries.c.reader_id).where(*_mine(session, lost, unpack_ids(lost.reader_ids)))).all()
    return [reader for reader in open_ones if reader not in heard and tried.get(reader, 0) < rule.tries_max]


def _mine(session: Session, lost: Submission, readers: list[int]) -> tuple[ColumnElement[bool], ...]:
    return (
        deliveries.c.day == lost.day,
        deliveries.c.dispatch_id == lost.dispatch_id,
        in_ids(session, deliveries.c.reader_id, readers),
        deliveries.c.outcome == int(Outcome.UNKNOWN),
        deliveries.c.submission_id == lost.id,
    )
