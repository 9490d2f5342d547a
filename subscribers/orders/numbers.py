"""Who had which number when, and what becomes of a reader whose number goes away. Pure rules.

An event about a number belongs to whoever had the number at its instant. So what is told
late of a number's last owner never reaches its next one, and what was told of the next one
before we heard that the number had changed hands is cut off from the last: `split`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from subscribers.orders.fields import EVER
from subscribers.orders.holder import Holder


@dataclass(slots=True, eq=False)
class Stretch:
    """A number in the hands of one, from `since` (None: since ever) up to before `until` (None: still).

    Attributes:
        holder: None for an owner who was no reader of ours.
    """

    holder: Holder | None
    msisdn: str
    since: datetime | None
    until: datetime | None
    why: str
    source: str
    id: int | None = None
    changed: bool = False

    def covers(self, at: datetime) -> bool:
        """Whether `at` lies within."""
        return (self.since is None or self.since <= at) and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True)
class Owner:
    """Who had a number at an instant.

    Attributes:
        holder: None where it was nobody whom we know.
        stretch: where he has it no more.
        free: nobody has had it since: who comes with it is a new reader.
    """

    holder: Holder | None
    stretch: Stretch | None = None
    free: bool = False


@dataclass(slots=True)
class Book:
    """The numbers that a batch speaks of.

    Attributes:
        present: who has a number now.
        spare: ids of rows that were made ahead for numbers that nobody has.
        made: readers that came to be here, some with a spare row.
        moves: (from, to, after): history later than `after` belongs to the second.
        joins: (from, to): the past of the first belongs to the second.
        awaited: (number, at, new number or None): what was told by `at` of changes to come goes along, or with None ends.
    """

    present: dict[str, Holder] = field(default_factory=dict)
    by_number: dict[str, list[Stretch]] = field(default_factory=dict)
    spare: dict[str, int] = field(default_factory=dict)
    made: list[Holder] = field(default_factory=list)
    moves: list[tuple[Holder, Holder, datetime]] = field(default_factory=list)
    joins: list[tuple[Holder, Holder]] = field(default_factory=list)
    awaited: list[tuple[str, datetime, str | None]] = field(default_factory=list)

    @property
    def stretches(self) -> Iterator[Stretch]:
        """Every stretch of these numbers and of their owners."""
        return (one for found in self.by_number.values() for one in found)

    def add(self, stretch: Stretch) -> Stretch:
        """One more."""
        self.by_number.setdefault(stretch.msisdn, []).append(stretch)
        return stretch

    def owner_at(self, msisdn: str, at: datetime) -> Owner:
        """Who had the number at `at`."""
        now = self.present.get(msisdn)
        free_from = self.since(msisdn)
        if free_from is None or at >= free_from:
            return Owner(now, free=now is None)
        found = next((one for one in self._closed(msisdn) if one.covers(at)), None)
        return Owner(None) if found is None else Owner(found.holder, found)

    def take(self, msisdn: str) -> Holder:
        """Whoever has the number now; a new reader where nobody does."""
        holder = self.present.get(msisdn)
        if holder is None:
            holder = self.present[msisdn] = Holder(self.spare.pop(msisdn, None), msisdn)
            self.made.append(holder)
        return holder

    def since(self, msisdn: str) -> datetime | None:
        """From when the number is his who has it now, or nobody's; None for since ever."""
        mine = next((one for one in self.by_number.get(msisdn, ()) if one.until is None), None)
        return mine.since if mine is not None else max((one.until for one in self._closed(msisdn) if one.until is not None), default=None)

    def _closed(self, msisdn: str) -> Iterator[Stretch]:
        return (one for one in self.by_number.get(msisdn, ()) if one.until is not None)

    def last_end(self, msisdn: str) -> Stretch | None:
        """How the number was given up last."""
        return max(self._closed(msisdn), key=lambda one: one.until or EVER, default=None)

    def moved_to(self, holder: Holder, stretch: Stretch) -> str | None:
        """The number that he had next after a stretch."""
        return next((one.msisdn for one in self.stretches if one.holder is holder and one.since is not None and one.since == stretch.until), None)

    def came_to(self, holder: Holder, msisdn: str) -> bool:
        """Whether he is known to have taken the number that he has."""
        return any(one.holder is holder and one.until is None for one in self.by_number.get(msisdn, ()))

    def came_from(self, holder: Holder, msisdn: str) -> bool:
        """Whether he had that number before and changed it."""
        return any(one.holder is holder and one.why == "number_change" for one in self._closed(msisdn))

    def note(self, holder: Holder | None, msisdn: str, since: datetime | None, until: datetime | None, why: str, source: str) -> Stretch:
        """Write a stretch down."""
        return self.add(Stretch(holder, msisdn, since, until, why, source, changed=True))

    def leave(self, holder: Holder, msisdn: str, at: datetime, why: str, source: str) -> Holder | None:
        """Take a number from its holder at `at`; whoever has what came later is another reader, None where nothing came.

        He keeps his past without a number; what was told of later instants, and numbers that
        he seemed to come by later, belong to the other.
        """
        later = holder.after(at)
        held = next((one for one in self.by_number.get(msisdn, ()) if one.holder is holder and one.covers(at)), None)
        held = held or self.note(holder, msisdn, self.since(msisdn), None, why, source)
        gone_at, gone_why, gone_source = held.until, held.why, held.source
        held.until, held.why, held.source, held.changed = at, why, source, True
        if gone_at is not None:
            later = later or Holder(None, None)
            for one in self.stretches:
                if one.holder is holder and one.since is not None and one.since >= gone_at:
                    one.holder, one.changed = later, True
            self.note(later, msisdn, at, gone_at, gone_why, gone_source)
        number, holder.msisdn, holder.number_changed = holder.msisdn, None, True
        if number is not None:
            del self.present[number]
            if later is not None:
                self.give(later, number)
        if later is not None:
            self.made.append(later)
            self.moves.append((holder, later, at))
        return later

    def give(self, holder: Holder, msisdn: str) -> None:
        """Let him have the number."""
        holder.msisdn, holder.number_changed = msisdn, True
        self.present[msisdn] = holder

    def join(self, other: Holder, holder: Holder) -> None:
        """Another reader, made a moment ago, turned out to be this one."""
        holder.merge(other)
        self.made.remove(other)
        self.moves = [(one, holder if to is other else to, at) for one, to, at in self.moves]
        for stretch in self.stretches:
            if stretch.holder is other:
                stretch.holder, stretch.changed = holder, True
        if other.msisdn is not None:
            self.give(holder, other.msisdn)
