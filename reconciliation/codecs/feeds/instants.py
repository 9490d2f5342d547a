"""Times in bulk: cells of fixed width to seconds since 1970."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from typing import Final

import numpy as np

from reconciliation.codecs.feeds.columns import NONE
from reconciliation.codecs.feeds.digits import Flags, Ints, Words, are_digits, pairs, two_digits
from reconciliation.codecs.feeds.records import YEARS

_DAY_S: Final = 86_400
_SHANGHAI_S: Final = 8 * 3600
_MONTHS: Final = [(year, month) for year in YEARS for month in range(1, 13)]
_FIRST_DAYS: Final = np.array([(date(year, month, 1) - date(1970, 1, 1)).days for year, month in _MONTHS], np.int64)
_LENGTHS: Final = np.array([monthrange(year, month)[1] for year, month in _MONTHS], np.int64)
_END: Final = (date(YEARS.stop, 1, 1) - date(1970, 1, 1)).days * _DAY_S - _SHANGHAI_S


def _word(text: bytes) -> np.uint64:
    return np.uint64(int.from_bytes(text.ljust(8, b"\0"), "little"))


_DATE_MASK, _DATE_FORM = _word(b"\0\0\0\0\xff\0\0\xff"), _word(b"\0\0\0\0-\0\0-")
_HOUR_MASK, _HOUR_FORM = _word(b"\0\0\xff\0\0\xff\0\0"), _word(b"\0\0T\0\0:\0\0")
_HOUR_SPACE: Final = _word(b"\0\0 \0\0:\0\0")
_SECOND_MASK, _SECOND_FORM = _word(b"\xff\0\0\0\0\0\0\0"), _word(b":\0\0\0\0\0\0\0")
_ZONE_MASK, _ZONE_FORM = _word(b"\0\0\xff\xff\xff\xff\xff\xff"), _word(b"\0\0+08:00")
_ISO_DIGITS: Final = ((b"\xff\xff\xff\xff\0\xff\xff\0", _DATE_FORM), (b"\xff\xff\0\xff\xff\0\xff\xff", _HOUR_FORM), (b"\0\xff\xff\0\0\0\0\0", _SECOND_FORM))
_Z: Final = np.uint64(ord("Z"))


def _digits_in(words: Words, mask: bytes) -> Flags:
    """Whether the bytes that `mask` keeps are digits."""
    kept = _word(mask)
    return are_digits((words & kept) | (_word(b"00000000") & ~kept))


def compact_seconds(date_words: Words, time_words: Words) -> tuple[Ints, Flags]:
    """YYYYMMDDhhmmss: its first eight bytes, and eight from the ninth of which six count; seconds, and whether it is a time."""
    first, second = pairs(date_words), pairs(time_words)
    good = are_digits(date_words) & _digits_in(time_words, b"\xff\xff\xff\xff\xff\xff\0\0")
    parts = [(first, 0), (first, 2), (first, 4), (first, 6), (second, 0), (second, 2), (second, 4)]
    return _seconds([two_digits(words, at) for words, at in parts], good)


def iso_seconds(date_words: Words, hour_words: Words, second_words: Words, zone_words: Words, lengths: Ints) -> tuple[Ints, Flags]:
    """YYYY-MM-DDThh:mm:ss with nothing, Z or +08:00 behind it.

    Args:
        date_words, hour_words, second_words: eight bytes from the first, the 9th and the 17th.
        zone_words: the last eight bytes.
        lengths: of the cells.
    """
    separator = hour_words & _HOUR_MASK
    good = ((date_words & _DATE_MASK) == _DATE_FORM) & ((separator == _HOUR_FORM) | (separator == _HOUR_SPACE)) & ((second_words & _SECOND_MASK) == _SECOND_FORM)
    good &= _digits_in(date_words, _ISO_DIGITS[0][0]) & _digits_in(hour_words, _ISO_DIGITS[1][0]) & _digits_in(second_words, _ISO_DIGITS[2][0])
    plain, utc = lengths == 19, (lengths == 20) & (zone_words >> np.uint64(56) == _Z)
    good &= plain | utc | ((lengths == 25) & ((zone_words & _ZONE_MASK) == _ZONE_FORM))
    first, second, third = pairs(date_words), pairs(hour_words), pairs(second_words)
    parts = [(first, 0), (first, 2), (first, 5), (second, 0), (second, 3), (second, 6), (third, 1)]
    seconds, good = _seconds([two_digits(words, at) for words, at in parts], good)
    if utc.any():
        seconds[utc] += _SHANGHAI_S
        good &= seconds < _END
    return seconds, good


def _seconds(parts: list[Words], good: Flags) -> tuple[Ints, Flags]:
    century, year, month, day, hour, minute, second = (one.astype(np.int64) for one in parts)
    at = (century * 100 + year - YEARS.start) * 12 + month - 1
    good &= (at >= 0) & (at < len(_FIRST_DAYS)) & (month >= 1) & (month <= 12) & (hour < 24) & (minute < 60) & (second < 60) & (day >= 1)
    at = np.where(good, at, 0)
    good &= day <= _LENGTHS[at]
    return (_FIRST_DAYS[at] + day - 1) * _DAY_S + hour * 3600 + minute * 60 + second - _SHANGHAI_S, good


def without_empty(seconds: Ints, good: Flags, lengths: Ints) -> tuple[Ints, Flags]:
    """The same with empty cells as NONE."""
    empty = lengths == 0
    if empty.any():
        seconds[empty], good = NONE, good | empty
    return seconds, good
