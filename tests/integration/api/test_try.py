"""An edition to a phone of the house, by the API."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from starlette.testclient import TestClient

from delivery.dispatch import seeds
from delivery.models import Dispatch
from huabao.msisdn import parse_msisdn
from huabao.runtime import Runtime
from subscribers.models import Reader
from tests.integration.api.conftest import ClientOf, fits
from tests.services.delivering import add_port, build_world

PATH = "/api/v1/editions/try"
SEED = "13900000002"


def post(client: TestClient, key: str = "k-1", **more: Any) -> Any:
    return client.post(PATH, json={"msisdn": SEED, "edition": "paper/1", "handset_class": "30kb-128x160", **more}, headers={"Idempotency-Key": key})


def test_a_seed_gets_it_once_for_a_key_and_nobody_else(runtime: Runtime, client_of: ClientOf) -> None:
    build_world(runtime, readers=2)
    add_port(runtime, "http://127.0.0.1:1/")
    with runtime.transaction() as session:
        session.add(Reader(id=1000, msisdn=SEED, topics=[], attributes={}, created_at=runtime.now(), updated_at=runtime.now()))
        seeds.add_seeds(session, "desk", [parse_msisdn(SEED)], by="ops", at=runtime.now())
    client = client_of("try")
    first = post(client)
    assert first.status_code == 201
    found = fits(first, PATH, "post")
    assert (found["msisdn"], found["variant_id"].rpartition("-")[0], found["version"]) == ("139****0002", "30kb-128x160", 1)
    assert post(client).json() == found
    assert post(client, "k-2").json()["dispatch_id"] != found["dispatch_id"]
    stranger = post(client, "k-3", msisdn="13900000003")
    assert (stranger.status_code, fits(stranger, PATH, "post")["type"]) == (422, "urn:huabao:problem:invalid")
    assert post(client_of("resend"), "k-4").status_code == 403
    with runtime.transaction(read_only=True) as session:
        assert [one.kind for one in session.scalars(select(Dispatch))] == ["seed", "seed"]
