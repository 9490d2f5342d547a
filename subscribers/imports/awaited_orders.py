"""Rows of a file of orders whose time has not come: kept among the awaited changes, each once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Literal, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from huabao.db import bulk_insert
from subscribers.imports.subscription_rules import EVENT_OF_STATE, Order
from subscribers.orders.fields import ORDER_STATE
from subscribers.orders.models import AwaitedChange
from subscribers.orders.store import in_texts

SOURCE = "import"


class Named(Protocol):
    """A row, as far as it names an order."""

    @property
    def msisdn(self) -> str:
        """11 digits."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a row: it is kept, was kept before, or another state is awaited for its instant."""

    verdict: Literal["new", "unchanged", "contradicts"]
    order: Order


@dataclass(slots=True)
class Awaited:
    """What is awaited of a chunk's orders: state by number, service and instant."""

    known: dict[tuple[str, str, datetime], str] = field(default_factory=dict)
    new: list[tuple[str, str, Order]] = field(default_factory=list)

    def keep(self, msisdn: str, service_id: str, order: Order) -> Kept:
        """Keep one, if it says something new."""
        key = (msisdn, service_id, order.effective_at)
        state = self.known.get(key)
        if state is None:
            self.known[key] = order.state
            self.new.append((msisdn, service_id, order))
            return Kept("new", order)
        return Kept("unchanged" if state == order.state else "contradicts", Order(state, order.effective_at))

    def write(self, session: Session, now: datetime) -> None:
        """Write the new ones."""
        rows = [
            {
                "due_at": order.effective_at, "msisdn": msisdn, "event": EVENT_OF_STATE[order.state], "source": SOURCE,
                "transaction_id": _name_of(msisdn, service_id, order), "service_id": service_id, "reason": "", "recorded_at": now,
            }
            for msisdn, service_id, order in self.new
        ]  # fmt: skip
        if rows:
            bulk_insert(session, AwaitedChange, rows, columns=list(rows[0]))


def _name_of(msisdn: str, service_id: str, order: Order) -> str:
    """A transaction id made of what the row says."""
    return sha256(f"{msisdn} {service_id} {order.state} {order.effective_at.isoformat()}".encode()).hexdigest()[:32]


def load(session: Session, rows: Iterable[Named]) -> Awaited:
    """What is awaited of the numbers of these rows."""
    c = AwaitedChange
    wanted = select(c.msisdn, c.service_id, c.due_at, c.event).where(in_texts(session, c.msisdn, sorted({one.msisdn for one in rows})), c.event.in_(ORDER_STATE))
    return Awaited({(row.msisdn, row.service_id, row.due_at): ORDER_STATE[row.event] for row in session.execute(wanted)})
