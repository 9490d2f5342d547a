"""The ports of a dispatch as they stand now: what each has left, what it may send at, why not more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from delivery import lifecycle
from delivery.dispatch import windows
from delivery.dispatch.capacity import Supply
from delivery.dispatch.pdus import pdus_each
from delivery.dispatch.routing import carries_short
from delivery.models import Batch, Dispatch, Outcome, Port, deliveries
from delivery.ports import Clearance, PortSettings, changes
from delivery.ports.pace import PaceRules, effective, factor_now
from huabao.db import in_ids
from huabao.ids import unpack_ids

BEGUN_MAX = 50
"""Of more batches that were begun (those of a dead port, moved to another), all readers of the dispatch are counted in one pass."""


@dataclass(frozen=True)
class Carrier:
    """One port of a dispatch.

    Attributes:
        waiting: readers who are still to be sent to there.
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
    waiting = waiting_readers(session, dispatch)
    rows = session.scalars(select(Port).where(Port.name.in_(dispatch.ports) | Port.id.in_(waiting)).order_by(Port.name)).all()
    supplies, rules = supplies_of(session, dispatch, rows), PaceRules.of(session)
    return [_carrier(PortSettings.of(row, rules), supplies[row.id], waiting[row.id], begin, now) for row in rows]


def supplies_of(session: Session, dispatch: Dispatch, ports: Sequence[Port]) -> dict[int, Supply]:
    """What each port carries of the dispatch over time, by port id: its rate, hours and agreed changes, a text by its parts."""
    agreed = changes.ahead(session, ports)
    short = [port.id for port in ports if carries_short(port)]
    each: dict[int, float] = {}
    if short:
        mine = (Batch.dispatch_id == dispatch.id, Batch.port_id.in_(short), Batch.state.in_(("ready", "claimed")))
        readers: dict[int, dict[int, int]] = {}
        for port_id, variant_id, number in session.execute(select(Batch.port_id, Batch.variant_id, func.sum(Batch.size)).where(*mine).group_by(Batch.port_id, Batch.variant_id)):
            readers.setdefault(port_id, {})[variant_id] = int(number)
        each = pdus_each(session, ports, readers)
    return {port.id: Supply.of(PortSettings.of(port), [(one.at, one.rate) for one in agreed.get(port.id, ())], each.get(port.id, 1.0)) for port in ports}


def waiting_readers(session: Session, dispatch: Dispatch) -> Counter[int]:
    """Readers of the dispatch who are still to be sent to, by port.

    Of a batch that nobody touched yet those are all its readers; of those that were begun, a few as a rule, they are counted.
    """
    open_ones = (Batch.dispatch_id == dispatch.id, Batch.state.in_(("ready", "claimed")))
    pending = (deliveries.c.day == dispatch.day, deliveries.c.dispatch_id == dispatch.id, deliveries.c.outcome == int(Outcome.PENDING))
    counted = select(deliveries.c.port_id, func.count()).where(*pending).group_by(deliveries.c.port_id)
    begun = session.scalars(select(Batch.reader_ids).where(*open_ones, Batch.fence > 0).limit(BEGUN_MAX + 1)).all()
    if len(begun) > BEGUN_MAX:
        return _as_counter(session.execute(counted))
    whole = session.execute(select(Batch.port_id, func.sum(Batch.size)).where(*open_ones, Batch.fence == 0).group_by(Batch.port_id))
    found = _as_counter(whole)
    readers = [reader_id for packed in begun for reader_id in unpack_ids(packed)]
    return found + _as_counter(session.execute(counted.where(in_ids(session, deliveries.c.reader_id, readers))))


def _as_counter(rows: Iterable[Any]) -> Counter[int]:
    return Counter({port_id: int(readers) for port_id, readers in rows})


def begins(session: Session, dispatch: Dispatch, now: datetime) -> datetime:
    """When the dispatch may send: at once where it does already, else when its start has come and its window is open."""
    begin = max(now, dispatch.start_at)
    return begin if dispatch.state == lifecycle.SENDING else windows.opening(windows.publication_of(session, dispatch), dispatch, begin)


def expected_finish(session: Session, dispatch: Dispatch, now: datetime) -> datetime | None:
    """When a dispatch that shows no rate yet will be through: by its ports' rates, hours and agreed changes, a text by its parts."""
    begin = begins(session, dispatch, now)
    found = carriers(session, dispatch, now, begin)
    return finish(found, begin, dispatch.rate) if found else None


def finish(found: Sequence[Carrier], begin: datetime, rate: float | None = None) -> datetime | None:
    """When the last reader at any port will be through, `rate` a second over all ports at most; None where somebody waits where nobody knows how long."""
    busy = [one.finish_at for one in found if one.waiting]
    known = [end for end in busy if end is not None]
    if len(known) < len(busy):
        return None
    if rate is not None:
        known.append(begin + timedelta(seconds=sum(one.waiting for one in found) / rate))
    return max(known, default=begin)


def _carrier(port: PortSettings, supply: Supply, waiting: int, begin: datetime, now: datetime) -> Carrier:
    clearance = port.may_send(now)
    rate_now = effective(port, now)[0] if clearance.allowed else 0.0
    stuck = not clearance.allowed and clearance.until is None
    start = begin if clearance.until is None else max(begin, clearance.until)
    end = None if stuck else supply.finish(start, waiting)
    return Carrier(port.name, port.rate, rate_now, factor_now(port, now), port.breaker, waiting, clearance, end)
