"""The ops desk over the API: ports, seeds, settings, capacity, the trail; by scope, and never beyond what the pages do."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from delivery.models import Dispatch, PortRateChange
from huabao.audit import AuditEntry
from huabao.runtime import Runtime
from tests.integration.api.conftest import ClientOf, fits
from tests.integration.console.ops_rows import add_ports, in_hours, port_of

V1 = "/api/v1"


def post(client: TestClient, path: str, key: str, **body: Any) -> Any:
    return client.post(V1 + path, json=body, headers={"Idempotency-Key": key})


def test_a_port_is_changed_once_for_its_key(runtime: Runtime, client_of: ClientOf) -> None:
    add_ports(runtime)
    client = client_of("operate")
    asked = {"port": "mm-1", "act": "rate", "rate": 150, "confirmed": 3000, "reason": "agreed"}
    said = fits(post(client, "/ports/acts", "a", **asked), f"{V1}/ports/acts", "post")
    assert (said["rate"], said["burst"], said["readers_waiting"], said["change_id"]) == (150.0, 4, 3000, None)
    assert post(client, "/ports/acts", "a", **asked).headers["idempotent-replayed"] == "true"
    assert post(client, "/ports/acts", "b", port="mm-1", act="rate", reason="no rate").status_code == 422
    assert post(client, "/ports/acts", "c", port="mm-1", act="rate", rate=170, at=in_hours(runtime, 3), confirmed=3000, reason="later").json()["change_id"] == 1
    assert post(client, "/ports/acts", "d", port="mm-1", act="pause", reason="x").json()["state"] == "paused"
    again = post(client, "/ports/acts", "e", port="mm-1", act="pause", reason="x")
    assert (again.status_code, fits(again, f"{V1}/ports/acts", "post")["detail"]) == (409, "port mm-1 is paused already")
    assert fits(post(client, "/ports/tests", "f", port="mm-1"), f"{V1}/ports/tests", "post")["reachable"] is False
    assert port_of(runtime, "mm-1").rate == 150.0
    with runtime.transaction(read_only=True) as session:
        assert session.scalars(select(PortRateChange.rate)).all() == [170.0]
        assert set(session.scalars(select(AuditEntry.actor).where(AuditEntry.object_kind == "port"))) == {"api:client-0"}


def test_seeds_and_settings(runtime: Runtime, client_of: ClientOf) -> None:
    client = client_of("operate")
    assert post(client, "/seeds", "a", group="house", act="add", numbers=["12"]).status_code == 422
    said = fits(post(client, "/seeds", "b", group="house", act="add", numbers=["13900000077"]), f"{V1}/seeds", "post")
    assert said["groups"] == [{"group": "house", "kind": "test", "segment": None, "numbers": ["139****0077"]}]
    assert client_of("read", "numbers").get(f"{V1}/seeds").json()["groups"][0]["numbers"] == ["13900000077"]
    assert post(client, "/settings", "c", name="report_wait_s", value="soon", reason="x").status_code == 422
    guarded = post(client, "/settings", "g", name="second_factor_roles", value="", reason="x")
    assert (guarded.status_code, fits(guarded, f"{V1}/settings", "post")["type"]) == (403, "urn:huabao:problem:forbidden")
    said = fits(post(client, "/settings", "d", name="report_wait_s", value="60", reason="quick"), f"{V1}/settings", "post")
    assert (said["value"], said["default"], said["changed_by"]) == (60.0, 172800.0, "api:client-0")
    assert any(one["name"] == "report_wait_s" and one["value"] == 60 for one in fits(client.get(f"{V1}/settings"), f"{V1}/settings")["settings"])


def test_a_load_is_forecast(runtime: Runtime, client_of: ClientOf) -> None:
    add_ports(runtime)
    asked = f"{V1}/capacity?readers=4000000&start=2030-01-05T06:00&deadline=2030-01-05T08:00"
    said = fits(client_of("read").get(asked), f"{V1}/capacity")
    assert (said["deadline_met"], said["late"], said["more_per_s"], said["loads"]) == (False, 1_840_000, 256, {"mm-1": 4_000_000})
    assert client_of("read").get(asked.replace("08:00", "05:00")).status_code == 422
    assert client_of("read").get(f"{asked}&ports=mm-9").status_code == 422


def test_the_trail_goes_on_where_it_ended(runtime: Runtime, client_of: ClientOf) -> None:
    client = client_of("operate", "audit")
    for at in range(5):
        assert post(client, "/settings", f"k{at}", name="report_wait_s", value=str(at + 1), reason="x").status_code == 200
    seen, before = [], ""
    while True:
        said = fits(client.get(f"{V1}/audit", params={"limit": 2, "kind": "setting", "before": before}), f"{V1}/audit")
        seen += [one["detail"]["value"] for one in said["entries"]]
        if said["next_before"] is None:
            break
        before = said["next_before"]
    assert seen == [5, 4, 3, 2, 1]
    assert client.get(f"{V1}/audit?kind=api_token").json()["entries"] == []
    assert client.get(f"{V1}/audit?before=x").status_code == 422


def test_a_port_s_change_names_the_readers_that_wait_there(runtime: Runtime, client_of: ClientOf) -> None:
    add_ports(runtime)
    client, asked = client_of("operate"), {"port": "mm-1", "act": "rate", "rate": 150}
    counted = fits(post(client, "/ports/acts", "a", **asked, dry_run=True), f"{V1}/ports/acts", "post")
    assert (counted["readers_waiting"], counted["done"], counted["rate"]) == (3000, False, 300.0)
    assert post(client, "/ports/acts", "b", **asked, reason="agreed").json()["count"] == 3000, "without a count"
    assert post(client, "/ports/acts", "c", **asked, confirmed=3000).status_code == 422, "without a reason"
    moved = post(client, "/ports/acts", "d", **asked, confirmed=2900, reason="agreed")
    assert (moved.status_code, moved.json()["count"]) == (409, 3000)
    assert port_of(runtime, "mm-1").rate == 300.0
    assert post(client, "/ports/acts", "e", port="mm-1", act="pause").json()["done"], "a pause waits for nothing"
    assert post(client, "/ports/acts", "f", port="mm-1", act="resume").status_code == 422


@pytest.mark.parametrize(("method", "path"), [("post", "/ports/acts"), ("post", "/ports/tests"), ("post", "/seeds"), ("post", "/settings"), ("get", "/audit")])
def test_who_may_only_look_does_nothing(sqlite_runtime: Runtime, method: str, path: str) -> None:
    from console.api import tokens
    from console.web import make_app
    from huabao.queues import Registry

    with sqlite_runtime.transaction() as session:
        _, token = tokens.add_token(session, "looker", ("read",), rate_per_min=None, by="test", now=sqlite_runtime.now())
    client = TestClient(make_app(sqlite_runtime, Registry()), base_url="http://api.test", headers={"Authorization": f"Bearer {token}", "Idempotency-Key": "k"})
    assert client.request(method, V1 + path, json={} if method == "post" else None).status_code == 403


def test_a_dispatch_gets_another_rate_by_who_may_send(runtime: Runtime, client_of: ClientOf) -> None:
    dispatch_id = add_ports(runtime)
    path, pattern = f"/dispatches/{dispatch_id}/rate", f"{V1}/dispatches/{{dispatch_id}}/rate"
    assert post(client_of("operate"), path, "a", rate=2.5, dry_run=True).status_code == 403
    client = client_of("send")
    seen = fits(post(client, path, "b", rate=2.5, dry_run=True), pattern, "post")
    assert (seen["readers"], seen["rate"], seen["done"]) == (3000, 2.5, False)
    assert post(client, path, "c", rate=2.5, reason="slow", confirmed=10).status_code == 409
    assert post(client, path, "d", rate=0, reason="slow", confirmed=3000).status_code == 422
    assert fits(post(client, path, "e", rate=2.5, reason="slow", confirmed=3000), pattern, "post")["done"] is True
    with runtime.transaction(read_only=True) as session:
        assert session.get_one(Dispatch, dispatch_id).rate == 2.5
    assert post(client, path, "f", rate=None, reason="well again", confirmed=3000).json()["rate"] is None
