"""The production form: the compose file is good, each service lives, and the whole set sends a paper to a balanced ledger."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.services.compose import Composition, compose_config, running_composition
from tests.services.editions import SEGMENT, write_edition, write_readers

OURS = ("web", "worker", "express", "link", "scheduler", "sandbox")
READERS = 60
ENDED = ("closed", "cancelled", "killed", "failed")


def test_compose_file_names_every_process() -> None:
    document = compose_config()
    assert set(document["services"]) == {"migrate", "postgres", "redis", *OURS}
    assert set(document["volumes"]) - {"prometheus", "grafana"} == {"data", "sandbox", "postgres", "redis"}
    for name, service in document["services"].items():
        one_shot = name == "migrate"
        assert one_shot or service["healthcheck"]["test"][0] == "CMD", name
        assert service["restart"] == ("no" if one_shot else "unless-stopped"), name
        published = [str(port) for port in service.get("ports", ())]
        assert all(port.startswith("127.0.0.1:") for port in published), f"{name} is open to the network by default: {published}"
    for name in ("web", "worker", "express", "link", "scheduler"):
        wanted = {"migrate": "service_completed_successfully", "postgres": "service_healthy", "redis": "service_healthy"}
        assert {other: one["condition"] for other, one in document["services"][name]["depends_on"].items()} == wanted


def test_prometheus_and_grafana_run_where_asked_for() -> None:
    services = compose_config(COMPOSE_PROFILES="monitoring")["services"]
    assert {"prometheus", "grafana"} <= set(services)
    root = Path(__file__).resolve().parent.parent.parent
    mounted = [volume.split(":")[0] if isinstance(volume, str) else volume["source"] for name in ("prometheus", "grafana") for volume in services[name]["volumes"]]
    assert len([one for one in mounted if one.startswith("/") and (root / one).is_dir()]) == 3
    published = [str(port) for port in services["grafana"]["ports"]]
    assert all("127.0.0.1" in port for port in published)


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
    with running_composition(tmp_path_factory.mktemp("compose"), OURS, HUABAO_WORKERS="2") as made:
        yield made


@pytest.mark.timeout(400)
def test_a_paper_goes_out_through_the_whole_set(composition: Composition, tmp_path: Path) -> None:
    rule = tmp_path / "hangzhou.yaml"
    rule.write_text(SEGMENT)
    readers, orders = write_readers(tmp_path, READERS)
    composition.huabao("segment", "add", "hangzhou", "--rule", rule)
    edition = composition.huabao("edition", "import", write_edition(tmp_path / "edition"))["edition_id"]
    composition.huabao("subscribers", "import", readers)
    composition.huabao("subscriptions", "import", orders)
    composition.huabao("port", "add", "sandbox", "--kind", "mm7", "--url", f"http://127.0.0.1:{composition.tcp_ports['sandbox']}/", "--rate", 500)

    composition.huabao("settings", "set", "approval_by_another", "no")  # one person is the whole desk here; that an approval is needed, production says by itself
    composition.huabao("edition", "submit", edition)
    composition.huabao("edition", "approve", edition)
    started = composition.huabao("dispatch", "start", edition, "--detach")
    status = _until_ended(composition, started["dispatch_id"])

    assert status["state"] == "closed", status
    assert status["audience"] == status["planned"] == READERS
    assert sum(status["outcomes"].values()) == READERS
    assert sum(status["outcomes"][name] for name in ("retrieved", "expired", "rejected")) == READERS, status["outcomes"]
    verdict = composition.huabao("ledger", "verify", "--peer", composition.volume("sandbox"))
    assert verdict["balanced"], verdict
    taken = [json.loads(line) for line in (composition.volume("sandbox") / "submissions.jsonl").read_text().splitlines()]
    numbers = [number for one in taken for number in one["recipients"]]
    assert len(numbers) == len(set(numbers)) == READERS


def _until_ended(composition: Composition, dispatch_id: int) -> Any:
    give_up_at = time.monotonic() + 240
    while True:
        status = composition.huabao("dispatch", "status", dispatch_id)
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
