"""How a dispatch stands at this second: its count, its pace, when it will be through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from delivery import lifecycle
from delivery.dispatch.carriers import Carrier, begins, carriers, finish
from delivery.dispatch.lately import span_between
from delivery.ledger import proof
from delivery.ledger.proof import Counts
from delivery.models import Dispatch, Port, Submission
from delivery.ports import PortSettings
from delivery.throttle import sustained_rate

PACE_S = 10.0
"""The pace is that of so many last seconds."""

ANSWER_S = 60.0
"""What was answered in them was written down at most so long before."""

PACE_SUBMISSIONS_MAX = 1_000_000
"""Most submissions of that time; the fastest port takes a third of them."""


@dataclass(frozen=True)
class Progress:
    """A dispatch at this second.

    Attributes:
        rate_per_s: readers a second, of the last ten seconds while it sends, else of the whole send.
        forecast_finish_at: when the last reader will have been sent to; when he was, afterwards. None while nobody sends.
        reason, reason_by: why it is in its state, and who brought it there; empty where nobody said.
        ports: how each of its ports stands; empty once nothing is left to send.
    """

    dispatch_id: int
    state: str
    counts: Counts
    rate_per_s: float
    forecast_finish_at: datetime | None
    closed_at: datetime | None
    reason: str = ""
    reason_by: str = ""
    ports: tuple[Carrier, ...] = ()

    @property
    def sent(self) -> int:
        """Readers for whom nothing is left to send."""
        return self.counts.planned - self.counts.outcomes["pending"]

    @property
    def open_outcomes(self) -> int:
        """Readers whose outcome may still come."""
        return self.counts.outcomes["pending"] + self.counts.outcomes["submitted"]

    @property
    def mark(self) -> tuple[object, ...]:
        """Changes whenever something new came."""
        return (self.state, self.closed_at, tuple(self.counts.outcomes.values()), self.counts.late)

    def to_document(self) -> dict[str, Any]:
        """As `dispatch status --json` prints it."""
        return {
            **self.counts.to_document(),
            "state": self.state,
            "reason": self.reason,
            "reason_by": self.reason_by,
            "rate_per_s": self.rate_per_s,
            "forecast_finish_at": None if self.forecast_finish_at is None else self.forecast_finish_at.isoformat(),
            "closed_at": None if self.closed_at is None else self.closed_at.isoformat(),
            "ports": [one.to_document() for one in self.ports],
        }


def progress(session: Session, dispatch_id: int, *, now: datetime) -> Progress:
    """How the dispatch stands.

    Raises:
        UsageError: there is no such dispatch.
    """
    found = lifecycle.find_dispatch(session, dispatch_id)
    counts = proof.counts(session, dispatch_id)
    rate = _pace(session, found, counts, now)
    last = lifecycle.last_transition(session, dispatch_id)
    reason, by = (last.reason, last.by) if last is not None else ("", "")
    begin = begins(session, found, now)
    ports = tuple(carriers(session, found, now, begin)) if found.state in lifecycle.UNSENT else ()
    return Progress(found.id, found.state, counts, rate, _finish(found, counts, rate, ports, begin), found.closed_at, reason, by, ports)


def port_rate(port: Port) -> float:
    """Recipients a second that a port carries for long."""
    settings = PortSettings.of(port)
    return sustained_rate(settings.rate, settings.burst) * (settings.group_size if settings.counts_submits else 1)


def _pace(session: Session, found: Dispatch, counts: Counts, now: datetime) -> float:
    if found.started_at is None:
        return 0.0
    if found.sent_at is not None:
        known = counts.planned - sum(counts.outcomes[one] for one in ("pending", "cancelled", "unknown"))
        return _rate(known, found.started_at, found.sent_at)
    since = max(found.started_at, now - timedelta(seconds=PACE_S))
    span = span_between(session, found.id, since - timedelta(seconds=ANSWER_S), now + timedelta(seconds=ANSWER_S), most=PACE_SUBMISSIONS_MAX)
    if span is None:
        return 0.0
    answered = select(func.sum(Submission.recipients)).where(*span.sql, Submission.state.in_(("accepted", "partial", "refused")), Submission.answered_at >= since)
    return _rate(int(session.scalar(answered) or 0), since, now)


def _rate(readers: int, since: datetime, until: datetime) -> float:
    return round(readers / max((until - since).total_seconds(), 0.1), 1)


def _finish(found: Dispatch, counts: Counts, rate: float, ports: Sequence[Carrier], begin: datetime) -> datetime | None:
    """By the rate that it really has; before it has one, by its ports' rates, hours and agreed changes."""
    if found.sent_at is not None:
        return found.sent_at
    if found.state not in lifecycle.AHEAD:
        return None
    if rate > 0:
        return begin + timedelta(seconds=counts.outcomes["pending"] / (rate if found.rate is None else min(rate, found.rate)))
    return finish(ports, begin, found.rate) if ports else None
