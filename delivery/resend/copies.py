"""What a reader got of an edition before: each copy with its dispatch, time and outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from delivery import kinds
from delivery.models import Dispatch, Outcome, deliveries

ON_ITS_WAY = (Outcome.PENDING, Outcome.SUBMITTED, Outcome.RETRIEVED, Outcome.UNKNOWN, Outcome.NO_REPORT)
"""Outcomes of a copy that the reader has or may still get."""


@dataclass(frozen=True)
class Copy:
    """One copy of an edition that was planned for a reader.

    Attributes:
        kind: edition, correction or resend.
        by: who started the dispatch.
        asked_at: when it was made.
        sent_at: when the copy left, or None.
        outcome_at: when it came to its outcome, or None.
    """

    dispatch_id: int
    kind: str
    edition_version_id: int
    variant_id: int
    outcome: Outcome
    by: str
    asked_at: datetime
    sent_at: datetime | None
    outcome_at: datetime | None

    def to_document(self) -> dict[str, Any]:
        """The copy as JSON shows it."""
        return {
            "dispatch_id": self.dispatch_id,
            "kind": self.kind,
            "outcome": self.outcome.name.lower(),
            "by": self.by,
            "asked_at": self.asked_at.isoformat(),
            "sent_at": None if self.sent_at is None else self.sent_at.isoformat(),
            "outcome_at": None if self.outcome_at is None else self.outcome_at.isoformat(),
        }


def days_of(session: Session, edition_id: int) -> list[date]:
    """The business days on which the edition was sent: the partitions that hold its deliveries."""
    return list(session.scalars(select(Dispatch.day).where(Dispatch.edition_id == edition_id).distinct().order_by(Dispatch.day)))


def copies_of(session: Session, edition_id: int, reader_id: int) -> list[Copy]:
    """The reader's copies of the edition, the newest first."""
    days = days_of(session, edition_id)
    if not days:
        return []
    rows = session.execute(
        select(
            Dispatch.id, Dispatch.kind, Dispatch.edition_version_id, deliveries.c.variant_id, deliveries.c.outcome,
            Dispatch.created_by, Dispatch.created_at, deliveries.c.submitted_at, deliveries.c.outcome_at,
        )
        .join(Dispatch, (Dispatch.id == deliveries.c.dispatch_id) & (Dispatch.day == deliveries.c.day))
        .where(deliveries.c.reader_id == reader_id, deliveries.c.day.in_(days), Dispatch.edition_id == edition_id, Dispatch.kind.in_(kinds.BRINGS_OUT))
        .order_by(Dispatch.id.desc())
    )  # fmt: skip
    return [Copy(one, kind, version, variant, Outcome(outcome), *rest) for one, kind, version, variant, outcome, *rest in rows]


def resent_lately(copies: Sequence[Copy], *, now: datetime, guard_s: float) -> Copy | None:
    """The newest resend that is younger than `guard_s` seconds and that he has or may still get, or None."""
    since = now - timedelta(seconds=guard_s)
    return next((one for one in copies if one.kind == kinds.RESEND and one.asked_at > since and one.outcome in ON_ITS_WAY), None)
