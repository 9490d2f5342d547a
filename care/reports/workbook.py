"""A report as a workbook (XLSX): the headline figures, then a sheet for each table, with true numbers, days and times of Shanghai."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, BinaryIO, Final

from care.reports.document import BYTES, CLOCK, COUNT, DAY, MINUTES, MOMENT, MONEY, PERCENT, RATE, Cell, Document, Table
from care.reports.wording import say
from huabao.clock import SHANGHAI, shanghai_text
from reconciliation.reports.sheets import Sheets, workbook

FORMATS: Final = {
    COUNT: "count", MINUTES: "count", BYTES: "count", PERCENT: "percent", RATE: "rate", MONEY: "money", DAY: "day", MOMENT: "moment", CLOCK: "moment",
}  # fmt: skip
"""How each kind of value is formatted on a sheet, by `reconciliation.reports.sheets.FORMATS`."""


def write_workbook(out: BinaryIO, document: Document) -> None:
    """Write it."""
    with workbook(out, f"{document.title} {document.span}", document.made_at) as sheets:
        _summary(sheets, document)
        for table in document.tables:
            _table(sheets, table)


def _summary(sheets: Sheets, document: Document) -> None:
    language = document.language
    about: list[tuple[Any, ...]] = [(document.title, document.span, ""), (say(language, "made", at=""), shanghai_text(document.made_at), "")]
    about += [(warning, "", "") for warning in document.warnings]
    kinds = [FORMATS.get(figure.kind, "") for figure in document.figures]
    rows = [*((figure.label, figure.value, figure.note) for figure in document.figures), *about]
    sheets.table(say(language, "summary"), tuple(say(language, name) for name in ("figure", "value", "means")), rows, cells={(row, 1): kind for row, kind in enumerate(kinds)})


def _table(sheets: Sheets, table: Table) -> None:
    kinds = {place: FORMATS[column.kind] for place, column in enumerate(table.columns) if column.kind in FORMATS}
    sheets.table(table.name, [column.head for column in table.columns], _rows(table), kinds)


def _rows(table: Table) -> Iterable[list[Any]]:
    return ([_value(cell) for cell in row] for row in table.rows)


def _value(cell: Cell) -> Any:
    """As a sheet holds it: it knows no zones, so an instant stands as the clock in Shanghai showed it."""
    return cell.astimezone(SHANGHAI).replace(tzinfo=None, microsecond=0) if isinstance(cell, datetime) else cell
