"""The recovery board: counts that open their lists, the month with its denominator, the guard and its two people, files."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import timedelta
from io import StringIO

from sqlalchemy import insert, select, update
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from console import auth
from huabao.audit import AuditEntry
from huabao.runtime import Runtime
from reconciliation.stop_send.boards import WantedStops, stopped_page
from reconciliation.stop_send.models import DeliveryStop, StopRun
from subscribers.models import Reader
from tests.integration.console.conftest import browser, csrf_of, sign_in
from tests.integration.console.desk_rows import BENGBU, ELSEWHERE, HEFEI, STOPPED, WELL, add_held_stops, add_readers, add_recovered, add_stop, give_city, number_of
from tests.integration.console.dispatch_rows import _HASH

SignedIn = Callable[[str], TestClient]


def test_the_board_counts_and_a_count_opens_its_list(runtime: Runtime, signed_in: SignedIn) -> None:
    add_readers(runtime)
    add_stop(runtime, ELSEWHERE, "unreachable", days=2, running="probe")
    client = signed_in("zhou")
    page = client.get("/recovery").text
    for said in ("memory full", "off or out of reach", "probe 1", 'href="/recovery/stopped?cause=memory_full&amp;age=30">1</a>'):
        assert said in page, said
    listed = client.get("/recovery/stopped?cause=memory_full&age=30").text
    assert "138****0001" in listed and f'href="/readers/{STOPPED}"' in listed and "138****0004" not in listed
    assert "No stopped reader fits" in client.get("/recovery/stopped?cause=memory_full&age=0").text
    page = client.get("/recovery?month=2020-01&base=nonsense", headers={"accept-language": "zh-CN"}).text
    assert "没有数据" in page and "本月没有停发" in page
    assert signed_in("li").get("/recovery").status_code == 403


def test_a_month_stands_with_its_denominator_beside_its_base(runtime: Runtime, signed_in: SignedIn) -> None:
    add_recovered(runtime, first=100, number=10, recovered=4)
    add_recovered(runtime, first=200, number=5, months_ago=1, recovered=1)
    page = signed_in("zhou").get("/recovery").text
    for said in ("40.0%", "4 recovered of 10 attempted", "4.0 times the 1 of", "(+3.0)", "usual 30%", "best 60%", "Nobody is stopped now", "median 4.3 days", "20.0%"):
        assert said in page, said


def test_a_city_sees_its_own(runtime: Runtime, signed_in: SignedIn) -> None:
    add_readers(runtime)
    add_stop(runtime, ELSEWHERE, "unreachable", days=2)
    give_city(runtime, "zhou", BENGBU)
    client = signed_in("zhou")
    page = client.get("/recovery").text
    assert "memory full" not in page and "off or out of reach" in page
    for path in ("/recovery/stopped", "/recovery/stopped.csv"):
        text = client.get(path).text
        assert "138****0004" in text and "138****0001" not in text


def test_pages_follow_each_other_without_a_gap(runtime: Runtime, signed_in: SignedIn) -> None:
    now = runtime.now()
    at = now - timedelta(days=20)
    with runtime.transaction() as session:
        session.execute(
            insert(Reader), [{"id": one, "msisdn": number_of(one), "city": HEFEI, "topics": [], "attributes": {}, "created_at": now, "updated_at": now} for one in range(1, 121)]
        )
        stop = {"service_id": "jh", "cause": "unknown", "failing_since": at, "by": "stop_send", "looked_at": at, "tried": 0, "next_why": ""}
        session.execute(insert(DeliveryStop), [{"reader_id": one, "stopped_at": at + timedelta(seconds=one // 60), **stop} for one in range(1, 121)])
    client = signed_in("王敏")
    seen: list[str] = []
    path = "/recovery/stopped"
    while path:
        page = client.get(path).text
        seen += [part.split('"')[0] for part in page.split('href="/readers/')[1:]]
        further = page.partition('id="further" href="')[2].partition('"')[0]
        path = further.replace("&amp;", "&")
    assert sorted(map(int, seen)) == list(range(1, 121))
    assert client.get("/recovery/stopped?after=99999999999999999999-1").status_code == 200
    with runtime.transaction(read_only=True) as session:
        assert len(stopped_page(session, WantedStops(city=HEFEI), now, limit=500)) == 120


def test_files_are_masked_and_no_cell_is_a_formula(runtime: Runtime, signed_in: SignedIn) -> None:
    add_readers(runtime)
    with runtime.transaction() as session:
        session.execute(update(Reader).where(Reader.id == STOPPED).values(city="=HYPERLINK(1)"))
    client = signed_in("王敏")
    answer = client.get("/recovery/stopped.csv")
    assert "attachment" in answer.headers["content-disposition"] and answer.text.startswith("\ufeff")
    rows = list(csv.reader(StringIO(answer.text[1:])))
    assert rows[0][:3] == ["Number", "City", "Service"]
    assert rows[1][:5] == ["138****0001", "'=HYPERLINK(1)", "jh", "江淮早报", "memory full"]
    csrf = csrf_of(client.get("/recovery/stopped").text)
    assert number_of(STOPPED) in client.post("/recovery/stopped.csv", data={"csrf": csrf}).text
    assert signed_in("zhou").post("/recovery/stopped.csv", data={"csrf": csrf}).status_code == 403
    with runtime.transaction(read_only=True) as session:
        assert session.scalars(select(AuditEntry.actor).where(AuditEntry.action == "recovery.numbers")).all() == ["王敏"]


def test_a_mass_of_stops_needs_two_people_of_the_whole_house(runtime: Runtime, app: ASGIApp, signed_in: SignedIn) -> None:
    add_readers(runtime)
    run_id = add_held_stops(runtime)
    with runtime.transaction() as session:
        auth.add_user(session, "chen", _HASH, "ops", city=None, by="test", now=runtime.now())
        auth.add_user(session, "hu", _HASH, "ops", city=HEFEI, by="test", now=runtime.now())
    path = f"/recovery/runs/{run_id}/agree"
    city, first, second = browser(app), signed_in("王敏"), browser(app)
    sign_in(city, "hu")
    sign_in(second, "chen")
    page = first.get("/recovery").text
    assert "2,412 subscriptions would be stopped" in page and "Nobody agreed yet" in page
    assert "May agree next: chen, root, 王敏." in page, "who has a city is not among them"
    fields = {"csrf": csrf_of(first.get(path, headers={"hx-request": "true"}).text), "count": "2412"}
    assert "has moved" in first.post(path, data=fields | {"count": "12"}).text
    assert first.post(path, data=fields).headers["location"] == "/recovery"
    assert "you agreed before" in first.post(path, data=fields).text
    page = second.get("/recovery").text
    assert "王敏 agreed at" in page and "May agree next: chen, root." in page
    assert city.get(path).status_code == 403
    assert city.post(path, data={"csrf": csrf_of(city.get("/recovery").text), "count": "2412"}).status_code == 403
    assert 'id="agree-' not in signed_in("zhou").get("/recovery").text
    sheet = second.get(path, headers={"hx-request": "true"}).text
    assert "Stop 2,412 readers" in sheet and "王敏 agreed" in sheet
    assert second.post(path, data={"csrf": csrf_of(sheet), "count": "2412"}).headers["location"] == "/recovery"
    with runtime.transaction(read_only=True) as session:
        run = session.get_one(StopRun, run_id)
        assert (run.state, [who for who, _ in run.approvals]) == ("applied", ["王敏", "chen"])


def test_a_dropped_run_stops_nobody_and_wants_a_reason(runtime: Runtime, signed_in: SignedIn) -> None:
    add_readers(runtime)
    run_id = add_held_stops(runtime)
    client = signed_in("王敏")
    path = f"/recovery/runs/{run_id}/drop"
    fields = {"csrf": csrf_of(client.get(path).text), "count": "2412"}
    assert "give a reason" in client.post(path, data=fields).text
    assert client.post(path, data=fields | {"reason": "the MMSC was down"}).status_code == 303
    assert client.get(f"/recovery/runs/{run_id}/kill").status_code == 404
    with runtime.transaction(read_only=True) as session:
        assert session.get_one(StopRun, run_id).state == "dropped"
        assert session.scalars(select(DeliveryStop.reader_id).where(DeliveryStop.ended_at.is_(None))).all() == [STOPPED]
        assert WELL not in session.scalars(select(DeliveryStop.reader_id)).all()
