"""A long feed read, and sorted where it must be, by a process of its own, so that a second core helps.

That process takes one JSON document on standard input and answers with frames: a letter, a length,
and what it says. Short files, and machines with one core, do without.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np

from reconciliation.codecs.feeds.columns import Columns, Services
from reconciliation.codecs.feeds.dialect import FeedDialect, Field, Frame
from reconciliation.codecs.feeds.frames import Said
from reconciliation.codecs.feeds.reading import Expected, FeedReader, open_feed
from reconciliation.codecs.feeds.records import FeedError, LineFault
from reconciliation.diff.streams import ROW, Disordered, in_order, pack, sorted_outside, unpack

APART_BYTES: Final = 32 << 20
"""Files of at least this size are worth a process."""

_PROGRAM: Final = "from reconciliation.diff.apart import main; main()"
_PIPE_BYTES: Final = 1 << 20
_SERVICES, _ROWS, _FAULTS, _REFUSED, _UNSORTED, _END = b"S", b"R", b"F", b"X", b"U", b"E"


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0))


class ReaderApart:
    """Like a `FeedReader`, in order of numbers, with another process doing the work from now on.

    Args:
        scratch: where it sorts; None where the file is taken to be sorted.
    """

    def __init__(self, path: Path, dialect: FeedDialect, services: Services, expected: Expected, on_faults: Callable[[Sequence[LineFault]], None], scratch: Path | None) -> None:
        self._services, self._expected, self._on_faults = services, expected, on_faults
        task: dict[str, Any] = {
            "path": str(path),
            "dialect": asdict(dialect),
            "expected": [_text(expected.as_of), _text(expected.not_after), [_text(one) for one in expected.between or ()]],
        }
        task["scratch"] = None if scratch is None else str(scratch)
        self.said = Said()
        self.records = 0
        self.faults: Counter[str] = Counter()
        self._process = self._start(task)

    @property
    def as_of(self) -> datetime | None:
        """What the file says, or what was expected of it."""
        return self.said.as_of or self._expected.as_of

    def __iter__(self) -> Generator[Columns, None, None]:
        """The records.

        Raises:
            FeedError: the file is refused whole.
            Disordered: it was taken to be sorted, and is not.
        """
        source = self._process.stdout
        assert source is not None
        yield from self._frames(source)

    def close(self) -> None:
        """Nothing more is read."""
        self._process.kill()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._process.wait()

    @staticmethod
    def _start(task: dict[str, Any]) -> subprocess.Popen[bytes]:
        root = str(Path(__file__).parents[2])
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))}
        process = subprocess.Popen([sys.executable, "-c", _PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
        assert process.stdin is not None and process.stdout is not None
        with suppress(OSError):  # a smaller pipe does as well, slower
            fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        with process.stdin as question:
            question.write(json.dumps(task).encode())
        return process

    def _frames(self, source: Any) -> Iterator[Columns]:
        codes = np.zeros(0, np.int64)
        while True:
            head = source.read(9)
            if len(head) < 9:
                raise RuntimeError("the process that reads a feed has died; run the comparison again")
            kind, data = head[:1], source.read(int.from_bytes(head[1:], "little"))
            if kind == _ROWS:
                rows = unpack(np.frombuffer(data, ROW))
                rows.service[:] = codes[rows.service]
                yield rows
            elif kind == _SERVICES:
                codes = np.array([self._services.code(name) for name in json.loads(data)], np.int64)
            elif kind == _FAULTS:
                self._on_faults([LineFault(*one) for one in json.loads(data)])
            elif kind == _UNSORTED:
                raise Disordered
            elif kind == _REFUSED:
                code, line, detail = json.loads(data)
                raise FeedError(code, line=line, detail=detail)
            else:
                as_of, count, fields, self.records, faults = json.loads(data)
                self.said, self.faults = Said(_time(as_of), count, fields), Counter(faults)
                return


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _frame(out: BinaryIO, kind: bytes, data: bytes | memoryview) -> None:
    out.write(kind + len(data).to_bytes(8, "little"))
    out.write(data)


def _dialect(given: dict[str, Any]) -> FeedDialect:
    frames = {key: Frame(given[key]["kind"], tuple(Field(**one) for one in given[key]["fields"]), given[key]["required"]) for key in ("header", "trailer")}
    return FeedDialect(**{**given, **frames, "columns": tuple(given["columns"]), "widths": tuple(given["widths"])})


def _work(task: dict[str, Any], out: BinaryIO) -> None:
    services, told = Services(), 0
    as_of, not_after, between = task["expected"]
    span = tuple(datetime.fromisoformat(one) for one in between)
    expected = Expected(_time(as_of), _time(not_after), (span[0], span[1]) if len(span) == 2 else None)

    def on_faults(faults: Sequence[LineFault]) -> None:
        _frame(out, _FAULTS, json.dumps([(one.line, one.code, one.key) for one in faults]).encode())

    with open_feed(Path(task["path"])) as source:
        reader = FeedReader(source, _dialect(task["dialect"]), services, expected, on_faults)
        with closing(in_order(reader) if task["scratch"] is None else sorted_outside(reader, Path(task["scratch"]))) as blocks:
            for rows in blocks:
                if len(services.names) > told:
                    told = len(services.names)
                    _frame(out, _SERVICES, json.dumps(services.names).encode())
                _frame(out, _ROWS, pack(rows).tobytes())
        _frame(out, _END, json.dumps([_text(reader.said.as_of), reader.said.count, reader.said.fields, reader.records, reader.faults]).encode())


def main() -> None:
    """Read what standard input names, and answer on standard output."""
    out = sys.stdout.buffer
    with suppress(BrokenPipeError):  # whoever asked has gone
        try:
            _work(json.load(sys.stdin), out)
        except Disordered:
            _frame(out, _UNSORTED, b"")
        except FeedError as error:
            _frame(out, _REFUSED, json.dumps([error.code, error.line, error.detail]).encode())
        out.flush()
        return
    os._exit(0)  # nothing is left to be written to
