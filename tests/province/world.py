"""What is true, and what BOSS and MISC hold; the platform's side is the real database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, NamedTuple

Key = tuple[str, str]
"""Number and service."""

Spell = tuple[Key, datetime]
"""An order from when it was made: a number may have another later."""

FREE, BUNDLED = "gongyi", "taocan"
"""A free service and one that is sold in a bundle: BOSS has no order of its own for either."""

SERVICES: Final = {"zaobao": 500, "wanbao": 300, FREE: 0, BUNDLED: 300}
"""Services with their price in fen a month."""

PAID: Final = ("zaobao", "wanbao")

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
        touched: what each side changed since `settle`, with the instant.
        changed: orders that are otherwise than they were then.
        renamed: keys that another number took over since then, in that order.
        begun, ended: when an order was made, and when it ended.
        lost_answers: orders of which MISC's first answer is lost on its way, though it did as it was asked.
    """

    orders: dict[Key, Order] = field(default_factory=dict)
    barred: dict[str, datetime] = field(default_factory=dict)
    sides: dict[str, dict[Key, Row]] = field(default_factory=lambda: {BOSS: {}, MISC: {}})
    owned: dict[str, set[str]] = field(default_factory=dict)
    touched: dict[str, dict[Key, datetime | None]] = field(default_factory=lambda: {BOSS: {}, MISC: {}})
    changed: set[Key] = field(default_factory=set)
    renamed: list[tuple[Key, Key]] = field(default_factory=list)
    begun: dict[Key, datetime] = field(default_factory=dict)
    ended: dict[Spell, datetime] = field(default_factory=dict)
    lost_answers: set[Key] = field(default_factory=set)

    def settle(self) -> None:
        """A day is over: what changed was told."""
        self.touched = {BOSS: {}, MISC: {}}
        self.changed, self.renamed = set(), []

    def keys_of(self, number: str) -> list[Key]:
        """The orders of a number."""
        return [(number, service) for service in sorted(self.owned.get(number, ()))]

    def put(self, key: Key, order: Order, heard: Iterable[str] = PEERS) -> None:
        """An order is made, or is another now."""
        if key not in self.orders:
            self.begun[key] = order.at
        self.orders[key] = order
        self.owned.setdefault(key[0], set()).add(key[1])
        self.tell([key], heard)

    def drop(self, key: Key, heard: Iterable[str] = PEERS, at: datetime | None = None) -> None:
        """An order ends."""
        if self.orders.pop(key, None) is not None and at is not None:
            self.ended[key, self.begun[key]] = at
        self.owned.get(key[0], set()).discard(key[1])
        self.tell([key], heard, at)

    def rename(self, key: Key, new: str, heard: Iterable[str] = PEERS, at: datetime | None = None) -> None:
        """An order goes along to another number."""
        order, begun = self.orders[key], self.begun[key]
        self.drop(key, heard, at)
        self.ended.pop((key, begun), None)
        self.put((new, key[1]), order, heard)
        self.begun[new, key[1]] = begun
        self.renamed.append((key, (new, key[1])))

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
        """What MISC and the platform should hold, and BOSS but for its prices where it has an order of its own."""
        order = self.orders.get(key)
        if order is None:
            return None
        barred_at = self.barred.get(key[0])
        if order.state == "active" and barred_at is not None:
            return Row("paused", max(order.at, barred_at), order.price, order.payer)
        return Row(order.state, order.at, order.price, order.payer)

    def should(self, peer: str, key: Key) -> Row | None:
        """What one of the peers should hold."""
        row = None if peer == BOSS and key[1] in (FREE, BUNDLED) else self.row(key)
        return row if row is None or peer == BOSS else row._replace(price=None)

    def tell(self, keys: Iterable[Key], heard: Iterable[str] = PEERS, at: datetime | None = None) -> None:
        """Let peers hold what is true of these keys."""
        for key in keys:
            self.changed.add(key)
            for peer in heard:
                self.hold(peer, key, self.should(peer, key), at)

    def hold(self, peer: str, key: Key, row: Row | None, at: datetime | None = None) -> None:
        """Let one peer hold a row, true or not; MISC keeps no prices.

        Args:
            at: of an order that ends.
        """
        side = self.sides[peer]
        told = row if row is None or peer == BOSS else row._replace(price=None)
        if told == side.get(key):
            return
        self.touched[peer][key] = at if told is None else told.at
        if told is None:
            side.pop(key)
        else:
            side[key] = told
