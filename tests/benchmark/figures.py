"""One figure of a benchmark, and the table that they are printed in."""

from __future__ import annotations

import os
import platform
import resource
import statistics
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from huabao.cli import table_text


def machine() -> str:
    """Processor, cores and Python, in a few words."""
    model = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as info:  # noqa: PTH123  # a pseudo-file
            model = next(line.split(":", 1)[1].strip() for line in info if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}"


def peak_rss_mb() -> float:
    """The largest resident size of this process or a child of it, MB."""
    mine, children = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return round(max(mine, children) / 1024, 1)


@dataclass(frozen=True)
class Figure:
    """A value beside another from the same run.

    Attributes:
        value, beside_value: medians of the rounds, in `unit`.
        ratio: median of value / beside_value, round by round.
    """

    name: str
    value: float
    unit: str
    beside: str = ""
    beside_value: float | None = None
    ratio: float | None = None
    peak_rss_mb: float = field(default_factory=peak_rss_mb)
    machine: str = field(default_factory=machine)
    command: str = field(default_factory=lambda: "bin/bench " + " ".join(sys.argv[1:]))


def figure(name: str, unit: str, values: Sequence[float], beside: str, beside_values: Sequence[float]) -> Figure:
    """The figure of rounds that ran in turn."""
    ratios = [value / other for value, other in zip(values, beside_values, strict=True)]
    return Figure(name, round(statistics.median(values), 1), unit, beside, round(statistics.median(beside_values), 1), round(statistics.median(ratios), 3))


def as_table(figures: Sequence[Figure]) -> str:
    """For people."""
    rows = [(one.name, f"{one.value:,}", one.unit, one.beside, _shown(one.beside_value), _shown(one.ratio)) for one in figures]
    return table_text(("figure", "value", "unit", "beside", "value", "ratio"), rows)


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:,}"


def as_json(figures: Sequence[Figure]) -> list[dict[str, Any]]:
    """For programs."""
    return [asdict(one) for one in figures]
