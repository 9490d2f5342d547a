"""What is equal and what differs in a chunk of keys: counts, money, and the lines of the difference file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt

from reconciliation.codecs.feeds.columns import NONE, SERVICES_MAX, Services
from reconciliation.codecs.feeds.digits import Flags, Ints
from reconciliation.diff.classes import CLASSES
from reconciliation.diff.files import DifferenceWriter
from reconciliation.diff.merging import RANK_BITS, SIDE_BITS, Chunk
from reconciliation.diff.outcome import Rules, Tally
from reconciliation.diff.tables import ATTRIBUTE_CLASSES, COMBINATIONS, DIRECTIONS, NAMES, Tables
from reconciliation.diff.watching import CODE_BITS, Watched

assert SERVICES_MAX <= 1 << CODE_BITS
_SIDES: Final = range(3)


class Judge:
    """Adds up chunk after chunk.

    Args:
        writer: of the difference file, or None for counts alone.
    """

    def __init__(self, rules: Rules, tables: Tables, services: Services, writer: DifferenceWriter | None) -> None:
        self._rules, self._tables, self._services, self._writer = rules, tables, services, writer
        self._combined = np.zeros(COMBINATIONS, np.int64)
        self._unlike = np.zeros(COMBINATIONS, np.int64)
        self._counts = np.zeros(len(NAMES), np.int64)
        self._money = np.zeros(len(NAMES), np.int64)
        self._before = None if rules.settled_before is None else int(rules.settled_before.timestamp())
        self._changing = _changing(rules.in_flight, services)
        self._prices = np.zeros(0, np.int64)
        self.watched = Watched(rules.watched, services)
        self.in_flight = 0

    def add(self, chunk: Chunk) -> None:
        """Take up some keys, and write those that differ."""
        self._combined += np.bincount(chunk.combined, minlength=COMBINATIONS)
        self.watched.look(chunk, self._tables.known)
        attributes = self._attributes(chunk)
        unlike = attributes != 0
        self._unlike += np.bincount(chunk.combined[unlike], minlength=COMBINATIONS)
        at = np.flatnonzero(self._tables.differs[chunk.combined] | unlike)
        if not len(at):
            return
        found = _Found(chunk, at, self._services)
        settled = self._settled(found)
        if not settled.all():
            self.in_flight += int((~settled).sum())
            self.watched.leave(found.msisdn[~settled], found.service[~settled])
            at = at[settled]
            found = _Found(chunk, at, self._services)
        names = np.where(unlike[at], ATTRIBUTE_CLASSES[attributes[at]], self._tables.classes[chunk.combined[at]])
        money = found.money(DIRECTIONS[names], self._usual_prices())
        self._counts += np.bincount(names, minlength=len(NAMES))
        np.add.at(self._money, names, money)
        if self._writer is not None:
            self._write(self._writer, found, names, money)

    def _usual_prices(self) -> Ints:
        """What each service costs where no side says it, by code."""
        if len(self._prices) < len(self._services.names):
            self._prices = np.array([self._rules.prices.get(name, 0) for name in self._services.names], np.int64)
        return self._prices

    def _attributes(self, chunk: Chunk) -> Ints:
        """Of each key, which attribute differs though the letters agree, counted from 1; 0 for none."""
        rules, keys = self._rules, len(chunk.keys)
        alike = self._tables.alike[chunk.combined]
        found = np.zeros(keys, np.int64)
        limits = [("price", rules.price_tolerance_fen), ("payer", 0 if rules.payer else None), ("effective", rules.effective_tolerance_s)]
        for at, (name, limit) in reversed(list(enumerate(limits, 1))):
            if limit is not None:
                found[_spread_over([_dense(getattr(chunk.rows[side], name), chunk.places[side], keys) for side in _SIDES], limit) & alike] = at
        return found

    def _settled(self, found: _Found) -> Flags:
        settled = np.ones(len(found.msisdn), np.bool_)
        if self._before is not None:
            settled &= np.maximum(np.maximum(*found.effective[:2]), found.effective[2]) < self._before
        if len(self._changing):
            settled &= ~np.isin(found.msisdn << CODE_BITS | found.service, self._changing)
        return settled

    def _write(self, writer: DifferenceWriter, found: _Found, names: Ints, money: Ints) -> None:
        services = [self._services.names[code] for code in found.service.tolist()]
        states = [[self._tables.states[side][bits] for bits in found.bits(side).tolist()] for side in _SIDES]
        writer.write(found.msisdn, (services, [NAMES[at] for at in names.tolist()]), states, found.effective, found.price, found.payer, money)

    @property
    def compared(self) -> int:
        """Keys of which at least two sides are known."""
        return int(self._combined[self._tables.known > 1].sum())

    @property
    def unknown(self) -> int:
        """Keys of which fewer are known."""
        return int(self._combined[self._tables.known < 2].sum())

    @property
    def classes(self) -> dict[str, Tally]:
        """The differences."""
        return {NAMES[at]: Tally(int(self._counts[at]), int(self._money[at])) for at in np.flatnonzero(self._counts).tolist()}

    @property
    def equal(self) -> dict[str, int]:
        """The matched, by letters."""
        same = np.where((self._tables.known > 1) & ~self._tables.differs, self._combined - self._unlike, 0)
        counts = np.bincount(self._tables.classes, same, minlength=len(NAMES)).astype(np.int64)
        return {NAMES[at]: int(counts[at]) for at in np.flatnonzero(counts).tolist() if CLASSES[NAMES[at]].equal}


class _Found:
    """Some keys of a chunk with what each side says."""

    def __init__(self, chunk: Chunk, at: Ints, services: Services) -> None:
        self._combined = chunk.combined[at]
        keys = chunk.keys[at]
        self.msisdn = keys >> RANK_BITS
        codes = np.empty(len(services.names), np.int64)
        codes[services.ranks()] = np.arange(len(codes))
        self.service = codes[keys & ((1 << RANK_BITS) - 1)]
        self.effective, self.price, self.payer = ([_sparse(getattr(chunk.rows[side], name), chunk.places[side], at) for side in _SIDES] for name in ("effective", "price", "payer"))

    def bits(self, side: int) -> Ints:
        """The state of a side, as in a combination."""
        return (self._combined >> SIDE_BITS * side) & ((1 << SIDE_BITS) - 1)

    def money(self, directions: npt.NDArray[np.str_], usual: Ints) -> Ints:
        """Fen a month that are at stake for each key; `usual` by service where no side says a price."""
        boss, misc, platform = self.price
        price = np.where(boss != NONE, boss, np.where(misc != NONE, misc, platform))
        price = np.where(price != NONE, price, usual[self.service])
        other = np.where(platform != NONE, platform, misc)
        apart = np.where((boss != NONE) & (other != NONE), np.abs(boss - other), 0)
        whole = np.isin(directions, ("charged_not_served", "served_not_charged", "charged_to_another"))
        return np.where(whole, price, np.where(directions == "charged_otherwise", apart, 0))


def _dense(values: Ints, places: Ints, keys: int) -> Ints:
    """The values of a side for all keys, NONE where it has none."""
    if len(values) == keys:
        return values
    found = np.full(keys, NONE, np.int64)
    found[places] = values
    return found


def _sparse(values: Ints, places: Ints, at: Ints) -> Ints:
    """The values of a side for the keys at `at`, NONE where it has none."""
    if not len(values):
        return np.full(len(at), NONE, np.int64)
    row = np.minimum(np.searchsorted(places, at), len(values) - 1)
    return np.where(places[row] == at, values[row], NONE)


def _spread_over(values: list[Ints], limit: int) -> Flags:
    """Whether what is known lies further apart than `limit`: NONE is below everything, and read unsigned above everything."""
    high = np.maximum(np.maximum(values[0], values[1]), values[2])
    bare = [one.view(np.uint64) for one in values]
    low = np.minimum(np.minimum(bare[0], bare[1]), bare[2]).view(np.int64)
    return np.asarray(high - low > limit)


def _changing(keys: Iterable[tuple[str, str]], services: Services) -> Ints:
    return np.unique(np.array([int(msisdn) << CODE_BITS | services.code(service_id) for msisdn, service_id in keys], np.int64))
