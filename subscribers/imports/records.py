"""CSV files as records with the line on which each begins.

Read strictly (RFC 4180) and forgiving of the file as a whole: a record that
cannot be read is handed on with its reason and reading goes on with the next
line. A quotation mark that is never closed costs its own line, not the rest of
the file. Nothing here knows what the columns mean.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from huabao.errors import UsageError

LINE_CHARS_MAX = 65_536
"""Of one physical line; a reader's row has some hundred."""

RECORD_LINES_MAX = 50
"""Lines that one quoted record may span."""

COLUMNS_MAX = 200
SNIFFED_BYTES = 1 << 20
OWN_COLUMNS = ("line", "reason")
"""First columns of a `.rejected.csv`; such a file is taken as it is once its rows are mended."""


@dataclass(frozen=True, slots=True)
class Record:
    """One row.

    Attributes:
        line: where it begins, from 1.
        fields: its cells, or the raw text where it could not be read.
        problem: why it could not be read, or "".
    """

    line: int
    fields: Sequence[str]
    problem: str = ""


@dataclass(frozen=True)
class Table:
    """An open CSV file.

    Attributes:
        columns: names from the header, stripped; known ones are lower case.
        records: the rows below it.
        lines: physical lines of the file, for a progress bar.
    """

    columns: tuple[str, ...]
    records: Iterator[Record]
    lines: int


def read_table(path: Path, *, known: Sequence[str], required: Sequence[str]) -> Table:
    """Open `path` and read its header.

    Args:
        known: column names that are recognised whatever their case.
        required: those that must be there.

    Raises:
        UsageError: no such file, empty, not UTF-8, not CSV, or a header that does not fit.
    """
    lines = _inspect(path)
    records = _records(path)
    header = next(records, None)
    if header is None:
        raise UsageError(f"{path}: the file is empty; its first line must name the columns, e.g. {','.join(known[:4])}")
    if header.problem:
        raise UsageError(f"{path}:1: the header cannot be read: {header.problem}")
    columns = _columns(path, header.fields, known, required)
    skip = 2 if columns[:2] == OWN_COLUMNS else 0
    return Table(columns[skip:], _cut(records, len(columns), skip), lines)


def read_records(path: Path) -> Iterator[Record]:
    """The rows of a CSV file, the first included, whatever they mean.

    Raises:
        UsageError: no such file, or none that is CSV in UTF-8.
    """
    _inspect(path)
    return _records(path)


def _cut(records: Iterator[Record], width: int, skip: int) -> Iterator[Record]:
    for record in records:
        fields = record.fields
        if record.problem:
            yield record
        elif len(fields) != width:
            yield Record(record.line, fields[skip:], f"has {len(fields) - skip} fields where the header has {width - skip}")
        else:
            yield Record(record.line, fields[skip:], "") if skip else record


def _columns(path: Path, header: Sequence[str], known: Sequence[str], required: Sequence[str]) -> tuple[str, ...]:
    names = [name.strip() for name in header]
    columns = tuple(name.lower() if name.lower() in known or name.lower() in OWN_COLUMNS else name for name in names)
    if len(columns) > COLUMNS_MAX:
        raise UsageError(f"{path}:1: {len(columns)} columns; at most {COLUMNS_MAX} are taken")
    for name in required:
        if name not in columns:
            hint = "separate the columns by commas" if len(columns) == 1 and any(mark in columns[0] for mark in ";\t|") else f"expected {','.join(known)}"
            raise UsageError(f"{path}:1: the header has no column `{name}`; {hint}")
    twice = sorted({name for name in columns if name and columns.count(name) > 1})
    if twice:
        raise UsageError(f"{path}:1: the column `{twice[0][:64]}` stands twice; remove or rename one")
    for name in columns:
        if len(name) > 64 or any(char < " " or "\ud800" <= char <= "\udfff" for char in name):
            raise UsageError(f"{path}:1: the column name {name[:20]!r} is longer than 64 characters or holds a character that is no text; rename it")
    return columns


def _inspect(path: Path) -> int:
    try:
        with path.open("rb") as file:
            head = file.read(SNIFFED_BYTES)
            _check_encoding(path, head)
            lines = head.count(b"\n")
            while block := file.read(SNIFFED_BYTES):
                lines += block.count(b"\n")
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    return lines


def _check_encoding(path: Path, head: bytes) -> None:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UsageError(f"{path}: is UTF-16; save it as CSV in UTF-8")
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise UsageError(f"{path}: is a workbook, not a CSV file; save it as CSV in UTF-8")
    foreign = [line for line in head.split(b"\n")[: -1 if len(head) == SNIFFED_BYTES else None] if not line.isascii()]
    broken = sum(1 for line in foreign if not _decodes(line, "utf-8"))
    if broken and broken == len(foreign):
        likely = "GBK" if all(_decodes(line, "gb18030") for line in foreign) else "another encoding"
        raise UsageError(f"{path}: is not UTF-8 (it looks like {likely}); save it as UTF-8, or: iconv -f {likely if likely == 'GBK' else 'OTHER'} -t UTF-8 {path.name} > utf8.csv")


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


class _Runaway(Exception):
    """A record spans more lines than a record may."""


class _Lines:
    """Lines of the file, with those of the present record kept so that they can be read again."""

    def __init__(self, file: TextIO) -> None:
        self.file = file
        self.waiting: deque[str] = deque()
        self.current: list[str] = []
        self.line = 1

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self.waiting.popleft() if self.waiting else self.file.readline(LINE_CHARS_MAX)
        if not line:
            raise StopIteration
        if len(self.current) >= RECORD_LINES_MAX:
            self.waiting.appendleft(line)
            raise _Runaway
        self.current.append(line)
        if len(line) >= LINE_CHARS_MAX and line[-1] not in "\r\n":
            self._skip_rest()
            raise csv.Error(f"the line is longer than {LINE_CHARS_MAX:,} characters")
        return line

    def _skip_rest(self) -> None:
        while (rest := self.file.readline(LINE_CHARS_MAX)) and rest[-1] not in "\r\n":
            pass

    def accept(self) -> int:
        """The present record is read; the line on which it began."""
        began = self.line
        self.line += len(self.current)
        self.current.clear()
        return began

    def reject_first(self) -> tuple[int, str]:
        """Give up the record's first line only; its number and text."""
        first, *rest = self.current
        self.waiting.extendleft(reversed(rest))
        self.current.clear()
        self.line += 1
        return self.line - 1, first.rstrip("\r\n")


def _records(path: Path) -> Iterator[Record]:
    with path.open("r", encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        lines = _Lines(file)
        reader = csv.reader(lines, strict=True)
        while True:
            try:
                for fields in reader:
                    began = lines.accept()
                    if any(fields):
                        yield Record(began, fields)
                return
            except (csv.Error, _Runaway) as error:
                problem = _reason(error)
            if not lines.current:
                return
            began, text = lines.reject_first()
            yield Record(began, (text,), problem)
            reader = csv.reader(lines, strict=True)


def _reason(error: Exception) -> str:
    text = str(error)
    if isinstance(error, _Runaway) or "unexpected end of data" in text:
        return "a quotation mark is opened and never closed"
    if "expected after" in text:
        return 'text stands after a closing quotation mark; double a mark that is meant (\"\")'
    if "field larger" in text:
        return "a field is too long"
    return text
