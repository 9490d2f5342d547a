"""What was found of what was injected, as figures and as a table for docs/province.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from tests.province.days import Province
from tests.province.faults import DAILY, MONTHLY, REAL_TIME, Fault

LOOPS = (REAL_TIME, DAILY, MONTHLY)


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
    return sorted((_score(kind, some) for kind, some in kinds.items()), key=lambda one: (LOOPS.index(one.loop), one.kind))


def _score(kind: str, some: Sequence[Fault]) -> Score:
    names = (name for fault in some for name in fault.expected.values())
    expected = ", ".join(dict.fromkeys(name.split()[0] if some[0].loop == MONTHLY else name for name in names))
    in_loop = sum(fault.found_day is not None and fault.found_day <= (fault.day if fault.due is None else fault.due) for fault in some)
    right = sum(fault.found == fault.expected for fault in some)
    return Score(kind, some[0].loop, expected, some[0].end, len(some), in_loop, right, sum(fault.ended == fault.end for fault in some))


def problems(province: Province) -> list[str]:
    """Everything that is not as it should be; nothing where all is well."""
    found = [f"{one.kind}: {one.injected} injected, {one.in_loop} in time, {one.right} classed right, {one.ended} {one.end}" for one in scores(province) if not one.is_perfect]
    found += [f"day {day}: {name} was invented" for day, _, name in province.invented]
    found += [f"a file {one.name} of {one.side} was told as {one.told or 'nothing'}" for one in province.spoiled if one.told != one.reason]
    found += [f"a bill {one.name} was told as {one.told or 'nothing'}" for one in province.months.bad if one.told != one.reason]
    return [*found, *province.problems, *province.months.problems, *([f"{len(province.unequal)} orders without a fault differ at the end"] if province.unequal else [])]


def as_markdown(province: Province) -> str:
    """The tables of docs/province.md."""
    rows = ["| fault | must be found | as | injected | found in its loop | classed right | ends | so ended |", "|---|---|---|--:|--:|--:|---|--:|"]
    found = scores(province)
    rows += [f"| {one.kind} | {one.loop} | `{one.expected}` | {one.injected} | {one.in_loop} | {one.right} | {one.end} | {one.ended} |" for one in found]
    sums = [sum(getattr(one, name) for one in found) for name in ("injected", "in_loop", "right", "ended")]
    rows.append(f"| **all** | | | **{sums[0]}** | **{sums[1]}** | **{sums[2]}** | | **{sums[3]}** |")
    files = ["| check file | told as | differences decided that day |", "|---|---|--:|"]
    files += [f"| {one.name.replace('_', ' ')} ({one.side.upper()}) | {one.told or 'nothing'} | {_decided(province, one.day)} |" for one in province.spoiled]
    files += [f"| bill {one.name}, {one.month:%Y-%m} | {one.told or 'nothing'} | 0 |" for one in province.months.bad]
    lists = ["| month | list | lines | fen |", "|---|---|--:|--:|"]
    lists += [f"| {month:%Y-%m} | {name} | {count:,} | {fen:,} |" for month, made in sorted(province.months.lists.items()) for name, (count, fen) in made.items()]
    days, months = province.results, province.months
    wrong = [*province.problems, *months.problems]
    facts = [
        f"{province.readers:,} readers at first, {len(province.world.orders):,} orders in the end, {province.days} days, {province.messages:,} messages to the platform.",
        f"{sum(one.compared for one in days):,} orders compared in {len(days)} runs; one took {median(province.run_s):.1f} s (median), {max(province.run_s):.1f} s at most.",
        f"Invented differences: {len(province.invented)}. Orders that differ at the end without an injected fault: {len(province.unequal)}.",
        f"{len(province.increments)} days from increments, {len(province.spoiled)} with a check file that cannot be used, the others from full files.",
        f"{province.recounted} runs were counted once more from what the sides hold: matches, each difference with its money, and the report's figures of both are equal: {'yes' if not wrong else 'no'}.",
        f"{province.twice} days were run twice: {'the second changed nothing' if not wrong else 'see above'}.",
        f"Served and not charged for a reason: {', '.join(f'{name} {count:,}' for name, count in sorted(months.left_out.items())) or 'nobody'}.",
        f"On the month's lists because of another fault: {', '.join(f'{name} {count:,}' for name, count in sorted(months.aftermath.items())) or 'nothing'}.",
        f"Repairs: {', '.join(f'{name} {count:,}' for name, count in sorted(province.repairs.items()))}.",
        f"Asked of the peers: {', '.join(f'{peer} {kind} ({code}) {count:,}' for (peer, kind, code), count in sorted(province.peers.asked.items()))}.",
        f"Seen again on orders of an injected fault after it was found: {', '.join(f'`{name}` {count:,}' for name, count in sorted(province.aftermath.items())) or 'nothing'}.",
    ]
    return "\n".join([*rows, "", *files, "", *lists, "", *(f"- {one}" for one in facts), ""])


def _decided(province: Province, day: int) -> int:
    """Differences with three known sides in the run of a day whose file cannot be used: none may be."""
    run = next(one for one in province.results if one.day == day)
    return sum(count for name, count in run.differences.items() if len(name) == 3 and "u" not in name)
