"""The production form while its parts die: each reader gets the paper once, and the ledger balances against the peer."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.services.compose import Composition, running_composition
from tests.services.editions import SEGMENT, write_edition, write_readers
from tests.services.kept import kept_lines

pytestmark = pytest.mark.slow

OURS = ("web", "worker", "link", "scheduler", "sandbox")
READERS = 4_000
RATE = 300
MOST_UNKNOWN = 600
"""Readers in flight when something died: a few windows of a few groups."""


@pytest.fixture
def composition(tmp_path: Path) -> Iterator[Composition]:
    with running_composition(tmp_path, OURS, HUABAO_WORKERS="2") as made:
        yield made


def _prepare(composition: Composition, folder: Path) -> int:
    rule = folder / "hangzhou.yaml"
    rule.write_text(SEGMENT)
    readers, orders = write_readers(folder, READERS)
    composition.huabao("segment", "add", "hangzhou", "--rule", rule)
    edition = composition.huabao("edition", "import", write_edition(folder / "edition"))["edition_id"]
    composition.huabao("publication", "set", "test-paper", "--unknown", "never")  # what died with an answer is sent to nobody once more
    composition.huabao("subscribers", "import", readers)
    composition.huabao("subscriptions", "import", orders)
    composition.huabao("settings", "set", "report_wait_s", 20)
    composition.huabao("settings", "set", "brake_submit_share", 1)  # a small variant may lose a third of its answers here; nobody is there to let it go
    composition.huabao("settings", "set", "approval_required", "no")
    composition.huabao("port", "add", "sandbox", "--kind", "mm7", "--url", f"http://127.0.0.1:{composition.tcp_ports['sandbox']}/", "--rate", RATE)
    return int(composition.huabao("dispatch", "start", edition, "--detach")["dispatch_id"])


def _kept(composition: Composition) -> list[str]:
    """The numbers that the peer took, in their order."""
    return [number for one in kept_lines(composition.volume("sandbox") / "submissions.jsonl") for number in one["recipients"]]


def _wait_for_more(composition: Composition, more: int) -> None:
    """Until the peer took so many more; it shows that everything goes on."""
    wanted = min(len(_kept(composition)) + more, READERS - 100)
    give_up_at = time.monotonic() + 180
    while len(_kept(composition)) < wanted:
        assert time.monotonic() < give_up_at, f"it stands still at {len(_kept(composition))} of {wanted}\n" + "\n".join(composition.said(name) for name in OURS)
        composition.revive()
        time.sleep(0.2)


def _freeze(composition: Composition, service: str, for_s: float) -> None:
    pid = composition.processes[service].pid
    os.killpg(pid, signal.SIGSTOP)
    time.sleep(for_s)
    os.killpg(pid, signal.SIGCONT)


def _crash_database(composition: Composition) -> None:
    """Kill one of PostgreSQL's sessions with -9: all of them end, and it recovers from its log."""
    with _database(composition) as connection:
        os.kill(connection.info.backend_pid, signal.SIGKILL)


def _database(composition: Composition) -> psycopg.Connection:
    return psycopg.connect(f"postgresql://postgres@127.0.0.1:{composition.tcp_ports['postgres']}/huabao", autocommit=True)


def _state(composition: Composition, dispatch_id: int) -> str:
    """The dispatch's state, at a hundredth of what the command costs that says it."""
    with _database(composition) as connection:
        [state] = connection.execute("SELECT state FROM dispatches WHERE id = %s", [dispatch_id]).fetchone() or [""]
    return str(state)


def _until_closed(composition: Composition, dispatch_id: int) -> Any:
    give_up_at = time.monotonic() + 360
    while _state(composition, dispatch_id) != "closed":
        assert time.monotonic() < give_up_at, "\n".join(f"{name}: {composition.said(name)}" for name in OURS)
        composition.revive()
        time.sleep(0.5)
    return composition.huabao("dispatch", "status", dispatch_id)


@pytest.mark.timeout(600)
def test_whatever_dies_each_reader_gets_it_once(composition: Composition, tmp_path: Path) -> None:
    dispatch_id = _prepare(composition, tmp_path)
    _wait_for_more(composition, 200)

    composition.kill("worker", alone=True)
    composition.start("worker")
    _wait_for_more(composition, 200)

    _freeze(composition, "redis", 3.0)
    _wait_for_more(composition, 200)

    composition.kill("redis")
    shutil.rmtree(composition.volume("redis"))  # it forgot everything
    composition.volume("redis")
    composition.start("redis")
    _wait_for_more(composition, 200)

    composition.start("scheduler", name="standby")
    time.sleep(1.0)
    composition.kill("scheduler")
    _wait_for_more(composition, 200)

    composition.kill("web")
    _wait_for_more(composition, 200)
    composition.start("web")

    _crash_database(composition)
    _wait_for_more(composition, 200)

    composition.kill("worker")
    composition.start("worker")

    status = _until_closed(composition, dispatch_id)
    got = _kept(composition)
    assert len(got) == len(set(got)), "somebody got it twice"
    assert status["planned"] == READERS == sum(status["outcomes"].values())
    assert READERS - len(got) <= MOST_UNKNOWN, "more are missing than can have been in flight"
    verdict = composition.huabao("ledger", "verify", "--peer", composition.volume("sandbox"))
    assert verdict["balanced"], verdict
