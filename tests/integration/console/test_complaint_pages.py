"""Complaints on the desk: entered in two steps, answered, counted, kept to the city; an order cancelled for its reader."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select
from starlette.testclient import TestClient

from care.complaints.causes import STOPPED as CAUSE_STOPPED
from care.models import Complaint
from huabao.audit import AuditEntry
from huabao.runtime import Runtime
from monitoring.readership import count_today
from subscribers.offers.models import ServiceOrder
from tests.integration.console.conftest import csrf_of
from tests.integration.console.desk_rows import BENGBU, ELSEWHERE, HEFEI, STOPPED, WELL, add_readers, give_city, number_of

SignedIn = Callable[[str], TestClient]
NEW = f"/readers/{STOPPED}/complaints/new"


def _enter(client: TestClient, **more: str) -> str:
    sheet = client.get(NEW).text
    key = sheet.split('name="key" value="')[1].split('"')[0]
    fields = {"csrf": csrf_of(sheet), "key": key, "cause": CAUSE_STOPPED, "channel": "hotline", "edition": "1", "text": "<b>早上没收到</b>", **more}
    for _ in range(2):  # pressed twice
        answer = client.post(NEW, data=fields)
    found: str = answer.headers.get("location") or answer.text
    return found


def test_a_complaint_is_entered_once_and_stands_on_both_pages(runtime: Runtime, signed_in: SignedIn) -> None:
    add_readers(runtime)
    count_today(runtime)
    client = signed_in("zhou")
    assert f'value="{CAUSE_STOPPED}" selected' in client.get(NEW).text, "the likely cause is chosen already"
    assert _enter(client) == f"/readers/{STOPPED}?done=complaint"
    with runtime.transaction(read_only=True) as session:
        made = session.scalars(select(Complaint)).one()
    assert (made.reader_id, made.edition_id, made.by) == (STOPPED, 1, "zhou")
    for page in (client.get(f"/readers/{STOPPED}").text, client.get("/complaints").text):
        assert "&lt;b&gt;早上没收到" in page and "<b>早上没收到" not in page
        assert number_of(STOPPED) not in page
    file = client.get("/complaints.csv").text
    assert "138****0001" in file and number_of(STOPPED) not in file and HEFEI in file


def test_an_answer_closes_it_and_is_kept(runtime: Runtime, signed_in: SignedIn) -> None:
    add_readers(runtime)
    client = signed_in("zhou")
    _enter(client)
    path = "/complaints/1/answer"
    sheet = client.get(f"{path}?back=reader").text
    fields = {"csrf": csrf_of(sheet), "cause": "handset", "reason": "已补发并核实", "back": "reader"}
    assert "choose what was done" in client.post(path, data=fields).text
    assert client.post(path, data={**fields, "answer": "resent"}).headers["location"] == f"/readers/{STOPPED}?done=answered"
    assert "It was answered by zhou already" in client.post(path, data={**fields, "answer": "refund"}).text
    assert "已补发并核实" in client.get(f"/readers/{STOPPED}").text
    assert "No complaint waits" in client.get("/complaints").text
    with runtime.transaction(read_only=True) as session:
        assert {"complaint.enter", "complaint.answer"} <= set(session.scalars(select(AuditEntry.action)))


def test_a_city_s_account_sees_its_own(runtime: Runtime, signed_in: SignedIn) -> None:
    add_readers(runtime)
    _enter(signed_in("zhou"))
    give_city(runtime, "zhou", BENGBU)
    client = signed_in("zhou")
    assert client.get("/complaints/1/answer").status_code == 404
    assert "早上没收到" not in client.get("/complaints").text + client.get("/complaints.csv").text
    assert client.get(NEW).status_code == 404 and client.get(f"/readers/{ELSEWHERE}/complaints/new").status_code == 200


def test_odd_addresses_of_the_list_are_no_errors(runtime: Runtime, signed_in: SignedIn) -> None:
    client = signed_in("zhou")
    for query in ("after=x", "after=1.1", "after=99999999999.1", "month=2026-13", "cause=x&channel=y&repeated=1"):
        assert client.get(f"/complaints?{query}").status_code == 200, query


def test_an_order_is_cancelled_for_its_reader_once(runtime: Runtime, signed_in: SignedIn) -> None:
    add_readers(runtime)
    client = signed_in("zhou")
    page = client.get(f"/readers/{WELL}").text
    path = next(one.split('"')[0] for one in page.split('hx-get="')[1:] if "/orders/" in one)
    csrf = csrf_of(page)
    assert client.post(path, data={"csrf": csrf}).status_code == 200, "the sheet again: a reason is missing"
    assert client.post(path, data={"csrf": csrf, "reason": "本人来电"}).headers["location"] == f"/readers/{WELL}?done=ending"
    assert "being cancelled" in client.post(path, data={"csrf": csrf, "reason": "本人来电"}).text
    assert "being cancelled" in client.get(f"/readers/{WELL}").text
    assert client.get(path.replace(f"/readers/{WELL}/", f"/readers/{STOPPED}/")).status_code == 404
    with runtime.transaction(read_only=True) as session:
        assert session.scalars(select(ServiceOrder.channel).where(ServiceOrder.reader_id == WELL)).all() == ["desk"]
