"""Every chart that the console knows has data, names, a file and a range; and stands on a page by the one macro that gives it hover and fields."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from datetime import timedelta
from io import StringIO

from starlette.testclient import TestClient

from console.charted import CHARTS
from console.rights import RIGHTS
from delivery.models import Dispatch
from huabao.alarms import Alarm
from huabao.runtime import Runtime
from monitoring.alarms import evidence
from monitoring.alarms.kinds import kinds
from tests.integration.console.chart_rows import ALARMS, add_charts

SignedIn = Callable[[str], TestClient]


def test_every_route_of_a_chart_is_in_the_registry() -> None:
    assert {one.name for one in RIGHTS if "/charts/" in one.path} == CHARTS.keys()
    assert all(one.refresh for one in RIGHTS if one.name in CHARTS), "it loads itself anew and wakes no session"


def test_every_chart_has_data_a_file_and_a_range(runtime: Runtime, signed_in: SignedIn) -> None:
    pages, root, seen = add_charts(runtime), signed_in("root"), set[str]()
    for page, charts in pages.items():
        text = root.get(page).text
        for name, path in charts.items():
            found = re.search(rf'data-chart="({re.escape(path)}\.json[^"]*)" data-csv="({re.escape(path)}\.csv[^"]*)"', text)
            assert found, f"{name} is not on {page}"
            document = root.get(found[1].replace("&amp;", "&")).json()
            x, series = document["x"], document["series"]
            assert len(x) >= 1 and series, name
            assert all(one["name"] and len(one["values"]) == len(x) for one in series), name
            assert any(value for one in series for value in one["values"]) or name == "overview_chart moves", f"{name} draws nothing"
            assert all(rule["name"] for rule in document["rules"]), name
            rows = _rows(root, found[2])
            assert len(rows) == 1 + len(x) and len(rows[0]) == 1 + len(series), name
            assert len(_rows(root, found[2], {"from": str(x[-1])})) == 2, f"{name}: the file is of the range"
            seen.add(name)
    assert seen == {f"{route} {name}" for route, names in CHARTS.items() for name in names}


def _rows(client: TestClient, path: str, more: dict[str, str] | None = None) -> list[list[str]]:
    address = path.replace("&amp;", "&")
    for name, value in (more or {}).items():
        address += f"{'&' if '?' in address else '?'}{name}={value}"
    return list(csv.reader(StringIO(client.get(address).text.lstrip("\ufeff"))))


def test_an_alarm_draws_what_it_rests_on_against_its_threshold(runtime: Runtime, signed_in: SignedIn) -> None:
    pages, root = add_charts(runtime), signed_in("root")
    rules = {}
    for charts in pages.values():
        for name, path in charts.items():
            rules[name] = {rule["name"] for rule in root.get(f"{path}.json").json()["rules"]} if name.startswith("alarm") else set()
    assert {"deadline", "alarm"} <= rules["alarm_chart course"]
    assert rules["alarm_chart failing"] == {"the brake's limit", "alarm"}
    assert rules["alarm_chart burst"] == {"usual", "limit of the alarm", "alarm"}
    assert rules["alarm_chart runs"] == {"limit of repairs that serve", "limit of repairs that stop"}
    assert root.get("/alarms/1/charts/port.json").status_code == 404, "a chart of another kind"
    assert root.get("/alarms/99/charts/port.json").status_code == 404


def test_where_there_are_no_figures_the_page_says_so(runtime: Runtime, signed_in: SignedIn) -> None:
    root, now = signed_in("root"), runtime.now()
    cases = {
        ("clock.stepped", "host"): "not of a measure", ("jobs.backlog", "bulk"): "since when it is so", ("port.stuck", "mm-9"): "were not kept",
        ("dispatch.late", "99"): "were not kept", ("never.heard_of", "x"): "not of a measure",
    }  # fmt: skip
    for (kind, key), words in cases.items():
        with runtime.transaction() as session:
            made = Alarm(kind=kind, key=key, text="seen", detail={}, count=1, first_seen_at=now - timedelta(minutes=9), last_seen_at=now)
            session.add(made)
            session.flush()
            number = made.id
        page = root.get(f"/alarms/{number}").text
        assert words in page and "data-chart" not in page, kind


def test_a_dispatch_that_sent_nothing_has_nothing_to_draw(runtime: Runtime, signed_in: SignedIn) -> None:
    add_charts(runtime)
    with runtime.transaction() as session:
        session.get_one(Dispatch, 1).started_at = None
    assert "Nothing was sent yet" in signed_in("root").get("/alarms/1").text


def test_every_kind_of_alarm_has_a_chart_or_says_why_not() -> None:
    drawn = [kind for group in evidence.CHARTS.values() for kind in group]
    said = [kind for group in evidence.WORDS.values() for kind in group]
    assert len({*drawn, *said}) == len(drawn) + len(said), "one way each"
    assert {*drawn, *said} == kinds().keys()
    assert evidence.CHARTS.keys() == ALARMS.keys()
