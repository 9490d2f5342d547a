"""What an account of one city is sent: its own city's figures, and not one of another city or of all of them."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from console.rights import PUBLIC, RIGHTS, may
from huabao.runtime import Runtime
from tests.integration.console.city_rows import AGENT, EXCLUDED, EXPIRED, MINE, OTHER, PLANNED, RETRIEVED, build, leaks
from tests.integration.console.conftest import browser, sign_in
from tests.integration.console.walking import VALUES, path_of

SignedIn = Callable[[str], TestClient]


@pytest.fixture
def dispatch_id(runtime: Runtime) -> int:
    """A dispatch to two cities."""
    return build(runtime)


@pytest.fixture
def client(app: ASGIApp, dispatch_id: int) -> TestClient:
    """An operator of one of them."""
    made = browser(app)
    assert sign_in(made, AGENT).headers["location"] == "/"
    return made


def test_the_figures_tell_the_cities_apart(signed_in: SignedIn, dispatch_id: int) -> None:
    page = signed_in("王敏").get(f"/dispatches/{dispatch_id}").text
    assert {OTHER, *(str(counts[OTHER]) for counts in (PLANNED, EXPIRED)), str(sum(PLANNED.values()))} <= set(leaks(page)), "an account of all sees them"


def test_today_is_that_of_his_city(client: TestClient, dispatch_id: int) -> None:
    for path in ("/", "/live"):
        page = client.get(path)
        assert page.status_code == 200 and leaks(page.text) == [], path
        assert f"{PLANNED[MINE]} readers" in page.text and f'id="day-retrieved"><a href="#dispatches">{RETRIEVED[MINE]}<' in page.text
        assert f"/dispatches/{dispatch_id}" in page.text and f"/dispatches/{dispatch_id + 1}" not in page.text, "the other is not to this city"
    assert f"{MINE} only" in client.get("/").text


def test_a_dispatch_is_that_of_his_city(client: TestClient, dispatch_id: int) -> None:
    for path in (f"/dispatches/{dispatch_id}", f"/dispatches/{dispatch_id}/live"):
        page = client.get(path)
        assert page.status_code == 200 and leaks(page.text) == [], path
        assert f'id="planned">{PLANNED[MINE]}<' in page.text and f'id="retrieved">{RETRIEVED[MINE]}<' in page.text
        assert f">{EXPIRED[MINE]}</a>" in page.text and f">{EXCLUDED[MINE]}<" in page.text
        assert "mm-1" in page.text and "100kb-240x320" in page.text and "Expired 4446" in page.text, "by port, class and code"
        assert "readers, " not in page.text.replace("planned readers, ", ""), "the reason of a change of state may hold counts of all"
        assert f'href="/dispatches/{dispatch_id}/hold"' not in page.text
    assert client.get(f"/dispatches/{dispatch_id + 1}").status_code == client.get("/dispatches/999").status_code == 404


def test_its_charts_are_those_of_his_city(client: TestClient, dispatch_id: int) -> None:
    heights = 0.0
    for name in ("outcomes", "pace"):
        for suffix in ("json", "csv"):
            answer = client.get(f"/dispatches/{dispatch_id}/charts/{name}.{suffix}")
            assert answer.status_code == 200 and leaks(answer.text) == [], answer.text
        heights = max(value or 0 for series in json.loads(client.get(f"/dispatches/{dispatch_id}/charts/{name}.json").text)["series"] for value in series["values"])
    assert heights == RETRIEVED[MINE]
    assert client.get(f"/dispatches/{dispatch_id}/charts/age.json").status_code == 404, "shares of all cities"
    assert client.get(f"/dispatches/{dispatch_id + 1}/charts/pace.json").status_code == 404


def test_no_page_that_he_may_open_holds_a_figure_of_another_city(client: TestClient, dispatch_id: int) -> None:
    wrong = []
    values = {**VALUES, "dispatch_id": dispatch_id, "file": "pace.csv", "reader_id": 1}
    for one in RIGHTS:
        if one.method != "GET" or one.roles is PUBLIC or one.name == "events" or not may("ops", one.name, city=MINE):
            continue
        for more in ("", f"?city={OTHER}", f"?city=&outcome=retrieved&before=99&until=2026-11-22&month=2026-11&q={OTHER}"):
            answer = client.get(path_of(one, values) + more)
            shown = answer.text.replace(more[1:], "") if more else answer.text
            wrong += [f"{path_of(one, values)}{more}: {answer.status_code} {found}" for found in leaks(shown)]
    assert wrong == []


def test_the_stream_of_his_pages_is_cut_too(client: TestClient, dispatch_id: int) -> None:
    assert client.get("/events?part=/live&part=/ports/live").status_code == 403, "one part that he may not see refuses the stream"
    assert client.get(f"/events?part=/dispatches/{dispatch_id}/live&part=/duty/arrivals").status_code == 403
