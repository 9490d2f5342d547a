"""Browsers without a screen: clients of the web application, each with its own cookies."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from console.month.days import Plan
from console.month.making import make as make_month
from console.schema import upgrade
from console.web import make_app
from huabao.config import Config
from huabao.queues import Registry, Task
from huabao.runtime import Runtime, make_runtime
from tests.integration.console.dispatch_rows import PASSWORD, add_users
from tests.services.divided import made_once

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
SMALL = Plan(readers=40, editions=3, pictures=False)


@pytest.fixture
def app(runtime: Runtime) -> ASGIApp:
    """The web application, an account of each role in its database."""
    add_users(runtime)
    return make_app(runtime, Registry({"delivery.send": Task("delivery.send", lambda _runtime: None)}, ()))


@pytest.fixture(scope="session")
def _month_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_once(tmp_path_factory, "month.db", _make_month)


def _make_month(path: Path) -> None:
    runtime = replace(make_runtime(Config(database_url=f"sqlite:///{path}", data_dir=path.parent / "month-data")), clock=lambda: NOON)
    upgrade(runtime)
    made = make_month(runtime, SMALL, lambda _: None)
    path.with_name("month.json").write_text(json.dumps(made.to_document(), default=str))
    runtime.engine.dispose()


@pytest.fixture
def small_month(_month_template: Path, tmp_path: Path) -> Iterator[Runtime]:
    """A small invented month, made once in a run, in a database of the test's own; the clock stands at its end."""
    path = tmp_path / "month.db"
    shutil.copyfile(_month_template, path)
    runtime = make_runtime(Config(database_url=f"sqlite:///{path}", data_dir=tmp_path))
    yield replace(runtime, clock=lambda: NOON)
    runtime.engine.dispose()


@pytest.fixture
def made_month(_month_template: Path) -> dict[str, Any]:
    """What the making of that month said it made."""
    found: dict[str, Any] = json.loads(_month_template.with_name("month.json").read_text())
    return found


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
