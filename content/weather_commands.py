"""`huabao weather`: forecasts by city."""

from __future__ import annotations

from pathlib import Path

import click

from content.dawn_commands import day_of
from huabao.cli import Invocation, Report, operation
from huabao.clock import business_day
from huabao.errors import UsageError

REJECTED_SHOWN = 20


@click.group("weather")
def weather() -> None:
    """Forecasts by city, which a draft tells."""


@weather.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@operation
def import_(invocation: Invocation, file: Path) -> Report:
    """Keep the forecasts of a CSV or JSON file: city, date, low, high, text, wind; exit 1 where rows were rejected."""
    from content.almanac.weather import BYTES_MAX, import_weather

    try:
        with file.open("rb") as opened:
            data = opened.read(BYTES_MAX + 1)
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error
    with invocation.runtime.transaction() as session:
        made = import_weather(session, data, by=invocation.actor, at=invocation.runtime.now())
    span = f", {made.first} to {made.last}" if made.first else ""
    lines = [f"{made.rows:,} forecasts of {made.cities:,} cities{span}", *made.rejected[:REJECTED_SHOWN]]
    if len(made.rejected) > REJECTED_SHOWN:
        lines.append(f"… and {len(made.rejected) - REJECTED_SHOWN:,} more rows rejected")
    data_ = {"rows": made.rows, "cities": made.cities, "first": made.first, "last": made.last, "rejected": list(made.rejected)}
    return Report(data_, lines=lines, problem=bool(made.rejected))


@weather.command("show")
@click.option("--date", "day", metavar="2026-11-23", help="The day (default: today).")
@operation
def show(invocation: Invocation, day: str | None) -> Report:
    """The weather of a day, by city, and its lunar date; exit 1 where a city has no forecast for it."""
    from content.almanac.calendar import lunar_day
    from content.almanac.page import weather_page
    from content.almanac.weather import weather_of

    wanted = day_of(day, business_day(invocation.runtime.now()))
    with invocation.runtime.transaction(read_only=True) as session:
        page = weather_page(session, wanted)
        found = [{"city": one.city, "text": one.text or None} for one in weather_of(session, wanted, [brief.city for brief in page.briefs])] if page.briefs else []
    lunar = lunar_day(wanted)
    told = "" if lunar is None else f" {lunar.year} {lunar.text} {lunar.term}".rstrip()
    data = {"date": wanted, "lunar": lunar.text if lunar else None, "lunar_year": lunar.year if lunar else None, "term": lunar.term if lunar else None, "cities": found}
    lines = [f"{wanted}{told}", *page.warnings] if found else [f"{wanted}{told}", "no city is known; `huabao weather import FILE` brings forecasts"]
    rows = [(one["city"], one["text"] or "—") for one in found]
    return Report(data, lines=lines, columns=("city", "weather") if rows else (), rows=rows, problem=bool(page.warnings))


COMMANDS: tuple[click.Command, ...] = (weather,)
