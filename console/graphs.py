"""A chart as data: what a page's script draws, what a spreadsheet gets, what a screen reader reads.

A page asks for `…/name.json` and gets series with their names in the person's language
and the tokens of their colours; `…/name.csv` is the same rows as a file, of the range
that is shown. Both come from one `Graph`, and that from one query of `monitoring`.
Instants are seconds since 1970 in the document and Shanghai time in the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from starlette.responses import JSONResponse, Response

from console.downloads import csv_answer
from console.visit import Refused, Visit
from huabao.clock import SHANGHAI

CLOCK, DAYS, MINUTES = "clock", "days", "minutes"
"""What stands along the ground: instants of a day, whole days, minutes since something began."""

LINE, BARS, LOW, HIGH = "line", "bars", "low", "high"
"""How a series is drawn: bars stand upon those before them; low and high are the two edges of a band, in this order."""

TONES = ("delivered", "pending", "held", "failed", "unknown", "neutral", "accent", "quiet")
POINTS_MAX = 5000


@dataclass(frozen=True)
class Series:
    """One line, or one colour of standing bars.

    Attributes:
        name: in the person's language.
        tone: one of `TONES`; `accent` for what is no state, `quiet` for what it is compared with.
        values: one for each point of the ground; None where nothing is known, which is a gap and not 0.
        dash: a forecast, or what is wished for.
    """

    name: str
    tone: str
    values: Sequence[float | None]
    shape: str = LINE
    dash: bool = False


@dataclass(frozen=True)
class Rule:
    """A line across the chart: at an instant (`x`) or at a value (`y`)."""

    name: str
    x: float | None = None
    y: float | None = None
    tone: str = "neutral"


@dataclass(frozen=True)
class Graph:
    """A chart.

    Attributes:
        unit: of the values, in the person's language.
        x: ascending; seconds since 1970, or minutes.
        step: between two points, where bars are drawn; in the unit of `x`.
        share: values are shares of 1, shown as per cent.
        log: the scale of the values is logarithmic; values above 0 only.
    """

    kind: str
    unit: str
    x: Sequence[float]
    series: Sequence[Series]
    rules: Sequence[Rule] = field(default_factory=tuple)
    step: float = 60.0
    share: bool = False
    log: bool = False

    def to_document(self) -> dict[str, Any]:
        """As the script reads it."""
        assert len(self.x) <= POINTS_MAX and all(len(one.values) == len(self.x) and one.tone in TONES for one in self.series)
        series = [{"name": one.name, "tone": one.tone, "shape": one.shape, "dash": one.dash, "values": list(one.values)} for one in self.series]
        rules = [{"name": one.name, "x": one.x, "y": one.y, "tone": one.tone} for one in self.rules]
        return {"kind": self.kind, "unit": self.unit, "step": self.step, "share": self.share, "log": self.log, "x": list(self.x), "series": series, "rules": rules}


def seconds(at: datetime) -> float:
    """An instant as a place on the ground."""
    return at.timestamp()


def graph_answer(visit: Visit, graph: Graph, name: str) -> Response:
    """The chart as the path's `file` asks for it: `<name>.json`, or `<name>.csv` of what lies between `from` and `to` (both included).

    Raises:
        Refused: it asks for another file.
    """
    asked = str(visit.request.path_params["file"]).rpartition(".")[2]
    if asked == "json":
        return JSONResponse(graph.to_document(), headers={"Cache-Control": "no-store"})
    if asked != "csv":
        raise Refused(404, "not_found")
    low, high = _bound(visit, "from", float("-inf")), _bound(visit, "to", float("inf"))
    ground = visit.say({CLOCK: "chart.time", DAYS: "chart.day", MINUTES: "chart.minutes"}[graph.kind])
    header = [ground, *(f"{one.name} ({graph.unit})" for one in graph.series)]
    rows = ([_place(graph.kind, x), *(one.values[index] for one in graph.series)] for index, x in enumerate(graph.x) if low <= x <= high)
    return csv_answer(f"{name}.csv", header, rows)


def _place(kind: str, x: float) -> str:
    if kind == MINUTES:
        return f"{x:g}"
    local = datetime.fromtimestamp(x, tz=UTC).astimezone(SHANGHAI)
    return local.strftime("%Y-%m-%d" if kind == DAYS else "%Y-%m-%d %H:%M:%S")


def _bound(visit: Visit, name: str, default: float) -> float:
    try:
        return float(visit.request.query_params.get(name, "") or default)
    except ValueError:
        return default


def asked_graph(visit: Visit) -> str:
    """The name of the chart that the path's `file` asks for."""
    return str(visit.request.path_params["file"]).rpartition(".")[0]
