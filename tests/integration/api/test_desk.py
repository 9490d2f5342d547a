"""The desk over the API: a paper handed in, approved, planned and scheduled, each by who may; works are asked for once and looked at."""

from __future__ import annotations

from itertools import count

from sqlalchemy import select

from delivery.models import Dispatch
from huabao.runtime import Runtime
from tests.integration.api.conftest import ClientOf, fits
from tests.integration.console.edition_rows import add_edition, run_desk
from tests.services.delivering import add_port

_keys = count()
WORK = "/api/v1/works/{work_id}"


def _key() -> dict[str, str]:
    return {"Idempotency-Key": f"desk-{next(_keys)}"}


def test_a_paper_from_draft_to_schedule(runtime: Runtime, client_of: ClientOf) -> None:
    add_edition(runtime)
    add_port(runtime, "http://127.0.0.1:9/")
    desk, chief, ops = client_of("desk"), client_of("approve"), client_of("send")
    seen = {"edition": "paper/1", "version": 1}

    def post(client: object, verb: str, **body: object) -> dict[str, object]:
        path = f"/api/v1/editions/{verb}"
        return fits(client.post(path, json=body, headers=_key()), path, "post")  # type: ignore[attr-defined, no-any-return]  # a client

    assert post(desk, "approve", **seen)["status"] == 403
    assert post(desk, "submit", **seen | {"version": 7})["status"] == 409
    assert post(desk, "submit", **seen)["state"] == "in_review"
    asked = post(chief, "approve", **seen)
    assert (asked["state"], asked["kind"]) == ("waiting", "approve")
    assert post(chief, "approve", **seen)["work_id"] == asked["work_id"], "asked once"
    run_desk(runtime)
    done = fits(chief.get(f"/api/v1/works/{asked['work_id']}"), WORK)
    assert done["state"] == "done" and done["result"]["approved"] is True
    planned = post(ops, "plan", edition="1", start="2099-01-01T06:00")
    run_desk(runtime)
    counted = fits(ops.get(f"/api/v1/works/{planned['work_id']}"), WORK)["result"]["planned"]
    assert counted == 6
    assert post(desk, "schedule", edition="1", confirmed=6)["status"] == 403
    few = post(ops, "schedule", edition="1", confirmed=3, start="2099-01-01T06:00")
    run_desk(runtime)
    assert "3 were confirmed" in fits(ops.get(f"/api/v1/works/{few['work_id']}"), WORK)["problem"]
    post(ops, "schedule", edition="1", confirmed=6, start="2099-01-01T06:00")
    run_desk(runtime)
    with runtime.transaction(read_only=True) as session:
        dispatch = session.scalars(select(Dispatch)).one()
        assert (dispatch.planned, dispatch.created_by) == (6, "api:client-2")
    assert fits(ops.get("/api/v1/works/999"), WORK)["status"] == 404
    rule = {"field": "city", "op": "exists", "value": False}
    path = "/api/v1/segments"
    assert fits(desk.post(path, json={"rule": rule, "name": "unknown"}, headers=_key()), path, "post")["readers"] == 6
    assert fits(desk.post(path, json={"rule": rule, "name": "unknown"}, headers=_key()), path, "post")["status"] == 409
    assert fits(desk.post(path, json={"rule": {"field": "x"}}, headers=_key()), path, "post")["status"] == 422
