"""A dialect's file to its tables: pure, and exact about what is wrong and where.

The form: `name`, `version`, perhaps `title` and `extends` (dialects whose entries
it takes over), then tables of codes, each entry on a line of its own::

    [mm_status]
    Expired = { outcome = "expired", cause = "handset", en = "…", zh = "…", retry = true }
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from typing import Any, Final

from delivery.dialects.tables import CAUSES, OUTCOMES, STOP_CAUSES, TABLES, VERDICTS, CodeMeaning, Dialect, Table, folded
from huabao.errors import UsageError

NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
HEAD: Final = frozenset({"name", "version", "title", "extends"})
ENTRY: Final[Mapping[str, type]] = {
    "name": str, "outcome": str, "verdict": str, "cause": str, "manual": str, "en": str, "zh": str, "retry": bool, "number": int, "stop": str,
}  # fmt: skip

Parent = Callable[[str], Dialect]


def read_dialect(text: str, source: str, parent: Parent, *, name: str | None = None) -> Dialect:
    """The dialect in a file.

    Args:
        source: what to call the file in messages.
        parent: gives a dialect that this one extends.
        name: what it must be called; None for any.

    Raises:
        UsageError: it cannot be used; the message names file, line and key, and says what would do.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{source}: is no TOML: {error}; mend that line") from error
    file = _File(text, source)
    head = _head(file, document, name)
    inherited = [parent(one) for one in head["extends"]]
    tables: dict[str, Table] = {}
    for table in TABLES:
        merged: dict[str, CodeMeaning] = {}
        for one in inherited:
            merged |= one.tables.get(table, {})
        merged |= _table(file, table, document.get(table, {}))
        if merged:
            tables[table] = merged
    _check_classes(file, tables)
    origins = [origin for one in inherited for origin in one.source]
    return Dialect(head["name"], head["version"], head.get("title", head["name"]), (*dict.fromkeys(origins), source), tables)


class _File:
    """A file's text, for naming the line of an entry."""

    def __init__(self, text: str, source: str) -> None:
        self._lines = text.splitlines()
        self._source = source

    def error(self, what: str, *keys: str) -> UsageError:
        """An error about the entry under these keys."""
        line = self._line(keys)
        where = f"{self._source}:{line}" if line else self._source
        return UsageError(f"{where}: {'.'.join(keys) + ': ' if keys else ''}{what}")

    def _line(self, keys: tuple[str, ...]) -> int | None:
        """The line of an entry: that of its key below its table's header."""
        inside = len(keys) < 2
        for number, line in enumerate(self._lines, 1):
            bare = line.strip()
            if bare.startswith("["):
                if len(keys) == 1 and bare == f"[{keys[0]}]":
                    return number
                inside = len(keys) > 1 and bare == f"[{keys[0]}]"
            elif inside and keys and bare.partition("=")[0].strip().strip("\"'") == keys[min(1, len(keys) - 1)]:
                return number
        return None


def _head(file: _File, document: Mapping[str, Any], name: str | None) -> dict[str, Any]:
    for key in sorted(document.keys() - HEAD - TABLES.keys()):
        raise file.error(f"there is no such table; there are {', '.join(TABLES)}", key)
    for key in ("name", "version"):
        if not isinstance(document.get(key), str) or not document[key].strip():
            raise file.error(f"is missing; begin the file with {key} = \"…\"", key)
    found = {key: document[key] for key in HEAD & document.keys()}
    if not NAME.fullmatch(found["name"]):
        raise file.error(f"{found['name']!r} is no name: small letters, digits and -", "name")
    if name is not None and found["name"] != name:
        raise file.error(f"is {found['name']!r}, but the file is called {name}.toml", "name")
    if not isinstance(found.get("title", ""), str):
        raise file.error("is a text", "title")
    extends = found.get("extends", [])
    extends = [extends] if isinstance(extends, str) else extends
    if not isinstance(extends, list) or not all(isinstance(one, str) for one in extends):
        raise file.error("is the name of a dialect, or a list of them", "extends")
    return {**found, "extends": extends}


def _table(file: _File, table: str, entries: object) -> dict[str, CodeMeaning]:
    if not isinstance(entries, dict):
        raise file.error("is a table: begin it with a line [" + table + "]", table)
    return {folded(code): _entry(file, table, code, entry) for code, entry in entries.items()}


def _entry(file: _File, table: str, code: str, entry: object) -> CodeMeaning:
    if not isinstance(entry, dict):
        raise file.error(f'is {{ {TABLES[table]} = "…", … }} on one line', table, code)
    for key, value in entry.items():
        kind = ENTRY.get(key)
        if kind is None:
            raise file.error(f"there is no {key!r}; there are {', '.join(ENTRY)}", table, code)
        if type(value) is not kind:
            raise file.error(f"{key} is {_KINDS[kind]}", table, code)
    says = TABLES[table]
    allowed = {"outcome": tuple(OUTCOMES), "verdict": VERDICTS, "cause": CAUSES, "stop": STOP_CAUSES}
    for key in {says, "cause", *(entry.keys() & allowed.keys())}:
        if entry.get(key) not in allowed[key]:
            said = f"{entry[key]!r} is none" if key in entry else "it is missing"
            raise file.error(f"{key} is one of {', '.join(allowed[key])}; {said}", table, code)
    if not entry.get("en") or not entry.get("zh"):
        raise file.error("a support agent needs a sentence in each language: en and zh", table, code)
    if table == "status_code" and not (len(code) == 4 and code.isascii() and code.isdigit()):
        raise file.error("an MM7 StatusCode has four digits", table, code)
    if table == "command_status" and not 0 <= entry.get("number", -1) <= 0xFFFF_FFFF:
        raise file.error("number is the value on the wire, e.g. 0x58", table, code)
    return CodeMeaning(**{"code": code, **entry, "outcome": OUTCOMES.get(entry.get("outcome", "interim"))})


_KINDS: Final[Mapping[type, str]] = {str: "a text", bool: "true or false", int: "a number"}


def _check_classes(file: _File, tables: Mapping[str, Table]) -> None:
    """Unknown StatusCodes fall back to their class, so the classes must be there."""
    codes = tables.get("status_code")
    missing = [code for code in ("2000", "3000", "4000") if codes is not None and code not in codes]
    if missing:
        raise file.error(f"{missing[0]} is missing, which unknown codes fall back to; extends = \"3gpp\" brings it", "status_code")
