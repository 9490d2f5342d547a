"""What is true, and what BOSS and MISC hold; the platform's side is the real database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, NamedTuple

Key = tuple[str, str]
"""Number and service."""

SERVICES: Final = {"zaobao": 500, "wanbao": 300}
"""Services with their price in fen a month."""

BOSS, MISC = "boss", "misc"
PEERS: Final = (BOSS, MISC)


class Row(NamedTuple):
    """An order as one side holds it; one that ended is in no side."""

    state: str
    at: datetime
    price: int | None = None
    payer: str | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it is: what its reader did, whatever became of his account."""

    state: str
    at: datetime
    price: int
    payer: str | None = None


@dataclass
class World:
    """The truth, and what two of the three sides hold.

    Attributes:
        orders: every order that holds.
        barred: numbers whose account is barred, since when.
        sides: rows of BOSS and MISC.
        owned: services by number, so that a number's keys are found at once.
    """

    orders: dict[Key, Order] = field(default_factory=dict)
    barred: dict[str, datetime] = field(default_factory=dict)
    sides: dict[str, dict[Key, Row]] = field(default_factory=lambda: {BOSS: {}, MISC: {}})
    owned: dict[str, set[str]] = field(default_factory=dict)

    def keys_of(self, number: str) -> list[Key]:
        """The orders of a number."""
        return [(number, service) for service in sorted(self.owned.get(number, ()))]

    def put(self, key: Key, order: Order, heard: Iterable[str] = PEERS) -> None:
        """An order is made, or is another now."""
        self.orders[key] = order
        self.owned.setdefault(key[0], set()).add(key[1])
        self.tell([key], heard)

    def drop(self, key: Key, heard: Iterable[str] = PEERS) -> None:
        """An order ends."""
        self.orders.pop(key, None)
        self.owned.get(key[0], set()).discard(key[1])
        self.tell([key], heard)

    def change(self, key: Key, heard: Iterable[str] = PEERS, **values: object) -> None:
        """Part of an order is another now."""
        self.put(key, replace(self.orders[key], **values), heard)  # type: ignore[arg-type]  # fields of an order

    def bar(self, number: str, at: datetime | None, heard: Iterable[str] = PEERS) -> None:
        """An account is barred, or with None no longer."""
        if at is None:
            self.barred.pop(number, None)
        else:
            self.barred[number] = at
        self.tell(self.keys_of(number), heard)

    def row(self, key: Key) -> Row | None:
        """What every side should hold."""
        order = self.orders.get(key)
        if order is None:
            return None
        barred_at = self.barred.get(key[0])
        if order.state == "active" and barred_at is not None:
            return Row("paused", max(order.at, barred_at), order.price, order.payer)
        return Row(order.state, order.at, order.price, order.payer)

    def tell(self, keys: Iterable[Key], heard: Iterable[str] = PEERS) -> None:
        """Let peers hold what is true of these keys."""
        for key in keys:
            row = self.row(key)
            for peer in heard:
                self.hold(peer, key, row)

    def hold(self, peer: str, key: Key, row: Row | None) -> None:
        """Let one peer hold a row, true or not; MISC keeps no prices."""
        if row is None:
            self.sides[peer].pop(key, None)
        else:
            self.sides[peer][key] = row if peer == BOSS else row._replace(price=None)
