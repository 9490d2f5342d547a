"""The report of a month, as a document."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial

from care.complaints.causes import NAMES
from care.reports import charts, tables
from care.reports.daily_pages import rate_words
from care.reports.document import COUNT, DAY, MINUTES, PERCENT, RATE, Cell, Document, Figure, Section, Table, filed, of_city, percent, shown, titled
from care.reports.monthly import MonthReport
from care.reports.sends import Sum
from care.reports.wording import named, say
from monitoring.alarms.kinds import SEVERITIES, kind_of
from reconciliation.reports.wording import share
from reconciliation.stop_send import report as recovery
from reconciliation.stop_send.causes import NAMES as STOP_NAMES

CODES_MAX = 15
CODES_KEPT = 200


def month_document(found: MonthReport, language: str) -> Document:
    """The month in one language."""
    return Document(
        kind="month",
        language=language,
        title=titled(say(language, "title_month"), found.city),
        span=f"{found.month:%Y-%m}",
        name=filed(f"huabao-month-{found.month:%Y-%m}", found.city),
        made_at=found.made_at,
        figures=_figures(found, language),
        warnings=_warnings(found, language),
        sections=_sections(found, language),
        city=found.city,
    )


def _sections(found: MonthReport, language: str) -> tuple[Section, ...]:
    first = (_trend(found, language), _complaints(found, language), _publications(found, language))
    recovered, faults, days = _recovery(found, language), _faults(found, language), _days(found, language)
    if found.city:
        return (*first, tables.open_section(language, found.open), recovered, faults, days)
    return (*first, _reconciliation(found, language), recovered, faults, _alarms(found, language), _ports(found, language), days)


def _warnings(found: MonthReport, language: str) -> tuple[str, ...]:
    said = [] if found.is_over else [say(language, "month_runs", day=found.until.isoformat())]
    if not found.sends:
        said.append(say(language, "no_dispatch_month"))
    if found.city:
        said.append(say(language, "city_only", city=found.city))
    return (*said, *tables.unsettled(language, found.whole.running, found.whole.uncounted))


def _figures(found: MonthReport, language: str) -> tuple[Figure, ...]:
    words, whole, before = partial(say, language), found.whole, found.before
    c, last = found.complaints, found.complaints.before
    tried, tried_before = found.recovery.whole, found.recovery_before.whole
    late = words("late_p95_note", p50=shown(whole.percentile(0.5), COUNT), late=whole.late_readers)
    gap = "；" if language == "zh" else "; "
    return (
        Figure(words("planned"), whole.planned, COUNT, words("planned_note", n=whole.dispatches) + gap + words("before", value=shown(before.planned or None, COUNT))),
        Figure(words("success"), whole.success, PERCENT, words("before", value=percent(before.success))),
        Figure(words("on_time"), whole.on_time, PERCENT, words("before", value=percent(before.on_time))),
        Figure(words("late_p95"), whole.percentile(0.95), MINUTES, late + gap + words("before", value=shown(before.percentile(0.95), COUNT))),
        Figure(
            words("per_10000"),
            c.per_10000,
            RATE,
            words("per_10000_month", n=c.complaints, paying=shown(c.paying, COUNT), before=rate_words(last.per_10000 if last else None)),
        ),
        Figure(words("recovered"), tried.rate, PERCENT, words("recovered_note", recovered=tried.recovered, attempted=tried.attempted, before=percent(tried_before.rate))),
    )


def _trend(found: MonthReport, language: str) -> Section:
    words = partial(say, language)
    labels = [f"{day.day}" for day in found.days]
    p95 = [(label, None if (value := one.percentile(0.95)) is None else float(value)) for label, one in zip(labels, found.days.values(), strict=True)]
    pictures = (
        ("trend_success", charts.line(list(zip(labels, (one.success for one in found.days.values()), strict=True)), percent, least_span=0.02, ceiling=1.0)),
        ("trend_late", charts.columns(p95, _whole, tone="held", height=60)),
        ("trend_planned", charts.columns([(label, float(one.planned)) for label, one in zip(labels, found.days.values(), strict=True)], _whole, tone="quiet", height=60)),
        ("trend_complaints", charts.columns([(f"{day.day}", float(_complained(found, day))) for day in found.days], _whole, tone="failed", height=60)),
    )
    captioned = tuple(charts.captioned(words(name), picture) for name, picture in pictures if picture and (name != "trend_planned" or found.sends))
    return Section(words("trend"), (words("no_dispatch_month"),) if not found.sends else (), captioned, (), words("trend_note") if found.sends else "")


def _whole(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 or value.is_integer() else f"{value:.1f}"


def _complained(found: MonthReport, day: date) -> int:
    return sum(found.complaints_by_day.get(day, {}).values())


def _complaints(found: MonthReport, language: str) -> Section:
    words, now, before = partial(say, language), found.complaints, found.complaints.before
    then = before.by_cause if before else {}
    causes = [cause for cause in NAMES if cause in now.by_cause or cause in then]
    if not causes:
        return Section(words("by_cause"), (words("complaints_none"),))

    def rate(count: int, paying: int | None) -> float | None:
        return count * 10_000 / paying if paying else None

    paid = before.paying if before else None
    rows = tuple(
        (
            NAMES[cause][language == "zh"], now.by_cause.get(cause, 0), now.by_cause.get(cause, 0) / now.complaints if now.complaints else None,
            rate(now.by_cause.get(cause, 0), now.paying), then.get(cause, 0), rate(then.get(cause, 0), paid),
        )
        for cause in causes
    )  # fmt: skip
    bars = [(str(row[0]), row[3], row[5]) for row in rows]
    picture = charts.pairs(bars, lambda value: f"{value:.2f}", (f"{found.month:%Y-%m}", words("c_before")))
    heads = tables.columns(language, "cause", ("count", COUNT), ("share", PERCENT), ("per_10000", RATE), ("before", COUNT), ("before_per_10000", RATE))
    note = words("by_cause_note", paying=shown(now.paying, COUNT), days=now.days, before=shown(paid, COUNT))
    return Section(words("by_cause"), (), (picture,) if picture else (), (Table(words("complaints"), heads, rows),), note)


def _publications(found: MonthReport, language: str) -> Section:
    words = partial(say, language)
    if not found.publications:
        return Section(words("by_publication"), (words("no_dispatch_month"),))
    bar = tables.outcomes_bar(language, found.whole.outcomes)
    heads = tables.columns(
        language, "publication", ("dispatches", COUNT), ("planned", COUNT), ("retrieved", COUNT), ("success", PERCENT), ("on_time", PERCENT), ("late", COUNT), ("p50", MINUTES),
        ("p95", MINUTES),
    )  # fmt: skip
    rows = tuple((name, *_sums(one)) for name, one in found.publications.items())
    said = (words("resends_said", n=found.resends),) if found.resends else ()
    listed: tuple[Table, ...] = (Table(words("by_publication"), heads, rows),)
    return Section(words("by_publication"), said, (bar,) if bar else (), listed, words("sends_note"))


def _sums(one: Sum) -> tuple[Cell, ...]:
    return (one.dispatches + one.uncounted, one.planned, one.retrieved, one.success, one.on_time, one.late_readers, one.percentile(0.5), one.percentile(0.95))


def _days(found: MonthReport, language: str) -> Section:
    words = partial(say, language)
    heads = tables.columns(
        language, ("day", DAY), ("dispatches", COUNT), ("planned", COUNT), ("retrieved", COUNT), ("success", PERCENT), ("on_time", PERCENT), ("late", COUNT), ("p50", MINUTES),
        ("p95", MINUTES), ("complaints", COUNT),
    )  # fmt: skip
    rows = tuple((day, *(_sums(one) if one.dispatches or one.uncounted else (None,) * 8), _complained(found, day)) for day, one in found.days.items())
    return Section(words("by_day"), (), (), (Table(words("by_day"), heads, rows, links=tuple(of_city(f"/reports/days/{day.isoformat()}", found.city) for day in found.days)),))


def _reconciliation(found: MonthReport, language: str) -> Section:
    words, report = partial(say, language), found.reconciliation
    if report is None or not report.days:
        return Section(words("reconciliation"), (words("reconciliation_none_month"),))
    said = words("reconciliation_month", runs=len(report.days), compared=report.compared, rate=share(report.rate, language), open=report.listed_total)
    return Section(words("reconciliation"), (said,), (), (tables.differences_table(language, report),) if report.classes else ())


def _recovery(found: MonthReport, language: str) -> Section:
    words, now, then = partial(say, language), found.recovery, found.recovery_before
    rate = percent(now.whole.rate)
    stopped = sum(now.stopped.values())
    said = words("recovery_say", stopped=stopped, attempted=now.whole.attempted, recovered=now.whole.recovered, rate=rate, barred=now.barred)
    causes = [cause for cause in STOP_NAMES if cause in now.stopped or cause in now.by_cause]
    if not causes:
        return Section(words("recovery"), (said,))
    nothing = recovery.Share(0, 0)
    heads = tables.columns(language, "cause", ("stopped", COUNT), ("attempted", COUNT), ("recovered", COUNT), ("rate", PERCENT), ("before", PERCENT))
    rows = tuple(
        (STOP_NAMES[cause][language == "zh"], now.stopped.get(cause, 0), one.attempted, one.recovered, one.rate, then.by_cause.get(cause, nothing).rate)
        for cause in causes
        for one in (now.by_cause.get(cause, nothing),)
    )
    return Section(words("recovery"), (said,), (), (Table(words("recovery"), heads, rows),))


def _faults(found: MonthReport, language: str) -> Section:
    words = partial(say, language)
    cells = [(code, outcome, count) for code, outcomes in found.codes.items() for outcome, count in outcomes.items() if outcome in (*tables.FAILED, *tables.UNKNOWN)]
    cells.sort(key=lambda one: (-one[2], one[0], one[1]))
    if not cells:
        return Section(words("faults"), (words("faults_none"),), half=True)
    heads = tables.columns(language, "code", "outcome", ("readers", COUNT))
    rows = tuple((code, named(language, "outcome", outcome), count) for code, outcome, count in cells[:CODES_KEPT])
    return Section(words("faults"), (), (), (Table(words("faults"), heads, rows, CODES_MAX),), half=True)


def _alarms(found: MonthReport, language: str) -> Section:
    words = partial(say, language)
    if not found.alarms:
        return Section(words("alarm_kinds"), (words("none"),), half=True)
    heads = tables.columns(language, "severity", "alarm", ("times", COUNT), ("minutes", MINUTES))
    return Section(words("alarm_kinds"), (), (), (Table(words("alarm_kinds"), heads, tuple(_kinds(found, language)), 20),), half=True)


def _kinds(found: MonthReport, language: str) -> Sequence[tuple[Cell, ...]]:
    sums: dict[str, list[int]] = {}
    for one in found.alarms:
        sums.setdefault(one.kind, []).append(one.minutes)
    kinds = sorted(sums, key=lambda kind: (SEVERITIES.index(kind_of(kind).severity), -sum(sums[kind]), kind))
    return [(named(language, "severity", kind_of(kind).severity), kind_of(kind).name[language == "zh"], len(sums[kind]), sum(sums[kind])) for kind in kinds]


def _ports(found: MonthReport, language: str) -> Section:
    return Section(say(language, "ports"), () if found.ports else (say(language, "none"),), (), (tables.ports_table(language, found.ports),) if found.ports else ())
