"""The main job on material that nobody here wrote: real papers, thousands of readers, a ledger held against the peer.

Everything runs as it does for an operator: commands, the console with its
worker, the sandbox MMSC, each a process of its own. What takes ten times
longer with ten times the readers is `bin/bench`'s to measure.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sandbox.demo.installation import Installation
from sandbox.demo.readers import EFFECTIVE_AT, write_readers
from tests import servers
from tests.services.forked import Fork, run_command

EDITIONS = ("newspaper-2022-10-am", "magazine-zhaohuaxishi", "comic-peppercarrot-06")
SERVICES = ("morning-paper", "member-magazine", "peppercarrot")
READERS = {"sqlite": 1_500, "postgresql": 4_000}
MIX = "retrieved=0.95,expired=0.02,rejected=0.02,indeterminate=0.01"


@dataclass
class Place(Installation):
    """An installation whose commands are forks of a process that has imported them: a quarter of what each costs anew."""

    def run(self, *arguments: str, secrets: dict[str, str] | None = None, problem_is_fine: bool = False) -> Any:
        given = [*arguments, "--json"]
        process = Fork(run_command, *given, name="huabao", environment={**self.environment, **(secrets or {})})
        with process.stdout:
            said = process.stdout.read()
        assert process.wait() in ((0, 1) if problem_is_fine else (0,)), f"huabao {given}: {said}"
        return json.loads(said)


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A running installation with readers, subscriptions and a port, on a database that a real command migrated or found migrated."""
    settings = {"HUABAO_DATABASE_URL": request.getfixturevalue("postgres_url")} if request.param == "postgresql" else {}
    place = Place(tmp_path / "huabao", settings, web_port=servers.free_tcp_port(), mmsc_port=servers.free_tcp_port())
    place.clear()
    try:
        _start(place, READERS[request.param])
        yield place
    finally:
        place.stop()


def _start(place: Place, readers: int) -> None:
    Installation.run(place, "db", "upgrade")
    people, orders = write_readers(place.folder, readers, ())
    _order_everything(people, orders)
    place.run("subscribers", "import", str(people))
    place.run("subscriptions", "import", str(orders))
    peer = ("--mix", MIX, "--delay-ms", "0-300", "--early", "0.05", "--double", "0.05", "--swapped", "0.1", "--keep", str(place.folder / "peer"))
    place.start("mmsc", "sandbox", "mmsc", "--port", str(place.mmsc_port), "--report-url", f"{place.web_url}/mm7/north", *peer)
    place.run("port", "add", "north", "--kind", "mm7", "--url", f"http://127.0.0.1:{place.mmsc_port}/mm7", "--rate", "10000")
    place.start("serve", "serve", "--port", str(place.web_port))
    place.wait_for(f"http://127.0.0.1:{place.mmsc_port}/")
    place.wait_for(f"{place.web_url}/healthz")


def _order_everything(people: Path, orders: Path) -> None:
    """Every reader takes every paper; each hundredth order rests."""
    with people.open(encoding="utf-8", newline="") as file:
        numbers = [row["msisdn"] for row in csv.DictReader(file)]
    with orders.open("w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(["msisdn", "service_id", "state", "effective_at"])
        rows.writerows((number, service, "paused" if at % 100 == 0 else "active", EFFECTIVE_AT) for service in SERVICES for at, number in enumerate(numbers))


# Half a minute of work, composing most of it, which knows no database: each paper is composed once, PostgreSQL gets one of the three.
# The limit is for a machine that does other things too.
@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("place", "editions"), [("sqlite", EDITIONS[1:]), ("postgresql", EDITIONS[:1])], indirect=["place"], ids=["sqlite", "postgresql"])
def test_real_papers_reach_thousands_of_readers(request: pytest.FixtureRequest, samples: Path, place: Place, editions: tuple[str, ...]) -> None:
    readers = READERS[request.node.callspec.id]
    started = []
    for name in editions:
        imported = place.run("edition", "import", str(samples / "editions" / name))
        started.append(place.run("dispatch", "start", str(imported["edition_id"]), "--detach")["dispatch_id"])
    for dispatch_id in started:
        status = place.run("dispatch", "status", str(dispatch_id), "--watch")
        assert (status["state"], status["audience"], status["planned"] > 0.95 * readers) == ("closed", readers, True)
        assert status["planned"] + sum(status["excluded"].values()) == status["audience"]
        assert sum(status["outcomes"].values()) == status["planned"]
        assert status["outcomes"]["retrieved"] > 0.9 * status["planned"]
        assert not {"pending", "submitted"} & {name for name, count in status["outcomes"].items() if count}
    verified = place.run("ledger", "verify", "--peer", str(place.folder / "peer"))
    assert verified["balanced"], verified["problems"]
    assert len(verified["dispatches"]) == len(editions)
