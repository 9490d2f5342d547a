"""Hours of the day, Asia/Shanghai: when a title may be sent, a port is open, a city sleeps. `06:00-23:00`, several by comma.

`22:00-02:00` runs over midnight, `24:00` is the end of the day, and no hours at
all means any time. Days are alike.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import lru_cache

from huabao.clock import SHANGHAI
from huabao.errors import UsageError

DAY_MINUTES = 24 * 60

_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")


@dataclass(frozen=True)
class Hours:
    """When it is open.

    Attributes:
        spans: (begin, end) in minutes of the day, end not included, ascending and apart; empty for always.
    """

    spans: tuple[tuple[int, int], ...] = ()

    @classmethod
    def parse(cls, text: str) -> Hours:
        """Hours as a person writes them.

        Raises:
            UsageError: no hours; the message shows the form.
        """
        return _parse(text)

    @property
    def always(self) -> bool:
        """Whether there is no hour in which it is closed."""
        return not self.spans

    def is_open(self, at: datetime) -> bool:
        """Whether it is open at this instant."""
        return self.always or self._span_at(at) is not None

    def opens_at(self, at: datetime) -> datetime:
        """The first instant from `at` on at which it is open; `at` itself while it is."""
        if self.is_open(at):
            return at
        minute, midnight = _minute(at), _midnight(at)
        begins = [begin for begin, _ in self.spans]
        following = next((begin for begin in begins if begin > minute), begins[0] + DAY_MINUTES)
        return (midnight + timedelta(minutes=following)).astimezone(at.tzinfo)

    def closes_at(self, at: datetime) -> datetime | None:
        """The first instant from `at` on at which it is closed; None where it never is."""
        if self.always:
            return None
        end = at
        while (span := self._span_at(end)) is not None:  # twice at most: a span may go on after midnight
            end = (_midnight(end) + timedelta(minutes=span[1])).astimezone(at.tzinfo)
        return end

    def last_close(self, at: datetime) -> datetime | None:
        """The newest instant not after `at` at which it closed; None where it never does."""
        if self.always:
            return None
        whole_night = self.spans[0][0] == 0 and self.spans[-1][1] == DAY_MINUTES
        ends = [end for _, end in self.spans if not (whole_night and end == DAY_MINUTES)]
        closes = (_midnight(at) + timedelta(days=day, minutes=end) for day in (-1, 0) for end in ends)
        return max(close for close in closes if close <= at).astimezone(at.tzinfo)

    def _span_at(self, at: datetime) -> tuple[int, int] | None:
        minute = _minute(at)
        return next((span for span in self.spans if span[0] <= minute < span[1]), None)

    def __str__(self) -> str:
        return ",".join(f"{begin // 60:02}:{begin % 60:02}-{end // 60:02}:{end % 60:02}" for begin, end in self.spans)


ALWAYS = Hours()


@lru_cache(maxsize=256)
def _parse(text: str) -> Hours:
    pieces: list[tuple[int, int]] = []
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        found = _SPAN.fullmatch(part)
        if found is None:
            raise _bad(text)
        numbers = [int(group) for group in found.groups()]
        begin, end = numbers[0] * 60 + numbers[1], numbers[2] * 60 + numbers[3]
        if max(numbers[1], numbers[3]) > 59 or begin >= DAY_MINUTES or end > DAY_MINUTES or begin == end:
            raise _bad(text)
        pieces += [(begin, end)] if begin < end else [(begin, DAY_MINUTES), (0, end)]
    return Hours(_joined([piece for piece in pieces if piece[0] < piece[1]]))


def at_hour(day_of: datetime, hour: int) -> datetime:
    """The instant at which that hour strikes on the day (Shanghai) of `day_of`."""
    return (_midnight(day_of) + timedelta(hours=hour)).astimezone(day_of.tzinfo)


def _bad(text: str) -> UsageError:
    return UsageError(f"{text!r} is no hours; write them as 06:00-23:00, several by comma, Asia/Shanghai")


def _joined(pieces: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Spans that touch or overlap become one; a whole day becomes always."""
    joined: list[tuple[int, int]] = []
    for begin, end in sorted(pieces):
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((begin, end))
    return () if joined == [(0, DAY_MINUTES)] else tuple(joined)


def _minute(at: datetime) -> float:
    local = at.astimezone(SHANGHAI)
    return local.hour * 60 + local.minute + local.second / 60 + local.microsecond / 60e6


def _midnight(at: datetime) -> datetime:
    return datetime.combine(at.astimezone(SHANGHAI).date(), time.min, SHANGHAI)
