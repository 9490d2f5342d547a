"""Lists as CSV files: streamed page by page, so that memory does not grow with them; no cell is a formula to a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from typing import Any
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse

from subscribers.imports.rejects import csv_writer

CHUNK_ROWS = 2000
BOM = "\ufeff"
"""By which spreadsheets know UTF-8."""


def attached(name: str) -> str:
    """The header by which a browser keeps the answer as a file called `name`, in whatever script.

    Spec: RFC 6266 4.3, RFC 8187.
    """
    plain = "".join(one if one.isascii() and (one.isalnum() or one in "-_.") else "-" for one in name)
    return f'attachment; filename="{plain}"' + ("" if plain == name else f"; filename*=UTF-8''{quote(name, safe='')}")


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
