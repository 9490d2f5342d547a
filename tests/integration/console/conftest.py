"""Browsers without a screen: clients of the web application, each with its own cookies."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from console.web import make_app
from huabao.queues import Registry, Task
from huabao.runtime import Runtime
from tests.integration.console.dispatch_rows import PASSWORD, add_users


@pytest.fixture
def app(runtime: Runtime) -> ASGIApp:
    """The web application, an account of each role in its database."""
    add_users(runtime)
    return make_app(runtime, Registry({"delivery.send": Task("delivery.send", lambda _runtime: None)}, ()))


@pytest.fixture
def client(app: ASGIApp) -> TestClient:
    """Nobody, signed in nowhere."""
    return browser(app)


@pytest.fixture
def signed_in(app: ASGIApp) -> Callable[[str], TestClient]:
    """signed_in(name) is a client of that account."""

    def make(name: str) -> TestClient:
        made = browser(app)
        assert sign_in(made, name).status_code == 303
        return made

    return make


def browser(app: ASGIApp, *, scheme: str = "http") -> TestClient:
    """A client with an empty cookie jar that follows nothing by itself."""
    return TestClient(app, base_url=f"{scheme}://console.test", follow_redirects=False, raise_server_exceptions=False, headers={"accept-language": "en"})


def sign_in(client: TestClient, name: str, password: str = PASSWORD, **fields: str) -> Any:
    """Fill in the form and send it."""
    page = client.get("/sign-in")
    return client.post("/sign-in", data={"csrf": csrf_of(page.text), "name": name, "password": password, **fields})


def csrf_of(page: str) -> str:
    """The token that the page's forms carry."""
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found is not None, page[:500]
    return found.group(1)
