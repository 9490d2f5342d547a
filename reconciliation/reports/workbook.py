"""The report as a workbook (XLSX): one sheet for each table, every open difference among them.

Written by XlsxWriter row by row, so that memory does not grow with the differences.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, BinaryIO, Final

from reconciliation.reports.figures import ListedDifference, Report
from reconciliation.reports.paper import action_words, age_words, left_out_words, list_words, mark_words
from reconciliation.reports.waterfall import REST, ladders
from reconciliation.reports.wording import say

ROWS_MAX: Final = 1_048_575
"""Of a sheet, less its heading; what is beyond goes on a further one."""


def write_workbook(out: BinaryIO, report: Report, listed: Iterable[ListedDifference], language: str) -> int:
    """Write it; how many open differences are in it.

    Args:
        listed: all of them, in order; the first few of the report are among them.
    """
    import xlsxwriter  # type: ignore[import-untyped]  # it ships no types

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "default_date_format": "yyyy-mm-dd"}
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({"title": say(language, f"title_{report.kind}"), "created": report.made_at.replace(tzinfo=None)})
        sheets = _Sheets(book, language)
        sheets.table(say(language, "summary"), ("", ""), _summary(report, language))
        sheets.table(say(language, "by_class"), tuple(say(language, one) for one in ("class", "meaning", "count", "money", "seen")), _classes(report, language), money=(3,))
        sheets.table(say(language, "by_day"), _day_heads(report, language), _days(report), share=(4,), money=(6,))
        sheets.table(say(language, "waterfall")[:31], tuple(say(language, one) for one in ("total", "class", "count")), _waterfall(report, language))
        sheets.table(say(language, "ages"), tuple(say(language, one) for one in ("age", "count", "money", "unowned")), _ages(report, language), money=(2,))
        sheets.table(say(language, "repairs")[:31], tuple(say(language, one) for one in ("action", "all")) + _outcome_heads(report, language), _repairs(report, language))
        if report.kind == "monthly":
            sheets.table(say(language, "bill")[:31], tuple(say(language, one) for one in ("list", "count", "money")), _bill(report, language), money=(2,))
        heads = ("number", "service", "class", "mark", "boss", "misc", "platform", "money", "day", "age", "action", "owner", "tries")
        return sheets.table(say(language, "listed"), tuple(say(language, one) for one in heads), _listed(listed, language), money=(7,), day=(8,))


class _Sheets:
    """Writes tables, each on a sheet of its own."""

    def __init__(self, book: Any, language: str) -> None:
        self._book, self._language = book, language
        self._head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
        self._formats = {
            "money": book.add_format({"num_format": "#,##0.00"}),
            "share": book.add_format({"num_format": "0.000%"}),
            "day": book.add_format({"num_format": "yyyy-mm-dd"}),
        }

    def table(self, name: str, heads: Sequence[str], rows: Iterable[Sequence[Any]], *, money: Sequence[int] = (), share: Sequence[int] = (), day: Sequence[int] = ()) -> int:
        """A table; how many rows. Money comes in fen and stands in yuan."""
        kinds = dict.fromkeys(money, "money") | dict.fromkeys(share, "share") | dict.fromkeys(day, "day")
        sheet, at, total = None, 0, 0
        for row in rows:
            if sheet is None or at == ROWS_MAX:
                sheet, at = self._sheet(name, heads, total), 0
            at, total = at + 1, total + 1
            for column, value in enumerate(row):
                kind = kinds.get(column, "")
                shown = value / 100 if kind == "money" and value is not None else value
                sheet.write(at, column, shown, self._formats.get(kind))
        if sheet is None:
            self._sheet(name, heads, 0)
        return total

    def _sheet(self, name: str, heads: Sequence[str], before: int) -> Any:
        title = name[:28] if not before else f"{name[:24]} {before // ROWS_MAX + 1}"
        sheet = self._book.add_worksheet(title)
        sheet.set_column(0, len(heads) - 1, 16)
        for column, head in enumerate(heads):
            sheet.write(0, column, head, self._head)
        sheet.freeze_panes(1, 0)
        return sheet


def _summary(report: Report, language: str) -> list[tuple[str, Any]]:
    return [
        (say(language, "day"), say(language, "span", since=report.since.isoformat(), until=report.until.isoformat())),
        (say(language, "compared"), report.compared),
        (say(language, "matched"), report.matched),
        (say(language, "rate"), say(language, "no_data") if report.rate is None else report.rate),
        *([(say(language, "rate_note", explained=report.explained), report.explained)] if report.explained else []),
        (say(language, "open"), report.listed_total),
        *([(say(language, "masked"), "")] if report.masked else []),
    ]


def _classes(report: Report, language: str) -> list[tuple[Any, ...]]:
    return [(one.name, one.words[1 if language == "zh" else 0], one.count, one.money_fen, one.seen) for one in report.classes]


def _day_heads(report: Report, language: str) -> tuple[str, ...]:
    return (*(say(language, one) for one in ("day", "run", "compared", "matched", "rate", "differences", "money", "in_flight", "refused")), *(one.name for one in report.classes))


def _days(report: Report) -> list[tuple[Any, ...]]:
    return [
        (
            day.day.isoformat(), day.run_id, day.compared, day.matched, day.rate, sum(day.differences.values()), sum(day.money_fen.values()), day.in_flight,
            "; ".join(f"{one['side']}: {one['reason']}" for one in day.refused), *(day.differences.get(one.name, 0) for one in report.classes),
        )
        for day in report.days
    ]  # fmt: skip


def _waterfall(report: Report, language: str) -> list[tuple[Any, ...]]:
    day = report.waterfall_of
    rows: list[tuple[Any, ...]] = []
    for one in ladders(day.equal, day.differences, steps_max=100) if day else ():
        side = say(language, one.side)
        rows.append((side, say(language, "total"), one.total))
        rows += [(side, step.name if step.name != REST else say(language, "rest", n=step.classes), -step.count) for step in one.steps]
        rows.append((side, say(language, "agreed"), one.agreed))
    return rows


def _bill(report: Report, language: str) -> list[tuple[Any, ...]]:
    if report.bill is None:
        return [(say(language, "no_bill"), None, None)]
    rows: list[tuple[Any, ...]] = [(list_words(name, language), *figures) for name, figures in report.bill.lists.items()]
    return [*rows, *([(left_out_words(report.bill.left_out, language), None, None)] if report.bill.left_out else [])]


def _ages(report: Report, language: str) -> list[tuple[Any, ...]]:
    return [(age_words(one, language), one.count, one.money_fen, one.unowned) for one in report.ages]


def _outcomes(report: Report) -> list[str]:
    return sorted({name for one in report.repairs for name in one.outcomes})


def _outcome_heads(report: Report, language: str) -> tuple[str, ...]:
    return tuple(say(language, f"outcome_{name}") for name in _outcomes(report))


def _repairs(report: Report, language: str) -> list[tuple[Any, ...]]:
    return [(action_words(one.action, language), one.total, *(one.outcomes.get(name, 0) for name in _outcomes(report))) for one in report.repairs]


def _listed(listed: Iterable[ListedDifference], language: str) -> Iterable[tuple[Any, ...]]:
    return (
        (
            one.msisdn, one.service_id, one.name, mark_words(one.mark, language), *one.states, one.money_fen, one.first_day, one.age_days,
            action_words(one.action, language), one.owner, one.tries,
        )
        for one in listed
    )  # fmt: skip
