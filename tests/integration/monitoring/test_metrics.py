"""`/metrics` parses, its labels are bounded whatever the tables hold, and dashboards and rules name only what is there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import insert

from console.api.operations import OPERATIONS
from console.metrics import count_request, exposition
from console.registry import registry
from console.rights import RIGHTS
from content.models import Publication
from delivery.models import Port
from huabao import alarms
from huabao.queues import Task, enqueue
from huabao.runtime import Runtime
from monitoring.metrics import NAMED_MAX
from tests.house.tree import ROOT
from tests.integration.console.dispatch_rows import add_dispatch

FILES = ROOT / "monitoring"
MANY = NAMED_MAX + 20

NAME = re.compile(r"huabao_[a-z_]+(_total|_seconds|_per_second)?")


def _families(runtime: Runtime) -> list[Metric]:
    return list(text_string_to_metric_families(exposition(runtime, registry()).decode()))


def _labels(families: list[Metric]) -> dict[tuple[str, str], set[str]]:
    found: dict[tuple[str, str], set[str]] = {}
    for family in families:
        for sample in family.samples:
            for name, value in sample.labels.items():
                found.setdefault((sample.name, name), set()).add(value)
    return found


def _crowd(runtime: Runtime) -> None:
    """More of everything than a label may have values."""
    now = runtime.now()
    port = {"kind": "mm7", "url": "http://127.0.0.1:1/", "rate": 10.0, "burst": 1, "options": {}, "service_codes": [], "contract": {}, "created_at": now}
    title = {"title": "t", "kind": "newspaper", "service_id": "s", "created_at": now, "send_window": ""}
    columns = {column.name for column in Publication.__table__.columns}
    with runtime.transaction() as session:
        session.execute(insert(Port), [{**port, "name": f"port-{one}"} for one in range(MANY)])
        session.execute(insert(Publication), [{"slug": f"title-{one}", **{name: value for name, value in title.items() if name in columns}} for one in range(MANY)])
        for one in range(MANY):
            alarms.raise_alarm(session, f"made.up.{one}", "x", "x", at=now)
            enqueue(session, Task(f"made.up_{one}", lambda _runtime: None), {}, now=now)


def test_it_parses_and_every_label_is_bounded(sqlite_runtime: Runtime) -> None:
    add_dispatch(sqlite_runtime, planned=40)
    first = _labels(_families(sqlite_runtime))
    _crowd(sqlite_runtime)
    families = _families(sqlite_runtime)
    for family in families:
        assert NAME.fullmatch(family.name), family.name
        assert family.documentation.endswith("."), family.name
    then = _labels(families)
    grown = {key: len(values) for key, values in then.items() if len(values) > len(first.get(key, ())) and key[1] not in ("port", "publication")}
    assert grown == {}, "only what an operator configures may grow"
    assert {key: len(values) for key, values in then.items() if len(values) > NAMED_MAX + 1 and key[1] not in ("le", "route")} == {}
    routes = {value for key, values in then.items() if key[1] == "route" for value in values}
    assert len(routes) <= len(RIGHTS) + len(OPERATIONS) + 10, "a route's name, never its address"
    assert "other" in then["huabao_alarms_open_kind", "kind"]


def test_what_this_process_answered_is_counted(sqlite_runtime: Runtime) -> None:
    before = exposition(sqlite_runtime, registry()).decode()
    count_request("today", 200, 0.02)
    count_request("today", 503, 3.0)
    text = exposition(sqlite_runtime, registry()).decode()
    assert text != before
    assert 'huabao_http_requests_total{route="today",status="5xx"}' in text and 'huabao_http_request_seconds_bucket{le="0.15",route="today"}' in text


# --- dashboards and rules --------------------------------------------------------------------------------------------


def _expressions(folder: Path) -> Iterator[tuple[str, str]]:
    for file in sorted(folder.rglob("*")):
        if file.suffix == ".json":
            yield from ((file.name, one) for one in _values(json.loads(file.read_text()), "expr"))
        elif file.suffix in (".yml", ".yaml"):
            yield from ((file.name, one) for one in _values(yaml.safe_load(file.read_text()), "expr"))


def _values(node: Any, key: str) -> Iterator[str]:
    if isinstance(node, dict):
        for name, value in node.items():
            if name == key and isinstance(value, str):
                yield value
            else:
                yield from _values(value, key)
    elif isinstance(node, list):
        for one in node:
            yield from _values(one, key)


def _selected(node: Any) -> Iterator[tuple[str, dict[str, str]]]:
    """The metrics that a parsed expression reads, with the labels it asks for."""
    if isinstance(node, promql_parser.VectorSelector):
        yield str(node.name), {one.name: one.value for one in node.matchers.matchers if one.op == promql_parser.MatchOp.Equal}
    elif isinstance(node, promql_parser.MatrixSelector):
        yield from _selected(node.vector_selector)
    else:
        for name in ("expr", "lhs", "rhs", "param"):
            if (inner := getattr(node, name, None)) is not None:
                yield from _selected(inner)
        for inner in getattr(node, "args", None) or ():
            yield from _selected(inner)


def test_dashboards_and_rules_name_what_is_there(sqlite_runtime: Runtime) -> None:
    add_dispatch(sqlite_runtime, planned=40)
    _crowd(sqlite_runtime)
    count_request("today", 200, 0.02)
    labels: dict[str, set[str]] = {"up": {"job", "instance"}}
    for family in _families(sqlite_runtime):
        for sample in family.samples:
            labels.setdefault(sample.name, set()).update(sample.labels)
        labels.setdefault(f"{family.name}_total" if family.type == "counter" else family.name, set())
    found = list(_expressions(FILES))
    assert len({file for file, _ in found}) >= 3 and len(found) >= 20
    for file, expression in found:
        read = list(_selected(promql_parser.parse(expression.replace("$__rate_interval", "5m"))))
        assert read, (file, expression)
        for name, matchers in read:
            assert name in labels, f"{file} asks for {name}, which /metrics has not"
            assert set(matchers) <= labels[name] | {"job"}, (file, expression)


@pytest.mark.parametrize("file", sorted((FILES / "prometheus").glob("*.rules.yml")), ids=lambda file: file.name)
def test_rules_say_how_bad_and_what_to_do(file: Path) -> None:
    rules = [rule for group in yaml.safe_load(file.read_text())["groups"] for rule in group["rules"]]
    assert rules
    for rule in rules:
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}, rule
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert {"summary", "description"} <= set(rule["annotations"])


def test_dashboards_are_whole() -> None:
    boards = [json.loads(file.read_text()) for file in sorted((FILES / "grafana" / "dashboards").glob("*.json"))]
    assert len({one["uid"] for one in boards}) == len(boards) >= 2
    for board in boards:
        ids = [panel["id"] for panel in board["panels"]]
        assert len(ids) == len(set(ids)) and ids
        for panel in board["panels"]:
            assert panel["title"] and (panel["type"] == "row" or panel["datasource"]["uid"] == "huabao"), panel
            assert panel["type"] == "row" or panel["fieldConfig"]["defaults"]["unit"], f"{panel['title']} has no unit"
            place = panel["gridPos"]
            assert place["x"] + place["w"] <= 24
