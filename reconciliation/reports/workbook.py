"""The report as a workbook (XLSX): one sheet for each table, every open difference among them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, BinaryIO

from reconciliation.charges.models import STATES
from reconciliation.reports.figures import ListedDifference, Report
from reconciliation.reports.paper import action_words, age_words, left_out_words, list_words, mark_words
from reconciliation.reports.sheets import workbook
from reconciliation.reports.waterfall import REST, ladders
from reconciliation.reports.wording import say


def write_workbook(out: BinaryIO, report: Report, listed: Iterable[ListedDifference], language: str) -> int:
    """Write it; how many open differences are in it.

    Args:
        listed: all of them, in order; the first few of the report are among them.
    """
    with workbook(out, say(language, f"title_{report.kind}"), report.made_at) as sheets:
        sheets.table(say(language, "summary"), ("", ""), _summary(report, language))
        sheets.table(say(language, "by_class"), tuple(say(language, one) for one in ("class", "meaning", "count", "money", "seen")), _classes(report, language), {3: "money"})
        sheets.table(say(language, "by_day"), _day_heads(report, language), _days(report), {4: "share", 6: "money"})
        sheets.table(say(language, "waterfall")[:31], tuple(say(language, one) for one in ("total", "class", "count")), _waterfall(report, language))
        sheets.table(say(language, "ages"), tuple(say(language, one) for one in ("age", "count", "money", "unowned")), _ages(report, language), {2: "money"})
        sheets.table(say(language, "repairs")[:31], tuple(say(language, one) for one in ("action", "all")) + _outcome_heads(report, language), _repairs(report, language))
        if report.kind == "monthly":
            sheets.table(say(language, "bill")[:31], tuple(say(language, one) for one in ("list", "count", "money")), _bill(report, language), {2: "money"})
        heads = ("number", "service", "class", "mark", "boss", "misc", "platform", "money", "day", "age", "action", "owner", "tries")
        return sheets.table(say(language, "listed"), tuple(say(language, one) for one in heads), _listed(listed, language), {7: "money", 8: "day"})


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
    rows += [(say(language, f"refunds_{state}"), *report.refunds[state]) for state in STATES if state in report.refunds]
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
