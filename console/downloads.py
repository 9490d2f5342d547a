"""Lists as CSV files: streamed page by page, so that memory does not grow with them; no cell is a formula to a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from typing import Any

from starlette.responses import Response, StreamingResponse

from subscribers.imports.rejects import csv_writer

CHUNK_ROWS = 2000
BOM = "\ufeff"
"""By which spreadsheets know UTF-8."""


def csv_answer(name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """The rows as a file called `name`; they are asked for while it is sent."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingResponse(_lines(header, rows), media_type="text/csv; charset=utf-8", headers=headers)


def _lines(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    buffer = StringIO()
    write = csv_writer(buffer)
    write(header)
    yield BOM
    for number, row in enumerate(rows, 1):
        write(["" if cell is None else cell for cell in row])
        if number % CHUNK_ROWS == 0:
            yield _drained(buffer)
    yield _drained(buffer)


def _drained(buffer: StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text
