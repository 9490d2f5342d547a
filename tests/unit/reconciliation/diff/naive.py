"""The comparison as one would write it down first: dictionaries, and no thought of size."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from reconciliation.codecs.feeds.records import FeedRecord
from reconciliation.diff import CLASSES, Rules

LETTERS = {"active": "a", "paused": "p", "cancelled": "x"}
Key = tuple[str, str]
NaiveSide = dict[Key, FeedRecord | None]
"""None: the key is known to be there, and nothing else."""


@dataclass
class NaiveOutcome:
    compared: int = 0
    unknown: int = 0
    in_flight: int = 0
    equal: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    money: Counter[str] = field(default_factory=Counter)
    differences: list[tuple[str, str, str, int]] = field(default_factory=list)
    undecided: set[Key] = field(default_factory=set)


def keyed(entries: Iterable[tuple[Key, FeedRecord | None]], whole: bool) -> NaiveSide:
    found: NaiveSide = {}
    for key, record in entries:
        found[key] = None if whole and key in found else record
    return found


def compare_naively(sides: Sequence[NaiveSide | None], wholes: Sequence[bool], rules: Rules) -> NaiveOutcome:
    outcome = NaiveOutcome()
    changing, watched = set(rules.in_flight), set(rules.watched)
    outcome.undecided = {key for key in watched if any(_letter(side, key, whole) == "u" for side, whole in zip(sides, wholes, strict=True))}
    for key in sorted({key for side in sides if side is not None for key in side}):
        records = [None if side is None else side.get(key) for side in sides]
        letters = "".join(_letter(side, key, whole) for side, whole in zip(sides, wholes, strict=True))
        says = {one for one in letters if one != "u"}
        if len(letters.replace("u", "")) < 2:
            outcome.unknown += 1
            continue
        outcome.compared += 1
        name = letters if len(says) > 1 else _attribute(records, rules) if says in ({"a"}, {"p"}) else None
        if name is None:
            outcome.equal[letters] += 1
        elif key in changing or any(_is_later(record, rules.settled_before) for record in records):
            outcome.in_flight += 1
            outcome.undecided |= {key} & watched
        else:
            money = _money(records, CLASSES[name].direction, rules.prices.get(key[1], 0))
            outcome.counts[name] += 1
            outcome.money[name] += money
            outcome.differences.append((*key, name, money))
    return outcome


def _letter(side: NaiveSide | None, key: Key, whole: bool) -> str:
    if side is None or (key not in side and not whole):
        return "u"
    if key not in side:
        return "x"
    record = side[key]
    return "u" if record is None else LETTERS[record.state]


def _is_later(record: FeedRecord | None, cutoff: datetime | None) -> bool:
    return record is not None and cutoff is not None and record.effective_at is not None and record.effective_at >= cutoff


def _attribute(records: Sequence[FeedRecord | None], rules: Rules) -> str | None:
    known = [one for one in records if one is not None]
    prices = [one.price_fen for one in known if one.price_fen is not None]
    if rules.price_tolerance_fen is not None and prices and max(prices) - min(prices) > rules.price_tolerance_fen:
        return "price"
    if rules.payer and len({one.fee_msisdn for one in known}) > 1:
        return "payer"
    times = [one.effective_at.timestamp() for one in known if one.effective_at is not None]
    if rules.effective_tolerance_s is not None and times and max(times) - min(times) > rules.effective_tolerance_s:
        return "effective"
    return None


def _money(records: Sequence[FeedRecord | None], direction: str, usual: int) -> int:
    boss, misc, platform = (None if one is None else one.price_fen for one in records)
    if direction in ("charged_not_served", "served_not_charged", "charged_to_another"):
        return next((one for one in (boss, misc, platform) if one is not None), usual)
    other = misc if platform is None else platform
    return abs(boss - other) if direction == "charged_otherwise" and boss is not None and other is not None else 0
