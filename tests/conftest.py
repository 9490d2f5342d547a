"""Fixtures that every test may use: real databases, a real Redis, the command line, the samples.

`runtime` runs a test twice, on SQLite and on PostgreSQL; `sqlite_runtime` and
`postgres_runtime` choose one. Each test has a database of its own, copied from
one that was migrated once.
"""

from __future__ import annotations

import gc
import os
import shutil
import uuid
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
import structlog
from hypothesis import HealthCheck, settings

from console.schema import upgrade
from huabao.config import Config
from huabao.runtime import Runtime, make_runtime
from tests import servers
from tests.command_line import CLI
from tests.services.compiled import share_compiled_statements
from tests.services.divided import import_share, made_once
from tests.services.examples import try_fewer
from tests.services.statements import leave_out

TEMPLATE = "huabao_template"

LITTLE_LOG = {"wal_level": "minimal", "max_wal_senders": "0", "wal_init_zero": "off"}
"""Nobody replicates the tests' databases: making and dropping one costs a third less."""

_CI = bool(os.environ.get("CI"))
settings.register_profile("huabao", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=_CI)
settings.load_profile("huabao")

share_compiled_statements()
servers.live_in_memory()

for _name in [one for one in os.environ if one.startswith("HUABAO_") and one != "HUABAO_SAMPLES"]:
    del os.environ[_name]  # the tests' installations are their own


# --- which process runs what -----------------------------------------------------------------------------------------

TOGETHER = {
    "tests/house/test_files.py": "house",  # each file of ours is parsed once for all rules
    "tests/services/test_compose.py": "compose",  # a dozen processes, started once
    "tests/integration/content/test_real_editions.py": "real",  # a comic whose panels and lettering several tests want
    "tests/unit/content/adapt/test_fitting.py": "fitting",  # pictures and what they weigh, kept for all examples
    "tests/unit/content/adapt/test_sharing.py": "fitting",
    "tests/unit/content/proof/test_rendering.py": "proof",  # one proof that many tests read
    "tests/unit/content/slots/test_composed.py": "slots",
    "tests/unit/content/test_comic.py": "comic",
    "tests/unit/content/test_private_data.py": "private",
    "tests/unit/content/test_foreign.py": "composed",
    "tests/unit/content/test_golden.py": "golden",  # editions whose slides are looked at
    "tests/unit/content/test_compose.py": "composed",  # messages that many tests look at
    "tests/unit/sandbox/demo/test_editions.py": "drawn",  # pictures that many tests look at
}
"""Files whose tests one process of a divided run takes, one after the other, and so the browser's, which share one Chromium; all others are dealt out test by test."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    """Deals tests out by `TOGETHER`; the mark `xdist_group` does nothing in pytest 9.2."""
    from xdist.scheduler import LoadScopeScheduling

    class Together(LoadScopeScheduling):  # type: ignore[misc]  # xdist ships no types
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            return "browser" if file.startswith("tests/browser/") else TOGETHER.get(file, nodeid)

    return Together(config, log) if config.getoption("dist") == "loadgroup" else None


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Nothing that is imported or collected goes away: the garbage collector need not look meanwhile. Each process begins with its share."""
    gc.disable()
    import_share(session.config)
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Warnings are errors in unit tests; what takes long begins first, so that no processor waits for it at the end."""
    leave_out(config, items)
    if _CI:
        try_fewer(items)
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
    unit = Path(__file__).parent / "unit"
    for item in items:
        if unit in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("error"), append=False)


def pytest_collection_finish() -> None:
    """What was imported and collected stays: the garbage collector need not look at it again, a fifteenth of the run."""
    gc.collect()
    gc.freeze()


# --- servers, once a run ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL server that lives as long as this run."""
    with servers.postgres_server(LITTLE_LOG) as url:
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
def _postgres_admin(_postgres_template: str) -> Iterator[psycopg.Connection]:
    """One connection makes and drops the databases of all tests."""
    with psycopg.connect(_postgres_template, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_once(tmp_path_factory, "template.db", lambda path: _migrate(f"sqlite:///{path}"))


def _migrate(url: str) -> None:
    runtime = make_runtime(Config(database_url=url))
    upgrade(runtime)
    runtime.engine.dispose()


def _copy_template(connection: psycopg.Connection, name: str) -> None:
    # By files: an eighth of what PostgreSQL 15's usual way costs, which writes each page to the log. Before 15 there is no other.
    how = "STRATEGY FILE_COPY" if connection.info.server_version >= 150000 else ""
    connection.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} {how}".encode())


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
def postgres_url(_postgres_template: str, _postgres_admin: psycopg.Connection) -> Iterator[str]:
    """The URL of a fresh, migrated PostgreSQL database."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    _copy_template(_postgres_admin, name)
    yield _database(_postgres_template, name)
    _postgres_admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


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


@pytest.fixture
def cli(request: pytest.FixtureRequest, tmp_path: Path) -> CLI:
    """The command line on the database of the runtime that the test asked for (SQLite where it asked for none), in the test's folder."""
    chosen = next((one for one in ("runtime", "postgres_runtime", "sqlite_runtime") if one in request.fixturenames), "sqlite_runtime")
    return CLI(request.getfixturevalue(chosen), tmp_path)


@pytest.fixture(autouse=True)
def _logs_end_with_the_test() -> Iterator[None]:
    """Whoever configured the logs bound them to a standard error that may be gone by the next test."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


# --- real material ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of real editions, photographs and hostile files; without it the test is skipped, visibly."""
    folder = os.environ.get("HUABAO_SAMPLES", "")
    if not folder:
        pytest.skip("HUABAO_SAMPLES names no folder of real material")
    return Path(folder)
