"""BOSS's book of a month: who is charged and who was served, and faults in the bill with the list on which each must stand.

A paper leaves at midnight: who was active then in the month was served, and whom BOSS held active then is
charged, once his order has lasted 72 hours; a gift is charged to its giver.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from reconciliation.runs.monthly import AFTER_CANCEL, NO_ORDER, NOT_CHARGED, NOTHING, UNDER
from tests.province.faults import LISTED, MONTHLY, Fault, Scene
from tests.province.world import BOSS, PAID, SERVICES, Key, Row, Spell, World

FREE_OF_CHARGE: Final = timedelta(hours=72)
COPIES: Final = (25, 1)
"""That arrived and that failed, of everybody with whom nothing is wrong."""


@dataclass
class Book:
    """One month.

    Attributes:
        charged: rows of BOSS by order.
        served: orders of which papers arrived.
        copies: of orders with which something is wrong.
        silent: orders that the bill leaves out.
        added: lines that should not be there.
        formers: numbers whose order ended long ago.
        leaving: orders that end on the last day but one.
    """

    world: World
    charged: dict[Spell, Row] = field(default_factory=dict)
    served: set[Spell] = field(default_factory=set)
    copies: dict[Key, tuple[int, int]] = field(default_factory=dict)
    silent: set[Key] = field(default_factory=set)
    added: dict[Key, int] = field(default_factory=dict)
    formers: list[str] = field(default_factory=list)
    leaving: list[Key] = field(default_factory=list)

    def open(self) -> None:
        """A month begins."""
        self.charged, self.served = {}, set()
        self.copies, self.silent, self.added, self.leaving = {}, set(), {}, []
        self._note(self.world.sides[BOSS], self.world.orders)

    def midnight(self) -> None:
        """A day of the month is over, and another begins in it."""
        for old, new in self.world.renamed:
            self._rename(old, new)
        self._note(self.world.touched[BOSS], self.world.changed)

    def rename(self) -> None:
        """The last day of the month is over: numbers changed, nothing more is served."""
        for old, new in self.world.renamed:
            self._rename(old, new)

    def _note(self, at_boss: Iterable[Key], true: Iterable[Key]) -> None:
        world = self.world
        for key in at_boss:
            row = world.sides[BOSS].get(key)
            if row is not None and row.state == "active":
                self.charged[key, world.begun.get(key, row.at)] = row
        for key in true:
            row = world.row(key)
            if row is not None and row.state == "active":
                self.served.add((key, world.begun[key]))

    def _rename(self, old: Key, new: Key) -> None:
        begun = self.world.begun.get(new)
        if begun is None:
            return
        row = self.charged.pop((old, begun), None)
        if row is not None:
            self.charged[new, begun] = row
        if (old, begun) in self.served:
            self.served.discard((old, begun))
            self.served.add((new, begun))

    def lines(self, ends: datetime) -> list[tuple[str, str, int]]:
        """The bill: number, service and fen."""
        found = [(key[0], key[1], fen) for key, fen in self.added.items()]
        for (key, begun), row in self.charged.items():
            now = self.world.sides[BOSS].get(key)
            row = now if now is not None and self.world.begun.get(key) == begun else row
            if key in self.silent or self.world.ended.get((key, begun), ends) - begun < FREE_OF_CHARGE:
                continue
            found.append((row.payer or key[0], key[1], row.price or 0))
        return sorted(found)

    def write(self, path: Path, ends: datetime) -> Path:
        """The bill as a file."""
        lines = self.lines(ends)
        text = "".join(f"{number},{service},{fen}\n" for number, service, fen in lines)
        path.write_text(f"msisdn,service_id,amount_fen\n{text}#count={len(lines)}\n", "utf-8")
        return path

    def arrived(self) -> dict[Spell, tuple[int, int]]:
        """Copies that arrived and that failed, by order; of a number with two owners each has his own."""
        return {spell: self.copies.get(spell[0], COPIES) for spell in self.served}


# --- faults ---

Spoil = Callable[[Book, Scene], Fault]


def _paying(book: Book, s: Scene) -> Key:
    """The only order of somebody who pays for himself and for nobody else."""
    while True:
        key = s.single()
        if key[1] in PAID and book.world.orders[key].payer is None and key[0] not in s.life.payers:
            return key
        s.life.held.discard(key[0])


def _listed(kind: str, key: Key, name: str, fen: int) -> Fault:
    return Fault(kind, (key,), {key: f"{name} {fen}"}, MONTHLY, LISTED)


def _price(book: Book, key: Key) -> int:
    return book.world.orders[key].price


def nothing_arrived(book: Book, s: Scene) -> Fault:
    key = _paying(book, s)
    book.copies[key] = (0, 26)
    return _listed("charged, every copy failed", key, NOTHING, _price(book, key))


def few_arrived(book: Book, s: Scene) -> Fault:
    key = _paying(book, s)
    book.copies[key] = (6, 20)
    return _listed("charged, six copies of 26 arrived", key, UNDER, _price(book, key) * 20 // 26)


def left_before(book: Book, s: Scene) -> Fault:
    key = (book.formers.pop(), PAID[0])
    book.added[key] = SERVICES[key[1]]
    return _listed("charged after the order had ended", key, AFTER_CANCEL, SERVICES[key[1]])


def never_ordered(book: Book, s: Scene) -> Fault:
    key = (s.life.new_number(), PAID[0])
    book.added[key] = SERVICES[key[1]]
    return _listed("charged without an order", key, NO_ORDER, SERVICES[key[1]])


def left_out(book: Book, s: Scene) -> Fault:
    key = _paying(book, s)
    book.silent.add(key)
    return _listed("served and not on the bill", key, NOT_CHARGED, _price(book, key))


def ended_and_left_out(book: Book, s: Scene) -> Fault:
    """He left in the last days of the month: no first 72 hours of his, he was never charged."""
    key = _paying(book, s)
    price = _price(book, key)
    book.silent.add(key)
    book.leaving.append(key)
    return _listed("served till he left, and not on the bill", key, NOT_CHARGED, price)


KINDS: Final[tuple[Spoil, ...]] = (nothing_arrived, few_arrived, left_before, never_ordered, left_out, ended_and_left_out)
