"""What a comparison takes and gives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from reconciliation.codecs.feeds.columns import Columns, Services
from reconciliation.codecs.feeds.dialect import FeedDialect
from reconciliation.codecs.feeds.records import FeedRecord


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison: a file, records, or nothing.

    Attributes:
        path: of the feed; plain or gzip.
        dialect: of the file.
        records: in place of a file, in any order.
        columns: likewise, in bulk and in order of numbers; is given the services that codes stand for, and asked again where a file of
            another side turns out not to be sorted.
        whole: whether a key that is not in it is absent. False for increments: there it is unknown,
            and of several lines of a key the last holds.
        as_of: of records or columns, or of a file that states none.
        not_after: an as-of time later than this is refused (the present instant); None to allow any.
        between: the as-of time must lie in this span, both ends included.
        faults: a CSV of the records that could not be used (line, code, reason) is written there.
    """

    path: Path | None = None
    dialect: FeedDialect | None = None
    records: Sequence[FeedRecord] | None = field(default=None, repr=False)
    columns: Callable[[Services], Iterator[Columns]] | None = field(default=None, repr=False)
    whole: bool = True
    as_of: datetime | None = None
    not_after: datetime | None = None
    between: tuple[datetime, datetime] | None = None
    faults: Path | None = None

    @property
    def missing(self) -> bool:
        """No feed came: everything of this side is unknown."""
        return self.path is None and self.records is None and self.columns is None


MISSING = Side()


@dataclass(frozen=True, slots=True)
class Rules:
    """How strictly, and what is left out.

    Attributes:
        effective_tolerance_s: effective times further apart than this differ; None compares none.
        price_tolerance_fen: likewise.
        payer: whether payers are compared.
        settled_before: a difference of which a side changed at or after this instant is in flight, and left out.
        in_flight: keys (msisdn, service_id) whose differences are left out.
        masked: numbers of the difference file with their middle hidden.
        prices: fen a month by service, where no side says a price.
        watched: keys of which `Outcome.undecided` is asked.
    """

    effective_tolerance_s: int | None = 86_400
    price_tolerance_fen: int | None = 0
    payer: bool = True
    settled_before: datetime | None = None
    in_flight: Iterable[tuple[str, str]] = ()
    masked: bool = False
    prices: Mapping[str, int] = field(default_factory=dict)
    watched: Iterable[tuple[str, str]] = ()


STRICT = Rules()


@dataclass(frozen=True, slots=True)
class Tally:
    """Of one class: how many keys, and their money in fen."""

    count: int
    money_fen: int


@dataclass(frozen=True, slots=True)
class SideReport:
    """What was read of one side.

    Attributes:
        records: lines that hold a record, usable or not.
        faults: how many records could not be used, by code of `LINE_FAULTS`.
        is_sorted: by number, as read.
        fields: what header and name of the file say beside count and as-of time.
        count: of records, as the file says it; None where it does not.
        lacks: orders behind its last number that the two others hold; many of them, in a sorted file without a count, are a cut.
    """

    as_of: datetime | None
    records: int
    faults: Mapping[str, int]
    is_sorted: bool
    fields: Mapping[str, str] = field(default_factory=dict)
    count: int | None = None
    lacks: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a comparison.

    Attributes:
        compared: keys of which at least two sides are known.
        matched: of those, equal in letters and attributes.
        equal: the matched by their letters, `aaa`, `ppp`, `xxx` (and with `u`).
        classes: the differences by class.
        in_flight: differences left out since the key was changing.
        unknown: keys of which only one side is known.
        sides: boss, misc, platform; no entry for a missing one.
        undecided: of the watched keys those that are in flight, or of which a side is unknown.
    """

    compared: int
    matched: int
    equal: Mapping[str, int]
    classes: Mapping[str, Tally]
    in_flight: int
    unknown: int
    sides: Mapping[str, SideReport]
    undecided: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Difference:
    """One line of a difference file.

    Attributes:
        msisdn: 11 digits, or masked.
        name: of its class, a key of `CLASSES`.
        states: of BOSS, MISC, platform: active, paused, cancelled, absent or unknown.
        effective_at, price_fen, fee_msisdn: the same three sides; None where not known, or (fee) himself.
        money_fen: what is at stake a month.
    """

    msisdn: str = field(repr=False)
    service_id: str
    name: str
    states: tuple[str, str, str]
    effective_at: tuple[datetime | None, datetime | None, datetime | None]
    price_fen: tuple[int | None, int | None, int | None]
    fee_msisdn: tuple[str | None, str | None, str | None] = field(repr=False)
    money_fen: int
