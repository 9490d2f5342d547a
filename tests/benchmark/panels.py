"""Panels found on real comic pages beside boxes marked by hand: precision, recall and reading order, page by page and in all.

The marks are the project's own (`tests/vectors/panels`), the pages those that `HUABAO_SAMPLES` names.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import click

from content.adapt import decode
from content.adapt.panels import find_panels
from huabao.cli import table_text
from tests.benchmark.figures import Figure
from tests.panel_marks import IOU_MIN, Agreement, Marked, marked_pages, measured, total

GOAL = 0.9
PAGE_PX = 2500


def run() -> list[Figure]:
    """Precision and recall on pages with clear gutters and on the others, and the time for a large page."""
    samples = os.environ.get("HUABAO_SAMPLES")
    if samples is None:
        click.echo("panels: HUABAO_SAMPLES names no folder of real pages", err=True)
        return []
    rows = measured(Path(samples))
    click.echo(_table(rows), err=True)
    figures = []
    for clear, name in ((True, "pages with clear gutters"), (False, "other pages")):
        found = total([row for row in rows if row[0].clear_gutters == clear])
        for measure in ("precision", "recall", "order"):
            value = round(getattr(found, measure), 3)
            figures.append(Figure(f"panels, {measure}, {name}", value, f"of {found.marked} panels, IoU {IOU_MIN}", "goal", GOAL, round(value / GOAL, 3)))
    return [*figures, Figure("panels of the slowest page", _slowest_ms(Path(samples)), f"ms of processor at {PAGE_PX} px")]


def _table(rows: list[tuple[Marked, Agreement]]) -> str:
    shown = [(page.file, "clear" if page.clear_gutters else "", str(one.marked), str(one.found), str(one.matched), page.note) for page, one in rows]
    return table_text(("page", "gutters", "marked", "found", "matched", ""), shown)


def _slowest_ms(samples: Path) -> float:
    """Processor time; decoding not counted."""
    slowest = 0.0
    for page in marked_pages():
        image = decode((samples / page.file).read_bytes(), longest_px=PAGE_PX)
        scale = PAGE_PX / max(image.size)
        large = image.resize((round(image.width * scale), round(image.height * scale)))
        began = time.process_time()
        find_panels(large, page.reading)
        slowest = max(slowest, time.process_time() - began)
    return round(1000 * slowest, 1)
