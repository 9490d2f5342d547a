"""Time: aware, in UTC, with business days in Asia/Shanghai.

The clock is an argument everywhere (`Clock`, a function without arguments);
the real one lives here. `HUABAO_NOW` moves the clock of one command, for
rehearsals and tests; it keeps running from there.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from huabao.errors import UsageError

SHANGHAI = ZoneInfo("Asia/Shanghai")

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


def clock_from(start: datetime | None) -> Clock:
    """A clock that starts at `start` and runs at real speed; None gives the real one."""
    if start is None:
        return utc_now
    began = time.monotonic()
    return lambda: start + timedelta(seconds=time.monotonic() - began)


def parse_time(text: str) -> datetime:
    """An ISO 8601 time as aware UTC; without an offset it means Asia/Shanghai.

    `T24:00:00` is the instant at which that day ends.

    Raises:
        UsageError: the text is no time; the message shows the form.
    """
    raw = text.strip().replace(" ", "T", 1)
    next_day = "T24:00" in raw
    if next_day:
        raw = raw.replace("T24:00", "T00:00", 1)
    try:
        value = datetime.fromisoformat(raw)
    except ValueError as error:
        raise UsageError(f"{text!r} is no time; write it as 2026-11-22T06:30 or 2026-11-22T06:30:00+08:00") from error
    if value.tzinfo is None:
        value = value.replace(tzinfo=SHANGHAI)
    if next_day:
        value += timedelta(days=1)
    return value.astimezone(UTC)


def business_day(at: datetime) -> date:
    """The calendar day in Shanghai at the instant `at`."""
    return at.astimezone(SHANGHAI).date()


def shanghai_text(at: datetime | None) -> str:
    """`at` as people of the house read it, `2026-11-22 06:30:05`; empty for None."""
    return "" if at is None else at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
