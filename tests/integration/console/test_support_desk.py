"""The support desk: what is known already is said on top, what may be read to the caller stands beside the cause and is an administrator's to set."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select
from starlette.testclient import TestClient

from care.models import StandardAnswer
from content.models import Variant
from delivery.models import Brake, Port
from huabao import alarms
from huabao.runtime import Runtime
from tests.integration.console.conftest import csrf_of
from tests.integration.console.desk_rows import ELSEWHERE, STOPPED, WELL, add_readers

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
