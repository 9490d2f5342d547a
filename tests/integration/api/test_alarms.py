"""Alarms over the API: listed page by page, shown with their history, acted on as on the page."""

from __future__ import annotations

from itertools import count

from huabao import alarms
from huabao.runtime import Runtime
from tests.integration.api.conftest import ClientOf, fits

_keys = count()


def _key() -> dict[str, str]:
    return {"Idempotency-Key": f"alarm-{next(_keys)}"}


def test_an_alarm_from_open_to_closed(runtime: Runtime, client_of: ClientOf) -> None:
    with runtime.transaction() as session:
        ids = [alarms.raise_alarm(session, "port.unreachable", f"p{one}", "it does not answer", at=runtime.now()).id for one in range(3)]
    client, reader = client_of("read", "alarms"), client_of("read")
    first = fits(client.get("/api/v1/alarms?limit=2"), "/api/v1/alarms")
    assert [one["alarm_id"] for one in first["alarms"]] == ids[:0:-1] and first["next_before"] == ids[1]
    rest = fits(client.get(f"/api/v1/alarms?limit=2&before={ids[1]}"), "/api/v1/alarms")
    assert [one["alarm_id"] for one in rest["alarms"]] == ids[:1] and rest["next_before"] is None
    acts = f"/api/v1/alarms/{ids[0]}/acts"
    path = "/api/v1/alarms/{alarm_id}/acts"
    assert fits(reader.post(acts, json={"act": "take"}, headers=_key()), path, "post")["status"] == 403
    assert fits(client.post(acts, json={"act": "close"}, headers=_key()), path, "post")["status"] == 422, "a reason is needed"
    assert fits(client.post(acts, json={"act": "take", "agent": "li"}, headers=_key()), path, "post")["owner"].endswith("/li")
    assert fits(client.post(acts, json={"act": "silence", "seconds": 600, "reason": "known"}, headers=_key()), path, "post")["state"] == "silenced"
    assert fits(client.post(acts, json={"act": "announce", "reason": "wait"}, headers=_key()), path, "post")["notice"] == "wait"
    assert fits(client.post(acts, json={"act": "close", "reason": "mended"}, headers=_key()), path, "post")["state"] == "closed"
    assert fits(client.post(acts, json={"act": "take"}, headers=_key()), path, "post")["status"] == 409
    story = fits(client.get(f"/api/v1/alarms/{ids[0]}"), "/api/v1/alarms/{alarm_id}")
    assert [one["what"] for one in story["history"]] == ["closed", "announced", "silenced", "taken", "opened"]
    assert len(fits(client.get("/api/v1/alarms?open=true"), "/api/v1/alarms")["alarms"]) == 2
    assert fits(client.get("/api/v1/alarms/99999"), "/api/v1/alarms/{alarm_id}")["status"] == 404
