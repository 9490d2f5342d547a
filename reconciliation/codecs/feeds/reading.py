"""A feed as a stream of columns: never whole in memory, and checked as it goes by.

What is wrong with one record is handed on and passed over. What is wrong with the
file raises a `FeedError`, sometimes only at its end: whoever reads applies nothing before
the stream has ended well.
"""

from __future__ import annotations

import gzip
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
import numpy.typing as npt

from reconciliation.codecs.feeds.blocks import ROOM, BlockParser
from reconciliation.codecs.feeds.columns import Columns, Services
from reconciliation.codecs.feeds.dialect import FeedDialect
from reconciliation.codecs.feeds.frames import MARK, Said, fields_of, marks_of, names_of
from reconciliation.codecs.feeds.lines import Layout, layout_of
from reconciliation.codecs.feeds.records import FeedError, LineFault

BLOCK_BYTES: Final = 1 << 20
LINE_BYTES_MAX: Final = 4096
_BOM: Final = b"\xef\xbb\xbf"
_GZIP: Final = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Expected:
    """What the as-of time of a feed must be.

    Attributes:
        as_of: of a file that states none.
        not_after: the present instant; None to allow any.
        between: the day that is compared, both ends included; None to allow any.
    """

    as_of: datetime | None = None
    not_after: datetime | None = None
    between: tuple[datetime, datetime] | None = None


@contextmanager
def open_feed(path: Path) -> Iterator[BinaryIO]:
    """A file to read, unpacked where it is gzip.

    Raises:
        FeedError: it cannot be read or unpacked, now or while it is read.
    """
    try:
        with path.open("rb") as file:
            packed = file.read(2) == _GZIP
            file.seek(0)
            if not packed:
                yield file
                return
            with gzip.open(file) as unpacked:
                yield unpacked  # type: ignore[misc]  # GzipFile has all of BinaryIO that is used
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise FeedError("compressed") from error
    except OSError as error:
        raise FeedError("unreadable", detail=error.strerror or "") from error


class FeedReader:
    """Reads one feed once.

    Args:
        source: bytes, unpacked.
        services: shared by the sides of a comparison.
        on_faults: is given the records that cannot be used, block by block.

    Attributes:
        said: header and trailer, whole once the stream has ended.
        records: lines with a record so far, usable or not.
        faults: how many could not be used, by code.
    """

    def __init__(
        self,
        source: BinaryIO,
        dialect: FeedDialect,
        services: Services,
        expected: Expected = Expected(),
        on_faults: Callable[[Sequence[LineFault]], None] = lambda faults: None,
    ) -> None:
        self._source, self._dialect, self._services, self._expected, self._on_faults = source, dialect, services, expected, on_faults
        self.said = Said()
        self.records = 0
        self.faults: Counter[str] = Counter()
        self._line = 1
        self._header = ""
        self._trailer_line = 0
        self._buffer = np.zeros(2 * ROOM + LINE_BYTES_MAX + BLOCK_BYTES + 1, np.uint8)
        self._parser: BlockParser | None = None

    @property
    def as_of(self) -> datetime | None:
        """What the file says, or what was expected of it."""
        return self.said.as_of or self._expected.as_of

    def __iter__(self) -> Iterator[Columns]:
        """The records, in blocks.

        Raises:
            FeedError: the file is refused whole.
        """
        kept, ended = 0, False
        while not ended:
            kept, ended = self._fill(kept)
            text = self._buffer[ROOM : ROOM + kept].tobytes() if self._parser is None else b""
            start = self._begin(text) if self._parser is None and (b"\n" in text or ended) else 0
            length = self._lines_in(start, kept)
            if kept - length > LINE_BYTES_MAX:
                raise FeedError("long_line", line=self._line + int((self._buffer[ROOM + start : ROOM + length] == 10).sum()))
            if length > start and self._parser is not None:
                yield self._parse(self._buffer[start : length + 2 * ROOM], length - start)
            self._buffer[ROOM : ROOM + kept - length] = self._buffer[ROOM + length : ROOM + kept].copy()
            kept -= length
        yield from self._last(kept)
        self._check_end()

    def _fill(self, kept: int) -> tuple[int, bool]:
        """Read on behind what was kept; how much there is now, and whether it was the last."""
        room = self._buffer.data[ROOM : ROOM + LINE_BYTES_MAX + BLOCK_BYTES]
        while kept < BLOCK_BYTES:
            got = self._source.readinto(room[kept:])  # type: ignore[attr-defined]  # every raw or buffered reader has it
            if not got:
                return kept, True
            kept += got
        return kept, False

    def _lines_in(self, start: int, kept: int) -> int:
        """Bytes up to the last newline, `start` where there is none behind it."""
        at = kept
        while at > start:  # newlines are near the end; looked for in small steps
            low = max(start, at - 4096)
            found = np.flatnonzero(self._buffer[ROOM + low : ROOM + at] == 10)
            if len(found):
                return low + int(found[-1]) + 1
            at = low
        return start

    def _begin(self, text: bytes) -> int:
        """Read the header; where the records begin."""
        start = len(_BOM) if self._dialect.encoding == "utf-8" and text.startswith(_BOM) else 0
        end = text.find(b"\n", start)
        raw = text[start:] if end < 0 else text[start:end]
        after = len(text) if end < 0 else end + 1
        frame, columns = self._dialect.header, self._dialect.columns
        if frame.kind != "none":
            line = self._decode(raw[: 2 * LINE_BYTES_MAX], self._dialect.encoding).rstrip("\r")
            read = names_of(line, self._dialect) if frame.kind == "names" else fields_of(line, frame, self._dialect)
            if read is None and frame.required:
                raise FeedError("no_header", line=1)
            if isinstance(read, tuple):
                columns = read
            elif read is not None:
                self.said.take(read, self._dialect.time, code="no_header", line=1)
                self._check_as_of(self.said.as_of)
            if read is not None:
                self._header, start, self._line = line, after, 2
        encoding = self._dialect.encoding if self._dialect.widths else "utf-8"
        self._layout: Layout = layout_of(self._dialect, columns, encoding)
        self._parser = BlockParser(self._layout, self._services, self._special)
        return start

    def _decode(self, raw: bytes, encoding: str) -> str:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError as error:
            raise FeedError("undecodable", line=self._line + raw[: error.start].count(b"\n")) from error

    def _parse(self, raw: npt.NDArray[np.uint8], length: int) -> Columns:
        """Whole lines, with `ROOM` before and after them."""
        assert self._parser is not None
        line_bytes_max = LINE_BYTES_MAX
        if raw[ROOM : ROOM + length].max() >= 0x80:
            data = raw[ROOM : ROOM + length].tobytes()
            text = self._decode(data, self._dialect.encoding)
            if self._layout.encoding != self._dialect.encoding:
                raw, length = _roomy(text.encode(self._layout.encoding))
                line_bytes_max *= 2  # what is two bytes in GB 18030 may be three in UTF-8
        parsed = self._parser.parse(raw, length, self._line, line_bytes_max)
        self._line += parsed.lines
        self.records += parsed.records
        if self._trailer_line and parsed.last_record > self._trailer_line:
            raise FeedError("after_trailer", line=parsed.last_record)
        if parsed.faults:
            self.faults.update(fault.code for fault in parsed.faults)
            self._on_faults(parsed.faults)
        return parsed.columns

    def _special(self, line: bytes, number: int) -> bool:
        """Whether an irregular line is no record: blank, or of the trailer, which is taken up."""
        if not line.strip():
            return True
        text = line.decode(self._layout.encoding)
        if self._is_header(text):
            raise FeedError("repeated_header", line=number)
        frame = self._dialect.trailer
        if frame.kind == "marks" and text.startswith(MARK):
            found = marks_of(text)
        elif frame.kind == "fields" and text.startswith(frame.fields[0].fixed):
            found = fields_of(text, frame, self._dialect)
            if self._trailer_line:
                raise FeedError("trailer", line=number)
        else:
            return False
        if found is None:
            raise FeedError("trailer", line=number)
        self.said.take(found, self._dialect.time, code="trailer", line=number)
        self._trailer_line = self._trailer_line or number
        return True

    def _is_header(self, text: str) -> bool:
        frame = self._dialect.header
        if frame.kind == "names":
            return names_of(text, self._dialect) is not None
        return frame.kind == "fields" and (text == self._header or (bool(frame.fields[0].fixed) and text.startswith(frame.fields[0].fixed)))

    def _last(self, kept: int) -> Iterator[Columns]:
        """A last line without its newline: good where it is whole, else the file was cut."""
        if not kept:
            return
        self._buffer[ROOM + kept] = 10
        line, before = self._line, self.faults.total()
        columns = self._parse(self._buffer[: kept + 1 + 2 * ROOM], kept + 1)
        if self.faults.total() > before:
            raise FeedError("truncated", line=line)
        yield columns

    def _check_end(self) -> None:
        if self._dialect.trailer.required and self._dialect.trailer.kind != "none" and not self._trailer_line:
            raise FeedError("no_trailer")
        if self.said.count is not None and self.said.count != self.records:
            raise FeedError("count", detail=f"says {self.said.count}, holds {self.records}")
        self._check_as_of(self.as_of)

    def _check_as_of(self, as_of: datetime | None) -> None:
        expected = self._expected
        if as_of is None:
            if expected.not_after is not None or expected.between is not None:
                raise FeedError("no_as_of")
            return
        if expected.not_after is not None and as_of > expected.not_after:
            raise FeedError("future", detail=f"{as_of:%Y-%m-%d %H:%M}Z")
        if expected.between is not None and not expected.between[0] <= as_of <= expected.between[1]:
            raise FeedError("wrong_day", detail=f"{as_of:%Y-%m-%d %H:%M}Z")


def _roomy(data: bytes) -> tuple[npt.NDArray[np.uint8], int]:
    raw = np.zeros(len(data) + 2 * ROOM, np.uint8)
    raw[ROOM : ROOM + len(data)] = np.frombuffer(data, np.uint8)
    return raw, len(data)
