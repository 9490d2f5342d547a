"""Tables on the sheets of a workbook (XLSX), written row by row: memory does not grow with them.

A text is a text whatever it begins with: no cell becomes a formula or a link.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, BinaryIO, Final

ROWS_MAX: Final = 1_048_575
"""Of a sheet, less its heading; what is beyond goes on a further one."""

FORMATS: Final = {
    "money": "#,##0.00",
    "share": "0.000%",
    "percent": "0.00%",
    "count": "#,##0",
    "rate": "#,##0.00",
    "day": "yyyy-mm-dd",
    "moment": "yyyy-mm-dd hh:mm",
}
"""How a kind of value is shown."""

_OPTIONS: Final = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "default_date_format": "yyyy-mm-dd"}
_NO_NAME: Final = str.maketrans("[]:*?/\\'", "        ")
NAME_CHARS_MAX: Final = 28


@contextmanager
def workbook(out: BinaryIO, title: str, made_at: datetime) -> Iterator[Sheets]:
    """A workbook that is whole when the block ends."""
    import xlsxwriter  # type: ignore[import-untyped]  # it ships no types

    with xlsxwriter.Workbook(out, _OPTIONS) as book:
        book.set_properties({"title": title, "created": made_at.replace(tzinfo=None)})
        yield Sheets(book)


class Sheets:
    """Writes tables, each on a sheet of its own."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
        self._formats = {kind: book.add_format({"num_format": shown}) for kind, shown in FORMATS.items()}
        self._names: set[str] = set()

    def table(
        self, name: str, heads: Sequence[str], rows: Iterable[Sequence[Any]], kinds: Mapping[int, str] | None = None, *, cells: Mapping[tuple[int, int], str] | None = None
    ) -> int:
        """A table; how many rows.

        Args:
            kinds: of columns, by their place: a key of `FORMATS`. Money comes in fen and stands in yuan.
            cells: the same of single cells, by row and column.
        """
        sheet, at, total = None, 0, 0
        for row in rows:
            if sheet is None or at == ROWS_MAX:
                sheet, at = self._sheet(name, heads, total), 0
            at, total = at + 1, total + 1
            for column, value in enumerate(row):
                kind = (cells or {}).get((total - 1, column)) or (kinds or {}).get(column, "")
                shown = value / 100 if kind == "money" and value is not None else value
                sheet.write(at, column, shown, self._formats.get(kind))
        if sheet is None:
            self._sheet(name, heads, 0)
        return total

    def _sheet(self, name: str, heads: Sequence[str], before: int) -> Any:
        sheet = self._book.add_worksheet(self._called(name, before // ROWS_MAX))
        sheet.set_column(0, len(heads) - 1, 16)
        for column, head in enumerate(heads):
            sheet.write(0, column, head, self._head)
        sheet.freeze_panes(1, 0)
        return sheet

    def _called(self, name: str, number: int) -> str:
        """A name that no other sheet has."""
        plain = name.translate(_NO_NAME)
        wanted = plain[:NAME_CHARS_MAX] if not number else f"{plain[: NAME_CHARS_MAX - 4]} {number + 1}"
        found, more = wanted, 2
        while found.casefold() in self._names:
            found, more = f"{wanted[: NAME_CHARS_MAX - 4]} ({more})", more + 1
        self._names.add(found.casefold())
        return found
