"""What an account of one city is sent: its own city's figures, and not one of another city or of all of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from urllib.parse import quote

import pytest
from sqlalchemy import select, update
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from console.auth import accounts
from console.rights import PUBLIC, RIGHTS, Grant, may
from content.models import Edition, Publication
from huabao import alarms as notes
from huabao.alarms import Alarm
from huabao.clock import business_day
from huabao.runtime import Runtime
from reconciliation.stop_send.models import DeliveryStop
from subscribers.models import Subscription
from tests.integration.console.city_rows import AGENT, EXCLUDED, EXPIRED, MINE, OTHER, PLANNED, RETRIEVED, build, leaks
from tests.integration.console.conftest import browser, csrf_of, sign_in
from tests.integration.console.desk_rows import BENGBU, ELSEWHERE, STOPPED, add_readers, give_city
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
        assert f'/readers">{PLANNED[MINE]}</a>' in page.text and f'/readers?outcome=retrieved">{RETRIEVED[MINE]}</a>' in page.text
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


def test_no_page_that_he_may_open_holds_a_figure_of_another_city(runtime: Runtime, client: TestClient, dispatch_id: int) -> None:
    wrong, today = [], business_day(runtime.now())
    values = {**VALUES, "dispatch_id": dispatch_id, "file": "pace.csv", "reader_id": 1, "day": today.isoformat(), "month": f"{today:%Y-%m}"}
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


def test_reports_are_his_city_s_version_and_an_account_of_all_may_ask_for_one(runtime: Runtime, client: TestClient, signed_in: SignedIn, dispatch_id: int) -> None:
    today = business_day(runtime.now()).isoformat()
    house = signed_in("王敏")
    for path in (f"/reports/days/{today}", f"/reports/months/{today[:7]}", "/reports/editions/1"):
        mine, asked, whole = client.get(path).text, house.get(f"{path}?city={MINE}").text, house.get(path).text
        assert leaks(mine) == [] and f">{PLANNED[MINE]}<" in mine and f"Readers of {MINE} only" in mine, path
        assert f">{PLANNED[MINE]}<" in asked and f"report.pdf?city={quote(MINE)}" in asked
        assert leaks(whole), path
    taken = client.get(f"/reports/days/{today}/report.xlsx?city={OTHER}")
    assert f"filename*=UTF-8''huabao-daily-{today}-{quote(MINE)}.xlsx" in taken.headers["content-disposition"]
    assert client.get("/reports/editions/2").status_code == 200 and "1523" in client.get("/reports/editions/2").text, "an edition is no secret; of it nothing was sent here"
    listed = client.get("/reports").text
    assert leaks(listed) == [] and f">{PLANNED[MINE]}<" in listed and "<select" not in listed.partition("reports-list")[0].rpartition("</header>")[2]
    assert f'<option value="{MINE}">' in house.get("/reports").text


def test_a_right_for_one_city_opens_that_city_s_reports(runtime: Runtime, signed_in: SignedIn, dispatch_id: int) -> None:
    today = business_day(runtime.now()).isoformat()
    agent = signed_in("zhou")
    assert agent.get(f"/reports/days/{today}").status_code == 403
    with runtime.transaction() as session:
        accounts.give(session, accounts.find_user(session, "zhou"), Grant("statistics", MINE, "operations"), by="root", now=runtime.now())
    page = agent.get(f"/reports/days/{today}?city={OTHER}").text
    assert leaks(page.replace(f"?city={OTHER}", "")) == [] and f">{PLANNED[MINE]}<" in page
    assert agent.get(f"/reports/months/{today[:7]}").status_code == 403


def _alarms(runtime: Runtime, dispatch_id: int) -> dict[str, int]:
    """Alarms whose words hold the other city's figures: of his dispatch, of the other's, of a port, of the house."""
    text, now, found = f"{PLANNED[OTHER]} readers of {OTHER}", runtime.now(), {}
    with runtime.transaction() as session:
        for name, kind, key in (("mine", "dispatch.late", dispatch_id), ("other", "dispatch.late", dispatch_id + 1), ("port", "port.stuck", "mm-1"), ("house", "outbox.person", "x")):
            one = Alarm(kind=kind, key=str(key), text=text, detail={"readers": PLANNED[OTHER], "city": OTHER}, count=3151, first_seen_at=now, last_seen_at=now)
            session.add(one)
            session.flush()
            notes.note(session, one, notes.OPENED, at=now, by="huabao", why=text)
            found[name] = one.id
    return found


def test_alarms_are_those_that_concern_his_city_without_their_figures(runtime: Runtime, client: TestClient, dispatch_id: int) -> None:
    ids = _alarms(runtime, dispatch_id)
    for path in ("/alarms", "/alarms/live", "/alarms?state=closed"):
        page = client.get(path)
        assert page.status_code == 200 and leaks(page.text) == []
        shown = [name for name, number in ids.items() if f'id="alarm-{number}"' in page.text]
        assert shown == ([] if "closed" in path else ["mine", "port"]), path
    for name, number in ids.items():
        for tail in ("", "/live"):
            page = client.get(f"/alarms/{number}{tail}")
            assert (page.status_code, leaks(page.text)) == (200 if name in ("mine", "port") else 404, []), name
        assert client.get(f"/alarms/{number}/silence").status_code == 403
        assert f'action="/alarms/{number}/take"' not in client.get(f"/alarms/{number}").text


def test_the_palette_and_an_edition_s_page_know_dispatches_to_his_city_only(runtime: Runtime, client: TestClient, signed_in: SignedIn, dispatch_id: int) -> None:
    with runtime.transaction() as session:
        session.execute(update(Edition).values(current_version_id=Edition.id))
    csrf = csrf_of(client.get("/me").text)
    lines = client.post("/palette", data={"csrf": csrf, "typed": "江淮"}).text
    assert f"/dispatches/{dispatch_id}" in lines and f"/dispatches/{dispatch_id + 1}" not in lines
    mine, other = client.get("/editions/1").text, client.get("/editions/2").text
    assert f"{PLANNED[MINE]} readers" in mine and "/dispatches/" not in other and leaks(mine) == leaks(other) == []
    assert f"{sum(PLANNED.values()):,} readers" in signed_in("王敏").get("/editions/1").text


def test_how_long_the_desk_has_is_said_without_counts(runtime: Runtime, client: TestClient, signed_in: SignedIn, dispatch_id: int) -> None:
    with runtime.transaction() as session:
        session.execute(update(Publication).values(send_window="00:00-23:59"))
    house = signed_in("li")
    for path in ("/editions/countdown", "/editions/1/countdown"):
        assert client.get(path).status_code == house.get(path).status_code == 200
        assert leaks(client.get(path).text) == [] and "reader" not in client.get(path).text.lower(), path


def test_what_is_another_s_is_not_reached_by_way_of_his_own_reader(runtime: Runtime, signed_in: SignedIn) -> None:
    add_readers(runtime)
    give_city(runtime, "王敏", BENGBU)
    with runtime.transaction(read_only=True) as session:
        stop_id = session.scalars(select(DeliveryStop.id).where(DeliveryStop.reader_id == STOPPED)).one()
        order_id = session.scalars(select(Subscription.id).where(Subscription.reader_id == STOPPED)).one()
    client = signed_in("王敏")
    csrf = csrf_of(client.get(f"/readers/{ELSEWHERE}").text)
    for path in (f"stops/{stop_id}/reach", f"stops/{stop_id}/release", f"orders/{order_id}/end"):
        for reader_id in (ELSEWHERE, STOPPED):
            assert client.get(f"/readers/{reader_id}/{path}").status_code == 404, path
            assert client.post(f"/readers/{reader_id}/{path}", data={"csrf": csrf, "reason": "x"}).status_code == 404, path
    with runtime.transaction(read_only=True) as session:
        assert session.get_one(DeliveryStop, stop_id).ended_at is None and session.get_one(Subscription, order_id).state == "active"


def test_a_segment_of_another_city_fits_nobody_and_shows_nobody(runtime: Runtime, client: TestClient, dispatch_id: int) -> None:
    csrf = csrf_of(client.get("/segments").text)
    for rule, there in ((f"{{field: city, op: eq, value: {OTHER}}}", False), (f"{{not: {{field: city, op: eq, value: {MINE}}}}}", False), ("{field: city, op: ne, value: 芜湖}", True)):
        shown = client.post("/segments/count", data={"csrf": csrf, "rule": rule}, headers={"hx-request": "true"})
        numbers = set(re.findall(r"138\*{4}\d{4}", shown.text))
        assert shown.status_code == 200 and leaks(shown.text.replace(OTHER, "")) == [] and bool(numbers) is there, rule
