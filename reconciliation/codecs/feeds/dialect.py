"""How a feed is written: a frozen table read from a TOML file, and exact about what is wrong in one.

The form, with what may be left out in brackets::

    name = "boss-text"
    [title = "…"]
    encoding = "gbk"                  # utf-8, gbk or gb18030
    delimiter = "|"                   # one ASCII character; none where columns have widths
    time = "compact"                  # iso or compact (20261031170000)
    [price = "yuan"]                  # or fen
    [file = "BOSS_{day}_{sequence:4}.txt"]
    [columns = ["msisdn", "", "state"]]  # in the order of the lines; "" is passed over
    [widths = [11, 6, 1]]             # bytes of each column

    [states]                          # the code table: what stands there = what it means
    1 = "active"

    [header]                          # kind: names (the first line names the columns) or fields
    kind = "fields"
    fields = [{ is = "HDR" }, { name = "as_of" }, { name = "count", width = 8 }]

    [trailer]                         # kind: marks (#count=3) or fields
    kind = "marks"
    [required = true]
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from huabao.errors import UsageError
from reconciliation.codecs.feeds.records import STATES

NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
COLUMNS: Final = ("msisdn", "service_id", "state", "effective_at", "price_fen", "fee_msisdn")
REQUIRED: Final = COLUMNS[:4]
COLUMNS_MAX: Final = 64
ENCODINGS: Final = ("utf-8", "gbk", "gb18030")
_KEYS: Final = frozenset({"name", "title", "encoding", "delimiter", "time", "price", "file", "columns", "widths", "states", "header", "trailer"})


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a header or trailer line.

    Attributes:
        name: `count` and `as_of` have a meaning; others are kept as they stand.
        fixed: what must stand there, for a field without a name.
        width: of the field in characters, where the line has no delimiters.
    """

    name: str = ""
    fixed: str = ""
    width: int = 0


@dataclass(frozen=True, slots=True)
class Frame:
    """A header or trailer.

    Attributes:
        kind: none, names (header), marks (trailer) or fields.
        required: whether a file without it is refused.
    """

    kind: str = "none"
    fields: tuple[Field, ...] = ()
    required: bool = True

    @property
    def has_widths(self) -> bool:
        """Whether the fields stand side by side without delimiters."""
        return bool(self.fields) and all(one.width for one in self.fields)


@dataclass(frozen=True, slots=True)
class FeedDialect:
    """How one kind of feed is written.

    Attributes:
        delimiter: between columns; empty where they have widths.
        columns: by place; "" is passed over. With a header of names the order of the file's own.
        widths: bytes of each column; empty where there is a delimiter.
        states: what stands in the file to active, paused or cancelled; the first of each is what we write.
        time: iso or compact.
        price: fen or yuan.
        file: the pattern of file names, see `names`; empty for any.
    """

    name: str
    title: str
    encoding: str
    delimiter: str
    columns: tuple[str, ...]
    widths: tuple[int, ...]
    states: Mapping[str, str]
    time: str
    price: str
    file: str
    header: Frame = field(default_factory=Frame)
    trailer: Frame = field(default_factory=Frame)


def read_dialect(text: str, source: str, *, name: str | None = None) -> FeedDialect:
    """The dialect in a file.

    Args:
        source: what to call the file in messages.
        name: what it must be called; None for any.

    Raises:
        UsageError: it cannot be used; the message names file and key, and says what would do.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{source}: is no TOML: {error}; mend that line") from error
    file = _File(source, document)
    file.check(document, _KEYS, "")
    if not NAME.fullmatch(file.text("name")) or (name is not None and document["name"] != name):
        raise file.error("name", f"is the file's own name without .toml: small letters, digits and -{'' if name is None else f', here {name}'}")
    widths = _widths(file)
    return FeedDialect(
        name=document["name"],
        title=file.text("title", document["name"]),
        encoding=file.choice("encoding", ENCODINGS),
        delimiter=_delimiter(file, widths),
        columns=_columns(file, widths),
        widths=widths,
        states=_states(file),
        time=file.choice("time", ("iso", "compact")),
        price=file.choice("price", ("fen", "yuan"), "fen"),
        file=file.text("file", ""),
        header=_frame(file, "header", ("none", "names", "fields")),
        trailer=_frame(file, "trailer", ("none", "marks", "fields")),
    )


@dataclass(frozen=True)
class _File:
    source: str
    document: Mapping[str, Any]

    def error(self, key: str, says: str) -> UsageError:
        return UsageError(f"{self.source}: {key}: {says}")

    def check(self, table: Mapping[str, Any], known: frozenset[str], where: str) -> None:
        for key in table:
            if key not in known:
                raise self.error(f"{where}{key}", f"there is no such key; there are {', '.join(sorted(known))}")

    def text(self, key: str, default: str | None = None) -> str:
        found = self.document.get(key, default)
        if not isinstance(found, str):
            raise self.error(key, "is a text" if key in self.document else "is missing")
        return found

    def choice(self, key: str, known: tuple[str, ...], default: str | None = None) -> str:
        found = self.text(key, default)
        if found not in known:
            raise self.error(key, f"is one of {', '.join(known)}")
        return found


def _delimiter(file: _File, widths: tuple[int, ...]) -> str:
    found = file.text("delimiter", "")
    if bool(found) == bool(widths):
        raise file.error("delimiter", "a dialect has either a delimiter or widths")
    if found and (len(found) != 1 or not found.isascii() or found.isalnum() or found in '"\r\n\0+-:. '):
        raise file.error("delimiter", 'is one ASCII character that cannot stand in a value: "," "|" ";" "\\t"')
    return found


def _widths(file: _File) -> tuple[int, ...]:
    found = file.document.get("widths", [])
    if not isinstance(found, list) or not all(type(one) is int and 0 < one <= 200 for one in found):
        raise file.error("widths", "is a list of numbers of bytes from 1 to 200")
    return tuple(found)


def _columns(file: _File, widths: tuple[int, ...]) -> tuple[str, ...]:
    found = file.document.get("columns", list(COLUMNS))
    if not isinstance(found, list) or len(found) > COLUMNS_MAX or not all(one == "" or one in COLUMNS for one in found):
        raise file.error("columns", f'is a list of at most {COLUMNS_MAX} out of {", ".join(COLUMNS)} and ""')
    named = [one for one in found if one]
    missing = [one for one in REQUIRED if one not in named]
    if missing or len(set(named)) != len(named):
        raise file.error("columns", f"{missing[0]} is missing" if missing else "names a column twice")
    if widths and len(widths) != len(found):
        raise file.error("widths", f"there are {len(widths)} for {len(found)} columns")
    return tuple(found)


def _states(file: _File) -> dict[str, str]:
    found = file.document.get("states")
    if not isinstance(found, dict) or not found or not all(value in STATES for value in found.values()):
        raise file.error("states", f"is a table: code = one of {', '.join(STATES)}")
    if not all(0 < len(code) <= 16 and code == code.strip() for code in found) or len(found) > 64:
        raise file.error("states", "holds at most 64 codes of 1 to 16 characters")
    return dict(found)


def _frame(file: _File, key: str, kinds: tuple[str, ...]) -> Frame:
    table = file.document.get(key, {"kind": "none"})
    if not isinstance(table, dict) or table.get("kind") not in kinds:
        raise file.error(key, f"is a table with kind = one of {', '.join(kinds)}")
    file.check(table, frozenset({"kind", "fields", "required"}), f"{key}.")
    fields = tuple(_field(file, key, one) for one in table.get("fields", []))
    if bool(fields) != (table["kind"] == "fields"):
        raise file.error(f"{key}.fields", 'belongs to kind = "fields", and is needed there')
    if any(one.width for one in fields) and not all(one.width for one in fields):
        raise file.error(f"{key}.fields", "either all have a width or none")
    if key == "trailer" and fields and not fields[0].fixed:
        raise file.error("trailer.fields", 'begins with a fixed text, { is = "…" }, by which the line is known')
    return Frame(table["kind"], fields, bool(table.get("required", table["kind"] != "marks")))


def _field(file: _File, key: str, given: Any) -> Field:
    if not isinstance(given, dict) or ("name" in given) == ("is" in given):
        raise file.error(f"{key}.fields", 'each is { name = "…" } or { is = "…" }, perhaps with a width')
    file.check(given, frozenset({"name", "is", "width"}), f"{key}.fields.")
    found = Field(given.get("name", ""), given.get("is", ""), given.get("width", 0))
    if not isinstance(found.name, str) or not isinstance(found.fixed, str) or type(found.width) is not int or not 0 <= found.width <= 200:
        raise file.error(f"{key}.fields", "name and is are texts, width is a number of at most 200")
    return found
