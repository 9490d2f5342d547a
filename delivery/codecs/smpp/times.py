"""SMPP's own form of time, for validity_period and schedule_delivery_time.

Spec: SMPP 3.4 7.1.1.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from huabao.errors import CodecError

_FORM: Final = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9])([0-9]{2})([-+R])")
_QUARTER: Final = timedelta(minutes=15)
RELATIVE_MAX: Final = timedelta(days=99)


def write_relative(seconds: float) -> str:
    """So many seconds from the moment that the SMSC takes the message, rounded up to a whole one.

    Raises:
        CodecError: below 0 or above 99 days (ours).
    """
    if not 0 <= seconds <= RELATIVE_MAX.total_seconds():
        raise CodecError(f"a time of {seconds:g} seconds cannot be written; up to 99 days can", theirs=False)
    days, rest = divmod(int(-(-seconds // 1)), 86_400)
    return f"0000{days:02d}{rest // 3600:02d}{rest // 60 % 60:02d}{rest % 60:02d}000R"


def write_absolute(at: datetime) -> str:
    """An instant, written in UTC to the tenth of a second."""
    return f"{at.astimezone(UTC):%y%m%d%H%M%S}{at.microsecond // 100_000}00+"


def read_time(text: str, now: datetime) -> datetime | None:
    """The instant that a field names, absolute or counted from `now`; None for an empty field.

    Raises:
        CodecError: it has not this form, or names no date.
    """
    if not text:
        return None
    match = _FORM.fullmatch(text)
    if match is None:
        raise CodecError("a time has the form YYMMDDhhmmsstnnp")
    years, months, days, hours, minutes, seconds, tenths, quarters = map(int, match.groups()[:8])
    if match[9] == "R":
        return now + timedelta(days=365 * years + 30 * months + days, hours=hours, minutes=minutes, seconds=seconds)
    try:
        local = datetime(2000 + years, months, days, hours, minutes, seconds, tenths * 100_000, UTC)
    except ValueError:
        raise CodecError("a time names no date") from None
    return local - quarters * _QUARTER if match[9] == "+" else local + quarters * _QUARTER
