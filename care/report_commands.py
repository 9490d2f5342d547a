"""`huabao report …`: what a manager reads, of a day, an edition, a month."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from sqlalchemy.orm import Session

from huabao.cli import Invocation, Report, operation
from huabao.errors import UsageError

if TYPE_CHECKING:
    from care.reports.document import Document

_OUT = click.option("--out", required=True, type=click.Path(path_type=Path), metavar="FILE", help="FILE.pdf or FILE.xlsx.")
_CITY = click.option("--city", default="", metavar="CITY", help="Readers of that city alone.")
_LANGUAGE = click.option("--language", type=click.Choice(("zh", "en")), default="zh", show_default=True)


@click.group()
def report() -> None:
    """What a manager reads: a day, an edition, a month, as PDF or workbook."""


@report.command()
@click.option("--date", "text", metavar="DATE", default="", help="Which business day (default: today).")
@_OUT
@_LANGUAGE
@_CITY
@operation
def daily(invocation: Invocation, text: str, out: Path, language: str, city: str) -> Report:
    """Dispatches, lateness, ports, seeds, alarms, differences, stops and complaints of a day."""
    from care.reports.making import day_report
    from huabao.clock import business_day

    day = _day(text) if text else business_day(invocation.runtime.now())
    return _written(invocation, out, lambda session, now: day_report(session, day, now, language, city=city), date=day)


@report.command()
@click.argument("edition")
@_OUT
@_LANGUAGE
@_CITY
@operation
def edition(invocation: Invocation, edition: str, out: Path, language: str, city: str) -> Report:
    """EDITION (its number, or publication/number): variants, outcomes by minute, cities, handsets and codes, lateness, cost, complaints."""
    from care.reports.making import edition_report
    from content.services import find_edition

    return _written(invocation, out, lambda session, now: edition_report(session, find_edition(session, edition), now, language, city=city), edition=edition)


@report.command()
@click.argument("month", metavar="YYYY-MM")
@_OUT
@_LANGUAGE
@_CITY
@operation
def month(invocation: Invocation, month: str, out: Path, language: str, city: str) -> Report:
    """Success, lateness, complaints per 10,000 by cause against last month, differences, recovery."""
    from care.reports.making import month_report
    from reconciliation.stop_send.report import month_of

    first = month_of(month)
    return _written(invocation, out, lambda session, now: month_report(session, first, now, language, city=city), month=month)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is no day; write it as 2026-11-21") from error


def _written(invocation: Invocation, out: Path, make: Callable[[Session, datetime], Document], **about: Any) -> Report:
    from care.reports.files import suffix_of, write

    suffix_of(out)
    with invocation.runtime.transaction(read_only=True, still=True) as session:
        document = make(session, invocation.runtime.now())
    write(document, out)
    data = {
        "file": str(out),
        **about,
        "figures": {figure.label: figure.value for figure in document.figures},
        "warnings": list(document.warnings),
        "tables": {table.name: len(table.rows) for table in document.tables},
    }
    lines = [f"{document.title} {document.span}: {out}", *document.warnings]
    return Report(data, lines=lines, rows=[(figure.label, figure.text, figure.note) for figure in document.figures], columns=("figure", "value", "meaning"))


COMMANDS: tuple[click.Command, ...] = (report,)
