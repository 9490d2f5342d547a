"""Times: Shanghai without an offset, the end of a day, business days."""

from datetime import UTC, date, datetime

import pytest

from huabao.clock import business_day, clock_from, parse_time
from huabao.errors import UsageError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-22T06:30", datetime(2026, 11, 21, 22, 30, tzinfo=UTC)),
        ("2026-11-22 06:30:00", datetime(2026, 11, 21, 22, 30, tzinfo=UTC)),
        ("2026-11-22T06:30:00Z", datetime(2026, 11, 22, 6, 30, tzinfo=UTC)),
        ("2026-12-31T24:00:00+08:00", datetime(2026, 12, 31, 16, 0, tzinfo=UTC)),
        ("2009-08-24T24:00:00", datetime(2009, 8, 24, 16, 0, tzinfo=UTC)),
        ("2026-11-22", datetime(2026, 11, 21, 16, 0, tzinfo=UTC)),
    ],
)
def test_parse(text: str, expected: datetime) -> None:
    assert parse_time(text) == expected


def test_what_is_no_time_is_refused_with_the_form() -> None:
    with pytest.raises(UsageError, match="2026-11-22T06:30"):
        parse_time("tomorrow")


def test_the_business_day_turns_at_shanghai_midnight() -> None:
    assert business_day(datetime(2026, 11, 21, 15, 59, 59, tzinfo=UTC)) == date(2026, 11, 21)
    assert business_day(datetime(2026, 11, 21, 16, 0, tzinfo=UTC)) == date(2026, 11, 22)


def test_a_set_clock_runs_on() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    clock = clock_from(start)
    assert clock() <= clock()
    assert clock() >= start
