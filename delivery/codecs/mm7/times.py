"""Times as MM7 writes them: xs:dateTime and xs:duration.

A time without an offset is Chinese time: the servers that leave it out are the carrier's own. Written with +08:00 and in
whole seconds, as the carrier's own library does.

Spec: XML Schema part 2, 3.2.6 and 3.2.7.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from delivery.codecs.mm7.structs import When
from huabao.errors import CodecError

CHINA: Final = timezone(timedelta(hours=8))
"""Asia/Shanghai has had no summer time since 1991."""

_DATE_TIME: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,]\d{1,12})?)?\s*(Z|z|[+-]\d\d:?\d\d)?", re.ASCII)
_USUAL: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)", re.ASCII)
"""What the library reads alike, and in a third of the time."""

_DURATION: Final = re.compile(
    r"(-)?P(?:(\d{1,6})Y)?(?:(\d{1,6})M)?(?:(\d{1,9})D)?"
    r"(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,12})(?:\.\d{1,12})?S)?)?",
    re.ASCII,
)


def parse_date_time(text: str) -> datetime:
    """`text` as an aware time in UTC; without an offset it is Chinese time; parts of a second are dropped.

    Raises:
        CodecError: it is no xs:dateTime (4004).
    """
    if _USUAL.fullmatch(text):
        try:
            return datetime.fromisoformat(text).astimezone(UTC)
        except (ValueError, OverflowError):  # 24:00:00, or nothing that is; said below
            pass
    match = _DATE_TIME.fullmatch(text.strip())
    if match is None:
        raise CodecError("not an xs:dateTime", status_code=4004)
    year, month, day, hour, minute, second = (int(each or 0) for each in match.groups()[:6])
    midnight = (hour, minute, second) == (24, 0, 0)
    try:
        moment = datetime(year, month, day, 0 if midnight else hour, minute, second, tzinfo=_offset(match[7]))
        return (moment + timedelta(days=1) if midnight else moment).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise CodecError("no such date or time", status_code=4004) from error


def parse_when(text: str) -> When:
    """`text` as a time or a span. A month counts 30 days, a year 365; parts of a second are dropped.

    Raises:
        CodecError: it is neither xs:dateTime nor xs:duration (4004).
    """
    bare = text.strip()
    match = _DURATION.fullmatch(bare)
    if match is None or bare.endswith(("P", "T")):
        return parse_date_time(bare)
    years, months, days, hours, minutes, seconds = (int(each or 0) for each in match.groups()[1:])
    try:
        span = timedelta(days=years * 365 + months * 30 + days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError as error:
        raise CodecError("the duration is out of range", status_code=4004) from error
    return -span if match[1] else span


def format_date_time(moment: datetime) -> str:
    """`moment` (aware) as `2026-11-22T08:00:00+08:00`.

    Raises:
        CodecError: it has no time zone, or lies outside the years 1 to 9999 (ours).
    """
    if moment.tzinfo is None:
        raise CodecError("a time without a zone cannot be written", theirs=False)
    try:
        return moment.astimezone(CHINA).replace(microsecond=0).isoformat()
    except OverflowError as error:
        raise CodecError("the time is out of range", theirs=False) from error


def format_when(when: When) -> str:
    """`when` as xs:dateTime or, a span, as xs:duration in days, hours, minutes and seconds."""
    if isinstance(when, datetime):
        return format_date_time(when)
    total_s = int(abs(when).total_seconds())
    days, rest = divmod(total_s, 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, seconds = divmod(rest, 60)
    date = f"{days}D" if days else ""
    time = "".join(f"{number}{unit}" for number, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if number)
    sign = "-" if when < timedelta(0) and total_s else ""
    return f"{sign}P{date}{'T' + time if time else ''}" if total_s else "PT0S"


def _offset(text: str | None) -> timezone:
    if text is None:
        return CHINA
    if text in "Zz":
        return UTC
    sign = -1 if text[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(text[1:3]), minutes=int(text[-2:])))
