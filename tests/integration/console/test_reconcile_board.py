"""The reconciliation board: totals to the agreed one, classes, a run with what was refused and held, two people, owners, files."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO, StringIO
from zipfile import ZipFile

from sqlalchemy import insert, select
from starlette.testclient import TestClient

from console import auth
from huabao.audit import AuditEntry
from huabao.queues import Job
from huabao.runtime import Runtime
from reconciliation.runs.models import ReconcileDifference
from tests.integration.console.conftest import csrf_of
from tests.integration.console.desk_rows import BENGBU, ELSEWHERE, HEFEI, STOPPED, WELL, add_difference, add_readers, add_run, give_city, number_of
from tests.integration.console.dispatch_rows import _HASH

SignedIn = Callable[[str], TestClient]


def test_three_totals_lead_to_the_agreed_one_and_classes_to_their_lists(runtime: Runtime, signed_in: SignedIn) -> None:
    add_readers(runtime)
    add_run(runtime, days=2)
    run_id = add_run(runtime, matched=1_576_205)
    add_difference(runtime, STOPPED, run_id)
    add_difference(runtime, WELL, run_id, days=0, name="aax", platform="absent", direction="charged_not_served", action="serve", owner="王敏")
    client = signed_in("王敏")
    page = client.get("/reconcile").text
    for said in (
        "From three totals to the agreed one",
        "1,576,212",
        "−214",
        "BOSS charges; ordered at MISC; the platform has none",
        "¥10.00",
        "1 without an owner",
        "day 4",
        f"run {run_id}",
        "Match rate over 30 days",
        "99.981 %",
    ):
        assert said in page, said
    assert 'href="/reconcile/open?class=axa">1</a>' in page
    listed = client.get("/reconcile/open?class=axa").text
    assert "138****0001" in listed and "138****0002" not in listed and number_of(STOPPED) not in listed
    assert "138****0002" in client.get("/reconcile/open?owner=王敏").text and "138****0002" not in client.get("/reconcile/open?owner=-").text
    page = client.get("/reconcile", headers={"accept-language": "zh-CN"}).text
    for said in ("三方总数到一致数", "未结差异按类别", "BOSS收费，MISC无订购，平台服务", "等人核实"):
        assert said in page, said
    for name in ("zhou", "li"):
        assert signed_in(name).get("/reconcile").status_code == 403


def test_nothing_compared_yet_says_so(runtime: Runtime, signed_in: SignedIn) -> None:
    page = signed_in("root").get("/reconcile").text
    assert "no data" in page and "No difference is open" in page and "No run was made" in page


def test_a_run_tells_what_was_refused_and_who_agreed(runtime: Runtime, signed_in: SignedIn) -> None:
    refused = [{"side": "boss", "file": "boss<1>.csv", "reason": "truncated", "detail": "the file ends in the middle of a line", "detail_zh": "文件在一行中间结束"}]
    run_id = add_run(runtime, refused=refused, boss_as_of=None)
    client = signed_in("王敏")
    page = client.get(f"/reconcile/runs/{run_id}").text
    for said in ("the file ends in the middle of a line", "boss&lt;1&gt;.csv", "Compared, not repaired"):
        assert said in page, said
    assert "文件在一行中间结束" in client.get(f"/reconcile/runs/{run_id}", headers={"accept-language": "zh-CN"}).text
    assert client.get("/reconcile/runs/99").status_code == 404


def test_what_the_guard_holds_is_repaired_once_two_people_agree(runtime: Runtime, signed_in: SignedIn) -> None:
    run_id = add_run(runtime, held=300, compared=10_000, matched=9_600)
    with runtime.transaction() as session:
        auth.add_user(session, "hu", _HASH, "ops", city=HEFEI, by="test", now=runtime.now())
    first, second, city = signed_in("王敏"), signed_in("root"), signed_in("hu")
    path = f"/reconcile/runs/{run_id}/agree"
    page = first.get("/reconcile").text
    assert "300 repairs of" in page and "May agree next: root, 王敏." in page
    fields = {"csrf": csrf_of(first.get(path, headers={"hx-request": "true"}).text), "count": "300"}
    assert "has moved" in first.post(path, data=fields | {"count": "299"}).text
    assert first.post(path, data={"count": "300"}).status_code == 403, "a form without its token"
    assert first.post(path, data=fields).headers["location"] == f"/reconcile/runs/{run_id}?done=agree"
    assert "another person must agree" in first.post(path, data=fields).text
    assert city.get(path).status_code == 403
    assert city.post(path, data={"csrf": csrf_of(city.get("/readers").text), "count": "300"}).status_code == 403
    with runtime.transaction(read_only=True) as session:
        assert session.scalars(select(Job.id)).all() == [], "one person alone moves nothing"
    sheet = second.get(path, headers={"hx-request": "true"}).text
    assert "王敏" in sheet and "Repair 300" in sheet
    assert second.post(path, data={"csrf": csrf_of(sheet), "count": "300"}).status_code == 303
    with runtime.transaction(read_only=True) as session:
        jobs = session.execute(select(Job.task, Job.args)).all()
        assert [(task, args) for task, args in jobs] == [("reconciliation.apply_run", {"run_id": run_id, "by": "root"})]
        assert session.scalars(select(AuditEntry.actor).where(AuditEntry.action == "reconcile.approve").order_by(AuditEntry.id)).all() == ["王敏", "root"]
    add_run(runtime, days=0)
    assert "a later run took its place" in second.get(f"/reconcile/runs/{run_id}").text
    assert "a later run took its place" in second.get(path).text


def test_what_is_not_held_is_repaired_by_one(runtime: Runtime, signed_in: SignedIn) -> None:
    run_id = add_run(runtime, held=3)
    client = signed_in("王敏")
    path = f"/reconcile/runs/{run_id}/apply"
    assert 'id="apply-' in client.get(f"/reconcile/runs/{run_id}").text
    sheet = client.get(path, headers={"hx-request": "true"}).text
    assert "Repair 3" in sheet
    for _ in range(2):
        assert client.post(path, data={"csrf": csrf_of(sheet), "count": "3"}).status_code == 303
    with runtime.transaction(read_only=True) as session:
        assert len(session.scalars(select(Job.id)).all()) == 1, "pressing twice is one job"
    assert client.get(f"/reconcile/runs/{run_id}/agree").text.count('type="submit" class="main"') == 0
    assert client.get(f"/reconcile/runs/{run_id}/burn").status_code == 404


def test_owners_one_by_one_and_all_that_a_filter_finds(runtime: Runtime, signed_in: SignedIn) -> None:
    add_readers(runtime)
    mine, other = add_difference(runtime, STOPPED), add_difference(runtime, ELSEWHERE)
    third = add_difference(runtime, WELL, name="aax", action="serve")
    client = signed_in("王敏")
    csrf = csrf_of(client.get("/reconcile/open").text)

    def owners() -> dict[int, str]:
        with runtime.transaction(read_only=True) as session:
            return dict(session.execute(select(ReconcileDifference.id, ReconcileDifference.owner)).all())

    assert client.post(f"/reconcile/open/{mine}/owner?class=axa", data={"csrf": csrf, "take": "1"}).headers["location"] == "/reconcile/open?class=axa"
    assert owners() == {mine: "王敏", other: "", third: ""}
    client.post(f"/reconcile/open/{mine}/owner", data={"csrf": csrf})
    assert owners()[mine] == ""
    path = "/reconcile/open/owner?class=axa"
    sheet = client.get(path, headers={"hx-request": "true"}).text
    assert "Hand over 2" in sheet and 'value="root"' in sheet and 'value="zhou"' not in sheet
    assert "no such account" in client.post(path, data={"csrf": csrf, "count": "2", "owner": "zhou"}).text
    assert "has moved" in client.post(path, data={"csrf": csrf, "count": "1", "owner": "root"}).text
    assert client.post(path, data={"csrf": csrf, "count": "2", "owner": "root"}).status_code == 303
    assert owners() == {mine: "root", other: "root", third: ""}


def test_a_city_sees_and_takes_its_own_differences_only(runtime: Runtime, signed_in: SignedIn) -> None:
    add_readers(runtime)
    mine, other = add_difference(runtime, ELSEWHERE), add_difference(runtime, STOPPED)
    give_city(runtime, "王敏", BENGBU)
    client = signed_in("王敏")
    for path in ("/reconcile/open", "/reconcile/open.csv"):
        text = client.get(path).text
        assert "138****0004" in text and "138****0001" not in text
    csrf = csrf_of(client.get("/reconcile/open").text)
    assert number_of(STOPPED) not in client.post("/reconcile/open.csv", data={"csrf": csrf}).text
    assert client.post(f"/reconcile/open/{other}/owner", data={"csrf": csrf, "take": "1"}).status_code == 404
    assert client.post(f"/reconcile/open/{mine}/owner", data={"csrf": csrf, "take": "1"}).status_code == 303
    assert client.get("/reconcile/report.xlsx?day=2026-11-01").status_code == 403


def test_files_are_masked_and_whole_numbers_are_kept(runtime: Runtime, signed_in: SignedIn) -> None:
    add_readers(runtime)
    run_id = add_run(runtime)
    add_difference(runtime, STOPPED, run_id, owner="=cmd")
    client = signed_in("王敏")
    rows = list(csv.reader(StringIO(client.get("/reconcile/open.csv").text[1:])))
    assert rows[1][:3] == ["138****0001", "jh", "axa"] and rows[1][9] == "'=cmd"
    whole = client.post("/reconcile/open.csv", data={"csrf": csrf_of(client.get("/reconcile/open").text)})
    assert number_of(STOPPED) in whole.text
    with runtime.transaction(read_only=True) as session:
        assert session.scalars(select(AuditEntry.actor).where(AuditEntry.action == "reconcile.numbers")).all() == ["王敏"]
    day = (runtime.now() + timedelta(hours=8)).date() - timedelta(days=1)
    with ZipFile(BytesIO(client.get(f"/reconcile/report.xlsx?day={day}").content)) as book:
        text = "".join(book.read(name).decode() for name in book.namelist() if name.endswith(".xml"))
    assert "138****0001" in text and number_of(STOPPED) not in text
    assert client.get("/reconcile/report.xlsx?day=../../etc").status_code == 404


def test_pages_of_differences_follow_each_other(runtime: Runtime, signed_in: SignedIn) -> None:
    first = add_difference(runtime, 1)
    with runtime.transaction() as session:
        row = session.get_one(ReconcileDifference, first)
        same = {column.name: getattr(row, column.name) for column in ReconcileDifference.__table__.columns if column.name != "id"}
        session.execute(insert(ReconcileDifference), [same | {"msisdn": number_of(one), "first_day": row.first_day + timedelta(days=one % 3)} for one in range(2, 75)])
    client = signed_in("root")
    page = client.get("/reconcile/open").text
    further = page.partition('id="further" href="')[2].partition('"')[0].replace("&amp;", "&")
    seen = [part.split('"')[0] for text in (page, client.get(further).text) for part in text.split('id="difference-')[1:]]
    assert len(seen) == len(set(seen)) == 74
    assert client.get("/reconcile/open?after=2026-99-99_7&class=zzz&action=burn").status_code == 200


def test_a_run_in_which_all_agree_has_nothing_left_to_repair(runtime: Runtime, signed_in: SignedIn) -> None:
    run_id = add_run(runtime, state="compared", figures={"differences": {}, "money_fen": {}, "equal": {"aaa": 10}, "in_flight": 0, "records": {"boss": 10, "misc": 10, "platform": 10}})
    ops = signed_in("王敏")
    for page in (ops.get("/reconcile").text, ops.get(f"/reconcile/runs/{run_id}").text):
        assert "Compared, all agree" in page and "Compared, not repaired" not in page
