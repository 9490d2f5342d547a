"""Hours of the day: when a title may be sent, a port is open, a city sleeps.

Written `06:30-08:00`, several by comma; a span that ends before it begins goes
past midnight. Hours are those of Asia/Shanghai, which knows no summer time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from huabao.clock import SHANGHAI
from huabao.errors import UsageError

DAY_MIN = 24 * 60
_SPAN = re.compile(r"([0-2]?\d):([0-5]\d)\s*-\s*([0-2]?\d):([0-5]\d)")


@dataclass(frozen=True)
class Hours:
    """Spans of the day.

    Attributes:
        spans: (begin, end) in minutes from midnight, 0 ≤ begin < 1440 and begin < end ≤ 2880; none means always.
    """

    spans: tuple[tuple[int, int], ...] = ()

    def __str__(self) -> str:
        return ",".join(f"{_clock(begin)}-{_clock(end)}" for begin, end in self.spans)

    def holds(self, at: datetime) -> bool:
        """Whether the instant lies in a span; a span's end does not."""
        return not self.spans or self._open_until(at) is not None

    def opens_at(self, at: datetime) -> datetime:
        """`at` where it lies in a span, else the next beginning of one."""
        if self.holds(at):
            return at
        midnight = _midnight(at)
        return min(begin for day in (0, 1) for begin in (midnight + timedelta(days=day, minutes=one) for one, _ in self.spans) if begin > at)

    def ends_at(self, at: datetime) -> datetime | None:
        """When the span that holds `at`, or else the next one, is over; None for always."""
        if not self.spans:
            return None
        opening = self.opens_at(at)
        until = self._open_until(opening)
        while until is not None and (later := self._open_until(until)) is not None and until - opening < timedelta(days=1):
            until = later  # spans that touch are one
        return until

    def last_end(self, at: datetime) -> datetime | None:
        """The newest end of a span that is not after `at`; None for always."""
        midnight = _midnight(at)
        ends = [midnight + timedelta(days=day, minutes=end) for day in (-2, -1, 0) for _, end in self.spans]
        return max((end for end in ends if end <= at), default=None)

    def _open_until(self, at: datetime) -> datetime | None:
        midnight = _midnight(at)
        found = [
            midnight + timedelta(days=day, minutes=end)
            for day in (-1, 0)
            for begin, end in self.spans
            if midnight + timedelta(days=day, minutes=begin) <= at < midnight + timedelta(days=day, minutes=end)
        ]
        return max(found, default=None)


def parse_hours(text: str) -> Hours:
    """`06:30-08:00,18:00-20:00` as hours; an empty text is always.

    Raises:
        UsageError: it is none; the message shows the form.
    """
    spans = []
    for piece in filter(None, (one.strip() for one in text.split(","))):
        match = _SPAN.fullmatch(piece)
        begin, end = (int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])) if match else (DAY_MIN, 0)
        if begin >= DAY_MIN or end > DAY_MIN or begin == end:
            raise UsageError(f"{text!r} are no hours; write 06:30-08:00, several by comma, 24:00 for the day's end")
        spans.append((begin, end if end > begin else end + DAY_MIN))
    return Hours(tuple(sorted(spans)))


def at_hour(day_of: datetime, hour: int) -> datetime:
    """The instant at which that hour strikes on the day (Shanghai) of `day_of`."""
    return _midnight(day_of) + timedelta(hours=hour)


def _midnight(at: datetime) -> datetime:
    return datetime.combine(at.astimezone(SHANGHAI).date(), time.min, SHANGHAI).astimezone(UTC)


def _clock(minute: int) -> str:
    shown = minute if minute == DAY_MIN else minute % DAY_MIN
    return f"{shown // 60:02}:{shown % 60:02}"
