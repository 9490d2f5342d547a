"""Whole blocks of lines to columns: regular lines with NumPy, the others one by one by `lines`, with the same result.

A line is regular when it has the right number of columns, a number of 11 digits, a service and
a state seen before, times of the usual widths, prices of at most eight digits, and no NUL.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from reconciliation.codecs.feeds.columns import CODES, NONE, UNREADABLE, Columns, Services, joined, of_rows, row_of
from reconciliation.codecs.feeds.digits import LAST, ZEROS, Flags, Ints, Words, are_digits, eight_digits
from reconciliation.codecs.feeds.instants import compact_seconds, iso_seconds, without_empty
from reconciliation.codecs.feeds.lines import Layout, find_service, read_line
from reconciliation.codecs.feeds.records import FeedError, FeedRecord, LineFault
from reconciliation.codecs.feeds.words import CELL_BYTES_MAX, Vocabulary, cells

ROOM: Final = 64
"""Bytes before and after the text of a block, so that whole words may be read at its edges."""

_FIRST_NUMBER, _LAST_NUMBER = 13_000_000_000, 19_999_999_999
_NEWLINE, _RETURN = 10, 13

Spans = dict[str, tuple[Ints, Ints]]
"""Start and end of the cells of each column."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a block holds.

    Attributes:
        columns: the records, faulty ones of which the key is known with the state UNREADABLE.
        records: lines that hold a record, usable or not.
        lines: lines in all.
        faults: those that cannot be used.
        last_record: the line of the last record, 0 for none.
    """

    columns: Columns
    records: int
    lines: int
    faults: list[LineFault]
    last_record: int


class BlockParser:
    """Parses the blocks of one file.

    Args:
        special: is shown each irregular line and its number; True where it is no record
            (blank, of the trailer), so that nothing more is done with it.
    """

    def __init__(self, layout: Layout, services: Services, special: Callable[[bytes, int], bool]) -> None:
        self._layout, self._services, self._special = layout, services, special
        self._names = Vocabulary(self._service)
        self._states = Vocabulary(self._state)

    def _service(self, cell: bytes) -> int | None:
        name = find_service(cell.decode(self._layout.encoding, "replace").strip())
        return None if name is None or "\ufffd" in name else self._services.code(name)

    def _state(self, cell: bytes) -> int | None:
        state = self._layout.dialect.states.get(cell.decode(self._layout.encoding, "replace").strip())
        return None if state is None else CODES[state]

    def parse(self, raw: npt.NDArray[np.uint8], length: int, line: int, line_bytes_max: int) -> Parsed:
        """The records of whole lines.

        Args:
            raw: `ROOM` bytes, `length` bytes of lines that each end with a newline, `ROOM` bytes.
            line: the number of the first line.
            line_bytes_max: without its end.

        Raises:
            FeedError: a line is longer, there are too many services, or what `special` raises.
            UnicodeDecodeError: an irregular line is no text.
        """
        block = _Block(raw, length)
        ends, rows, spans = self._split(block)
        long = np.diff(ends, prepend=ROOM - 1) > line_bytes_max + 1
        if long.any():
            raise FeedError("long_line", line=line + int(np.argmax(long)))
        good, columns = self._regular(block, spans, rows + line)
        if raw[ROOM : ROOM + length].min(initial=1) == 0:
            nul = np.unique(np.searchsorted(ends, np.flatnonzero(raw[ROOM : ROOM + length] == 0) + ROOM))
            good &= ~np.isin(rows, nul)
        if len(rows) == len(ends) and good.all():
            return Parsed(columns, len(rows), len(ends), [], line + len(ends) - 1 if len(rows) else 0)
        return self._with_irregular(block, ends, rows[good], columns[good], line)

    def _split(self, block: _Block) -> tuple[Ints, Ints, Spans]:
        """Ends of all lines, the indices of those with the right columns, and their cells."""
        dialect, count = self._layout.dialect, self._layout.count
        if dialect.widths:
            return _split_by_widths(block, self._layout)
        text = block.raw[ROOM : ROOM + block.length]
        marks = text == _NEWLINE
        lines = int(np.count_nonzero(marks))
        if count > 1:
            marks |= text == ord(dialect.delimiter)
        seps = np.flatnonzero(marks)
        seps += ROOM
        ends = seps[count - 1 :: count]
        if len(seps) == lines * count and bool((block.raw[ends] == _NEWLINE).all()):
            rows = np.arange(lines)
            bounds = list(np.ascontiguousarray(seps.reshape(lines, count).T))
            ends = bounds[-1]
        else:
            at_end = np.flatnonzero(block.raw[seps] == _NEWLINE)
            ends = seps[at_end]
            before = np.concatenate([[-1], at_end[:-1]])
            rows = np.flatnonzero(at_end - before == count)
            bounds = [seps[at_end[rows] - (count - 1 - at)] for at in range(count)]
        starts = np.concatenate([[ROOM], ends[:-1] + 1]) if len(ends) else ends
        if len(rows) < len(ends):
            starts = starts[rows]
        first = [starts, *(one + 1 for one in bounds[:-1])]
        if block.has_return and len(rows):
            bounds[-1] = bounds[-1] - (block.raw[bounds[-1] - 1] == _RETURN)
        return ends, rows, {name: (first[at], bounds[at]) for name, at in self._layout.places.items()}

    def _regular(self, block: _Block, spans: Spans, lines: Ints) -> tuple[Flags, Columns]:
        """Columns of the lines with the right number of cells, and which of them are good."""
        msisdn, good = block.numbers(*spans["msisdn"])
        service, found = self._find(self._names, block, spans["service_id"])
        good &= found
        state, found = self._find(self._states, block, spans["state"])
        good &= found
        effective, found = block.times(*spans["effective_at"], self._layout.dialect.time)
        good &= found
        none = np.full(len(lines), NONE, np.int64)
        price, payer = none, none
        if "price_fen" in spans:
            price, found = block.prices(*spans["price_fen"], plain=self._layout.dialect.price == "fen")
            good &= found
        if "fee_msisdn" in spans:
            payer, found = block.payers(*spans["fee_msisdn"], msisdn)
            good &= found
        return good, Columns(msisdn, service, state.astype(np.uint8), effective, price, payer, lines)

    def _find(self, vocabulary: Vocabulary, block: _Block, span: tuple[Ints, Ints]) -> tuple[Ints, Flags]:
        starts, lengths = span[0], span[1] - span[0]
        short = (lengths > 0) & (lengths <= CELL_BYTES_MAX)
        if not short.all():
            lengths = np.where(short, lengths, 0)
        values, found = vocabulary.find(cells(block.words, starts, lengths))
        return values, found & short

    def _with_irregular(self, block: _Block, ends: Ints, rows: Ints, columns: Columns, line: int) -> Parsed:
        """The same with the lines that are not among `rows`, each read on its own."""
        irregular = np.ones(len(ends), np.bool_)
        irregular[rows] = False
        faults: list[LineFault] = []
        found: list[tuple[int, ...]] = []
        last, count = int(rows[-1]) + line if len(rows) else 0, len(rows)
        for at in np.flatnonzero(irregular).tolist():
            text = block.text(int(ends[at - 1]) + 1 if at else ROOM, int(ends[at]))
            if self._special(text, line + at):
                continue
            count, last = count + 1, max(last, line + at)
            read = read_line(text, line + at, self._layout)
            if isinstance(read, FeedRecord):
                found.append(row_of(read, line + at, self._services, says_payer="fee_msisdn" in self._layout.places))
                continue
            faults.append(read)
            if read.key is not None:
                found.append((int(read.key[0]), self._services.code(read.key[1]), UNREADABLE, NONE, NONE, NONE, line + at))
        if found:
            columns = joined([columns, of_rows(found)])
            columns = columns[np.argsort(columns.line, kind="stable")]
        return Parsed(columns, count, len(ends), faults, last)


class _Block:
    """The bytes of a block, read in words."""

    def __init__(self, raw: npt.NDArray[np.uint8], length: int) -> None:
        self.raw, self.length = raw, length
        self.has_return = bool((raw[ROOM : ROOM + length] == _RETURN).any())
        self._words: Words = np.ndarray((len(raw) - 7,), "<u8", raw, 0, (1,))

    def words(self, at: Ints) -> Words:
        """Eight bytes from each place on."""
        return self._words[at]

    def text(self, start: int, end: int) -> bytes:
        """One line without its end."""
        found = self.raw[start:end].tobytes()
        return found[:-1] if found.endswith(b"\r") else found

    def numbers(self, starts: Ints, ends: Ints) -> tuple[Ints, Flags]:
        """Numbers of 11 digits."""
        first, last = self.words(starts), self.words(starts + 3)
        found = (eight_digits(first) * np.uint64(1000) + eight_digits(last) % np.uint64(1000)).astype(np.int64)
        good = are_digits(first) & are_digits(last) & (ends - starts == 11) & (found >= _FIRST_NUMBER) & (found <= _LAST_NUMBER)
        return found, good

    def times(self, starts: Ints, ends: Ints, form: str) -> tuple[Ints, Flags]:
        """Times of the dialect's form, or nothing."""
        lengths = ends - starts
        if form == "compact":
            found, good = compact_seconds(self.words(starts), self.words(starts + 8))
            good &= lengths == 14
        else:
            found, good = iso_seconds((self.words(starts), self.words(starts + 8), self.words(starts + 16)), self.raw[ends - 1], lengths)
        return without_empty(found, good, lengths)

    def prices(self, starts: Ints, ends: Ints, *, plain: bool) -> tuple[Ints, Flags]:
        """Whole fen of at most eight digits, or nothing; with a point (`plain` False) nothing only."""
        lengths = ends - starts
        short = np.clip(lengths, 0, 8)
        words = (self.words(ends - 8) & LAST[short]) | ZEROS[short]
        good = are_digits(words) & (lengths <= 8) if plain else np.zeros(len(starts), np.bool_)
        return without_empty(eight_digits(words).astype(np.int64), good, lengths)

    def payers(self, starts: Ints, ends: Ints, msisdn: Ints) -> tuple[Ints, Flags]:
        """Payers of 11 digits; 0 for nothing, and for the reader himself."""
        empty = ends == starts
        if empty.all():
            return np.zeros(len(starts), np.int64), empty
        found, good = self.numbers(starts, ends)
        found[empty | (found == msisdn)] = 0
        return found, good | empty


def _split_by_widths(block: _Block, layout: Layout) -> tuple[Ints, Ints, Spans]:
    """Like `_split` where columns have widths: cells without the spaces around them."""
    ends = np.flatnonzero(block.raw[ROOM : ROOM + block.length] == _NEWLINE) + ROOM
    starts = np.concatenate([[ROOM], ends[:-1] + 1]) if len(ends) else ends
    stops = ends - (block.raw[ends - 1] == _RETURN)
    rows = np.flatnonzero(stops - starts == sum(layout.dialect.widths))
    offsets = np.concatenate([[0], np.cumsum(layout.dialect.widths)])
    spans = {}
    for name, at in layout.places.items():
        first, last = starts[rows] + offsets[at], starts[rows] + offsets[at + 1]
        for _ in range(layout.dialect.widths[at]):
            filled = last > first
            if not (moved := filled & (block.raw[last - 1] == ord(" "))).any():
                break
            last = last - moved
        for _ in range(layout.dialect.widths[at]):
            if not (moved := (last > first) & (block.raw[first] == ord(" "))).any():
                break
            first = first + moved
        spans[name] = first, last
    return ends, rows, spans
