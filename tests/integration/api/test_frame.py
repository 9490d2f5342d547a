"""The edge of the API: tokens, scopes, rates, keys, and errors that are always problem documents."""

from __future__ import annotations

import getpass
import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openapi_spec_validator import validate
from sqlalchemy import select
from starlette.testclient import TestClient

from console.api import tokens
from console.api.operations import OPERATIONS, PREFIX
from console.api.problems import MEDIA_TYPE
from console.models import ApiToken
from huabao.errors import UsageError
from huabao.runtime import Runtime
from tests.command_line import CLI
from tests.integration.api.conftest import ClientOf, fits
from tests.services.delivering import add_port, build_world

KEY = {"Idempotency-Key": "k-1"}


def path_of(path: str) -> str:
    return PREFIX + re.sub(r"\{\w+:int\}", "1", path)


def call(client: TestClient, one: Any, **more: Any) -> Any:
    return client.request(one.method, path_of(one.path), **more)


def test_the_document_is_valid_and_has_every_operation(client_of: ClientOf) -> None:
    answer = client_of().get("/api/v1/openapi.json")
    found = answer.json()
    validate(found)
    assert found["openapi"].startswith("3.1")
    named = {operation["operationId"] for methods in found["paths"].values() for operation in methods.values()}
    assert named == {one.name for one in OPERATIONS}


def test_every_operation_wants_a_token_and_its_scope(client_of: ClientOf) -> None:
    nobody, reader = client_of(), client_of("numbers")
    for one in OPERATIONS:
        path = PREFIX + one.path.replace(":int", "")
        assert fits(call(nobody, one), path, one.method.lower())["type"] == "urn:huabao:problem:unauthorized"
        assert call(nobody, one).headers["www-authenticate"].startswith("Bearer")
        assert call(nobody, one, headers={"Authorization": "Bearer huabao_nothing"}).status_code == 401
        assert fits(call(reader, one), path, one.method.lower())["type"] == "urn:huabao:problem:forbidden"


def test_a_revoked_token_is_none(runtime: Runtime, client_of: ClientOf) -> None:
    client = client_of("read")
    assert client.get("/api/v1/ports").status_code == 200
    with runtime.transaction() as session:
        row = session.scalars(select(ApiToken)).one()
        assert row.last_used_at is not None
        tokens.revoke_token(session, row.name, by="test", now=runtime.now())
    assert client.get("/api/v1/ports").status_code == 401


def test_a_client_that_comes_too_often_is_told_when_to_come(client_of: ClientOf) -> None:
    client = client_of("read", rate=12)
    codes = [client.get("/api/v1/ports").status_code for _ in range(5)]
    assert codes[:2] == [200, 200]
    assert codes[-1] == 429
    refused = client.get("/api/v1/ports")
    assert fits(refused, "/api/v1/ports")["type"] == "urn:huabao:problem:too-many"
    assert 1 <= int(refused.headers["retry-after"]) <= 5
    assert client_of("read").get("/api/v1/ports").status_code == 200


def test_dispatches_are_listed_in_pages(runtime: Runtime, client_of: ClientOf) -> None:
    from delivery.dispatch import planning as dispatches
    from delivery.dispatch.planning import Request

    world = build_world(runtime, readers=2)
    add_port(runtime, "http://127.0.0.1:1/")
    for _ in range(3):
        dispatches.create(runtime, Request(world.edition, again=True), actor="test")
    client = client_of("read")
    first = fits(client.get("/api/v1/dispatches?limit=2"), "/api/v1/dispatches")
    assert [one["dispatch_id"] for one in first["dispatches"]] == [3, 2]
    second = fits(client.get(f"/api/v1/dispatches?limit=2&before={first['next_before']}"), "/api/v1/dispatches")
    assert ([one["dispatch_id"] for one in second["dispatches"]], second["next_before"]) == ([1], None)
    assert client.get("/api/v1/dispatches?kind=resend").json()["dispatches"] == []
    assert len(client.get("/api/v1/dispatches?edition=paper/1").json()["dispatches"]) == 3
    assert client.get("/api/v1/dispatches?edition=paper/2").status_code == 422
    assert client.get("/api/v1/dispatches?limit=1000").status_code == 422
    assert client.get("/api/v1/dispatches?lmit=10").status_code == 422
    [port] = fits(client.get("/api/v1/ports"), "/api/v1/ports")["ports"]
    assert (port["name"], port["standing"]) == ("main", "ok")


BAD_REQUESTS: dict[str, tuple[str, str, dict[str, Any], int, str]] = {
    "no key": ("POST", "/resends", {"json": {}}, 400, "idempotency-key"),
    "a key with a space": ("POST", "/resends", {"json": {}, "headers": {"Idempotency-Key": "a b"}}, 400, "idempotency-key"),
    "no JSON": ("POST", "/resends", {"content": b"{", "headers": KEY}, 400, "bad-request"),
    "not a number": ("POST", "/resends", {"content": b'{"rate": NaN}', "headers": KEY}, 400, "bad-request"),
    "nested too deep": ("POST", "/resends", {"content": b"[" * 200_000, "headers": KEY}, 400, "bad-request"),
    "a list": ("POST", "/resends", {"json": [], "headers": KEY}, 422, "invalid"),
    "an unknown member": ("POST", "/resends/bulk", {"json": {"filter": {"edition": "x", "outcome": []}}, "headers": KEY}, 422, "invalid"),
    "a number that is none": ("POST", "/resends", {"json": {"msisdn": "12345678901", "edition": "1", "reason": "x"}, "headers": KEY}, 422, "invalid"),
    "too large": ("POST", "/resends", {"content": b" " * 1_000_001, "headers": KEY}, 413, "too-large"),
    "nothing there": ("GET", "/resends/7", {}, 404, "not-found"),
    "a number too large": ("GET", "/dispatches/99999999999999999999", {}, 404, "not-found"),
    "no such path": ("GET", "/nothing", {}, 404, "not-found"),
    "another method": ("DELETE", "/ports", {}, 405, "method"),
}


def test_every_error_is_a_problem(client_of: ClientOf) -> None:
    client = client_of("read", "resend", "resend-bulk")
    for name, (method, path, more, status, kind) in BAD_REQUESTS.items():
        answer = client.request(method, PREFIX + path, **more)
        assert (answer.status_code, answer.headers["content-type"]) == (status, MEDIA_TYPE), f"{name}: {answer.text}"
        assert answer.json()["type"] == f"urn:huabao:problem:{kind}", name
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-request-id"]


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["msisdn", "edition", "reason", "filter", "outcomes", "from", "missing", "rate", "again", "x"]), inner, max_size=5)
    ),
    max_leaves=8,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(body=JSON, path=st.sampled_from(["/resends", "/resends/bulk"]), number=st.integers(0, 10**9))
def test_whatever_comes_is_answered(sqlite_fuzz: TestClient, body: Any, path: str, number: int) -> None:
    try:
        content = json.dumps(body).encode()
    except UnicodeEncodeError:
        return
    answer = sqlite_fuzz.post(PREFIX + path, content=content, headers={"Idempotency-Key": f"k-{number}"})
    assert answer.status_code in (200, 400, 409, 422), answer.text
    assert answer.json()


@pytest.fixture
def sqlite_fuzz(sqlite_runtime: Runtime) -> TestClient:
    from console.web import make_app
    from huabao.queues import Registry

    with sqlite_runtime.transaction() as session:
        _, token = tokens.add_token(session, "fuzz", ["resend", "resend-bulk"], rate_per_min=100_000, by="test", now=sqlite_runtime.now())
    return TestClient(make_app(sqlite_runtime, Registry()), base_url="http://api.test", raise_server_exceptions=False, headers={"Authorization": f"Bearer {token}"})


def test_tokens_by_the_command_line(runtime: Runtime, cli: CLI) -> None:
    made = cli("api-token", "add", "crm", "--scope", "resend,read", "--rate", "60", "--json").json
    assert made["scopes"] == ["resend", "read"]
    with runtime.transaction(read_only=True) as session:
        row = session.scalars(select(ApiToken)).one()
        assert (row.token_sha256, row.created_by) == (tokens.sha256_of(made["token"]), getpass.getuser())
        assert made["token"] not in str(row.__dict__)
        found = tokens.find_client(session, made["token"])
    assert found is not None
    assert (found.name, found.rate_per_min) == ("crm", 60)
    assert cli("api-token", "add", "crm", "--scope", "read", code=2).err.startswith("huabao: there is a token 'crm' already")
    assert "is no scope" in cli("api-token", "add", "other", "--scope", "paint", code=2).err
    assert cli("api-token", "revoke", "crm").out.strip() == "the token crm is revoked"
    assert [(one["name"], one["revoked_at"] is None) for one in cli("api-token", "list", "--json").json] == [("crm", False)]
    with runtime.transaction(read_only=True) as session:
        assert tokens.find_client(session, made["token"]) is None


def test_no_scope_is_no_token(runtime: Runtime) -> None:
    with runtime.transaction() as session, pytest.raises(UsageError, match="at least one scope"):
        tokens.add_token(session, "crm", [], rate_per_min=None, by="test", now=runtime.now())
