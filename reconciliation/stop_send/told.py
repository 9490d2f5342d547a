"""One reader's stops as a person is told them: what he paid meanwhile, what he missed, what was tried; and a try that a person starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from content.models import Publication
from huabao import audit
from huabao.clock import business_day, shanghai_text
from huabao.errors import UsageError
from reconciliation.stop_send import attempts
from reconciliation.stop_send.following import ACCOUNT
from reconciliation.stop_send.models import DeliveryStop, RecoveryAttempt, RecoveryCredit, Replay
from reconciliation.stop_send.papers import issues
from reconciliation.stop_send.settings import RECOVERY_ATTEMPTS
from reconciliation.stop_send.streaks import months_between
from subscribers.models import Subscription

STOPS_MAX = 20
"""Of one reader, the newest first."""


@dataclass(frozen=True)
class StopStory:
    """One stop.

    Attributes:
        attempts: what was tried, the newest first.
        months: first days of the months that he was billed for, wholly or in part, while nothing came; none for a barred account, of which BOSS knows.
        paid_fen: what that comes to; None where nobody told the price, or the account is barred.
        missed: editions that came out meanwhile.
        owed: by title, what is given for that.
        credit_fen: what is credited.
    """

    stop: DeliveryStop
    attempts: Sequence[RecoveryAttempt]
    months: Sequence[date]
    paid_fen: int | None
    missed: int
    owed: Sequence[Replay] = ()
    credit_fen: int = 0

    @property
    def running(self) -> RecoveryAttempt | None:
        """The attempt that is under way, or None."""
        return next((one for one in self.attempts if one.ended_at is None), None)

    @property
    def by_account(self) -> bool:
        """His account is barred, and its lifting ends the stop."""
        return self.stop.by == ACCOUNT


def stories(session: Session, reader_id: int, now: datetime) -> list[StopStory]:
    """The reader's stops, open ones first, then the newest first."""
    found = session.scalars(select(DeliveryStop).where(DeliveryStop.reader_id == reader_id).order_by(DeliveryStop.id.desc()).limit(STOPS_MAX)).all()
    tried = session.scalars(select(RecoveryAttempt).where(RecoveryAttempt.reader_id == reader_id).order_by(RecoveryAttempt.id.desc())).all()
    owed = session.scalars(select(Replay).where(Replay.reader_id == reader_id).order_by(Replay.id)).all()
    credited = dict.fromkeys((one.id for one in owed), 0)
    for replay_id, fen in session.execute(select(RecoveryCredit.replay_id, RecoveryCredit.credit_fen).where(RecoveryCredit.replay_id.in_(credited))):
        credited[replay_id] += fen or 0
    prices = dict(session.execute(select(Subscription.service_id, Subscription.price_fen).where(Subscription.reader_id == reader_id)).all())
    stories_ = []
    for stop in found:
        until = stop.ended_at or now
        months = () if stop.by == ACCOUNT else tuple(months_between(business_day(stop.stopped_at), until))
        price = prices.get(stop.service_id)
        mine = [one for one in owed if one.stop_id == stop.id]
        stories_.append(
            StopStory(
                stop, [one for one in tried if one.stop_id == stop.id], months, None if price is None or not months else price * len(months),
                _missed(session, stop, until), mine, sum(credited[one.id] for one in mine),
            )
        )  # fmt: skip
    return sorted(stories_, key=lambda one: one.stop.ended_at is not None)


def next_step(session: Session, story: StopStory) -> str:
    """What happens next by itself, or who has to do something."""
    stop, running = story.stop, story.running
    if stop.ended_at is not None:
        return f"over, {shanghai_text(stop.ended_at)}: {stop.ended_by}"
    if story.by_account:
        return "sent to again when BOSS says that the account is unbarred"
    if running is not None:
        return f"attempt {running.number} ({running.sign}) is under way: {running.state} since {shanghai_text(running.entered_at)}"
    if stop.listed_at is not None:
        return "a person decides, refund or cancel: he was billed for months in which nothing came"
    if stop.next_at is not None:
        return f"tried {shanghai_text(stop.next_at)}: {stop.next_why}"
    if stop.tried >= RECOVERY_ATTEMPTS.get(session):
        return "tried often enough by the schedule: a sign of life or a person (`huabao recovery run --msisdn`) begins another attempt"
    return "the next pass plans an attempt"


def _missed(session: Session, stop: DeliveryStop, until: datetime) -> int:
    titles = session.scalars(select(Publication).where(Publication.service_id == stop.service_id)).all()
    return sum(len(issues(session, title, stop.stopped_at, until)) for title in titles)


def find_open(session: Session, reader_id: int, stop_id: int) -> DeliveryStop | None:
    """The stop of that reader, where it lasts."""
    stop = session.get(DeliveryStop, stop_id)
    return stop if stop is not None and stop.reader_id == reader_id and stop.ended_at is None else None


def reach(session: Session, stop: DeliveryStop, *, by: str, reason: str, now: datetime) -> None:
    """Begin an attempt with the reader of a stop now, whatever the schedule says.

    Raises:
        UsageError: the stop ended, or an attempt is under way.
    """
    running = select(RecoveryAttempt.id).where(RecoveryAttempt.stop_id == stop.id, RecoveryAttempt.ended_at.is_(None))
    if session.scalar(running) is not None or not attempts.begin(session, now, only=[stop.id]):
        raise UsageError("he is being tried already, or is stopped no more; `huabao recovery list --msisdn` shows him")
    audit.record(session, actor=by, action="recovery.reach", object_kind="reader", object_id=stop.reader_id, at=now, service=stop.service_id, reason=reason[:200])
