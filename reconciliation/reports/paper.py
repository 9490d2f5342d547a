"""The report on paper: a template filled in and laid out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from content.proof.wording import moment
from reconciliation.reports.figures import AgeFigures, DayFigures, Report
from reconciliation.reports.picture import waterfall_png
from reconciliation.reports.printing import environment, grouped, lay_out
from reconciliation.reports.trend import trend_svg
from reconciliation.reports.wording import say, share, words, yuan

REFUSED_SHOWN: Final = 3


def write_pdf(report: Report, language: str) -> bytes:
    """The PDF.

    Raises:
        UsageError: the libraries that lay out text are not installed.
    """
    strong = "".join((*(word[language] for word in words().values()), "BOSSMISC0123456789.,%-−: "))
    return lay_out(_page(report, language), strong, {"waterfall": waterfall_png(report.waterfall_of, language)} if report.waterfall_of else {})


def _page(report: Report, language: str) -> str:
    filled = environment({"grouped": grouped, "yuan": yuan, "share": partial(share, language=language)})
    shared: Mapping[str, Any] = {
        "say": partial(say, language),
        "action_words": partial(action_words, language=language),
        "mark_words": partial(mark_words, language=language),
        "age_words": partial(age_words, language=language),
        "list_words": partial(list_words, language=language),
        "left_out_words": partial(left_out_words, language=language),
        "refused_words": partial(refused_words, language=language),
        "moment": moment,
        "trend": trend_svg(report.trend, report.until, language),
    }
    return filled.get_template("report.html.j2").render(report=report, language=language, **shared)


def action_words(action: str, language: str) -> str:
    """What an action of the policy is called."""
    name = f"action_{action or 'none'}"
    return say(language, name) if name in words() else action


def mark_words(mark: str, language: str) -> str:
    """What a case of its own is called, "" for none."""
    return say(language, f"mark_{mark}") if f"mark_{mark}" in words() else mark


def age_words(one: AgeFigures, language: str) -> str:
    """A group of ages."""
    if one.last is None:
        return say(language, "age_over", n=one.first - 1)
    return say(language, "age_one") if one.last == 1 else say(language, "age_range", first=one.first, last=one.last)


def list_words(name: str, language: str) -> str:
    """What a list of the month's bill is called."""
    return say(language, f"list_{name}") if f"list_{name}" in words() else name


def left_out_words(left_out: Mapping[str, int], language: str) -> str:
    """Who was served, not charged, and need not be."""
    shown = [say(language, f"left_out_{name}", n=count) for name, count in left_out.items() if f"left_out_{name}" in words()]
    return say(language, "left_out", reasons=("、" if language == "zh" else ", ").join(shown))


def refused_words(day: DayFigures, language: str) -> str:
    """Which files of a run did not count, and why."""
    shown = [f"{one['side']}: {one['reason']}" for one in day.refused[:REFUSED_SHOWN]]
    missing = [f"{side}: —" for side, at in day.as_of.items() if at is None and not any(one["side"] == side for one in day.refused)]
    gaps = [say(language, "gap", side=side) for side in day.gaps]
    return ", ".join([*shown, *missing, *gaps])
