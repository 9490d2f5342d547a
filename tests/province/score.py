"""What was found of what was injected, as figures and as a table for docs/province.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.province.days import Province
from tests.province.faults import DAILY, Fault


@dataclass(frozen=True, slots=True)
class Score:
    """One kind of fault.

    Attributes:
        injected: how many; the others are of these.
        in_loop: found by the first run that knew all three sides, or at once in real time.
        right: classed as it should be, every order of it.
        ended: became what it should.
    """

    kind: str
    loop: str
    expected: str
    end: str
    injected: int
    in_loop: int
    right: int
    ended: int

    @property
    def is_perfect(self) -> bool:
        """Whether nothing is missing."""
        return self.injected == self.in_loop == self.right == self.ended


def scores(province: Province) -> list[Score]:
    """Of every kind; what is found at once first."""
    kinds: dict[str, list[Fault]] = {}
    for fault in province.faults:
        kinds.setdefault(fault.kind, []).append(fault)
    unusable = {one.day for one in province.spoiled}
    return sorted((_score(kind, some, unusable) for kind, some in kinds.items()), key=lambda one: (one.loop == DAILY, one.kind))


def _score(kind: str, some: Sequence[Fault], unusable: set[int]) -> Score:
    expected = ", ".join(dict.fromkeys(name for fault in some for name in fault.expected.values()))
    in_loop = sum(fault.found_day is not None and fault.found_day <= _due(fault, unusable) for fault in some)
    right = sum(fault.found == fault.expected for fault in some)
    return Score(kind, some[0].loop, expected, some[0].end, len(some), in_loop, right, sum(fault.ended == fault.end for fault in some))


def _due(fault: Fault, unusable: set[int]) -> int:
    """The day by whose run it must be found."""
    day = fault.day
    while fault.loop == DAILY and day in unusable:
        day += 1
    return day


def problems(province: Province) -> list[str]:
    """Everything that is not as it should be; nothing where all is well."""
    found = [f"{one.kind}: {one.injected} injected, {one.in_loop} in time, {one.right} classed right, {one.ended} {one.end}" for one in scores(province) if not one.is_perfect]
    found += [f"day {day}: {name} was invented" for day, _, name in province.invented]
    found += [f"a file {one.name} of {one.side} was told as {one.told or 'nothing'}" for one in province.spoiled if one.told != one.reason]
    found += [f"day {one.day}: money {one.money_fen}, counted plainly {one.naive_fen}" for one in province.results if _money(one.money_fen) != _money(one.naive_fen)]
    return [*found, *([f"{len(province.unequal)} orders without a fault differ at the end"] if province.unequal else [])]


def _money(fen: dict[str, int]) -> dict[str, int]:
    return {name: value for name, value in fen.items() if value}


def as_markdown(province: Province) -> str:
    """The tables of docs/province.md."""
    rows = ["| fault | must be found | as | injected | found in its loop | classed right | ends | so ended |", "|---|---|---|--:|--:|--:|---|--:|"]
    found = scores(province)
    rows += [f"| {one.kind} | {one.loop} | `{one.expected}` | {one.injected} | {one.in_loop} | {one.right} | {one.end} | {one.ended} |" for one in found]
    sums = [sum(getattr(one, name) for one in found) for name in ("injected", "in_loop", "right", "ended")]
    rows.append(f"| **all** | | | **{sums[0]}** | **{sums[1]}** | **{sums[2]}** | | **{sums[3]}** |")
    files = ["| check file | told as | differences decided that day |", "|---|---|--:|"]
    files += [f"| {one.name.replace('_', ' ')} ({one.side.upper()}) | {one.told or 'nothing'} | {_decided(province, one.day)} |" for one in province.spoiled]
    days = province.results
    facts = [
        f"{province.readers:,} readers at first, {len(province.world.orders):,} orders in the end, {province.days} days, {province.messages:,} messages to the platform.",
        f"{sum(one.compared for one in days):,} orders compared in {len(days)} runs.",
        f"Invented differences: {len(province.invented)}. Orders that differ at the end without an injected fault: {len(province.unequal)}.",
        "Money of every run equals a plain count line by line." if all(_money(one.money_fen) == _money(one.naive_fen) for one in days) else "Money does not equal a plain count.",
        f"Repairs: {', '.join(f'{name} {count:,}' for name, count in sorted(province.repairs.items()))}.",
        f"Asked of the peers: {', '.join(f'{peer} {kind} ({code}) {count:,}' for (peer, kind, code), count in sorted(province.peers.asked.items()))}.",
        f"Seen again on orders of an injected fault after it was found: {', '.join(f'`{name}` {count:,}' for name, count in sorted(province.aftermath.items())) or 'nothing'}.",
    ]
    return "\n".join([*rows, "", *files, "", *(f"- {one}" for one in facts), ""])


def _decided(province: Province, day: int) -> int:
    """Differences with three known sides in the run of a day whose file cannot be used: none may be."""
    run = next(one for one in province.results if one.day == day)
    return sum(count for name, count in run.differences.items() if len(name) == 3 and "u" not in name)
