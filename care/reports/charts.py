"""Pictures of a report as SVG: colours as attributes for paper, classes by which the console's page colours them anew.

Zero-based bars, no second axis, a gap where nothing is known; every picture has its numbers in a table beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from markupsafe import Markup, escape

from huabao.clock import SHANGHAI
from monitoring.tallies import Minute

WIDTH: Final = 520.0
LEFT: Final = 46.0
BARS_MAX: Final = 96
NONE: Final = "—"
STEPS_MIN: Final = (1, 2, 5, 10, 15, 30, 60, 120, 240, 720, 1440)

FILLS: Final = {
    "delivered": "#009e7a", "pending": "#174a94", "held": "#bd8000", "failed": "#a3150f", "unknown": "#a06fe0", "neutral": "#868a93",
    "accent": "#3e4fc4", "quiet": "#c9ccd2", "waiting": "#b9cbe6",
    "first": "#2b3789", "second": "#6673d3", "third": "#a9b2ec", "fourth": "#868a93",
}  # fmt: skip
"""The light tokens of the console; the last four tell parts apart that are no states."""

TONES: Final = {
    "retrieved": "delivered", "submitted": "pending", "pending": "waiting", "rejected": "failed", "expired": "failed", "failed": "failed",
    "unknown": "unknown", "no_report": "unknown", "cancelled": "neutral",
}  # fmt: skip
TONE_ORDER: Final = ("delivered", "pending", "unknown", "failed", "neutral", "waiting")

INK, INK_2, LINE, PAPER = "#1c1d21", "#55585f", "#dedfdc", "#ffffff"
_INKS: Final = {INK: "text-ink", INK_2: "text-quiet", PAPER: "text-on-accent"}
NUMBERED_MAX: Final = 8
"""So few bars have their numbers in them."""


def split(parts: Sequence[tuple[str, str, int]]) -> Markup:
    """One lying bar of a whole: (tone, words, count), with its legend; empty where nothing is counted."""
    present = [(tone, words, count) for tone, words, count in parts if count > 0]
    whole = sum(count for _, _, count in present)
    if not whole:
        return Markup()  # nothing in it
    drawn, x = [], 0.0
    lengths = [max(3.0, WIDTH * count / whole) for _, _, count in present]
    shrink = WIDTH / sum(lengths)
    for (tone, _, _), length in zip(present, lengths, strict=True):
        drawn.append(_rect(tone, x, 0, max(0.5, length * shrink - 1), 14))
        x += length * shrink
    legend, y, x = [], 30.0, 0.0
    for tone, words, count in present:
        text = f"{words} {count:,} · {_percent(count, whole)}"
        wide = 16 + _wide(text)
        if x and x + wide > WIDTH:
            x, y = 0.0, y + 14
        legend.append(_rect(tone, x, y - 7, 8, 8) + _text(x + 12, y, text))
        x += wide + 10
    return _svg(y + 6, [*drawn, *legend], "; ".join(f"{words} {count:,}" for _, words, count in present))


def stacked(minutes: Sequence[Minute], say: Callable[[str], str], rules: Sequence[tuple[datetime, str]] = ()) -> Markup:
    """Standing bars of readers by time, outcomes upon each other; empty where nothing happened.

    Args:
        say: the words of a tone.
        rules: instants that are marked, with their words.
    """
    step, begins, heights = _bins(minutes)
    if not begins:
        return Markup()  # nothing in it
    most = max(sum(bar.values()) for bar in heights) or 1
    height, below = 130.0, 26.0
    wide = (WIDTH - LEFT) / len(begins)
    parts = _grid(most, height, lambda value: f"{round(value):,}")
    for index, bar in enumerate(heights):
        y = height
        for tone in TONE_ORDER:
            if bar.get(tone):
                tall = (height - 6) * bar[tone] / most
                y -= tall
                parts.append(_rect(tone, LEFT + index * wide, y, max(0.6, wide - 0.6), tall))
    last = begins[-1] + timedelta(minutes=step)
    for at, words in rules:
        if begins[0] <= at <= last:
            x = LEFT + (WIDTH - LEFT) * ((at - begins[0]) / (last - begins[0]))
            parts += [_line(x, 0, x, height, "#1c1d21", "chart-rule"), _text(x + 3, 7, words)]
    several = begins[0].astimezone(SHANGHAI).date() != last.astimezone(SHANGHAI).date()
    for index, anchor in ((0, "start"), (len(begins) // 2, "middle"), (len(begins) - 1, "end")):
        x = LEFT + index * wide if anchor == "start" else WIDTH if anchor == "end" else LEFT + (index + 0.5) * wide
        parts.append(_text(x, height + 11, begins[index].astimezone(SHANGHAI).strftime("%m-%d %H:%M" if several else "%H:%M"), anchor))
    x = LEFT
    for tone in (tone for tone in TONE_ORDER if any(bar.get(tone) for bar in heights)):
        parts += [_rect(tone, x, height + 16, 8, 8), _text(x + 12, height + 23, say(tone))]
        x += 24 + _wide(say(tone))
    return _svg(height + below, parts, f"{begins[0].astimezone(SHANGHAI):%H:%M} – {last.astimezone(SHANGHAI):%H:%M}")


def columns(values: Sequence[tuple[str, float | None]], shown: Callable[[float], str], *, tone: str = "accent", last_only: bool = False, height: float = 90.0) -> Markup:
    """Standing bars from zero, one a label; None is a gap. With `last_only` the last is in colour and those before it grey."""
    most = max((value for _, value in values if value is not None), default=0.0)
    if not most:
        return Markup()  # nothing in it
    wide = (WIDTH - LEFT) / max(len(values), 5)
    parts = _grid(most, height, shown)
    every = max(1, -(-len(values) // 16))
    for index, (label, value) in enumerate(values):
        x = LEFT + index * wide
        if value is not None:
            tall = (height - 6) * value / most
            parts.append(_rect(tone if not last_only or index == len(values) - 1 else "quiet", x + wide * 0.12, height - tall, wide * 0.76, tall))
            if len(values) <= NUMBERED_MAX:
                parts.append(_text(x + wide / 2, height - tall + 10, shown(value), "middle", PAPER if last_only and index == len(values) - 1 else INK))
        if index % every == 0:
            parts.append(_text(x + wide / 2, height + 11, label, "middle"))
    return _svg(height + 15, parts, ", ".join(f"{label} {NONE if value is None else shown(value)}" for label, value in values))


def captioned(words: str, picture: Markup) -> Markup:
    """A picture with what it shows above it."""
    return Markup('<p class="caption">{}</p>').format(words) + picture


def line(values: Sequence[tuple[str, float | None]], shown: Callable[[float], str], *, least_span: float, ceiling: float | None = None, height: float = 90.0) -> Markup:
    """A line over labels at equal distances; None is a gap. It need not begin at zero: both ends of its scale are written.

    Args:
        least_span: of the scale, so that noise does not look like an event.
        ceiling: the scale ends no higher, or None.
    """
    known = [value for _, value in values if value is not None]
    if not known:
        return Markup()  # nothing in it
    high = max(known) if ceiling is None else min(ceiling, max(known) + least_span / 4)
    low = max(0.0, min(min(known), high - least_span))
    high = max(high, low + least_span) if ceiling is None else max(high, low + least_span / 100)
    step = (WIDTH - LEFT - 6) / max(1, len(values) - 1)

    def y(value: float) -> float:
        return 6 + (height - 10) * (1 - (value - low) / (high - low))

    parts = [_line(LEFT, y(at), WIDTH, y(at), LINE, "chart-grid") for at in (low, high)]
    parts += [_text(LEFT - 4, y(at) + 3, shown(at), "end") for at in (low, high)]
    run: list[str] = []
    for index, (_, value) in enumerate((*values, ("", None))):
        if value is None:
            if len(run) > 1:
                parts.append(Markup('<polyline class="stroke-accent" fill="none" stroke="{}" stroke-width="1.6" points="{}"/>').format(FILLS["accent"], " ".join(run)))
            run = []
        else:
            run.append(f"{LEFT + index * step:.1f},{y(value):.1f}")
            parts.append(Markup('<circle class="fill-accent" fill="{}" cx="{:.1f}" cy="{:.1f}" r="2"/>').format(FILLS["accent"], LEFT + index * step, y(value)))
    every = max(1, -(-len(values) // 16))
    last = len(values) - 1
    for index in (index for index in range(len(values)) if index in (0, last) or (index % every == 0 and last - index >= every)):
        parts.append(_text(LEFT + index * step, height + 11, values[index][0], {0: "start", last: "end"}.get(index, "middle")))
    return _svg(height + 15, parts, ", ".join(f"{label} {NONE if value is None else shown(value)}" for label, value in values))


def pairs(rows: Sequence[tuple[str, float | None, float | None]], shown: Callable[[float], str], words: tuple[str, str]) -> Markup:
    """Lying bars from zero, this time above last time, each with its number.

    Args:
        rows: words, now, before.
        words: what "now" and "before" are called.
    """
    most = max((max(now or 0.0, before or 0.0) for _, now, before in rows), default=0.0)
    if not most:
        return Markup()  # nothing in it
    left, room = 118.0, WIDTH - 118.0 - 60
    parts = [_rect("accent", left, 0, 8, 8), _text(left + 12, 7, words[0]), _rect("quiet", left + 30 + _wide(words[0]), 0, 8, 8)]
    parts.append(_text(left + 42 + _wide(words[0]), 7, words[1]))
    y = 18.0
    for name, now, before in rows:
        parts.append(_text(left - 6, y + 8, name, "end"))
        for tone, value, top, tall in (("accent", now, 0.0, 8.0), ("quiet", before, 9.0, 4.0)):
            if value is not None:
                parts.append(_rect(tone, left, y + top, max(0.5, room * value / most), tall))
        parts.append(_text(left + room * max(now or 0.0, before or 0.0) / most + 5, y + 8, " / ".join(NONE if value is None else shown(value) for value in (now, before))))
        y += 20
    return _svg(y, parts, "; ".join(name for name, _, _ in rows))


# --- pieces ----------------------------------------------------------------------------------------------------------


def _bins(minutes: Sequence[Minute]) -> tuple[int, list[datetime], list[dict[str, int]]]:
    """At most `BARS_MAX` bars without a gap: minutes in each, where each begins, readers by tone."""
    if not minutes:
        return 1, [], []
    whole = int((minutes[-1].at - minutes[0].at).total_seconds() // 60) + 1
    step = next((step for step in STEPS_MIN if -(-whole // step) < BARS_MAX), STEPS_MIN[-1])
    first = _floor(minutes[0].at, step)
    number = min(BARS_MAX, int((_floor(minutes[-1].at, step) - first).total_seconds() // 60) // step + 1)
    heights: list[dict[str, int]] = [{} for _ in range(number)]
    for one in minutes:
        bar = heights[min(number - 1, int((one.at - first).total_seconds() // 60) // step)]
        for name, count in one.counts.items():
            tone = TONES.get(name, "unknown")
            bar[tone] = bar.get(tone, 0) + count
    return step, [first + timedelta(minutes=step * index) for index in range(number)], heights


def step_min(minutes: Sequence[Minute]) -> int:
    """How many minutes a bar of `stacked` stands for."""
    return _bins(minutes)[0]


def _floor(at: datetime, step_min: int) -> datetime:
    minutes = int(at.timestamp()) // 60
    return datetime.fromtimestamp((minutes - minutes % step_min) * 60, tz=at.tzinfo)


def _grid(most: float, height: float, shown: Callable[[float], str]) -> list[Markup]:
    top, middle = 6.0, (height + 6) / 2
    parts = [_line(LEFT, y, WIDTH, y, LINE, "chart-grid") for y in (top, middle, height)]
    return [*parts, *(_text(LEFT - 4, y + 3, shown(value), "end") for y, value in ((top, most), (middle, most / 2), (height, 0.0)))]


def _svg(height: float, parts: Sequence[Markup], words: str) -> Markup:
    body = Markup("").join(parts)
    opened = Markup('<svg class="report-chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {:.0f} {:.0f}" width="182mm" role="img" aria-label="{}">')
    return opened.format(WIDTH, height, words) + body + Markup("</svg>")


def _rect(tone: str, x: float, y: float, wide: float, tall: float) -> Markup:
    return Markup('<rect class="fill-{}" fill="{}" x="{:.2f}" y="{:.2f}" width="{:.2f}" height="{:.2f}"/>').format(tone, FILLS[tone], x, y, wide, max(0.0, tall))


def _line(x: float, y: float, to_x: float, to_y: float, colour: str, name: str) -> Markup:
    return Markup('<line class="{}" stroke="{}" stroke-width="0.6" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>').format(name, colour, x, y, to_x, to_y)


def _text(x: float, y: float, text: str, anchor: str = "start", colour: str = INK_2) -> Markup:
    return Markup('<text class="{}" fill="{}" font-family="Regular" font-size="8" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(
        _INKS[colour], colour, x, y, anchor, escape(text)
    )


def _wide(text: str) -> float:
    """About how wide a text of this size is."""
    return sum(8.0 if ord(char) > 0x2E7F else 4.5 for char in text)


def _percent(count: int, whole: int) -> str:
    return f"{100 * count / whole:.1f}%"
