"""The report of one edition, as a document."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from care.complaints.causes import NAMES
from care.reports import charts, tables
from care.reports.document import BYTES, COUNT, MINUTES, MOMENT, MONEY, PERCENT, TEXT, Cell, Column, Document, Figure, Section, Table, filed, shown, titled
from care.reports.edition import EditionReport, left
from care.reports.wording import long_day, named, say
from monitoring.tallies import CITY, CODE, HANDSET_CLASS, PORT, Minute

DRAWN = 0.99
"""Of all changes: what comes much later would squeeze the rest of the picture."""


def edition_document(found: EditionReport, language: str) -> Document:
    """The edition in one language."""
    return Document(
        kind="edition",
        language=language,
        title=titled(found.name, found.city),
        span=f"{say(language, 'title_edition')} · {found.heading} · {long_day(language, found.issue_date)}",
        name=filed(f"huabao-edition-{found.edition_id}", found.city),
        made_at=found.made_at,
        figures=_figures(found, language),
        warnings=_warnings(found, language),
        sections=(
            _sends(found, language),
            _course(found, language),
            tables.lateness_section(language, found.whole, found.sends),
            _copies(found, language),
            *_cells(found, language),
            _complaints(found, language),
        ),
        city=found.city,
    )


def _warnings(found: EditionReport, language: str) -> tuple[str, ...]:
    said = [] if found.sends else [say(language, "no_dispatch_edition")]
    if found.city:
        said.append(say(language, "city_only", city=found.city))
    return (*said, *tables.unsettled(language, found.whole.running, found.whole.uncounted))


def _figures(found: EditionReport, language: str) -> tuple[Figure, ...]:
    words, whole = partial(say, language), found.whole
    late = words("late_p95_note", p50=shown(whole.percentile(0.5), COUNT), late=whole.late_readers)
    figures = (
        Figure(words("planned"), whole.planned, COUNT, words("planned_note", n=whole.dispatches)),
        Figure(words("success"), whole.success, PERCENT, words("success_note", retrieved=whole.retrieved, base=whole.base)),
        Figure(words("on_time"), whole.on_time, PERCENT, "" if whole.promised else words("on_time_none")),
        Figure(words("late_p95"), whole.percentile(0.95), MINUTES, late),
        Figure(words("traffic"), sum(one.bytes for one in found.copies), BYTES, words("traffic_note", n=len(found.copies))),
    )
    if found.cost_fen is not None:
        return (*figures, Figure(words("cost"), found.cost_fen, MONEY, words("cost_note", n=left(whole.outcomes))))
    return (*figures, Figure(words("complaints_figure"), sum(found.complaints.values()), COUNT, words("complaints_edition_note")))


def _sends(found: EditionReport, language: str) -> Section:
    words = partial(say, language)
    if not found.sends:
        return Section(words("sends"), (words("no_dispatch_edition"),))
    bar = tables.outcomes_bar(language, found.whole.outcomes)
    excluded = (tables.counts_table(language, words("excluded_why"), "reason", found.excluded, "reason"),) if found.excluded else ()
    said = (words("desk", n=found.comments),) if found.comments else ()
    return Section(words("sends"), said, (bar,) if bar else (), (tables.sends_table(language, words("sends"), found.sends), *excluded))


def _course(found: EditionReport, language: str) -> Section:
    words = partial(say, language)
    if not found.by_minute:
        return Section(words("course"), (words("course_none"),))
    drawn, after = drawable(found.by_minute)
    rules = sorted({(one.deadline_at, words("promised_mark")) for one in found.sends if one.deadline_at is not None})
    picture = charts.stacked(drawn, partial(named, language, "tone"), rules)
    note = words("course_rest", at=shown(drawn[-1].at, MOMENT), n=after) if after else ""
    return Section(words("course"), (), (charts.captioned(words("course_unit", n=charts.step_min(drawn)), picture),), (_minutes(found, language),), note)


def drawable(minutes: Sequence[Minute]) -> tuple[Sequence[Minute], int]:
    """The minutes up to which nearly all had changed, and how many readers changed later."""
    sums = [sum(one.counts.values()) for one in minutes]
    whole, reached = sum(sums), 0
    for index, count in enumerate(sums):
        reached += count
        if reached >= DRAWN * whole:
            return minutes[: index + 1], whole - reached
    return minutes, 0


def _minutes(found: EditionReport, language: str) -> Table:
    names = [name for name in tables.ORDER if any(name in one.counts for one in found.by_minute)]
    heads = (*tables.columns(language, ("minute", MOMENT)), *(Column(named(language, "outcome", name), COUNT) for name in names))
    rows: list[tuple[Cell, ...]] = [(one.at, *(one.counts.get(name, 0) for name in names)) for one in found.by_minute]
    return Table(say(language, "course"), heads, tuple(rows), 0)


def _copies(found: EditionReport, language: str) -> Section:
    words = partial(say, language)
    if not found.copies:
        return Section(words("variants"), (words("none"),))
    heads = tables.columns(
        language, "variant", "handset_class", ("slides", COUNT), ("size", BYTES), ("readers", COUNT), ("retrieved", COUNT), ("success", PERCENT), ("traffic", BYTES)
    )
    rows = tuple(
        (one.name, one.handset_class, one.slides, one.size_bytes, one.readers, one.outcomes.get("retrieved", 0), tables.rate_of(one.outcomes), one.bytes) for one in found.copies
    )
    return Section(words("variants"), (), (), (Table(words("variants"), heads, rows, 40),))


def _cells(found: EditionReport, language: str) -> list[Section]:
    words = partial(say, language)
    sections = []
    for scope, title, head in ((HANDSET_CLASS, "by_class", "handset_class"), (CITY, "by_city", "city"), (PORT, "by_port", "port")):
        if found.cells[scope] and not (found.city and scope == CITY):
            sections.append(Section(words(title), (), (), (tables.cells_table(language, words(title), head, found.cells[scope], none=words("no_city")),)))
    counted = sorted(((count, code, name) for code, outcomes in found.cells[CODE].items() for name, count in outcomes.items()), key=lambda one: (-one[0], *one[1:]))
    if counted:
        codes = tuple((code, named(language, "outcome", name), count) for count, code, name in counted)
        heads = tables.columns(language, ("code", TEXT), "outcome", ("readers", COUNT))
        sections.append(Section(words("by_code"), (), (), (Table(words("by_code"), heads, codes, 20),), half=True))
    return sections


def _complaints(found: EditionReport, language: str) -> Section:
    words = partial(say, language)
    if not found.complaints:
        return Section(words("complaints"), (words("complaints_none"),), half=True)
    counts = {NAMES[cause][language == "zh"] if cause in NAMES else cause: count for cause, count in found.complaints.items()}
    return Section(words("complaints"), (), (), (tables.counts_table(language, words("complaints"), "cause", counts),), half=True)
