"""`huabao reconcile report`: what the reconciliation found, as PDF, workbook or picture."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from pathlib import Path

import click

from huabao.cli import Invocation, Report, operation
from huabao.errors import UsageError

SUFFIXES = (".pdf", ".xlsx", ".png")
SEES_NUMBERS = ("", "ops", "admin")
"""Roles that may have whole numbers; the system account has none."""


@click.command()
@click.option("--date", "day", metavar="DATE", help="Of one business day.")
@click.option("--month", metavar="YYYY-MM", help="Of a month.")
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="FILE", help="FILE.pdf, FILE.xlsx, or FILE.png for the waterfall alone.")
@click.option("--language", type=click.Choice(("zh", "en")), default="zh", show_default=True)
@click.option("--numbers", is_flag=True, help="Whole numbers, for who may see them (default: masked).")
@operation
def report(invocation: Invocation, day: str | None, month: str | None, out: Path, language: str, numbers: bool) -> Report:
    """Match rate, classes, money, ages and repairs of a day or a month; exit 1 where no run was made."""
    from huabao import audit
    from reconciliation.reports import files
    from reconciliation.reports.gathering import gather
    from reconciliation.reports.wording import share

    since, until, kind = _span(day, month)
    if out.suffix.lower() not in SUFFIXES:
        raise UsageError(f"--out {out}: its name ends in {', '.join(SUFFIXES)}, which says what is written")
    if numbers and invocation.role not in SEES_NUMBERS:
        raise UsageError(f"the role {invocation.role} sees numbers masked; leave --numbers out")
    with invocation.runtime.transaction(read_only=True, still=True) as session:
        found = gather(session, since, until, kind=kind, made_at=invocation.runtime.now(), masked=not numbers)
        listed = files.write(session, found, out, language)
    if numbers:
        with invocation.runtime.transaction() as session:
            audit.record(session, actor=invocation.actor, action="reconcile.report", object_kind="reconcile_report", object_id=f"{since}", at=found.made_at, numbers=listed)
    data = {
        "file": str(out),
        "since": since,
        "until": until,
        "runs": len(found.days),
        "compared": found.compared,
        "matched": found.matched,
        "rate": found.rate,
        "differences": {one.name: one.seen for one in found.classes},
        "open": found.listed_total,
        "listed": listed,
        "masked": found.masked,
    }
    lines = [f"{len(found.days)} runs, {found.compared:,} compared, {share(found.rate, 'en')} equal, {found.listed_total:,} open: {out}"]
    return Report(data, lines=lines, problem=not found.days)


def _span(day: str | None, month: str | None) -> tuple[date, date, str]:
    """Both days within, and the kind.

    Raises:
        UsageError: neither or both were given, or one is none.
    """
    if (day is None) == (month is None):
        raise UsageError("name either --date or --month")
    try:
        if month is None:
            found = date.fromisoformat(str(day))
            return found, found, "daily"
        first = date.fromisoformat(f"{month}-01")
    except ValueError as error:
        raise UsageError(f"{day or month!r} is no {'day, write it as 2026-11-21' if day else 'month, write it as 2026-11'}") from error
    return first, first.replace(day=monthrange(first.year, first.month)[1]), "monthly"
