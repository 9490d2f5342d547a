"""JSON objects of strangers, strictly: small, each key once, plain values, each field of its own form.

Spec: RFC 8259 4 (names unique), 6 (no NaN), 8.1 (UTF-8).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from huabao.errors import CodecError
from huabao.msisdn import find_msisdn

BODY_BYTES_MAX: Final = 65_536
PRICE_FEN_MAX: Final = 1_000_000
YEARS: Final = (2000, 2100)
"""Instants outside are nobody's, and databases differ in what they make of them."""

_BAD_CHARS: Final = {*range(0x20), 0x7F, *range(0xD800, 0xE000)}
_BEIJING: Final = timezone(timedelta(hours=8))
"""Asia/Shanghai, which has known no other offset in these years."""


def read_object(body: bytes, what: str) -> dict[str, Any]:
    """The JSON object in `body`.

    Raises:
        CodecError: it is too large, no UTF-8, no JSON, no object, or has a key twice.
    """
    if len(body) > BODY_BYTES_MAX:
        raise CodecError(f"{what} of more than {BODY_BYTES_MAX} bytes", status_code=413)
    try:
        found = json.loads(body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        said = str(error) if isinstance(error, (json.JSONDecodeError, CodecError)) else "not UTF-8" if isinstance(error, UnicodeDecodeError) else "too deep or too large a number"
        raise CodecError(f"{what} is no JSON: {said[:120]}", status_code=400) from None
    if not isinstance(found, dict):
        raise CodecError(f"{what} is no JSON object", status_code=400)
    return found


def write_object(values: Mapping[str, Any]) -> bytes:
    """A JSON object with its keys in the order given; what is None is left out."""
    return json.dumps({name: value for name, value in values.items() if value is not None}, ensure_ascii=False, separators=(",", ":")).encode()


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def text(values: Mapping[str, Any], name: str, chars_max: int, *, required: bool = False) -> str:
    """The text called `name`; "" where it is absent or null.

    Raises:
        CodecError: it is no text, too long, holds what no text holds, or is missing.
    """
    value = values.get(name)
    if value is None:
        value = ""
    if not isinstance(value, str) or len(value) > chars_max or any(ord(char) in _BAD_CHARS for char in value):
        raise CodecError(f"`{name}` is a text of at most {chars_max} characters without control characters", status_code=422)
    if required and not value.strip():
        raise CodecError(f"`{name}` is missing", status_code=422)
    return value.strip()


def number(values: Mapping[str, Any], name: str, *, required: bool = False) -> str | None:
    """The mobile number called `name`, 11 digits; None where it is absent.

    Raises:
        CodecError: it is none; the message does not repeat it.
    """
    said = text(values, name, 40, required=required)
    found = find_msisdn(said) if said.isascii() else None
    if said and found is None:
        raise CodecError(f"`{name}` is no mobile number: 11 digits beginning with 13–19, 86, +86 or 0086 may stand before them", status_code=422)
    return str(found) if found else None


def instant(values: Mapping[str, Any], name: str, *, required: bool = False) -> datetime | None:
    """The instant called `name`, in UTC; one without offset means Asia/Shanghai.

    Raises:
        CodecError: it is none, or lies outside `YEARS`.
    """
    said = text(values, name, 40, required=required)
    if not said:
        return None
    try:
        found = datetime.fromisoformat(said)
        found = (found.replace(tzinfo=_BEIJING) if found.tzinfo is None else found).astimezone(UTC)
    except (ValueError, OverflowError):
        raise CodecError(f"`{name}` is no time: write 2026-11-22T08:00:00+08:00", status_code=422) from None
    if not YEARS[0] <= found.year < YEARS[1]:
        raise CodecError(f"`{name}` lies outside the years {YEARS[0]} to {YEARS[1]}", status_code=422)
    return found


def price(values: Mapping[str, Any], name: str) -> int | None:
    """The price called `name`, fen; None where it is absent.

    Raises:
        CodecError: it is no whole number from 0 to `PRICE_FEN_MAX`.
    """
    value = values.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= PRICE_FEN_MAX:
        raise CodecError(f"`{name}` is a whole number of fen from 0 to {PRICE_FEN_MAX}", status_code=422)
    return value


def time_text(at: datetime | None) -> str | None:
    """An instant as it is written: with the offset of Beijing."""
    return None if at is None else at.astimezone(_BEIJING).isoformat()
