"""One cell of an import: text in, value out, or a `UsageError` that says what was expected.

An empty cell is never handed to these: it says nothing, and changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from huabao.clock import parse_time
from huabao.errors import UsageError
from subscribers.models import DRIVES, SUBSCRIPTION_STATES

TOPICS_MAX = 50
ATTRIBUTE_CHARS_MAX = 500
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_IMEI = re.compile(r"[0-9]{14,16}")
_YES = frozenset(("yes", "y", "true", "1", "是"))
_NO = frozenset(("no", "n", "false", "0", "否"))


def text(chars_max: int) -> Callable[[str], str]:
    """A reader of texts of at most `chars_max` characters."""

    def read(cell: str) -> str:
        if len(cell) > chars_max:
            raise UsageError(f"is longer than {chars_max} characters")
        if not cell.isascii() or not cell.isprintable():
            found = _NO_TEXT.search(cell)
            if found is not None:
                raise UsageError("is not UTF-8" if found.group() >= "\ud800" else "holds a control character")
        return cell

    return read


_TOPIC = text(40)


def topics(cell: str) -> tuple[str, ...]:
    """Topics between semicolons (a Chinese one will do), each once, in their order."""
    found = tuple(dict.fromkeys(_TOPIC(one.strip()) for one in cell.replace("；", ";").split(";") if one.strip()))
    if len(found) > TOPICS_MAX:
        raise UsageError(f"names more than {TOPICS_MAX} topics")
    return found


def drive(cell: str) -> str:
    """One of the three drives."""
    if cell.lower() not in DRIVES:
        raise UsageError(f"is none of {', '.join(DRIVES)}")
    return cell.lower()


def attribute_class(cell: str) -> str:
    """A to F."""
    if len(cell) != 1 or cell.upper() not in "ABCDEF":
        raise UsageError("is none of A, B, C, D, E, F")
    return cell.upper()


def imei(cell: str) -> str:
    """14 to 16 digits."""
    if not _IMEI.fullmatch(cell):
        raise UsageError("is no IMEI of 14 to 16 digits")
    return cell


def hour(cell: str) -> int:
    """0 to 23."""
    if not (cell.isascii() and cell.isdigit() and len(cell) <= 2 and int(cell) < 24):
        raise UsageError("is no hour from 0 to 23")
    return int(cell)


def consent(cell: str) -> bool:
    """yes or no."""
    lowered = cell.lower()
    if lowered in _YES or lowered in _NO:
        return lowered in _YES
    raise UsageError("is neither yes nor no")


def instant(cell: str) -> datetime:
    """A time; without an offset it means Asia/Shanghai. Years 1990 to 2100."""
    try:
        found = parse_time(text(40)(cell))
    except OverflowError:
        raise UsageError("is no time that a calendar holds") from None
    if not 1990 <= found.year <= 2100:
        raise UsageError("lies outside the years 1990 to 2100")
    return found


def service_id(cell: str) -> str:
    """1 to 40 characters."""
    return text(40)(cell)


def subscription_state(cell: str) -> str:
    """One of the three states of an order."""
    if cell.lower() not in SUBSCRIPTION_STATES:
        raise UsageError(f"is none of {', '.join(SUBSCRIPTION_STATES)}")
    return cell.lower()
