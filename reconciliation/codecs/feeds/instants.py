"""Times in bulk: cells of fixed width to seconds since 1970.

A word of eight bytes is held against its form by an exclusive or: what remains is the value of each
digit, and nothing where a separator stands. One addition finds every byte that is too large.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt

from reconciliation.codecs.feeds.columns import NONE
from reconciliation.codecs.feeds.digits import Flags, Ints, Words
from reconciliation.codecs.feeds.records import YEARS

_DAY_S: Final = 86_400
_SHANGHAI_S: Final = 8 * 3600
_END: Final = (date(YEARS.stop, 1, 1) - date(1970, 1, 1)).days * _DAY_S - _SHANGHAI_S
_NO_MONTH: Final = 100 * len(YEARS)
"""Months have a hundred places a year, so that the two digits of a month lead to none by mistake."""

_HIGH: Final = np.uint64(0xF0F0F0F0F0F0F0F0)
_BYTE: Final = np.uint64(0xFF)
_TEN, _EIGHT = np.uint64(10), np.uint64(8)


def _months() -> tuple[Ints, npt.NDArray[np.uint64]]:
    """Of each month the second at which the day before its first begins in Shanghai, and how many days it has."""
    begins, lengths = np.zeros(_NO_MONTH + 1, np.int64), np.zeros(_NO_MONTH + 1, np.uint64)
    for year in YEARS:
        for month in range(1, 13):
            at = (year - YEARS.start) * 100 + month
            begins[at] = ((date(year, month, 1) - date(1970, 1, 1)).days - 1) * _DAY_S - _SHANGHAI_S
            lengths[at] = monthrange(year, month)[1]
    return begins, lengths


_BEGINS, _DAYS = _months()


def _word(text: str) -> np.uint64:
    return np.uint64(int.from_bytes(text.encode("latin-1").ljust(8, b"\0"), "little"))


@dataclass(frozen=True, slots=True)
class _Form:
    """Eight bytes of a time: `0` where a digit stands, another character where that one does, `.` where anything may.

    Attributes:
        text: the form with nothing for `.`.
        kept: the bytes that count.
        slack: what each byte may grow by before it reaches sixteen.
    """

    text: np.uint64
    kept: np.uint64
    slack: np.uint64

    @classmethod
    def of(cls, form: str, zone: str = "") -> _Form:
        """Of a form; `zone` stands behind it, its digits as they are."""
        slack = "".join({"0": "\x06", ".": "\0"}.get(one, "\x0f") for one in form) + "\x0f" * len(zone)
        kept = "".join("\0" if one == "." else "\xff" for one in form + zone)
        return cls(_word((form + zone).replace(".", "\0")), _word(kept), _word(slack))

    def values(self, words: Words) -> tuple[Words, Words]:
        """At each byte ten times its digit and the next one; and bits wherever a byte is not of the form."""
        found = (words ^ self.text) & self.kept
        return found * _TEN + (found >> _EIGHT), found | (found + self.slack)


_DATE, _TIME = _Form.of("00000000"), _Form.of("000000..")
_ISO_DATE, _ISO_TIME, _ISO_SPACE, _ISO_SECOND = _Form.of("0000-00-"), _Form.of("00T00:00"), _Form.of("00 00:00"), _Form.of(":00.....")
_ISO_SHANGHAI: Final = _Form.of(":00", "+08:0")


def _two(pairs: Words, at: int) -> Words:
    return (pairs >> np.uint64(8 * at)) & _BYTE


def compact_seconds(date_words: Words, time_words: Words) -> tuple[Ints, Flags]:
    """YYYYMMDDhhmmss: its first eight bytes, and eight from the ninth of which six count; seconds, and whether it is a time."""
    first, bad = _DATE.values(date_words)
    second, more = _TIME.values(time_words)
    good = ((bad | more) & _HIGH) == 0
    return _seconds(_month(first, 4), _two(first, 6), (_two(second, 0), _two(second, 2), _two(second, 4)), good)


def iso_seconds(words: tuple[Words, Words, Words], last: npt.NDArray[np.uint8], lengths: Ints) -> tuple[Ints, Flags]:
    """YYYY-MM-DDThh:mm:ss with nothing, Z or +08:00 behind it.

    Args:
        words: eight bytes from the first, the 9th and the 17th.
        last: the last byte.
        lengths: of the cells.
    """
    first, bad = _ISO_DATE.values(words[0])
    second, more = _ISO_TIME.values(words[1])
    if ((more & _HIGH) != 0).any():
        spaced, others = _ISO_SPACE.values(words[1])
        is_spaced = (others & _HIGH) == 0
        second, more = np.where(is_spaced, spaced, second), np.where(is_spaced, others, more)
    third, zone = _ISO_SHANGHAI.values(words[2])
    good = (lengths == 25) & (last == ord("0")) & ((zone & _HIGH) == 0)
    utc = np.zeros(0, np.bool_)
    if not good.all():
        third, zone = _ISO_SECOND.values(words[2])
        utc = (lengths == 20) & (last == ord("Z"))
        good |= ((lengths == 19) | utc) & ((zone & _HIGH) == 0)
    good &= ((bad | more) & _HIGH) == 0
    seconds, good = _seconds(_month(first, 5), _two(second, 0), (_two(second, 3), _two(second, 6), _two(third, 1)), good)
    if utc.any():
        seconds[utc] += _SHANGHAI_S
        good &= seconds < _END
    return seconds, good


def _month(pairs: Words, at: int) -> Words:
    """The place of a month in the tables."""
    place = _two(pairs, 0) * np.uint64(10_000) + _two(pairs, 2) * np.uint64(100) + _two(pairs, at) - np.uint64(YEARS.start * 100)
    return np.asarray(np.minimum(place, np.uint64(_NO_MONTH)))  # earlier years wrapped round to large numbers


def _seconds(month: Words, day: Words, time: tuple[Words, Words, Words], good: Flags) -> tuple[Ints, Flags]:
    hour, minute, second = time
    at = month.view(np.int64)
    good &= (day - np.uint64(1) < _DAYS[at]) & (hour < 24) & (np.maximum(minute, second) < 60)
    seconds = day * np.uint64(_DAY_S) + hour * np.uint64(3600) + minute * np.uint64(60) + second
    return seconds.view(np.int64) + _BEGINS[at], good


def without_empty(seconds: Ints, good: Flags, lengths: Ints) -> tuple[Ints, Flags]:
    """The same with empty cells as NONE."""
    empty = lengths == 0
    if empty.any():
        seconds[empty], good = NONE, good | empty
    return seconds, good
