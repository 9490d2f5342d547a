"""Bodies and addresses that no database takes or that never end: refused at the edge, of the console and of the API."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from console import bodies
from console.api import tokens
from content.workflow.models import EditionComment
from huabao.runtime import Runtime
from tests.integration.console.conftest import browser, csrf_of, sign_in
from tests.integration.console.edition_rows import add_edition

NUL = "\x00"


@pytest.fixture
def runtime(postgres_runtime: Runtime) -> Runtime:
    """The database that takes no U+0000."""
    return postgres_runtime


def test_u_0000_reaches_no_database(runtime: Runtime, app: ASGIApp) -> None:
    add_edition(runtime)
    client = browser(app)
    assert sign_in(client, f"li{NUL}x").status_code == 401, "no such account"
    assert sign_in(client, f"l{NUL}i").status_code == 303
    for path in ("/editions/1/pictures/%00", "/editions?publication=%00", "/segments?%00=1", "/editions/1/review?class=a%00"):
        assert client.get(path).status_code == 404, path
    page = client.get("/me")
    answer = client.post("/editions/1/comments", data={"csrf": csrf_of(page.text), "text": f"to be{NUL} looked at"})
    assert answer.status_code == 303
    with runtime.transaction() as session:
        assert session.scalars(select(EditionComment.text)).all() == ["to be looked at"]
        _, token = tokens.add_token(session, "odd", ["read", "desk"], rate_per_min=None, by="test", now=runtime.now())
    api = TestClient(app, base_url="http://api.test", raise_server_exceptions=False, headers={"Authorization": f"Bearer {token}"})
    assert api.get("/api/v1/dispatches?kind=%00").status_code == 400
    for number, body in enumerate((r'{"text": "a\u0000"}', r'{"text": "a\ud800"}', r'{"\u0000": 1}')):
        answer = api.post("/api/v1/editions/1/comments", content=body, headers={"Idempotency-Key": f"k{number}"})
        assert (answer.status_code, answer.json()["type"]) == (400, "urn:huabao:problem:bad-request"), body


def test_a_body_that_never_ends_is_let_go(runtime: Runtime, app: ASGIApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "WAIT_S", 0.01)
    monkeypatch.setattr(bodies, "BYTES_PER_S_MIN", 10**12)
    with runtime.transaction() as session:
        _, token = tokens.add_token(session, "slow", ["desk"], rate_per_min=None, by="test", now=runtime.now())
    form = [(b"content-type", b"application/x-www-form-urlencoded")]
    assert _status(app, "/sign-in", form) == 408
    assert _status(app, "/api/v1/segments", [(b"authorization", f"Bearer {token}".encode())]) == 408
    assert _status(app, "/api/v1/segments", []) == 401, "who nobody knows is not listened to"


def _status(app: ASGIApp, path: str, headers: list[tuple[bytes, bytes]]) -> int:
    """The status of a POST of which one byte comes and then nothing more."""
    sent: list[dict[str, Any]] = []
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
        "scheme": "http", "server": ("console.test", 80), "client": ("127.0.0.1", 1), "headers": [(b"host", b"console.test"), *headers],
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        if not sent_one:
            sent_one.append(True)
            return {"type": "http.request", "body": b"a", "more_body": True}
        await asyncio.Event().wait()
        raise AssertionError("it never ends")

    async def send(message: Any) -> None:
        sent.append(message)

    sent_one: list[bool] = []
    asyncio.run(asyncio.wait_for(app(scope, receive, send), 60))
    return int(sent[0]["status"])
