"""The support desk over the API: a reader and what explains him, what is done for him, complaints; a token of one city keeps to it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from console.api import tokens
from console.web import make_app
from huabao.audit import AuditEntry
from huabao.clock import business_day
from huabao.queues import Registry
from huabao.runtime import Runtime
from monitoring.readership import count_today
from reconciliation.stop_send.models import RecoveryAttempt
from subscribers.models import Subscription
from tests.integration.api.conftest import ClientOf, fits
from tests.integration.console.desk_rows import BENGBU, ELSEWHERE, STOPPED, WELL, add_difference, add_readers, number_of

READER, COMPLAINTS = "/api/v1/readers/{reader_id}", "/api/v1/complaints"


def post(client: TestClient, path: str, key: str, **body: Any) -> Any:
    return client.post(path, json=body, headers={"Idempotency-Key": key})


@pytest.fixture
def support(runtime: Runtime, client_of: ClientOf) -> TestClient:
    add_readers(runtime)
    add_difference(runtime, WELL)
    return client_of("support")


def test_a_reader_is_found_and_explained(runtime: Runtime, support: TestClient, client_of: ClientOf) -> None:
    found = fits(post(support, "/api/v1/readers/find", "k1", msisdn=f"+86{number_of(STOPPED)}"), "/api/v1/readers/find", "post")
    page = fits(support.get(f"/api/v1/readers/{found['reader_id']}"), READER)
    assert page["msisdn"] == "138****0001" and page["headline"]["act"] == "reach"
    assert "memory full" in page["headline"]["cause"]["en"] and "手机内存已满" in page["headline"]["cause"]["zh"]
    assert page["orders"][0]["stop_id"] == page["headline"]["of"]
    assert fits(support.get(f"/api/v1/readers/{WELL}"), READER)["differences"]
    assert post(support, "/api/v1/readers/find", "k2", msisdn="13900000000").status_code == 404
    assert support.get("/api/v1/readers/999").status_code == 404 and client_of("read").get("/api/v1/readers/1").status_code == 403
    assert client_of("support", "numbers").get("/api/v1/readers/1").json()["msisdn"] == number_of(STOPPED)
    with runtime.transaction(read_only=True) as session:
        assert session.scalars(select(AuditEntry.action).where(AuditEntry.action == "reader.number")).all() == ["reader.number"]


def test_he_is_tried_released_and_his_order_cancelled(runtime: Runtime, support: TestClient, client_of: ClientOf) -> None:
    page = support.get(f"/api/v1/readers/{STOPPED}").json()
    stop, order = page["headline"]["of"], page["orders"][0]["subscription_id"]
    path = f"/api/v1/readers/{STOPPED}/stops/{stop}"
    assert fits(post(support, f"{path}/reach", "k1", reason="他说手机好了"), READER + "/stops/{stop_id}/reach", "post") == {"reader_id": STOPPED}
    assert post(support, f"{path}/release", "k2", reason="x").status_code == 403, "another right"
    assert post(client_of("release"), f"{path}/release", "k3", reason="已核实").status_code == 200
    assert post(client_of("release"), f"{path}/release", "k4", reason="已核实").status_code == 404, "the stop is over"
    ending = f"/api/v1/readers/{STOPPED}/orders/{order}/end"
    assert fits(post(support, ending, "k5", reason="本人来电"), READER + "/orders/{subscription_id}/end", "post") == {"reader_id": STOPPED}
    assert post(support, ending, "k6", reason="本人来电").status_code == 409
    assert post(support, f"/api/v1/readers/{WELL}/orders/{order}/end", "k7", reason="x").status_code == 404, "another reader's order"
    with runtime.transaction(read_only=True) as session:
        assert len(session.scalars(select(RecoveryAttempt).where(RecoveryAttempt.sign == "person")).all()) == 1
        assert session.get_one(Subscription, order).stop_state == "sending"


def test_complaints_come_in_are_listed_and_answered(runtime: Runtime, support: TestClient) -> None:
    count_today(runtime)
    made = fits(post(support, COMPLAINTS, "k1", msisdn=number_of(STOPPED), text="没收到", reference="T1", agent="李"), COMPLAINTS, "post")
    assert (made["cause"], made["cause_by"], made["repeated"]) == ("stopped", "found", False)
    again = post(support, COMPLAINTS, "k2", msisdn=number_of(STOPPED), reference="T1")
    assert (again.status_code, again.json()["complaint_id"]) == (200, made["complaint_id"])
    second = post(support, COMPLAINTS, "k3", msisdn=number_of(WELL), cause="late", edition="1").json()
    page = fits(support.get(f"{COMPLAINTS}?limit=1"), COMPLAINTS)
    assert [one["complaint_id"] for one in page["complaints"]] == [made["complaint_id"]]
    rest = support.get(f"{COMPLAINTS}?after={page['next_after']}").json()
    assert [one["complaint_id"] for one in rest["complaints"]] == [second["complaint_id"]] and rest["next_after"] is None
    closed = fits(post(support, f"{COMPLAINTS}/{second['complaint_id']}/answer", "k4", answer="explained", cause="network"), COMPLAINTS + "/{complaint_id}/answer", "post")
    assert (closed["answer"], closed["cause"]) == ("explained", "network")
    assert post(support, f"{COMPLAINTS}/{second['complaint_id']}/answer", "k5", answer="refund").status_code == 409
    month = fits(support.get(f"{COMPLAINTS}/month"), COMPLAINTS + "/month")
    assert month["complaints"] == 2 and month["per_10000"] and month["before"]["complaints"] == 0
    for number, wrong in enumerate([{"cause": "pigeon"}, {"received_at": "2026-01-01T00:00:00"}, {"received_at": "2999-01-01T00:00:00Z"}, {"text": "x" * 2001}]):
        assert post(support, COMPLAINTS, f"w{number}", msisdn=number_of(WELL), **wrong).status_code == 422, wrong
    assert support.get(f"{COMPLAINTS}/month?month=2026-13").status_code == 422


def test_a_refund_is_asked_for_by_one_system_and_agreed_to_by_another(runtime: Runtime, support: TestClient, client_of: ClientOf) -> None:
    path, month = f"/api/v1/readers/{STOPPED}", f"{business_day(runtime.now()):%Y-%m}"
    months = fits(support.get(f"{path}/charges"), READER + "/charges")["months"]
    assert (months[0]["month"], months[0]["price_fen"], months[0]["billed_fen"], months[0]["held"]) == (month, 500, None, True)
    body = {"service_id": "jh", "month": month, "amount_fen": 500, "why": "stopped"}
    made = fits(post(support, f"{path}/refunds", "k1", **body, agent="李"), READER + "/refunds", "post")
    assert post(support, f"{path}/refunds", "k2", **body).status_code == 409 and post(support, f"{path}/refunds", "k3", **{**body, "why": "x"}).status_code == 422
    act = f"/api/v1/refunds/{made['refund_id']}/acts"
    assert post(support, act, "k4", act="approve").status_code == 403
    deciding = client_of("refund", "numbers")
    assert fits(post(deciding, act, "k5", act="approve"), "/api/v1/refunds/{refund_id}/acts", "post")["state"] == "approved"
    assert post(deciding, "/api/v1/refunds/hand-over", "k6", count=2).status_code == 409
    handed = fits(post(deciding, "/api/v1/refunds/hand-over", "k7", count=1), "/api/v1/refunds/hand-over", "post")
    assert [(one["msisdn"], one["amount_fen"]) for one in handed["refunds"]] == [(number_of(STOPPED), 500)]
    assert fits(support.get("/api/v1/refunds?state=handed"), "/api/v1/refunds")["refunds"][0]["batch"] == handed["batch"]
    both = client_of("support", "refund")
    again = post(both, f"/api/v1/readers/{WELL}/refunds", "k8", **body, agent="王").json()
    assert post(both, f"/api/v1/refunds/{again['refund_id']}/acts", "k9", act="approve", agent="李").status_code == 409, "one system asks and agrees to itself"


def test_many_readers_are_looked_at_and_answers_are_set(support: TestClient, client_of: ClientOf) -> None:
    found = fits(post(support, "/api/v1/readers/look", "k1", msisdns=[number_of(STOPPED), number_of(WELL), "13900000000"]), "/api/v1/readers/look", "post")
    assert [(one["reader_id"], one["act"]) for one in found["readers"]] == [(STOPPED, "reach"), (WELL, "")] and found["unknown"] == 1
    page = fits(support.get(f"/api/v1/readers/{STOPPED}"), READER)
    assert page["headline"]["answer"]["zh"].startswith("《江淮早报》从") and page["known"] == []
    assert len(fits(support.get("/api/v1/answers"), "/api/v1/answers")["answers"]) == 11
    change = {"name": "well", "zh": "{title}到了", "en": "{title} is there", "before": 0}
    assert post(support, "/api/v1/answers", "k2", **change).status_code == 403
    keeper = client_of("operate")
    assert fits(post(keeper, "/api/v1/answers", "k3", **change), "/api/v1/answers", "post")["version"] > 0
    assert post(keeper, "/api/v1/answers", "k4", **change).status_code == 409


def test_a_token_of_one_city_keeps_to_it(runtime: Runtime, support: TestClient) -> None:
    made = post(support, COMPLAINTS, "k1", msisdn=number_of(STOPPED), reference="T-1").json()
    with runtime.transaction() as session:
        _, token = tokens.add_token(session, "bengbu", ("support", "release", "refund"), rate_per_min=None, by="test", now=runtime.now(), city=BENGBU)
    other = TestClient(make_app(runtime, Registry()), base_url="http://api.test", headers={"Authorization": f"Bearer {token}"})
    assert other.get(f"/api/v1/readers/{STOPPED}").status_code == 404
    assert post(other, "/api/v1/readers/find", "k1", msisdn=number_of(STOPPED)).status_code == 404
    assert post(other, COMPLAINTS, "k2", msisdn=number_of(STOPPED)).status_code == 404
    assert post(other, f"{COMPLAINTS}/{made['complaint_id']}/answer", "k3", answer="void").status_code == 404
    taken = post(other, COMPLAINTS, "k4", msisdn=number_of(ELSEWHERE), reference="T-1")
    assert taken.status_code == 409 and number_of(STOPPED)[-4:] not in taken.text, "the reference of a complaint from elsewhere shows nothing of it"
    stops = [one["stop_id"] for one in support.get(f"/api/v1/readers/{STOPPED}").json()["orders"] if one["stop_id"]]
    orders = [one["subscription_id"] for one in support.get(f"/api/v1/readers/{STOPPED}").json()["orders"]]
    assert stops and orders
    for path in (f"stops/{stops[0]}/reach", f"stops/{stops[0]}/release", f"orders/{orders[0]}/end"):
        assert post(other, f"/api/v1/readers/{ELSEWHERE}/{path}", f"n-{path}", reason="x").status_code == 404, "his own reader, and what is another's"
    body = {"service_id": "jh", "month": f"{business_day(runtime.now()):%Y-%m}", "amount_fen": 500, "why": "stopped"}
    refund = post(support, f"/api/v1/readers/{STOPPED}/refunds", "r1", **body).json()
    assert other.get(f"/api/v1/readers/{STOPPED}/charges").status_code == 404 and other.get("/api/v1/refunds").json()["refunds"] == []
    assert post(other, f"/api/v1/readers/{STOPPED}/refunds", "r2", **body).status_code == 404
    assert post(other, f"/api/v1/refunds/{refund['refund_id']}/acts", "r3", act="approve").status_code == 404
    assert post(other, "/api/v1/refunds/hand-over", "r4", count=1).status_code == 403, "a list is the whole house's"
    assert post(other, "/api/v1/readers/look", "r5", msisdns=[number_of(STOPPED)]).json() == {"readers": [], "unknown": 1}
    assert other.get(COMPLAINTS).json()["complaints"] == [] and other.get(f"{COMPLAINTS}/month").json()["complaints"] == 0
