"""File names of a dialect: `SubscribeInfo{sp_id:8}{minute:12}.req` taken apart and put together.

Each field has a width, in characters out of letters and digits; `day` is 8 and `minute` 12 without saying so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_FIELD: Final = re.compile(r"\{([a-z_]+)(?::(\d{1,2}))?\}")
_WIDTHS: Final = {"day": 8, "minute": 12}


def fields_of_name(pattern: str, name: str) -> dict[str, str] | None:
    """The fields of a file's name; None where it is not of the pattern. An empty pattern takes any."""
    if not pattern:
        return {}
    form, at = "", 0
    for found in _FIELD.finditer(pattern):
        form += re.escape(pattern[at : found.start()]) + f"(?P<{found[1]}>[A-Za-z0-9]{{{_width(found)}}})"
        at = found.end()
    match = re.fullmatch(form + re.escape(pattern[at:]), name)
    return None if match is None else match.groupdict()


def make_name(pattern: str, values: Mapping[str, str]) -> str:
    """The name with these fields, digits filled up with zeros from the left.

    Raises:
        ValueError: a field is missing or too long.
    """

    def fill(found: re.Match[str]) -> str:
        value = values.get(found[1], "")
        if not re.fullmatch(r"[A-Za-z0-9]+", value) or len(value) > _width(found):
            raise ValueError(f"the field {found[1]!r} of {pattern} is missing, too long, or holds more than letters and digits")
        return value.rjust(_width(found), "0")

    return _FIELD.sub(fill, pattern)


def _width(found: re.Match[str]) -> int:
    return int(found[2]) if found[2] else _WIDTHS.get(found[1], 1)
