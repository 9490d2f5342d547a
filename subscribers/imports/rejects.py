"""Rows set aside, and cells that a spreadsheet must not run.

A cell that begins with `=`, `+`, `-`, `@`, a tab or a carriage return is a
formula to a spreadsheet. Files that Huabao writes put an apostrophe before it;
imports take that apostrophe away again, so a cell that goes out and comes back is the same.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from huabao.errors import UsageError

_RISKY = re.compile(r"'*[=+\-@\t\r]")
_GUARDED = re.compile(r"'+[=+\-@\t\r]")


def neutral(cell: str) -> str:
    """`cell` as it goes into a file that people open in a spreadsheet."""
    return "'" + cell if _RISKY.match(cell) else cell


def original(cell: str) -> str:
    """The cell that `neutral` was given."""
    return cell[1:] if _GUARDED.match(cell) else cell


def csv_writer(file: TextIO) -> Callable[[Iterable[Any]], None]:
    """A function that writes one row with its cells made harmless; None is an empty cell."""
    rows = csv.writer(file)
    return lambda cells: rows.writerow([neutral("" if cell is None else str(cell)) for cell in cells])


class CSVFile:
    """A CSV file for people: UTF-8 with a mark that spreadsheets know it by, readable by its owner only.

    Raises:
        UsageError: it cannot be written there.
    """

    def __init__(self, path: Path, header: Sequence[str]) -> None:
        self.path = path
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        except OSError as error:
            raise UsageError(f"{path}: cannot be written: {error.strerror}; choose another folder") from error
        self._file: TextIO = os.fdopen(handle, "w", encoding="utf-8-sig", errors="surrogateescape", newline="")
        self.write = csv_writer(self._file)
        self.write(header)

    def __enter__(self) -> CSVFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """No more rows."""
        self._file.close()


class Rejects:
    """`FILE.rejected.csv`: made when the first row is set aside; one of an earlier run is removed."""

    def __init__(self, source: Path, columns: Sequence[str]) -> None:
        self.path = source.with_name(f"{source.name}.rejected.csv" if source.suffix.lower() != ".csv" else f"{source.stem}.rejected.csv")
        self.columns = columns
        self.count = 0
        self._out: CSVFile | None = None

    def __enter__(self) -> Rejects:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._out is not None:
            self._out.close()
        elif kind is None:
            self.path.unlink(missing_ok=True)

    def add(self, line: int, reason: str, fields: Sequence[str]) -> None:
        """Set one row aside."""
        if self._out is None:
            self._out = CSVFile(self.path, ("line", "reason", *self.columns))
        self._out.write((line, reason, *fields))
        self.count += 1
