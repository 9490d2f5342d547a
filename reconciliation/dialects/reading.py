"""A dialect's file to its tables: pure, and exact about what is wrong and where."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any, Final

from huabao.errors import UsageError
from reconciliation.dialects.tables import H_RETS, ORDER_EVENTS, TURNED_EVENTS, Action, MISCDialect, Reason

NAME: Final = re.compile(r"[a-z0-9][a-z0-9.-]{0,29}")
_HEAD: Final = ("name", "version", "title")
_TABLES: Final = ("h_ret", "action", "reason")
CODES_MAX: Final = 1000


def read_dialect(text: str, source: str, *, name: str) -> MISCDialect:
    """The dialect in a file.

    Args:
        source: what to call the file in messages.
        name: what it must be called.

    Raises:
        UsageError: it cannot be used; the message names file and key, and says what would do.
    """
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"{source}: is no TOML: {error}; mend that line") from error
    for key in sorted(document.keys() - {*_HEAD, *_TABLES}):
        raise UsageError(f"{source}: {key}: there is no such key; there are {', '.join((*_HEAD, *_TABLES))}")
    head = {key: _text(document, key, source) for key in _HEAD}
    if head["name"] != name or not NAME.fullmatch(name):
        raise UsageError(f"{source}: name: is {head['name']!r}, but the file is called {name}.toml; both small letters, digits, . and -")
    actions = {code: _action(entry, f"{source}: action.{code}") for code, entry in _codes(document, "action", source)}
    reasons = {code: _reason(entry, f"{source}: reason.{code}") for code, entry in _codes(document, "reason", source)}
    if not actions:
        raise UsageError(f'{source}: action: is missing; begin it with a line [action], then lines such as 1 = {{ event = "order", en = "open", zh = "开通" }}')
    return MISCDialect(head["name"], head["version"], head["title"], source, _h_ret(document, source), actions, reasons)


def _text(table: Mapping[str, Any], key: str, where: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value.strip() or len(value) > 120:
        raise UsageError(f'{where}: {key}: is missing or no text of 1 to 120 characters; write {key} = "…"')
    return value


def _codes(document: Mapping[str, Any], table: str, source: str) -> list[tuple[int, Any]]:
    entries = document.get(table, {})
    if not isinstance(entries, dict) or len(entries) > CODES_MAX:
        raise UsageError(f"{source}: {table}: is a table of at most {CODES_MAX} lines; begin it with a line [{table}]")
    for code in entries:
        if not (code.isascii() and code.isdigit() and len(code) <= 9):
            raise UsageError(f"{source}: {table}.{code}: a code is a number of at most 9 digits")
    found = [(int(code), entry) for code, entry in entries.items()]
    if len(dict(found)) != len(found):
        raise UsageError(f"{source}: {table}: a code stands twice, once with zeros before it")
    return found


def _entry(entry: Any, keys: set[str], where: str) -> Mapping[str, Any]:
    if not isinstance(entry, dict) or entry.keys() - keys:
        raise UsageError(f"{where}: is {{ … }} with the keys {', '.join(sorted(keys))}")
    return entry


def _action(entry: Any, where: str) -> Action:
    found = _entry(entry, {"event", "en", "zh"}, where)
    if found.get("event") not in ORDER_EVENTS:
        raise UsageError(f"{where}: event is one of {', '.join(ORDER_EVENTS)}; {found.get('event')!r} is none")
    return Action(found["event"], _text(found, "en", where), _text(found, "zh", where))


def _reason(entry: Any, where: str) -> Reason:
    found = _entry(entry, {"name", "turns", "en", "zh"}, where)
    turns = found.get("turns", {})
    if not isinstance(turns, dict) or any(before not in ORDER_EVENTS or after not in TURNED_EVENTS for before, after in turns.items()):
        raise UsageError(f"{where}: turns is {{ EVENT = OTHER }}, EVENT one of {', '.join(ORDER_EVENTS)}, OTHER one of {', '.join(TURNED_EVENTS)}")
    return Reason(_text(found, "name", where)[:20], _text(found, "en", where), _text(found, "zh", where), turns)


def _h_ret(document: Mapping[str, Any], source: str) -> Mapping[str, int]:
    found = document.get("h_ret")
    if not isinstance(found, dict) or set(found) != set(H_RETS):
        raise UsageError(f"{source}: h_ret: needs exactly {', '.join(H_RETS)}, each a number")
    for name, code in found.items():
        if type(code) is not int or not 0 <= code <= 999_999 or (code == 0) != (name == "ok"):
            raise UsageError(f"{source}: h_ret.{name}: ok is 0, the others are numbers above it")
    return found
