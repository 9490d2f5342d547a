"""Clients of `/api/v1`, with tokens of every kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from starlette.testclient import TestClient

from console.api import tokens
from console.api.openapi import document
from console.web import make_app
from huabao.queues import Registry
from huabao.runtime import Runtime

ClientOf = Callable[..., TestClient]


@pytest.fixture
def client_of(runtime: Runtime) -> ClientOf:
    """client_of("read", "resend") is a client whose token has these scopes; without any, one without a token."""
    app = make_app(runtime, Registry())
    made: list[str] = []

    def make(*scopes: str, rate: int | None = None) -> TestClient:
        headers = {}
        if scopes:
            made.append(f"client-{len(made)}")
            with runtime.transaction() as session:
                _, token = tokens.add_token(session, made[-1], scopes, rate_per_min=rate, by="test", now=runtime.now())
            headers["Authorization"] = f"Bearer {token}"
        return TestClient(app, base_url="http://api.test", raise_server_exceptions=False, headers=headers)

    return make


def fits(answer: Any, path: str, method: str = "get") -> Any:
    """The answer's document, checked against what the OpenAPI document promises for that status."""
    whole = document()
    promised = whole["paths"][path][method]["responses"].get(str(answer.status_code))
    assert promised is not None, f"{method} {path} never promised {answer.status_code}: {answer.text[:300]}"
    media_type = answer.headers["content-type"].partition(";")[0]
    schema = {**promised["content"][media_type]["schema"], "components": whole["components"]}
    found = answer.json()
    Draft202012Validator(schema).validate(found)
    return found
