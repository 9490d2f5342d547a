"""Forecasts by city and day: imported from a file, and told for a day. What was forecast for another day is never told.

The file is CSV with the columns `city,date,low,high,text,wind` (others are ignored),
or JSON, a list of objects with these keys; UTF-8, GBK or Big5.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from content.almanac.models import Forecast
from content.feeds.charsets import decoded
from huabao import audit
from huabao.errors import UsageError

BYTES_MAX = 2_000_000
ROWS_MAX = 20_000
DEGREES = (-60, 60)
KNOWN_DAYS = 14
"""A city that had a forecast within so many days is expected to have one."""

COLUMNS = ("city", "date", "low", "high", "text")


@dataclass(frozen=True)
class Imported:
    """What an import kept.

    Attributes:
        rejected: rows that could not be used, each with its number and why.
    """

    rows: int
    cities: int
    first: date | None
    last: date | None
    rejected: tuple[str, ...]


@dataclass(frozen=True)
class CityWeather:
    """What is told of one city's day.

    Attributes:
        forecast: None where none came for that day.
    """

    city: str
    forecast: Forecast | None

    @property
    def text(self) -> str:
        """In a sentence; "" without a forecast."""
        one = self.forecast
        if one is None:
            return ""
        degrees = f"{one.low_c}℃" if one.low_c == one.high_c else f"{one.low_c}～{one.high_c}℃"
        return "，".join(part for part in (f"{self.city}今天{one.sky}", degrees, one.wind) if part) + "。"


def import_weather(session: Session, data: bytes, *, by: str, at: datetime) -> Imported:
    """Keep the forecasts of a file; one for the same city and day takes the place of the older.

    Raises:
        UsageError: it is no such file; nothing of it is kept.
    """
    rows = _rows(data)
    rejected: list[str] = []
    kept: dict[tuple[str, date], Forecast] = {}
    for number, row in rows:
        found = _forecast(row, at)
        if isinstance(found, str):
            rejected.append(f"row {number}: {found}")
        else:
            kept[found.city, found.day] = found
    for forecast in kept.values():
        session.merge(forecast)
    session.flush()
    days = sorted({day for _, day in kept})
    made = Imported(len(kept), len({city for city, _ in kept}), days[0] if days else None, days[-1] if days else None, tuple(rejected))
    audit.record(session, actor=by, action="weather.import", object_kind="weather", object_id="", at=at, rows=made.rows, cities=made.cities, rejected=len(rejected))
    return made


def weather_of(session: Session, day: date, cities: Sequence[str] = ()) -> list[CityWeather]:
    """The weather of that day, by city.

    Args:
        cities: of these; by default of all that had a forecast lately.
    """
    since = Forecast.day.between(day - timedelta(days=KNOWN_DAYS), day + timedelta(days=KNOWN_DAYS))
    names = list(cities) or session.scalars(select(Forecast.city).where(since).distinct().order_by(Forecast.city)).all()
    found = {one.city: one for one in session.scalars(select(Forecast).where(Forecast.day == day))}
    return [CityWeather(name, found.get(name)) for name in names]


def _rows(data: bytes) -> list[tuple[int, Mapping[str, Any]]]:
    if len(data) > BYTES_MAX:
        raise UsageError(f"a file of forecasts has at most {BYTES_MAX:,} bytes")
    text = decoded(data)[0].lstrip("\ufeff")
    try:
        rows = list(_json_rows(text) if text.lstrip()[:1] in "[{" and text.strip() else _csv_rows(text))
    except (ValueError, RecursionError, csv.Error) as error:
        raise UsageError(f"neither CSV nor JSON of forecasts: {error}") from error
    if not rows or len(rows) > ROWS_MAX:
        raise UsageError(f"{len(rows):,} forecasts; 1 to {ROWS_MAX:,} are wanted, in the columns {','.join(COLUMNS)},wind")
    return rows


def _csv_rows(text: str) -> Iterable[tuple[int, Mapping[str, Any]]]:
    lines = csv.DictReader(io.StringIO(text))
    missing = [name for name in COLUMNS if name not in (lines.fieldnames or ())]
    if missing:
        raise UsageError(f"the first line names no column {', '.join(missing)}; write {','.join(COLUMNS)},wind")
    return enumerate(lines, start=2)


def _json_rows(text: str) -> Iterable[tuple[int, Mapping[str, Any]]]:
    document = json.loads(text)
    entries = document.get("forecasts") if isinstance(document, dict) else document
    if not isinstance(entries, list):
        raise UsageError("JSON of forecasts is a list of objects, or an object with such a list as `forecasts`")
    return ((number, entry if isinstance(entry, dict) else {}) for number, entry in enumerate(entries, start=1))


def _forecast(row: Mapping[str, Any], at: datetime) -> Forecast | str:
    """The forecast of a row, or why it cannot be used."""
    city, sky, wind = (" ".join(str(row.get(name) or "").split()) for name in ("city", "text", "wind"))
    city = city[:-1] if len(city) > 2 and city.endswith("市") else city
    if not city or not sky or max(map(len, (city, sky, wind))) > 40:
        return "`city` and `text` are wanted, at most 40 characters each"
    if any(not letter.isprintable() for letter in city + sky + wind):
        return "characters that cannot be shown"
    try:
        day = date.fromisoformat(str(row.get("date") or "").strip())
        low, high = (round(float(str(row.get(name)).strip().removesuffix("℃"))) for name in ("low", "high"))
    except (ValueError, OverflowError):
        return "`date` is written 2026-11-23, `low` and `high` in degrees Celsius"
    if low > high or not (DEGREES[0] <= low and high <= DEGREES[1]):
        return f"{low} to {high} ℃ is no day's weather"
    return Forecast(city=city, day=day, low_c=low, high_c=high, sky=sky, wind=wind, imported_at=at)
