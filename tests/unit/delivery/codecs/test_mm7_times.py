"""Times and spans of MM7."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.codecs.mm7.times import format_date_time, format_when, parse_date_time, parse_when
from huabao.errors import CodecError
from tests.codec_strategies import MOMENTS, SPANS


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-22T08:00:00+08:00", datetime(2026, 11, 22, tzinfo=UTC)),
        ("2026-11-22T08:00:00", datetime(2026, 11, 22, tzinfo=UTC)),
        (" 2026-11-22 08:00 ", datetime(2026, 11, 22, tzinfo=UTC)),
        ("2026-11-22T00:00:00Z", datetime(2026, 11, 22, tzinfo=UTC)),
        ("2026-11-21T19:00:00-0500", datetime(2026, 11, 22, tzinfo=UTC)),
        ("2026-11-21T24:00:00Z", datetime(2026, 11, 22, tzinfo=UTC)),
        ("2026-11-22T00:00:00.1234567Z", datetime(2026, 11, 22, tzinfo=UTC)),
    ],
)
def test_date_times(text: str, moment: datetime) -> None:
    assert parse_date_time(text) == moment
    assert parse_when(text) == moment


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("P90D", timedelta(days=90)),
        ("P1Y2M3DT4H5M6.7S", timedelta(days=365 + 60 + 3, hours=4, minutes=5, seconds=6)),
        ("PT36H", timedelta(hours=36)),
        ("-PT1S", timedelta(seconds=-1)),
        ("PT0S", timedelta(0)),
    ],
)
def test_spans(text: str, span: timedelta) -> None:
    assert parse_when(text) == span


@pytest.mark.parametrize(
    "text",
    [
        "",
        "P",
        "PT",
        "P1DT",
        "-P",
        "now",
        "2026-13-01T00:00:00Z",
        "2026-11-22",
        "2026-11-22T24:00:01Z",
        "0001-01-01T00:00:00+08:00",
        "9999-12-31T23:59:59-08:00",
        "2026-11-22T08:00:00+99:99",
        "P999999999DT999999999H",
        "２０２６-11-22T08:00:00Z",
    ],
)
def test_no_times(text: str) -> None:
    with pytest.raises(CodecError) as caught:
        parse_when(text)
    assert caught.value.status_code == 4004


@given(MOMENTS | SPANS)
def test_any_time_comes_back(when: datetime | timedelta) -> None:
    assert parse_when(format_when(when)) == when


@given(st.text("0123456789-+:.TZPYMDHS ", max_size=40))
def test_any_text_is_a_time_or_refused(text: str) -> None:
    try:
        assert isinstance(parse_when(text), datetime | timedelta)
    except CodecError:
        pass


def test_written_form() -> None:
    assert format_date_time(datetime(2026, 11, 21, 22, 30, 1, 999, tzinfo=UTC)) == "2026-11-22T06:30:01+08:00"
    assert [format_when(timedelta(seconds=each)) for each in (0, 1, 3600, 86_400, 90_061, -60)] == ["PT0S", "PT1S", "PT1H", "P1D", "P1DT1H1M1S", "-PT1M"]
    with pytest.raises(CodecError):
        format_date_time(datetime(2026, 1, 1))  # noqa: DTZ001 - the fault under test
