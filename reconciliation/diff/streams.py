"""A side as a stream of columns in order of numbers: read as it lies, or sorted outside of memory first.

A file that is sorted by number is read once, block by block. One that is not is cut into
runs: as many records as fit in memory, sorted, and written to a scratch file; then the runs are
read side by side. Within one number the order does not matter here, see `merging`.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from reconciliation.codecs.feeds.columns import NAMES, NONE, Columns

RUN_ROWS: Final = 1 << 19
"""Records that are sorted in memory at a time; some 80 MB while it happens."""

MERGE_ROWS: Final = 1 << 18
"""Records of one side that are in memory while its runs are read side by side."""

MERGE_ROWS_MIN: Final = 1024
"""Of each run at least so many."""

ROW: Final = np.dtype([("msisdn", "<i8"), ("payer", "<i8"), ("effective", "<u4"), ("price", "<i4"), ("line", "<u4"), ("service", "<u2"), ("state", "u1"), ("", "u1")])
"""32 bytes, moved as four words."""

_NO_TIME: Final = 0
_NO_PRICE: Final = -1
_INDEX_BITS: Final = 28


class Disordered(Exception):  # no error: the side is read again, sorted
    """A side that was taken to be sorted is not."""


def in_order(blocks: Iterable[Columns]) -> Generator[Columns, None, None]:
    """The blocks as they are.

    Raises:
        Disordered: a number is lower than one before it.
    """
    last = 0
    for block in blocks:
        if not len(block):
            continue
        if int(block.msisdn[0]) < last or bool((block.msisdn[1:] < block.msisdn[:-1]).any()):
            raise Disordered
        last = int(block.msisdn[-1])
        yield block


def sorted_outside(blocks: Iterable[Columns], scratch: Path) -> Generator[Columns, None, None]:
    """The records in order of numbers, lines of one number in their own order.

    Args:
        scratch: a folder for 32 bytes a record, emptied again at the end.
    """
    runs = _write_runs(blocks, scratch)
    try:
        yield from _read_runs(runs)
    finally:
        for run in runs:
            run.unlink(missing_ok=True)


def by_number(rows: Columns) -> Columns:
    """The rows sorted by number, equal ones in their order."""
    mixed = np.sort((rows.msisdn << _INDEX_BITS) | np.arange(len(rows)))
    return rows[mixed & ((1 << _INDEX_BITS) - 1)]


def _write_runs(blocks: Iterable[Columns], scratch: Path) -> list[Path]:
    runs: list[Path] = []
    parts: list[Columns] = []
    rows = 0
    for block in blocks:
        parts.append(block)
        rows += len(block)
        if rows >= RUN_ROWS:
            runs.append(_write_run(parts, scratch / f"{len(runs)}.run"))
            parts, rows = [], 0
    if rows:
        runs.append(_write_run(parts, scratch / f"{len(runs)}.run"))
    return runs


def _write_run(parts: list[Columns], path: Path) -> Path:
    packed = np.concatenate([pack(one) for one in parts])
    mixed = np.sort((packed["msisdn"] << _INDEX_BITS) | np.arange(len(packed)))
    mixed &= (1 << _INDEX_BITS) - 1
    words = packed.view(np.uint64).reshape(-1, 4)
    with path.open("wb") as file:
        for at in range(0, len(mixed), 1 << 16):
            words.take(mixed[at : at + (1 << 16)], axis=0).tofile(file)
    return path


def pack(rows: Columns) -> npt.NDArray[np.void]:
    """The rows in 32 bytes each."""
    packed = np.zeros(len(rows), ROW)
    for name in NAMES:
        packed[name] = getattr(rows, name)
    packed["effective"] = np.where(rows.effective == NONE, _NO_TIME, rows.effective)
    packed["price"] = np.where(rows.price == NONE, _NO_PRICE, rows.price)
    return packed


def unpack(packed: npt.NDArray[np.void]) -> Columns:
    """What `pack` packed."""
    effective, price = packed["effective"].astype(np.int64), packed["price"].astype(np.int64)
    effective[effective == _NO_TIME] = NONE
    price[price == _NO_PRICE] = NONE
    whole = {name: packed[name].astype(np.int64) for name in ("msisdn", "payer", "line", "service")}
    return Columns(whole["msisdn"], whole["service"], packed["state"].copy(), effective, price, whole["payer"], whole["line"])


class _Run:
    """The unread rest of a run."""

    def __init__(self, path: Path, rows: int) -> None:
        self._file, self._rows = path.open("rb"), rows
        self.buffer = np.empty(0, ROW)
        self.ended = False

    def fill(self) -> None:
        """Read on where the buffer is empty, or holds one number only."""
        while not self.ended and (not len(self.buffer) or self.buffer["msisdn"][0] == self.buffer["msisdn"][-1]):
            more = np.fromfile(self._file, ROW, self._rows)
            self.ended = len(more) < self._rows
            self.buffer = np.concatenate([self.buffer, more]) if len(self.buffer) else more
        if self.ended:
            self.close()

    def close(self) -> None:
        """Nothing more is read."""
        self._file.close()

    def take(self, below: int | None) -> npt.NDArray[np.void]:
        """The rows with a lower number; all for None."""
        at = len(self.buffer) if below is None else int(np.searchsorted(self.buffer["msisdn"], below))
        taken, self.buffer = self.buffer[:at], self.buffer[at:]
        return taken


def _read_runs(paths: list[Path]) -> Iterator[Columns]:
    with ExitStack() as stack:
        runs = [stack.enter_context(closing(_Run(path, max(MERGE_ROWS_MIN, MERGE_ROWS // len(paths))))) for path in paths]
        yield from _side_by_side(runs)


def _side_by_side(runs: list[_Run]) -> Iterator[Columns]:
    while runs:
        for run in runs:
            run.fill()
        below = min((int(run.buffer["msisdn"][-1]) for run in runs if not run.ended), default=None)
        taken = [rows for run in runs if len(rows := run.take(below))]
        if taken:
            yield by_number(unpack(np.concatenate(taken)))
        runs = [run for run in runs if len(run.buffer) or not run.ended]
