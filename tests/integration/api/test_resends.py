"""Resends by the API: sent once for a key, refused with a reason, masked numbers, counts of a filter."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select, update
from starlette.testclient import TestClient

from console.models import ApiAnswer
from delivery.models import Dispatch, Resend
from huabao.audit import AuditEntry
from huabao.runtime import Runtime
from subscribers.models import Subscription
from tests.integration.api.conftest import ClientOf, fits
from tests.services.delivering import add_port, build_world, number_of

ONE = "/api/v1/resends"
MANY = "/api/v1/resends/bulk"
ROW = "/api/v1/resends/{resend_id}"


def world(runtime: Runtime, readers: int = 3) -> None:
    build_world(runtime, readers=readers)
    add_port(runtime, "http://127.0.0.1:1/")


def post(client: TestClient, reader: int, *, key: str = "k-1", **more: Any) -> Any:
    return client.post(ONE, json={"msisdn": number_of(reader), "edition": "paper/1", "reason": "did not come", **more}, headers={"Idempotency-Key": key})


def test_a_resend_is_made_once_for_its_key(runtime: Runtime, client_of: ClientOf) -> None:
    world(runtime)
    client = client_of("resend")
    first = post(client, 1, agent="zhou")
    assert first.status_code == 201
    found = fits(first, ONE, "post")
    assert (found["state"], found["outcome"], found["dispatch_state"], found["requested_by"]) == ("sent", "pending", "sending", "api:client-0/zhou")
    assert found["msisdn"] == "138****0001"
    assert first.headers["location"] == f"/api/v1/resends/{found['resend_id']}"
    again = post(client, 1, agent="zhou")
    assert (again.status_code, again.json(), again.headers["idempotent-replayed"]) == (201, found, "true")
    other = post(client, 2)
    assert (other.status_code, fits(other, ONE, "post")["type"]) == (422, "urn:huabao:problem:key-reused")
    with runtime.transaction(read_only=True) as session:
        assert session.scalar(select(func.count()).select_from(Dispatch)) == 1
        assert session.scalars(select(AuditEntry.actor).where(AuditEntry.action == "resend.send")).all() == ["api:client-0/zhou"]
    shown = client.get(first.headers["location"])
    assert fits(shown, ROW)["copies"][0]["kind"] == "resend"


def test_another_clients_key_is_another_key(runtime: Runtime, client_of: ClientOf) -> None:
    world(runtime)
    assert post(client_of("resend"), 1).status_code == 201
    assert post(client_of("resend"), 2).status_code == 201


def test_a_claim_whose_process_died_does_nothing_twice(runtime: Runtime, client_of: ClientOf) -> None:
    world(runtime)
    client = client_of("resend")
    first = post(client, 1).json()
    with runtime.transaction() as session:
        session.execute(update(ApiAnswer).values(status=None, body=None))
    waits = post(client, 1)
    assert (waits.status_code, waits.json()["type"], waits.headers["retry-after"]) == (409, "urn:huabao:problem:in-progress", "1")
    with runtime.transaction() as session:
        session.execute(update(ApiAnswer).values(asked_at=first["requested_at"] and runtime.now().replace(year=2025)))
    taken_over = post(client, 1)
    assert (taken_over.status_code, taken_over.json()["resend_id"]) == (201, first["resend_id"])
    with runtime.transaction(read_only=True) as session:
        assert session.scalar(select(func.count()).select_from(Resend)) == 1


def test_refusals_say_why(runtime: Runtime, client_of: ClientOf) -> None:
    world(runtime)
    client = client_of("resend", "numbers")
    assert post(client, 1, key="a").status_code == 201
    lately = post(client, 1, key="b")
    found = fits(lately, ONE, "post")
    assert (lately.status_code, found["type"], found["refusal"]) == (409, "urn:huabao:problem:resent-lately", "resent_lately")
    assert "by api:client-0" in found["detail"]
    assert (found["detail"].endswith("; `again`: true sends one more"), "--" in found["detail"] + found["resend"]["refused"]) == (True, False), "an API names its own members"
    assert found["resend"]["msisdn"] == number_of(1)
    with runtime.transaction() as session:
        session.execute(update(Subscription).where(Subscription.reader_id == 2).values(state="cancelled"))
    cancelled = post(client, 2, key="c")
    assert (cancelled.status_code, cancelled.json()["refusal"]) == (422, "cancelled")
    assert post(client, 2, key="c").headers["idempotent-replayed"] == "true"
    unknown = post(client, 99, key="d")
    assert (unknown.status_code, unknown.json()["refusal"], unknown.json()["resend"]["msisdn"]) == (422, "unknown_number", None)
    nothing = client.post(ONE, json={"msisdn": number_of(3), "edition": "paper/2", "reason": "x"}, headers={"Idempotency-Key": "e"})
    assert (nothing.status_code, nothing.json()["type"]) == (422, "urn:huabao:problem:invalid")
    assert post(client, 1, key="f", again=True).status_code == 201


def test_a_filter_is_counted_and_sent(runtime: Runtime, client_of: ClientOf) -> None:
    world(runtime, readers=5)
    client = client_of("resend-bulk", "read")
    body = {"filter": {"edition": "paper/1", "missing": True}, "dry_run": True}
    counted = client.post(MANY, json=body, headers={"Idempotency-Key": "count"})
    assert counted.status_code == 200
    found = fits(counted, MANY, "post")["found"]
    assert (found["matched"], found["planned"]) == (5, 5)
    refused = client.post(MANY, json={**body, "dry_run": False}, headers={"Idempotency-Key": "no reason".replace(" ", "-")})
    assert (refused.status_code, refused.json()["type"], "--" in refused.json()["detail"]) == (422, "urn:huabao:problem:invalid", False)
    sent = client.post(MANY, json={**body, "dry_run": False, "reason": "joined later", "rate": 10}, headers={"Idempotency-Key": "send"})
    assert sent.status_code == 202
    document = fits(sent, MANY, "post")
    assert document["found"]["planned"] == 5
    shown = fits(client.get(f"/api/v1/dispatches/{document['dispatch_id']}"), "/api/v1/dispatches/{dispatch_id}")
    assert (shown["kind"], shown["planned"], shown["outcomes"]["pending"]) == ("resend", 5, 5)
    row = fits(client.get(sent.headers["location"]), ROW)
    assert (row["filter"], row["reason"], row["msisdn"]) == ({"edition": "paper/1", "missing": True}, "joined later", None)
    wrong = client.post(MANY, json={"filter": {"edition": "paper/1", "outcomes": ["lost"]}, "dry_run": True}, headers={"Idempotency-Key": "wrong"})
    assert wrong.status_code == 422
    assert "filter.outcomes" in wrong.json()["detail"]
