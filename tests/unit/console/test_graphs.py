"""A chart's file holds what its picture shows."""

from __future__ import annotations

import csv
from io import StringIO
from typing import Any

import pytest
from starlette.requests import Request
from starlette.testclient import TestClient

from console.graphs import BARS, CLOCK, DAYS, MINUTES, Graph, Series, graph_answer
from console.request_limits import RequestLimits
from console.rights import right
from console.visit import Refused, Visit
from huabao.queues import Registry

START = 1_795_300_000.0


def visit(file: str, query: str = "") -> Visit:
    """A request for a chart's file."""
    request = Request(
        {"type": "http", "method": "GET", "path": "/", "query_string": query.encode(), "headers": [], "path_params": {"file": file}, "server": ("x", 80), "scheme": "http"}
    )
    nothing: Any = None
    return Visit(nothing, Registry({}), request, right("dispatch_chart"), None, {}, "en", "auto", "", "r", RequestLimits())


GRAPH = Graph(CLOCK, "readers/min", [START, START + 60, START + 120], [Series("=Retrieved", "delivered", [5, None, 7], BARS)])


def rows(asked: Visit, graph: Graph = GRAPH) -> list[list[str]]:
    """The file, read again."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await graph_answer(asked, graph, "it")(scope, receive, send)

    return list(csv.reader(StringIO(TestClient(app).get("/").text.lstrip("\ufeff"))))


def test_a_file_has_units_shanghai_time_gaps_and_no_formula() -> None:
    header, *lines = rows(visit("it.csv"))
    assert header == ["Time (Shanghai)", "'=Retrieved (readers/min)"]
    assert [line[1] for line in lines] == ["5", "", "7"]
    assert lines[0][0] == "2026-11-22 06:26:40"


@pytest.mark.parametrize(("query", "number"), [("from=1795300060", 2), ("to=1795300060", 2), ("from=1795300030&to=1795300090", 1), ("from=x", 3), ("from=nan", 0)])
def test_a_file_holds_the_range_that_is_shown(query: str, number: int) -> None:
    assert len(rows(visit("it.csv", query))) == 1 + number


def test_days_and_minutes_say_what_they_are() -> None:
    days = Graph(DAYS, "readers", [START], [Series("a", "accent", [1.0])])
    assert rows(visit("it.csv"), days)[1] == ["2026-11-22", "1.0"]
    minutes = Graph(MINUTES, "share", [0.0, 5.0], [Series("a", "accent", [0.0, 0.5])], share=True)
    assert rows(visit("it.csv"), minutes)[2] == ["5", "0.5"]


def test_no_other_file_is_there() -> None:
    with pytest.raises(Refused):
        graph_answer(visit("it.exe"), GRAPH, "it")
