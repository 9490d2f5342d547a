"""The support desk: what is known already is said on top, what may be read to the caller stands beside the cause and is an administrator's to set."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update
from starlette.testclient import TestClient

from care.models import StandardAnswer
from console.many_readers import numbers_in
from content.models import Variant
from delivery.models import Brake, Outcome, Port, Resend, deliveries
from huabao import alarms
from huabao.audit import AuditEntry
from huabao.runtime import Runtime
from reconciliation.stop_send.models import RecoveryAttempt
from subscribers.models import Reader
from tests.integration.console.conftest import csrf_of
from tests.integration.console.desk_rows import BARRED, BENGBU, ELSEWHERE, STOPPED, WELL, add_difference, add_readers, give_city, number_of

SignedIn = Callable[[str], TestClient]


def test_an_incident_that_touches_him_is_said_on_top(runtime: Runtime, signed_in: SignedIn) -> None:
    dispatch_id = add_readers(runtime)
    client, now = signed_in("zhou"), runtime.now()
    assert "Known since" not in client.get(f"/readers/{ELSEWHERE}").text
    with runtime.transaction() as session:
        port, variant = session.scalars(select(Port.name)).first(), session.scalars(select(Variant.handset_class)).first()
        alarms.raise_alarm(session, "port.unreachable", str(port), "no connection", at=now, readers=12_400)
        alarms.raise_alarm(session, "port.unreachable", "another", "no connection", at=now)
        alarms.raise_alarm(session, "delivery.brake", str(dispatch_id), "held", at=now)
        held = {"reason": "x", "at": now, "by": "huabao", "dispatch_id": dispatch_id}
        session.add(Brake(scope="handset_class", key=str(variant), readers=31, released_at=now - timedelta(hours=1), released_by="王敏", **held))
        session.add(Brake(scope="handset_class", key="another", readers=31, **held))
    page = client.get(f"/readers/{ELSEWHERE}").text
    assert page.count('class="card known') == 2 and "another" not in page
    assert "It concerns 12,400 readers." in page and "it is over" in page and "It concerns 31 readers." in page
    assert "do not resend by hand" in page and "Our sending has had a fault since" in page and 'id="best-step"' not in page
    assert "已知故障" not in page and "影响 12,400 名读者。" in client.get(f"/readers/{ELSEWHERE}", headers={"accept-language": "zh-CN"}).text
    assert 'class="card known' not in client.get(f"/readers/{WELL}").text, "he has his copy"
    with runtime.transaction() as session:
        session.execute(update(deliveries).where(deliveries.c.reader_id == ELSEWHERE).values(outcome=int(Outcome.EXPIRED)))
    failed = client.get(f"/readers/{ELSEWHERE}").text
    assert "This reader is among them." in failed and 'id="best-step"' in failed, "what failed for good does not go again by itself"
    with runtime.transaction() as session:
        alarms.close_alarm(session, "port.unreachable", str(port), at=now - timedelta(hours=7))
        alarms.close_alarm(session, "delivery.brake", str(dispatch_id), at=now - timedelta(hours=7))
    assert 'class="card known' not in client.get(f"/readers/{ELSEWHERE}").text, "that is long over"


def test_an_answer_is_read_filled_in_and_set_by_an_administrator(runtime: Runtime, signed_in: SignedIn) -> None:
    add_readers(runtime)
    client, root = signed_in("zhou"), signed_in("root")
    assert "江淮早报 no. 1522 reached the phone at" in client.get(f"/readers/{WELL}").text
    assert "手机内存已满。手机处理好以后" in client.get(f"/readers/{STOPPED}", headers={"accept-language": "zh-CN"}).text
    assert client.get("/answers").status_code == 200 and client.get("/answers/well").status_code == 403
    fields = {"csrf": csrf_of(root.get("/answers/well").text), "before": "0", "zh": "<b>《{title}》已送到</b>"}
    for en, said in (("", "write both languages"), ("{number.__class__}", "is no place"), ("{title} }", "a brace stands alone"), ("x" * 501, "at most 500")):
        assert said in root.post("/answers/well", data={**fields, "en": en}).text
    assert root.post("/answers/well", data={**fields, "en": "{title} is there <i>"}).headers["location"] == "/answers?done=1"
    assert "root changed it meanwhile" in root.post("/answers/well", data={**fields, "en": "late"}).text
    page = client.get(f"/readers/{WELL}").text
    assert "江淮早报 is there &lt;i&gt;" in page
    assert root.get("/answers/nothing").status_code == 404
    with runtime.transaction() as session:
        version = session.scalars(select(StandardAnswer.id)).one()
    assert root.post("/answers/well", data={"csrf": fields["csrf"], "before": str(version), "zh": "", "en": ""}).status_code == 303
    assert "reached the phone at" in client.get(f"/readers/{WELL}").text, "as shipped again"


# --- many numbers at once --------------------------------------------------------------------------------------------


def _pasted(client: TestClient, numbers: str) -> str:
    return str(client.post("/readers/many", data={"csrf": csrf_of(client.get("/readers/many").text), "numbers": numbers}).text)


def _field(page: str, name: str) -> str:
    return page.split(f'name="{name}" value="')[1].split('"')[0]


def test_many_numbers_are_looked_at_and_done_together_once(runtime: Runtime, signed_in: SignedIn) -> None:
    add_readers(runtime)
    add_difference(runtime, BARRED)
    with runtime.transaction() as session:  # his copy failed too, and he is not stopped
        session.execute(update(deliveries).where(deliveries.c.reader_id == ELSEWHERE).values(outcome=int(Outcome.EXPIRED)))
        session.execute(update(Reader).where(Reader.id == ELSEWHERE).values(city='=cmd|"x"'))
    client = signed_in("zhou")
    whole = [number_of(one) for one in (STOPPED, WELL, BARRED, ELSEWHERE)]
    page = _pasted(client, f"{whole[0]}\n+86 {whole[1]}, {whole[2]}；86{whole[3]} {whole[0]}\n13900000000 <script>")
    assert not any(one in page for one in whole) and "<script> " not in page and "&lt;script&gt;" in page
    own = [client.get(f"/readers/{one}").text for one in (STOPPED, WELL, BARRED, ELSEWHERE)]
    for line in own:  # the table says what each one's own page says
        assert line.split('class="cause">')[1].split("<span>")[1].split("</span>")[0] in page
    assert "1 number has no reader" in page and "139****0000" in page and "Resend to 1" in page and "Try 1" in page
    fields = {"csrf": csrf_of(page), "ids": _field(page, "ids")}
    file = client.post("/readers/many.csv", data=fields).text
    assert "138****0001" in file and not any(one in file for one in whole) and "'=cmd" in file
    assert client.post("/readers/numbers.csv", data=fields).status_code == 403
    other = signed_in("王敏")
    assert whole[0] in other.post("/readers/numbers.csv", data={**fields, "csrf": csrf_of(other.get("/readers/many").text)}).text
    for act, said in (("resend", "Sent again to 1 reader"), ("reach", "An attempt began with 1 reader")):
        sheet = client.post(f"/readers/many/{act}", data=fields).text
        given = {**fields, "count": _field(sheet, "count"), "key": _field(sheet, "key"), "reason": "没收到"}
        assert "The count has moved" in client.post(f"/readers/many/{act}/do", data={**given, "count": "0"}).text, "more than were confirmed"
        assert said in client.post(f"/readers/many/{act}/do", data=given).text
        assert said not in client.post(f"/readers/many/{act}/do", data=given).text
    assert client.post("/readers/many/kill", data=fields).status_code == 404
    with runtime.transaction(read_only=True) as session:
        assert session.scalars(select(Resend.reader_id)).all() == [ELSEWHERE]
        assert session.scalars(select(RecoveryAttempt.reader_id).where(RecoveryAttempt.ended_at.is_(None))).all() == [STOPPED]
        assert session.scalars(select(AuditEntry.actor).where(AuditEntry.action == "reader.numbers")).all() == ["王敏"]


def test_of_many_numbers_a_city_s_account_sees_its_own(runtime: Runtime, signed_in: SignedIn) -> None:
    add_readers(runtime)
    give_city(runtime, "zhou", BENGBU)
    client = signed_in("zhou")
    page = _pasted(client, " ".join(number_of(one) for one in (STOPPED, WELL, BARRED)))
    assert f'href="/readers/{BARRED}"' in page and f'href="/readers/{STOPPED}"' not in page and "2 numbers have no reader" in page
    fields = {"csrf": csrf_of(page), "ids": f"{STOPPED},{WELL}", "count": "9", "key": "k", "reason": "x"}
    assert "138****000" not in client.post("/readers/many.csv", data=fields).text
    assert "Nobody shown is stopped" in client.post("/readers/many/reach", data=fields).text
    assert "began with 0" in client.post("/readers/many/reach/do", data=fields).text
    with runtime.transaction(read_only=True) as session:
        assert session.scalars(select(RecoveryAttempt.id).where(RecoveryAttempt.ended_at.is_(None))).all() == []


@given(st.lists(st.integers(13_000_000_000, 19_999_999_999).map(str) | st.text(max_size=30), max_size=40), st.sampled_from(["\n", ", ", "；", "\t"]), st.integers(1, 20))
def test_every_number_of_a_text_is_found_once(words: list[str], between: str, most: int) -> None:
    found = numbers_in(between.join(words), most)
    assert {one for one in words if one.isascii() and one.isdecimal() and len(one) == 11 and one[:2] >= "13"} <= set(found.numbers) | ({*words} if found.left else set())
    assert len(found.numbers) == len(set(found.numbers)) <= most and len(found.odd) <= 10 and all(len(one) <= 30 for one in found.odd)
