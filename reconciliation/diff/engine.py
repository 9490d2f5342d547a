"""The comparison from end to end: three sides in, counts, money and a difference file out."""

from __future__ import annotations

import csv
import tempfile
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from reconciliation.codecs.feeds.columns import Columns, Services, blocks_of_records
from reconciliation.codecs.feeds.names import fields_of_name
from reconciliation.codecs.feeds.reading import Expected, FeedReader, open_feed
from reconciliation.codecs.feeds.records import FeedError, LineFault
from reconciliation.diff import apart
from reconciliation.diff.apart import ReaderApart
from reconciliation.diff.classes import SIDES
from reconciliation.diff.crowding import Crowd
from reconciliation.diff.files import DifferenceWriter
from reconciliation.diff.judging import Judge
from reconciliation.diff.merging import merged
from reconciliation.diff.outcome import STRICT, Outcome, Rules, Side, SideReport
from reconciliation.diff.streams import Disordered, in_order, sorted_outside
from reconciliation.diff.tables import tables
from reconciliation.diff.tails import Tails

NUMBER_MAX = 10_000
"""Records of one number in a feed, where nobody says otherwise."""

OnFaults = Callable[[Sequence[LineFault]], None]


def compare(boss: Side, misc: Side, platform: Side, rules: Rules = STRICT, *, out: Path | None = None, scratch: Path | None = None) -> Outcome:
    """Hold three sides against each other by (msisdn, service_id).

    Files are read block by block, in some 100 MB whatever their length; one that is not sorted by
    number is sorted in `scratch` first, 32 bytes a record.

    Args:
        out: the difference file; it is there only when all went well.
        scratch: a folder with room; None takes the machine's own for temporary files.

    Raises:
        FeedError: a side is refused whole (`side` says which); nothing was written to `out`.
    """
    sides = dict(zip(SIDES, (boss, misc, platform), strict=True))
    unsorted = {name for name, side in sides.items() if side.records is not None or not _begins_sorted(side)}
    while True:
        with tempfile.TemporaryDirectory(prefix="huabao-diff-", dir=scratch) as folder:
            try:
                return _Comparison(sides, rules, out, Path(folder), frozenset(unsorted)).run()
            except _Unsorted as found:
                unsorted.add(found.side)


def _begins_sorted(side: Side) -> bool:
    """Whether the first block of a file is sorted; what else is wrong is found later."""
    if side.path is None or side.dialect is None:
        return True
    with suppress(FeedError), open_feed(side.path) as source:
        first = next(iter(FeedReader(source, side.dialect, Services())), None)
        return first is None or bool((first.msisdn[1:] >= first.msisdn[:-1]).all())
    return True


class _Unsorted(Exception):  # no error: the side is read again, sorted
    def __init__(self, side: str) -> None:
        super().__init__(side)
        self.side = side


class _Comparison:
    """One attempt; a side that turns out not to be sorted ends it."""

    def __init__(self, sides: dict[str, Side], rules: Rules, out: Path | None, scratch: Path, unsorted: frozenset[str]) -> None:
        self._sides, self._rules, self._out, self._scratch, self._unsorted = sides, rules, out, scratch, unsorted
        self._services = Services()
        elsewhere = _apart(sides)
        self._inputs = [_Input(name, side, self._services, apart=name in elsewhere) for name, side in sides.items()]

    def run(self) -> Outcome:
        whole = [side.whole for side in self._sides.values()]
        known = tables(self._known)
        part = None if self._out is None else self._out.with_name(self._out.name + ".part")
        try:
            with ExitStack() as stack:
                writer = None if part is None else DifferenceWriter(stack.enter_context(part.open("wb")), masked=self._rules.masked)
                judge, tails = Judge(self._rules, known, self._services, writer), Tails()
                streams = [stack.enter_context(closing(self._stream(one, stack))) for one in self._inputs]
                for chunk in merged(streams, self._services, whole, [one.on_repeated for one in self._inputs]):
                    judge.add(chunk)
                    tails.look(chunk)
            if part is not None and self._out is not None:
                part.replace(self._out)
        finally:
            if part is not None:
                part.unlink(missing_ok=True)
        equal = judge.equal
        reports = {
            one.name: replace(one.report(one.name not in self._unsorted), lacks=lacks) for one, lacks in zip(self._inputs, tails.counts, strict=True) if not one.side.missing
        }
        undecided = judge.watched.undecided(absent_is_known=all(self._known))
        return Outcome(judge.compared, sum(equal.values()), equal, judge.classes, judge.in_flight, judge.unknown, reports, undecided)

    @property
    def _known(self) -> list[bool]:
        """Of each side, whether a key that it does not name is absent there."""
        return [side.whole and not side.missing for side in self._sides.values()]

    def _stream(self, one: _Input, stack: ExitStack) -> Generator[Columns, None, None]:
        folder = None
        if one.name in self._unsorted:
            folder = self._scratch / one.name
            folder.mkdir()
        one.start(stack, folder)
        return _or_unsorted(one.in_order(stack, folder), one.name)


def _apart(sides: dict[str, Side]) -> list[str]:
    """The sides that are read by processes of their own: long files, but for one, which this process reads."""
    long = [name for name, side in sides.items() if side.path is not None and side.path.is_file() and side.path.stat().st_size >= apart.APART_BYTES]
    return long[:-1] if apart.cores() > 1 else []


def _or_unsorted(blocks: Iterator[Columns], side: str) -> Generator[Columns, None, None]:
    try:
        yield from blocks
    except Disordered as error:
        raise _Unsorted(side) from error


class _Input:
    """One side being read."""

    def __init__(self, name: str, side: Side, services: Services, *, apart: bool = False) -> None:
        self.name, self.side, self._services, self._apart = name, side, services, apart
        self._reader: FeedReader | ReaderApart | None = None
        self._rows = 0
        self._repeated = 0
        self._keep_faults: OnFaults = lambda faults: None

    def start(self, stack: ExitStack, scratch: Path | None) -> None:
        """Set the process to work that reads this side, where there is one."""
        if self._apart and self.side.path is not None and self.side.dialect is not None:
            self._keep_faults = self._fault_file(stack)
            self._reader = ReaderApart(self.side.path, self.side.dialect, self._services, self._expected, self._keep_faults, scratch)
            stack.callback(self._reader.close)

    def in_order(self, stack: ExitStack, scratch: Path | None) -> Generator[Columns, None, None]:
        """What it says, in order of numbers; sorted in `scratch` where one is given."""
        try:
            if self._reader is not None:
                yield from self._reader
                return
            blocks = self.blocks(stack)
            yield from in_order(blocks) if scratch is None else sorted_outside(blocks, scratch)
        except FeedError as error:
            error.side = self.name
            raise

    def blocks(self, stack: ExitStack) -> Iterator[Columns]:
        """What it says, block by block, as it lies."""
        if self.side.records is not None or self.side.columns is not None:
            given = self.side.columns(self._services) if self.side.columns is not None else blocks_of_records(self.side.records or (), self._services)
            for block in given:
                self._rows += len(block)
                yield block
        elif self.side.path is not None:
            assert self.side.dialect is not None, "a file has a dialect"
            self._keep_faults = self._fault_file(stack)
            source = stack.enter_context(open_feed(self.side.path))
            self._reader = FeedReader(source, self.side.dialect, self._services, self._expected, self._keep_faults)
            yield from self._reader

    @property
    def _expected(self) -> Expected:
        return Expected(self.side.as_of, self.side.not_after, self.side.between)

    def _fault_file(self, stack: ExitStack) -> OnFaults:
        if self.side.faults is None:
            return lambda faults: None
        rows = csv.writer(stack.enter_context(self.side.faults.open("w", encoding="utf-8", newline="")))
        rows.writerow(("line", "code", "reason"))
        return lambda faults: rows.writerows((fault.line, fault.code, "; ".join(fault.words)) for fault in faults)

    def on_repeated(self, rows: Columns) -> None:
        """Lines whose key came before in a full file."""
        self._repeated += len(rows)
        self._keep_faults([LineFault(line, "repeated") for line in rows.line.tolist()])

    def report(self, is_sorted: bool) -> SideReport:
        """What was read."""
        faults = Counter({"repeated": self._repeated} if self._repeated else {})
        if self._reader is None or self.side.path is None or self.side.dialect is None:
            return SideReport(self.side.as_of, self._rows, faults, is_sorted)
        fields = {**(fields_of_name(self.side.dialect.file, self.side.path.name) or {}), **self._reader.said.fields}
        return SideReport(self._reader.as_of, self._reader.records, faults + self._reader.faults, is_sorted, fields, self._reader.said.count)


@dataclass(frozen=True, slots=True)
class FeedSummary:
    """A feed read by itself.

    Attributes:
        report: what it holds; lines of a key beside each other are not looked for.
        usable: records without a fault.
    """

    report: SideReport
    usable: int


def check_feed(side: Side, *, number_max: int = NUMBER_MAX) -> FeedSummary:
    """Read a feed from end to end without comparing it.

    Args:
        number_max: records of one number.

    Raises:
        FeedError: it is refused whole.
    """
    crowd = Crowd(number_max)
    with ExitStack() as stack:
        one = _Input("", side, Services())
        for block in one.blocks(stack):
            crowd.add(block)
        report = one.report(True)
    suspects = crowd.suspects()
    if len(suspects):
        with ExitStack() as stack:
            crowd.check(_Input("", replace(side, faults=None), Services()).blocks(stack), suspects)
    return FeedSummary(report, report.records - sum(report.faults.values()))
