"""Tables and pictures that more than one report has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from markupsafe import Markup

from care.reports import charts
from care.reports.around import Incident, PortDay
from care.reports.document import CLOCK, COUNT, MINUTES, MOMENT, MONEY, PERCENT, TEXT, Cell, Column, Section, Table, percent
from care.reports.sends import OPEN, Sent, Sum
from care.reports.wording import named, say
from huabao.msisdn import mask_within
from monitoring.lateness import CAUSES, percentile
from reconciliation.diff import CLASSES
from reconciliation.reports.figures import Report
from reconciliation.runs.boards import OpenClass

FAILED = ("rejected", "expired", "failed")
UNKNOWN = ("unknown", "no_report")
CITIES_SHOWN = 40
TEXT_CHARS_MAX = 60


def columns(language: str, *heads: str | tuple[str, str]) -> tuple[Column, ...]:
    """Columns by the names of their words, a text each unless its kind stands beside it."""
    pairs = [one if isinstance(one, tuple) else (one, TEXT) for one in heads]
    return tuple(Column(say(language, f"c_{name}"), kind) for name, kind in pairs)


def sum_of(outcomes: Mapping[str, int], names: Sequence[str]) -> int:
    """Readers of these outcomes."""
    return sum(outcomes.get(name, 0) for name in names)


def rate_of(outcomes: Mapping[str, int]) -> float | None:
    """Who has it, of those who were to; None where nobody was."""
    base = sum(outcomes.values()) - outcomes.get("cancelled", 0)
    return outcomes.get("retrieved", 0) / base if base > 0 else None


def unsettled(language: str, running: int, uncounted: int) -> tuple[str, ...]:
    """What is said first where figures may still change: how many dispatches run, and how many were not counted yet."""
    said = [say(language, "still_running", n=running)] if running else []
    return (*said, say(language, "not_counted", n=uncounted)) if uncounted else tuple(said)


def sends_table(language: str, name: str, found: Sequence[Sent]) -> Table:
    """Dispatches, one a row; of one that nobody counted only the plan is known."""
    heads = columns(
        language, "name", "kind", "state", ("planned", COUNT), ("excluded", COUNT), ("retrieved", COUNT), ("success", PERCENT), ("failed", COUNT), ("unknown", COUNT),
        ("open", COUNT), ("start", MOMENT), ("deadline", CLOCK), ("sent", CLOCK),
    )  # fmt: skip
    return Table(name, heads, tuple(_sent_row(language, one) for one in found), links=tuple(f"/dispatches/{one.dispatch_id}" for one in found))


def _sent_row(language: str, one: Sent) -> tuple[Cell, ...]:
    o = one.outcomes
    figures: tuple[Cell, ...] = (None,) * 5
    if one.counted_at is not None:
        figures = (o.get("retrieved", 0), rate_of(o), sum_of(o, FAILED), sum_of(o, UNKNOWN), sum_of(o, OPEN))
    what = (one.name, named(language, "kind", one.kind), named(language, "state", one.state), one.planned, one.excluded)
    return (*what, *figures, one.started_at or one.start_at, one.deadline_at, one.sent_at)


def outcomes_bar(language: str, outcomes: Mapping[str, int]) -> Markup:
    """All outcomes as one lying bar, in the fixed order of states."""
    return charts.split([(charts.TONES[name], named(language, "outcome", name), outcomes.get(name, 0)) for name in ORDER])


ORDER = ("retrieved", "submitted", "unknown", "no_report", "rejected", "expired", "failed", "cancelled", "pending")
CAUSE_TONES = {"editorial": "first", "queue": "second", "mmsc": "third", "handset": "fourth"}


def lateness_section(language: str, whole: Sum, found: Sequence[Sent], pictures: tuple[Markup, ...] = ()) -> Section:
    """Percentiles by dispatch, and what the minutes of lateness are owed to."""
    words = partial(say, language)
    promised = [one for one in found if one.late]
    if not promised:
        return Section(words("lateness"), (words("lateness_none"),), pictures)
    heads = columns(language, "name", ("retrieved", COUNT), ("on_time", PERCENT), ("late", COUNT), ("p50", MINUTES), ("p90", MINUTES), ("p95", MINUTES), ("p99", MINUTES))
    rows = tuple(_late_row(one) for one in promised)
    bar = charts.split([(CAUSE_TONES[cause], named(language, "late", cause), whole.causes.get(cause, 0)) for cause in CAUSES])
    cause = (charts.captioned(words("lateness_cause"), bar),) if bar else ()
    said = (words("lateness_say", promised=whole.promised, share=percent(whole.on_time)),) if whole.promised else ()
    table = Table(words("lateness"), heads, rows)
    causes = Table(words("lateness_cause"), columns(language, "cause", ("minutes", COUNT)), tuple((named(language, "late", one), whole.causes.get(one, 0)) for one in CAUSES), 0)
    return Section(words("lateness"), said, (*pictures, *cause), (table, causes))


def _late_row(one: Sent) -> tuple[Cell, ...]:
    promised = sum(one.late.values())
    in_time = one.late.get(0, 0)
    return (one.name, promised, in_time / promised, promised - in_time, *(percentile(one.late, share) for share in (0.5, 0.9, 0.95, 0.99)))


def counts_table(language: str, name: str, head: str, counts: Mapping[str, int], group: str = "") -> Table:
    """Readers by something, with their shares."""
    whole = sum(counts.values())
    rows = tuple((named(language, group, key) if group else key, count, count / whole if whole else None) for key, count in counts.items())
    return Table(name, columns(language, head, ("readers", COUNT), ("share", PERCENT)), rows)


def cells_table(language: str, name: str, head: str, cells: Mapping[str, Mapping[str, int]], *, none: str = "") -> Table:
    """A breakdown: readers and outcomes of each cell; `none` is what an empty key is called."""
    heads = columns(language, head, ("readers", COUNT), ("retrieved", COUNT), ("success", PERCENT), ("failed", COUNT), ("unknown", COUNT), ("open", COUNT))
    rows = tuple((key or none, sum(o.values()), o.get("retrieved", 0), rate_of(o), sum_of(o, FAILED), sum_of(o, UNKNOWN), sum_of(o, OPEN)) for key, o in cells.items())
    return Table(name, heads, rows, CITIES_SHOWN)


def ports_table(language: str, found: Sequence[PortDay]) -> Table:
    """What left through each port."""
    heads = columns(
        language, "port", ("submissions", COUNT), ("readers", COUNT), ("accepted", COUNT), ("refused", COUNT), ("deferred", COUNT), ("unanswered", COUNT), ("opened", COUNT)
    )
    rows = tuple((one.name, one.submissions, one.recipients, one.accepted, one.refused, one.deferred, one.unknown, one.opened) for one in found)
    return Table(say(language, "ports"), heads, rows)


def alarms_table(language: str, found: Sequence[Incident]) -> Table:
    """Incidents, the worst first."""
    heads = columns(language, "severity", "alarm", "about", ("since", MOMENT), ("minutes", MINUTES), ("closed", MOMENT), "owner", ("readers", COUNT))
    rows = tuple((*_what(language, one), one.first_seen_at, one.minutes, one.closed_at, one.owner, one.readers) for one in found)
    return Table(say(language, "alarms_title"), heads, rows)


def _what(language: str, one: Incident) -> tuple[Cell, ...]:
    return named(language, "severity", one.severity), one.name(language), cut(mask_within(one.key))


def differences_table(language: str, found: Report) -> Table:
    """Differences by class, what costs most first."""
    heads = columns(language, "class", "meaning", ("count", COUNT), ("money", MONEY), ("seen", COUNT))
    rows = tuple((one.name, one.words[language == "zh"], one.count, one.money_fen, one.seen) for one in found.classes)
    return Table(say(language, "differences"), heads, rows)


def open_section(language: str, found: Sequence[OpenClass]) -> Section:
    """Open differences of a city's readers, by class."""
    words = partial(say, language)
    heads = columns(language, "class", "meaning", ("count", COUNT), ("money", MONEY))
    rows = tuple((one.name, (CLASSES[one.name].zh if language == "zh" else CLASSES[one.name].en) if one.name in CLASSES else "", one.count, one.money_fen) for one in found)
    listed = (Table(words("open_differences"), heads, rows),) if rows else ()
    return Section(words("open_differences"), () if rows else (words("none"),), (), listed, words("open_note") if rows else "")


def money_fen(found: Report) -> int:
    """What all differences of the newest run cost a month."""
    return sum(one.money_fen for one in found.classes)


def cut(text: str) -> str:
    """A text that fits a column."""
    return text if len(text) <= TEXT_CHARS_MAX else text[: TEXT_CHARS_MAX - 1] + "…"
