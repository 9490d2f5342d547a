"""The match rate of 30 days as a line, for paper: vector, no script, numbers at its ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Final

from markupsafe import Markup

from reconciliation.reports.figures import DayFigures
from reconciliation.reports.gathering import TREND_DAYS
from reconciliation.reports.wording import say, share

WIDTH, HEIGHT, LEFT, BELOW = 520.0, 110.0, 46.0, 16.0
LEAST_SPAN: Final = 0.0002
"""Of the scale, so that noise does not look like an event."""


def trend_svg(days: Sequence[DayFigures], until: date, language: str) -> Markup:
    """The picture; empty where no run compared anything."""
    rates = {one.day: one.rate for one in days if one.rate is not None}
    whole = {one.day for one in days if one.is_whole}
    if not rates:
        return Markup()  # nothing in it
    low, high = _scale([*rates.values()])
    first = until - timedelta(days=TREND_DAYS - 1)
    step = (WIDTH - LEFT - 8) / (TREND_DAYS - 1)

    def x(day: date) -> float:
        return LEFT + step * (day - first).days

    def y(rate: float) -> float:
        return 4 + (HEIGHT - BELOW - 8) * (1 - (rate - low) / (high - low))

    parts = [f'<line x1="{LEFT}" y1="{y(at):.1f}" x2="{WIDTH}" y2="{y(at):.1f}" stroke="#dedfdc"/>' for at in (low, high)]
    parts += [_text(LEFT - 4, y(at) + 3, share(at, language), "end") for at in (low, high)]
    parts += [f'<polyline fill="none" stroke="#3e4fc4" stroke-width="1.4" points="{" ".join(run)}"/>' for run in _runs(rates, x, y)]
    for day, rate in rates.items():
        fill = "#3e4fc4" if day in whole else "#ffffff"
        parts.append(f'<circle cx="{x(day):.1f}" cy="{y(rate):.1f}" r="2.2" fill="{fill}" stroke="#3e4fc4"/>')
    parts += [_text(x(day), HEIGHT - 3, day.strftime("%m-%d"), anchor) for day, anchor in ((first, "start"), (until, "end"))]
    note = say(language, "trend_note", low=share(low, language), high=share(high, language))
    drawn = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" width="182mm">{"".join(parts)}</svg>'
    return Markup(drawn) + Markup('<p class="quiet">{}</p>').format(note)  # noqa: S704  # numbers and dates alone


def _scale(rates: Sequence[float]) -> tuple[float, float]:
    low, high = min(rates), max(rates)
    if high - low < LEAST_SPAN:
        low = max(0.0, high - LEAST_SPAN)
    return low, max(high, low + LEAST_SPAN)


def _runs(rates: Mapping[date, float], x: Callable[[date], float], y: Callable[[float], float]) -> list[list[str]]:
    """Points of days that follow each other; a day without a run is a gap."""
    found: list[list[str]] = []
    last: date | None = None
    for day in sorted(rates):
        if last is None or (day - last).days != 1:
            found.append([])
        found[-1].append(f"{x(day):.1f},{y(rates[day]):.1f}")
        last = day
    return [one for one in found if len(one) > 1]


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="8" fill="#55585f" font-family="Regular" text-anchor="{anchor}">{text}</text>'
