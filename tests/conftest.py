"""Fixtures that every test may use: real databases, a real Redis, the command line, the samples.

`runtime` runs a test twice, on SQLite and on PostgreSQL; `sqlite_runtime` and
`postgres_runtime` choose one. Each test has a database of its own, copied from
one that was migrated once.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from hypothesis import HealthCheck, settings

from console.schema import upgrade
from huabao.config import Config
from huabao.runtime import Runtime, make_runtime
from tests import servers

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = "huabao_template"

settings.register_profile("huabao", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=bool(os.environ.get("CI")))
settings.load_profile("huabao")

for _name in [one for one in os.environ if one.startswith("HUABAO_") and one != "HUABAO_SAMPLES"]:
    del os.environ[_name]  # the tests' installations are their own


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Warnings are errors in unit tests."""
    unit = Path(__file__).parent / "unit"
    for item in items:
        if unit in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("error"), append=False)


# --- servers, once a run ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL server that lives as long as this run."""
    with servers.postgres_server() as url:
        yield url


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """The URL of a Redis server that lives as long as this run."""
    with servers.redis_server() as url:
        yield url


@pytest.fixture
def redis_url(redis_server: str) -> str:
    """The URL of an empty Redis."""
    with redis.Redis.from_url(redis_server) as client:
        client.flushall()
    return redis_server


# --- databases, one a test -------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def _postgres_template(postgres_server: str) -> str:
    _execute(postgres_server, f"CREATE DATABASE {TEMPLATE}")
    _migrate(_database(postgres_server, TEMPLATE))
    return postgres_server


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "huabao.db"
    _migrate(f"sqlite:///{path}")
    return path


def _migrate(url: str) -> None:
    runtime = make_runtime(Config(database_url=url))
    upgrade(runtime)
    runtime.engine.dispose()


def _execute(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


def _database(server_url: str, name: str) -> str:
    return f"{server_url.rpartition('/')[0]}/{name}"


@contextmanager
def _opened(url: str, folder: Path) -> Iterator[Runtime]:
    runtime = make_runtime(Config(database_url=url, data_dir=folder))
    try:
        yield runtime
    finally:
        runtime.engine.dispose()


@pytest.fixture
def postgres_url(_postgres_template: str) -> Iterator[str]:
    """The URL of a fresh, migrated PostgreSQL database."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    _execute(_postgres_template, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    yield _database(_postgres_template, name)
    _execute(_postgres_template, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def sqlite_url(_sqlite_template: Path, tmp_path: Path) -> str:
    """The URL of a fresh, migrated SQLite database."""
    path = tmp_path / "huabao.db"
    shutil.copyfile(_sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_runtime(postgres_url: str, tmp_path: Path) -> Iterator[Runtime]:
    """A runtime on PostgreSQL."""
    with _opened(postgres_url, tmp_path) as opened:
        yield opened


@pytest.fixture
def sqlite_runtime(sqlite_url: str, tmp_path: Path) -> Iterator[Runtime]:
    """A runtime on SQLite."""
    with _opened(sqlite_url, tmp_path) as opened:
        yield opened


@pytest.fixture(params=["sqlite", "postgresql"])
def runtime(request: pytest.FixtureRequest) -> Runtime:
    """A runtime, once on each database."""
    name = "sqlite_runtime" if request.param == "sqlite" else "postgres_runtime"
    found: Runtime = request.getfixturevalue(name)
    return found


# --- the command line ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Said:
    """What a command answered.

    Attributes:
        code: its exit code.
        out, err: what it wrote.
    """

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as the one JSON document that it must be."""
        return json.loads(self.out)


CLI = Callable[..., Said]


@pytest.fixture
def cli(request: pytest.FixtureRequest, tmp_path: Path) -> CLI:
    """`cli("edition", "list", "--json")` runs the command line as a process.

    On the database of the runtime that the test asked for (SQLite where it
    asked for none), in the test's folder. `env` adds to its environment, `code`
    is the exit code that must come (default 0; None: any).
    """
    chosen = next((one for one in ("runtime", "postgres_runtime", "sqlite_runtime") if one in request.fixturenames), "sqlite_runtime")
    runtime: Runtime = request.getfixturevalue(chosen)

    def call(*arguments: object, env: Mapping[str, str] | None = None, code: int | None = 0, stdin: str = "", timeout_s: float = 110) -> Said:
        command = [sys.executable, "-m", "console.cli", *map(str, arguments)]
        done = subprocess.run(command, env=process_environment(runtime, env), cwd=tmp_path, input=stdin, capture_output=True, text=True, timeout=timeout_s, check=False)
        said = Said(done.returncode, done.stdout, done.stderr)
        assert code is None or said.code == code, f"huabao {' '.join(map(str, arguments))}: exit {said.code}, not {code}\n{said.out[-3000:]}\n{said.err[-3000:]}"
        return said

    return call


def process_environment(runtime: Runtime, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a process of ours on the runtime's database."""
    config = runtime.config
    own = {"HUABAO_DATABASE_URL": config.database_url, "HUABAO_DATA_DIR": str(config.data_dir), "PYTHONPATH": str(ROOT)}
    if config.redis_url:
        own["HUABAO_REDIS_URL"] = config.redis_url
    return {**os.environ, **own, **(more or {})}


# --- real material ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of real editions, photographs and hostile files; without it the test is skipped, visibly."""
    folder = os.environ.get("HUABAO_SAMPLES", "")
    if not folder:
        pytest.skip("HUABAO_SAMPLES names no folder of real material")
    return Path(folder)
