"""Headers and trailers: what stands before and after the records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeVar

from reconciliation.codecs.feeds.dialect import REQUIRED, FeedDialect, Field, Frame
from reconciliation.codecs.feeds.lines import SHANGHAI, find_time, split_line
from reconciliation.codecs.feeds.records import FeedError

MARK: Final = "#"
_T = TypeVar("_T")


@dataclass
class Said:
    """What a file says about itself; filled as its header and trailer are read."""

    as_of: datetime | None = None
    count: int | None = None
    fields: dict[str, str] = field(default_factory=dict)

    def take(self, found: Mapping[str, str], form: str, *, code: str, line: int) -> None:
        """Take up the fields of a header or trailer.

        Raises:
            FeedError: a count or an as-of time that is none, or a second one that differs.
        """
        for name, value in found.items():
            if name == "count":
                if not (value.isascii() and value.isdigit() and len(value) <= 12):
                    raise FeedError(code, line=line, detail=f"count {value[:20]!r}")
                self.count = _same(self.count, int(value), code, line)
            elif name == "as_of":
                try:
                    at = find_time(value, form)
                except ValueError:
                    at = None
                if at is None:
                    raise FeedError(code, line=line, detail=f"as_of {value[:40]!r}")
                self.as_of = _same(self.as_of, at, code, line)
            else:
                self.fields[name] = value


def _same(before: _T | None, now: _T, code: str, line: int) -> _T:
    if before is not None and before != now:
        raise FeedError(code, line=line, detail=f"{before}, then {now}")
    return now


def names_of(line: str, dialect: FeedDialect) -> tuple[str, ...] | None:
    """The columns that a header of names has, unknown ones as ""; None where it is no such header."""
    cells = [one.strip().lower() for one in split_line(line, dialect.delimiter)]
    known = {one for one in dialect.columns if one}
    found = tuple(one if one in known else "" for one in cells)
    named = [one for one in found if one]
    return found if len(set(named)) == len(named) and all(one in named for one in REQUIRED) else None


def fields_of(line: str, frame: Frame, dialect: FeedDialect) -> dict[str, str] | None:
    """The named fields of a header or trailer line; None where it is none."""
    cells = _cut(line, frame.fields) if frame.has_widths else split_line(line, dialect.delimiter)
    if len(cells) != len(frame.fields):
        return None
    found = {}
    for cell, one in zip(cells, frame.fields, strict=True):
        if one.fixed and cell.strip() != one.fixed:
            return None
        if one.name:
            found[one.name] = cell.strip()
    return found


def _cut(line: str, fields: Sequence[Field]) -> list[str]:
    if len(line) != sum(one.width for one in fields):
        return []
    cells, at = [], 0
    for one in fields:
        cells.append(line[at : at + one.width])
        at += one.width
    return cells


def marks_of(line: str) -> dict[str, str] | None:
    """A line `#count=3` or `#as_of=…`; None where it is another."""
    name, equals, value = line.removeprefix(MARK).partition("=")
    name = name.strip()
    return {name: value.strip()} if line.startswith(MARK) and equals and name in ("count", "as_of") else None


def write_line(frame: Frame, dialect: FeedDialect, values: Mapping[str, str]) -> str:
    """A header or trailer of fields, without its end.

    Raises:
        ValueError: a value is missing, too long for its width, or holds a delimiter.
    """
    cells = []
    for one in frame.fields:
        if one.name and one.name not in values:
            raise ValueError(f"the field {one.name!r} of the dialect {dialect.name} is missing")
        value = one.fixed or values[one.name]
        if one.width:
            value = value.rjust(one.width, "0") if value.isdigit() else value.ljust(one.width)
        if (one.width and len(value) > one.width) or (not one.width and dialect.delimiter in value) or not value.isprintable():
            raise ValueError(f"{value[:40]!r} does not fit the field {one.name!r} of the dialect {dialect.name}")
        cells.append(value)
    return ("" if frame.has_widths else dialect.delimiter).join(cells)


def time_text(at: datetime, form: str) -> str:
    """An instant as the dialect writes it, in Shanghai."""
    local = at.astimezone(SHANGHAI)
    return local.strftime("%Y%m%d%H%M%S") if form == "compact" else local.isoformat(timespec="seconds")
