"""A report as people read it, in one language: headline figures, then sections of sentences, pictures and tables.

The page shows it, `paper` lays it out, `workbook` writes its tables with their true
values: all three say the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from urllib.parse import urlencode

from markupsafe import Markup

from huabao.clock import SHANGHAI
from reconciliation.reports.wording import yuan

Cell = str | int | float | date | datetime | None

TEXT, COUNT, PERCENT, RATE, MINUTES, MONEY, DAY, MOMENT, CLOCK, BYTES = "text", "count", "percent", "rate", "minutes", "money", "day", "moment", "clock", "bytes"
KINDS: Final = (TEXT, COUNT, PERCENT, RATE, MINUTES, MONEY, DAY, MOMENT, CLOCK, BYTES)
"""Of the values of a column: money in fen, percent as a share of one, `clock` an instant whose day is known."""

NUMBERS: Final = frozenset({COUNT, PERCENT, RATE, MINUTES, MONEY, BYTES})
"""Kinds that stand at the right."""

NOTHING: Final = "—"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    head: str
    kind: str = TEXT

    @property
    def is_number(self) -> bool:
        """Whether it stands at the right."""
        return self.kind in NUMBERS


@dataclass(frozen=True, slots=True)
class Table:
    """One table; on a sheet of its own it is called `name`.

    Attributes:
        shown_max: rows on paper and on the page; the workbook has them all.
        links: of each row the path of the console where one looks closer, or "".
    """

    name: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    shown_max: int = 60
    links: tuple[str, ...] = ()

    @property
    def shown(self) -> tuple[tuple[Cell, ...], ...]:
        """The rows for paper."""
        return self.rows[: self.shown_max]


@dataclass(frozen=True, slots=True)
class Section:
    """One heading and what stands under it.

    Attributes:
        say: sentences above pictures and tables.
        note: below them, smaller: what the numbers mean.
        half: it may stand beside another one that is half.
    """

    title: str
    say: tuple[str, ...] = ()
    pictures: tuple[Markup, ...] = ()
    tables: tuple[Table, ...] = ()
    note: str = ""
    half: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """One headline figure.

    Attributes:
        note: its base, or what it is compared with.
        tone: `failed` where somebody should look, or "".
    """

    label: str
    value: Cell
    kind: str = COUNT
    note: str = ""
    tone: str = ""

    @property
    def text(self) -> str:
        """The value as it is shown."""
        return shown(self.value, self.kind)


@dataclass(frozen=True, slots=True)
class Document:
    """A whole report.

    Attributes:
        kind: daily, edition or month; `span` says of what.
        name: of its file, without the ending.
        city: whose readers alone it counts, "" for all.
        warnings: what keeps it from being the last word: what still runs, what nobody counted.
    """

    kind: str
    language: str
    title: str
    span: str
    name: str
    made_at: datetime
    figures: tuple[Figure, ...]
    warnings: tuple[str, ...]
    sections: tuple[Section, ...]
    city: str = ""

    @property
    def rows(self) -> Sequence[tuple[Section, ...]]:
        """The sections as they stand below each other: halves that follow each other in pairs."""
        found: list[tuple[Section, ...]] = []
        for section in self.sections:
            if section.half and found and len(found[-1]) == 1 and found[-1][0].half:
                found[-1] = (found[-1][0], section)
            else:
                found.append((section,))
        return found

    @property
    def tables(self) -> Sequence[Table]:
        """Every table, in order."""
        return [table for section in self.sections for table in section.tables]


def titled(title: str, city: str) -> str:
    """A report's title; that of one city says whose it is."""
    return f"{title} · {city}" if city else title


def filed(name: str, city: str) -> str:
    """The name of its file likewise: letters and digits of the city's name, in whatever script."""
    return f"{name}-{''.join(one if one.isalnum() else '-' for one in city)}" if city else name


def of_city(path: str, city: str) -> str:
    """The address of the same city's version of a report."""
    return f"{path}?{urlencode({'city': city})}" if city else path


def shown(value: Cell, kind: str) -> str:
    """A value as people read it; nothing known is a dash."""
    if value is None:
        return NOTHING
    if isinstance(value, datetime):
        local = value.astimezone(SHANGHAI)
        return local.strftime("%H:%M" if kind == CLOCK else "%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return value
    return _number(value, kind)


def _number(value: float, kind: str) -> str:
    if kind == PERCENT:
        return percent(value)
    if kind == RATE:
        return f"{value:,.2f}"
    if kind == MONEY:
        return yuan(int(value))
    if kind == BYTES:
        return size(int(value))
    return f"{int(value):,}" if float(value).is_integer() else f"{value:,.1f}"


def percent(share: float | None) -> str:
    """A share of one; never rounded up to a whole, nor down to nothing."""
    if share is None:
        return NOTHING
    thousandths = int(share * 10_000 + 1e-9)
    return "<0.01%" if not thousandths and share > 0 else f"{thousandths / 100:.2f}%"


def size(count: int) -> str:
    """Bytes with their unit."""
    value = float(count)
    for unit in ("B", "KB", "MB", "GB"):
        if value < 1000:
            return f"{value:,.0f} {unit}" if unit == "B" else f"{value:,.1f} {unit}"
        value /= 1000
    return f"{value:,.2f} TB"
