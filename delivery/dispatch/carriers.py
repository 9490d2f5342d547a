"""The ports of a dispatch as they stand now: what each has left, what it may send at, why not more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from delivery.dispatch.capacity import Supply
from delivery.models import Batch, Dispatch, Port
from delivery.ports import Clearance, PortSettings, changes
from delivery.ports.pace import PaceRules, effective, factor_now


@dataclass(frozen=True)
class Carrier:
    """One port of a dispatch.

    Attributes:
        waiting: readers in batches that are not finished.
        rate_now: what it may send at, in the port's own unit; 0 while it may not.
        rate_factor: share of its rate that its peer left it.
        finish_at: when what waits there will be through at its rate; None where nobody knows.
    """

    name: str
    rate: float
    rate_now: float
    rate_factor: float
    breaker: str
    waiting: int
    clearance: Clearance
    finish_at: datetime | None

    def to_document(self) -> dict[str, Any]:
        """As `dispatch status --json` prints it."""
        until = self.clearance.until
        return {
            "name": self.name,
            "rate": self.rate,
            "rate_now": round(self.rate_now, 3),
            "rate_factor": round(self.rate_factor, 3),
            "breaker": self.breaker,
            "waiting": self.waiting,
            "standing": self.clearance.cause or "ok",
            "reason": self.clearance.reason,
            "until": None if until is None else until.isoformat(),
            "finish_at": None if self.finish_at is None else self.finish_at.isoformat(),
        }

    def __str__(self) -> str:
        slower = f", at {self.rate_factor:.0%} of its rate since its peer said slow down" if self.rate_factor < 1 else ""
        return f"{self.clearance.reason or f'port {self.name}'}{slower}; {self.waiting:,} readers wait there"

    @property
    def troubled(self) -> bool:
        """Whether a person should know."""
        return self.waiting > 0 and (not self.clearance.allowed or self.rate_factor < 1 or self.breaker != "closed")


def carriers(session: Session, dispatch: Dispatch, now: datetime, begin: datetime) -> list[Carrier]:
    """Every port that the dispatch names or has readers at, by name; what waits there goes from `begin` on."""
    open_ones = select(Batch.port_id, func.sum(Batch.size)).where(Batch.dispatch_id == dispatch.id, Batch.state.in_(("ready", "claimed"))).group_by(Batch.port_id)
    waiting = {port_id: int(readers) for port_id, readers in session.execute(open_ones)}
    rows = session.scalars(select(Port).where(Port.name.in_(dispatch.ports) | Port.id.in_(waiting)).order_by(Port.name)).all()
    agreed, rules = changes.ahead(session, rows), PaceRules.of(session)
    return [_carrier(PortSettings.of(row, rules), waiting.get(row.id, 0), [(one.at, one.rate) for one in agreed.get(row.id, ())], begin, now) for row in rows]


def finish(found: Sequence[Carrier], begin: datetime) -> datetime | None:
    """When the last reader at any port will be through; None where somebody waits where nobody knows how long."""
    busy = [one.finish_at for one in found if one.waiting]
    known = [end for end in busy if end is not None]
    if len(known) < len(busy):
        return None
    return max(known, default=begin)


def _carrier(port: PortSettings, waiting: int, agreed: list[tuple[datetime, float]], begin: datetime, now: datetime) -> Carrier:
    clearance = port.may_send(now)
    rate_now = effective(port, now)[0] if clearance.allowed else 0.0
    stuck = not clearance.allowed and clearance.until is None
    start = begin if clearance.until is None else max(begin, clearance.until)
    end = None if stuck else Supply.of(port, agreed).finish(start, waiting)
    return Carrier(port.name, port.rate, rate_now, factor_now(port, now), port.breaker, waiting, clearance, end)
