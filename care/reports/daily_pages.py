"""The report of a day, as a document."""

from __future__ import annotations

from functools import partial

from care.complaints.causes import NAMES
from care.reports import charts, tables
from care.reports.daily import DayReport
from care.reports.document import COUNT, MINUTES, NOTHING, PERCENT, RATE, Document, Figure, Section, Table, filed, percent, shown, titled
from care.reports.wording import long_day, named, say
from huabao.clock import business_day
from monitoring.alarms.kinds import CRITICAL
from reconciliation.reports.wording import share
from reconciliation.stop_send.causes import NAMES as STOP_NAMES

_SHORT = {"zh": ("周一", "周二", "周三", "周四", "周五", "周六", "周日"), "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")}


def day_document(found: DayReport, language: str) -> Document:
    """The day in one language."""
    return Document(
        kind="daily",
        language=language,
        title=titled(say(language, "title_daily"), found.city),
        span=long_day(language, found.day),
        name=filed(f"huabao-daily-{found.day.isoformat()}", found.city),
        made_at=found.made_at,
        figures=_figures(found, language),
        warnings=_warnings(found, language),
        sections=_sections(found, language),
        city=found.city,
    )


def _sections(found: DayReport, language: str) -> tuple[Section, ...]:
    sent, rest = (_sends(found, language), _lateness(found, language)), (_stops(found, language), _complaints(found, language))
    if found.city:
        return (*sent, tables.open_section(language, found.open), *rest)
    return (*sent, _ports(found, language), _alarms(found, language), _reconciliation(found, language), *rest)


def _warnings(found: DayReport, language: str) -> tuple[str, ...]:
    said = []
    if business_day(found.made_at) <= found.day:
        said.append(say(language, "day_runs"))
    if not found.sends:
        said.append(say(language, "no_dispatch_day"))
    if found.city:
        said.append(say(language, "city_only", city=found.city))
    return (*said, *tables.unsettled(language, sum(not one.is_over for one in found.sends), found.whole.uncounted))


def _figures(found: DayReport, language: str) -> tuple[Figure, ...]:
    words, whole = partial(say, language), found.whole
    shares = ("、" if language == "zh" else ", ").join(percent(one.on_time) for _, one in found.earlier if one.on_time is not None)
    open_, critical = sum(one.closed_at is None for one in found.alarms), sum(one.severity == CRITICAL for one in found.alarms)
    month, before = (rate_words(one.per_10000 if one else None) for one in (found.month, found.month.before))
    on_time = words("on_time_none") if whole.on_time is None else words("on_time_note", day=_SHORT[language][found.day.weekday()], shares=shares or NOTHING)
    figures = (
        Figure(words("planned"), whole.planned, COUNT, words("planned_note", n=whole.dispatches)),
        Figure(words("success"), whole.success, PERCENT, words("success_note", retrieved=whole.retrieved, base=whole.base)),
        Figure(words("on_time"), whole.on_time, PERCENT, on_time),
        Figure(words("late_p95"), whole.percentile(0.95), MINUTES, words("late_p95_note", p50=shown(whole.percentile(0.5), COUNT), late=whole.late_readers)),
        Figure(words("per_10000"), found.per_10000, RATE, words("per_10000_day", n=found.complained, month=month, before=before)),
    )
    if found.city:
        return figures
    return (
        *figures,
        Figure(words("alarms"), len(found.alarms), COUNT, words("alarms_note", critical=critical, open=open_), "failed" if critical else ""),
    )


def rate_words(rate: float | None) -> str:
    """A rate per 10,000; a dash where there is none."""
    return shown(rate, RATE)


def _sends(found: DayReport, language: str) -> Section:
    words = partial(say, language)
    bar = tables.outcomes_bar(language, found.whole.outcomes)
    listed = (tables.sends_table(language, words("sends"), found.sends),) if found.sends else ()
    excluded = (tables.counts_table(language, words("excluded_why"), "reason", found.excluded, "reason"),) if found.excluded else ()
    counts = Table(words("outcomes"), tables.columns(language, "outcome", ("readers", COUNT)), _outcomes(found, language), 0)
    said = ((words("no_dispatch_day"),) if not found.sends else ()) + ((words("resends_said", n=found.resends),) if found.resends else ())
    return Section(words("sends"), said, (bar,) if bar else (), (*listed, counts, *excluded), words("sends_note") if found.sends else "")


def _outcomes(found: DayReport, language: str) -> tuple[tuple[str, int], ...]:
    return tuple((named(language, "outcome", name), found.whole.outcomes.get(name, 0)) for name in tables.ORDER)


def _lateness(found: DayReport, language: str) -> Section:
    compared = [(f"{day:%m-%d}", one.on_time) for day, one in reversed(found.earlier)] + [(f"{found.day:%m-%d}", found.whole.on_time)]
    picture = charts.columns(compared, percent, last_only=True, height=70) if found.earlier and found.whole.on_time is not None else None
    captioned = (charts.captioned(say(language, "weekdays"), picture),) if picture else ()
    return tables.lateness_section(language, found.whole, found.sends, captioned)


def _ports(found: DayReport, language: str) -> Section:
    words = partial(say, language)
    listed = (tables.ports_table(language, found.ports),) if found.ports else ()
    heads = tables.columns(language, "name", "group", ("seeds_sent", COUNT), ("retrieved", COUNT), ("silent", COUNT), ("bad", COUNT))
    seeds = (Table(words("seeds"), heads, tuple((one.name, one.group, one.sent, one.retrieved, one.silent, one.bad) for one in found.seeds)),) if found.seeds else ()
    title = f"{words('ports')} · {words('seeds')}" if seeds else words("ports")
    return Section(title, () if listed or seeds else (words("none"),), (), (*listed, *seeds))


def _alarms(found: DayReport, language: str) -> Section:
    words = partial(say, language)
    return Section(words("alarms_title"), () if found.alarms else (words("none"),), (), (tables.alarms_table(language, found.alarms),) if found.alarms else ())


def _reconciliation(found: DayReport, language: str) -> Section:
    words, report = partial(say, language), found.reconciliation
    if found.run_of is None or report is None:
        return Section(words("reconciliation"), (words("reconciliation_none"),))
    said = words("reconciliation_of", day=found.run_of.isoformat(), compared=report.compared, rate=share(report.rate, language), open=report.listed_total)
    return Section(words("reconciliation"), (said,), (), (tables.differences_table(language, report),) if report.classes else ())


def _stops(found: DayReport, language: str) -> Section:
    words, one = partial(say, language), found.stops
    said = words("stops_say", stopped=sum(one.stopped.values()), attempted=one.attempted, recovered=one.recovered, open=one.open, barred=one.barred)
    causes = {STOP_NAMES[cause][language == "zh"] if cause in STOP_NAMES else cause: count for cause, count in one.stopped.items()}
    return Section(words("stops"), (said,), (), (tables.counts_table(language, words("stops"), "cause", causes),) if causes else (), half=True)


def _complaints(found: DayReport, language: str) -> Section:
    words = partial(say, language)
    base = words("complaints_base_none") if found.paying is None else words("complaints_base", n=found.paying)
    if not found.complained:
        return Section(words("complaints"), (words("complaints_none"),), half=True)
    names = [(cause, both[language == "zh"]) for cause, both in NAMES.items() if cause in found.complaints]
    heads = tables.columns(language, "cause", ("count", COUNT), ("share", PERCENT), ("per_10000", RATE))
    rows = tuple(
        (name, found.complaints[cause], found.complaints[cause] / found.complained, found.complaints[cause] * 10_000 / found.paying if found.paying else None)
        for cause, name in names
    )
    return Section(words("complaints"), (), (), (Table(words("complaints"), heads, rows),), base, half=True)
