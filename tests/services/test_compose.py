"""The production form: the compose file is good, each service lives, and the whole set sends a paper to a balanced ledger."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests import servers
from tests.services.compose import Composition, compose_config
from tests.services.editions import SEGMENT, write_edition, write_readers

pytestmark = pytest.mark.xdist_group("compose")

OURS = ("web", "worker", "link", "scheduler", "sandbox")
READERS = 60
ENDED = ("closed", "cancelled", "killed", "failed")


def test_compose_file_names_every_process() -> None:
    document = compose_config()
    assert set(document["services"]) == {"migrate", "postgres", "redis", *OURS}
    assert set(document["volumes"]) == {"data", "sandbox", "postgres", "redis"}
    for name, service in document["services"].items():
        one_shot = name == "migrate"
        assert one_shot or service["healthcheck"]["test"][0] == "CMD", name
        assert service["restart"] == ("no" if one_shot else "unless-stopped"), name
        published = [str(port) for port in service.get("ports", ())]
        assert all(port.startswith("127.0.0.1:") for port in published), f"{name} is open to the network by default: {published}"
    for name in ("web", "worker", "link", "scheduler"):
        wanted = {"migrate": "service_completed_successfully", "postgres": "service_healthy", "redis": "service_healthy"}
        assert {other: one["condition"] for other, one in document["services"][name]["depends_on"].items()} == wanted


def test_env_file_reaches_the_services() -> None:
    services = compose_config(HUABAO_POSTGRES_PASSWORD="other", HUABAO_LISTEN="0.0.0.0", HUABAO_WORKERS="9")["services"]
    assert services["postgres"]["environment"]["POSTGRES_PASSWORD"] == "other"
    assert ":other@" in services["web"]["environment"]["HUABAO_DATABASE_URL"]
    assert services["worker"]["command"][-1] == "9"
    assert str(services["web"]["ports"][0]).startswith("0.0.0.0:")


def test_example_env_file_names_every_variable_of_the_compose_file() -> None:
    root = Path(__file__).resolve().parent.parent.parent
    example = {line.partition("=")[0] for line in (root / "compose.env.example").read_text().splitlines() if line and not line.startswith("#")}
    used = set(re.findall(r"\$\{(\w+)", (root / "docker-compose.yml").read_text()))
    assert used == example


@pytest.fixture(scope="module")
def composition(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Composition]:
    """All services up and healthy, in the order that `depends_on` states."""
    services = compose_config(HUABAO_WORKERS="2")["services"]
    made = Composition(services, tmp_path_factory.mktemp("compose"))
    options = dict(word.split("=", 1) for word in services["postgres"]["command"] if "=" in word)
    with servers.postgres_server(options, tcp_port=made.tcp_ports["postgres"]) as url:
        _make_database(url, services["postgres"]["environment"])
        made.wait_healthy("postgres")
        try:
            made.start("redis")
            made.wait_healthy("redis")
            migrated = made.run("migrate", *services["migrate"]["command"])
            assert migrated.returncode == 0, migrated.stderr
            for name in OURS:
                made.start(name)
            for name in OURS:
                made.wait_healthy(name)
            yield made
        finally:
            made.kill_all()


def _make_database(url: str, environment: dict[str, str]) -> None:
    """What PostgreSQL's image does at its first start."""
    user, database = environment["POSTGRES_USER"], environment["POSTGRES_DB"]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {user} LOGIN SUPERUSER".encode())
        connection.execute(f"CREATE DATABASE {database} OWNER {user}".encode())


def _huabao(composition: Composition, *words: object) -> Any:
    done = composition.run("web", "huabao", *words, "--json")
    assert done.returncode == 0, f"huabao {words}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return json.loads(done.stdout)


@pytest.mark.timeout(400)
def test_a_paper_goes_out_through_the_whole_set(composition: Composition, tmp_path: Path) -> None:
    rule = tmp_path / "hangzhou.yaml"
    rule.write_text(SEGMENT)
    readers, orders = write_readers(tmp_path, READERS)
    _huabao(composition, "segment", "add", "hangzhou", "--rule", rule)
    edition = _huabao(composition, "edition", "import", write_edition(tmp_path / "edition"))["edition_id"]
    _huabao(composition, "subscribers", "import", readers)
    _huabao(composition, "subscriptions", "import", orders)
    _huabao(composition, "port", "add", "sandbox", "--kind", "mm7", "--url", f"http://127.0.0.1:{composition.tcp_ports['sandbox']}/", "--rate", 500)

    started = _huabao(composition, "dispatch", "start", edition, "--detach")
    status = _until_ended(composition, started["dispatch_id"])

    assert status["state"] == "closed", status
    assert status["audience"] == status["planned"] == READERS
    assert sum(status["outcomes"].values()) == READERS
    assert sum(status["outcomes"][name] for name in ("retrieved", "expired", "rejected")) == READERS, status["outcomes"]
    verdict = _huabao(composition, "ledger", "verify", "--peer", composition.volume("sandbox"))
    assert verdict["balanced"], verdict
    taken = [json.loads(line) for line in (composition.volume("sandbox") / "submissions.jsonl").read_text().splitlines()]
    numbers = [number for one in taken for number in one["recipients"]]
    assert len(numbers) == len(set(numbers)) == READERS


def _until_ended(composition: Composition, dispatch_id: int) -> Any:
    give_up_at = time.monotonic() + 240
    while True:
        status = _huabao(composition, "dispatch", "status", dispatch_id)
        if status["state"] in ENDED:
            return status
        assert time.monotonic() < give_up_at, f"{status}\n" + "\n".join(f"{name}: {composition.said(name)}" for name in OURS)
        time.sleep(0.5)


def test_every_service_ends_at_a_word(composition: Composition) -> None:
    for name in OURS:
        process = composition.processes[name]
        assert process.poll() is None, f"{name} ended by itself: {composition.said(name)}"
        assert "Traceback" not in composition.log(name).read_text(errors="replace"), composition.said(name)
    codes = {name: composition.stop(name) for name in OURS}
    assert all(code in (0, -15) for code in codes.values()), codes
