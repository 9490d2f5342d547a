"""What planned campaigns are expected to bring: written down by people, counted until the day comes.

A gain counts in the forecast of its day and the days after it. Once the day has
come, whoever joined is a present reader; the expectation counts no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from content.models import Publication
from content.services import find_publication
from delivery.models import ExpectedGain
from huabao.audit import record
from huabao.clock import business_day
from huabao.errors import UsageError

READERS_MAX = 100_000_000


def add_gain(session: Session, slug: str, day: date, readers: int, *, reason: str, by: str, now: datetime) -> ExpectedGain:
    """Write down what a campaign is expected to bring; negative readers are expected to leave.

    Raises:
        UsageError: no such publication, a day that has come, or no readers.
    """
    publication = find_publication(session, slug)
    if day <= business_day(now):
        raise UsageError(f"--on {day}: a gain is expected on a day that has not come; who is there already is counted")
    if not 0 < abs(readers) <= READERS_MAX:
        raise UsageError(f"--readers {readers}: how many a campaign brings, or takes (negative)")
    gain = ExpectedGain(publication_id=publication.id, day=day, readers=readers, reason=reason, created_by=by, created_at=now)
    session.add(gain)
    session.flush()
    record(session, actor=by, action="capacity.gain", object_kind="publication", object_id=slug, at=now, gain=gain.id, day=day.isoformat(), readers=readers, reason=reason)
    return gain


def cancel_gain(session: Session, gain_id: int, *, by: str, now: datetime) -> ExpectedGain:
    """Take an expectation back.

    Raises:
        UsageError: there is none of that number, or it was taken back already.
    """
    gain = session.get(ExpectedGain, gain_id)
    if gain is None or gain.cancelled_at is not None:
        raise UsageError(f"there is no expected gain {gain_id}; `huabao capacity gain list` shows them")
    gain.cancelled_at = now
    record(session, actor=by, action="capacity.gain_cancel", object_kind="publication", object_id=gain.publication_id, at=now, gain=gain_id)
    session.flush()
    return gain


def list_gains(session: Session) -> Sequence[tuple[ExpectedGain, str]]:
    """Every expectation that was not taken back, with its publication's slug, by day."""
    wanted = select(ExpectedGain, Publication.slug).join(Publication, Publication.id == ExpectedGain.publication_id).where(ExpectedGain.cancelled_at.is_(None))
    return [(gain, slug) for gain, slug in session.execute(wanted.order_by(ExpectedGain.day, ExpectedGain.id))]


def expected(session: Session, publication_id: int, day: date, *, now: datetime) -> int:
    """Readers that campaigns are expected to bring from now until `day`."""
    mine = (ExpectedGain.publication_id == publication_id, ExpectedGain.cancelled_at.is_(None))
    ahead = (ExpectedGain.day > business_day(now), ExpectedGain.day <= day)
    return int(session.scalar(select(func.sum(ExpectedGain.readers)).where(*mine, *ahead)) or 0)


def to_document(gain: ExpectedGain, slug: str) -> dict[str, Any]:
    """An expectation as JSON shows it."""
    return {"id": gain.id, "publication": slug, "day": gain.day.isoformat(), "readers": gain.readers, "reason": gain.reason, "created_by": gain.created_by}
