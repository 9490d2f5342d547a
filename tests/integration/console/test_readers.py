"""The support desk: a reader found by his number, what is shown of him and to whom, and what is done for him."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select
from starlette.testclient import TestClient

from delivery.models import Resend
from huabao.audit import AuditEntry
from huabao.runtime import Runtime
from reconciliation.stop_send.models import DeliveryStop, RecoveryAttempt
from subscribers.models import Subscription
from tests.integration.console.conftest import csrf_of
from tests.integration.console.desk_rows import BARRED, BENGBU, ELSEWHERE, HEFEI, STOPPED, WELL, add_difference, add_readers, give_city, number_of

SignedIn = Callable[[str], TestClient]


def _find(client: TestClient, typed: str) -> str:
    found = client.post("/readers", data={"csrf": csrf_of(client.get("/readers").text), "number": typed})
    location: str = found.headers.get("location") or found.text
    return location


def test_a_reader_is_found_by_his_number_however_it_is_written(runtime: Runtime, signed_in: SignedIn) -> None:
    add_readers(runtime)
    client = signed_in("zhou")
    for typed in ("13805510001", "8613805510001", "+86 138 0551 0001"):
        assert _find(client, typed) == f"/readers/{STOPPED}"
    page = _find(client, "1380551")
    assert "no mobile number" in page and 'value="1380551"' in page
    assert "No reader has this number" in _find(client, "13900000000")
    assert client.post("/readers", data={"number": number_of(STOPPED)}).status_code == 403, "a form without its token"


def test_a_stop_is_told_with_its_cause_its_price_and_the_next_step(runtime: Runtime, signed_in: SignedIn) -> None:
    add_readers(runtime)
    add_difference(runtime, STOPPED)
    page = signed_in("zhou").get(f"/readers/{STOPPED}").text
    for said in (
        "138****0001",
        "memory full",
        "Sending of 江淮早报 is stopped since",
        "He still pays",
        "¥5.00",
        "No. 2",
        "the probe did not reach him",
        "Tried again by itself at",
        "BOSS charges; no order at MISC",
    ):
        assert said in page, said
    for hidden in (number_of(STOPPED), "Show the number", "Send again at once"):
        assert hidden not in page, "support sees no whole number and lets nobody go"
    page = signed_in("zhou").get(f"/readers/{STOPPED}", headers={"accept-language": "zh-CN"}).text
    for said in ("停发：手机内存已满", "小彩信探测没有到达", "其间付费", "收费但查无订购：人工核实", "最近下发", "来源 MISC"):
        assert said in page, said


def test_each_case_has_its_headline(runtime: Runtime, signed_in: SignedIn) -> None:
    add_readers(runtime)
    client = signed_in("zhou")
    assert "All is well: 江淮早报 no. 1522 was fetched" in client.get(f"/readers/{WELL}").text
    assert "His account is barred" in client.get(f"/readers/{BARRED}").text
    assert "is on its way" in client.get(f"/readers/{ELSEWHERE}").text
    add_difference(runtime, ELSEWHERE)
    assert "MISC and the platform disagree" in client.get(f"/readers/{ELSEWHERE}").text
    with runtime.transaction() as session:
        session.get_one(Subscription, 2).state = "cancelled"
    assert "No order is in force" in client.get(f"/readers/{WELL}").text


def test_the_whole_number_is_for_operators_and_kept(runtime: Runtime, signed_in: SignedIn) -> None:
    add_readers(runtime)
    client = signed_in("王敏")
    page = client.get(f"/readers/{WELL}").text
    assert number_of(WELL) not in page
    shown = client.post(f"/readers/{WELL}/number", data={"csrf": csrf_of(page)})
    assert number_of(WELL) in shown.text
    assert signed_in("zhou").post(f"/readers/{WELL}/number", data={"csrf": "x"}).status_code == 403
    with runtime.transaction(read_only=True) as session:
        kept = session.execute(select(AuditEntry.actor, AuditEntry.object_id, AuditEntry.detail).where(AuditEntry.action == "reader.number")).all()
    assert [tuple(one) for one in kept] == [("王敏", str(WELL), {})]


def test_another_city_s_reader_is_not_there(runtime: Runtime, signed_in: SignedIn) -> None:
    add_readers(runtime)
    with runtime.transaction(read_only=True) as session:
        stop_id = session.scalars(select(DeliveryStop.id)).one()
    for name in ("zhou", "王敏"):
        give_city(runtime, name, BENGBU)
        client = signed_in(name)
        assert "No reader has this number" in _find(client, number_of(STOPPED))
        assert _find(client, number_of(BARRED)) == f"/readers/{BARRED}"
        csrf = csrf_of(client.get("/readers").text)
        paths = [f"/readers/{STOPPED}", f"/readers/{STOPPED}/editions/1/resend", f"/readers/{STOPPED}/stops/{stop_id}/reach", f"/readers/{BARRED}/stops/{stop_id}/reach"]
        paths += [f"/readers/{STOPPED}/stops/{stop_id}/release"] if name == "王敏" else []
        for path in paths:
            assert client.get(path).status_code == 404, path
            done = client.post(path, data={"csrf": csrf, "reason": "x"})
            assert done.status_code in (404, 405), path
        if name == "王敏":
            assert client.post(f"/readers/{STOPPED}/number", data={"csrf": csrf}).status_code == 404
    with runtime.transaction(read_only=True) as session:
        assert session.scalars(select(RecoveryAttempt.id).where(RecoveryAttempt.ended_at.is_(None))).all() == []
        assert session.scalars(select(Resend.id)).all() == []
    give_city(runtime, "zhou", HEFEI)
    assert signed_in("zhou").get(f"/readers/{STOPPED}").status_code == 200


def test_support_tries_to_reach_him_once(runtime: Runtime, signed_in: SignedIn) -> None:
    add_readers(runtime)
    client = signed_in("zhou")
    with runtime.transaction(read_only=True) as session:
        stop_id = session.scalars(select(DeliveryStop.id)).one()
    path = f"/readers/{STOPPED}/stops/{stop_id}/reach"
    sheet = client.get(path, headers={"hx-request": "true"}).text
    assert "memory full" in sheet and "09:00-21:00" in sheet and "Try 1 reader" in sheet
    fields = {"csrf": csrf_of(sheet)}
    assert "give a reason" in client.post(path, data=fields).text
    done = client.post(path, data=fields | {"reason": "he emptied it"})
    assert done.headers["location"] == f"/readers/{STOPPED}?done=reach"
    assert "An attempt is under way" in client.get(done.headers["location"]).text
    assert "under way already" in client.post(path, data=fields | {"reason": "again"}).text
    with runtime.transaction(read_only=True) as session:
        running = session.scalars(select(RecoveryAttempt).where(RecoveryAttempt.ended_at.is_(None))).one()
        assert (running.sign, running.state, running.number) == ("person", "waiting", 3)
        assert session.scalars(select(AuditEntry.actor).where(AuditEntry.action == "recovery.reach")).all() == ["zhou"]


def test_an_operator_lets_him_be_sent_to_again(runtime: Runtime, signed_in: SignedIn) -> None:
    add_readers(runtime)
    with runtime.transaction(read_only=True) as session:
        stop_id = session.scalars(select(DeliveryStop.id)).one()
    path = f"/readers/{STOPPED}/stops/{stop_id}/release"
    assert signed_in("zhou").get(path).status_code == 403
    client = signed_in("王敏")
    fields = {"csrf": csrf_of(client.get(path).text), "reason": "a new phone"}
    assert client.post(path, data=fields).status_code == 303
    assert "the stop has ended" in client.post(path, data=fields).text
    page = client.get(f"/readers/{STOPPED}").text
    assert "released by a person" in page and "Earlier stops" in page


def test_a_copy_is_sent_again_once_however_often_it_is_pressed(runtime: Runtime, signed_in: SignedIn) -> None:
    add_readers(runtime)
    client = signed_in("zhou")
    path = f"/readers/{STOPPED}/editions/1/resend"
    sheet = client.get(path, headers={"hx-request": "true"}).text
    assert "Resend to 1 reader" in sheet and "138****0001" in sheet
    key = sheet.split('name="key" value="')[1].split('"')[0]
    fields = {"csrf": csrf_of(sheet), "key": key, "reason": "it did not come"}
    for _ in range(2):
        assert client.post(path, data=fields).headers["location"] == f"/readers/{STOPPED}?done=resend"
    assert "a moment ago" in client.get(path, headers={"hx-request": "true"}).text
    assert "a moment ago" in client.post(path, data=fields | {"key": "another"}).text
    with runtime.transaction(read_only=True) as session:
        assert session.execute(select(Resend.requested_by, Resend.reason).where(Resend.refused.is_(None))).all() == [("zhou", "it did not come")]
    sheet = client.get(f"/readers/{BARRED}/editions/1/resend", headers={"hx-request": "true"}).text
    assert "the order is paused" in sheet and "Resend to" not in sheet
    assert client.get(f"/readers/{STOPPED}/editions/99/resend").status_code == 404
