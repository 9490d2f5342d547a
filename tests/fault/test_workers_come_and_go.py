"""Celery workers added, told to go and killed while a dispatch runs: everybody is served once, and the ledger balances."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from delivery.dispatch import planning as dispatches
from delivery.dispatch.planning import Request
from delivery.ledger import proof
from delivery.ledger.peer import read_peer
from delivery.models import Submission
from huabao.runtime import Runtime
from tests import servers
from tests.command_line import process_environment
from tests.services.delivering import ROOT, add_port, build_world, peer, set_setting
from tests.services.waiting import PATIENCE_S, wait_until
from tests.services.workers import outcomes

READERS = 1500
GROUP = 4
RATE = 150
CONNECTIONS = 4


@contextmanager
def process(runtime: Runtime, *words: object) -> Iterator[subprocess.Popen[bytes]]:
    """One of our processes, with its children."""
    environment = process_environment(runtime, {"HUABAO_LEASE_S": "3", "HUABAO_LOG_LEVEL": "ERROR"})
    command = servers.mortal([sys.executable, "-m", "console.cli", *map(str, words)])
    started = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        yield started
    finally:
        kill(started)


def kill(started: subprocess.Popen[bytes]) -> None:
    """End a process and its children as a power cut would."""
    with suppress(ProcessLookupError):
        os.killpg(started.pid, signal.SIGKILL)
    started.wait(PATIENCE_S)


@pytest.fixture
def production(postgres_runtime: Runtime, redis_url: str) -> Runtime:
    """An installation with a broker."""
    return replace(postgres_runtime, config=postgres_runtime.config.model_copy(update={"redis_url": redis_url}))


def unknown_submissions(runtime: Runtime) -> int:
    with runtime.transaction(read_only=True) as session:
        return session.scalar(select(func.count()).select_from(Submission).where(Submission.state == "unknown")) or 0


def test_workers_come_and_go(production: Runtime, tmp_path: Path) -> None:
    for name, value in {"batch_readers_max": 100, "ramp_readers_min": READERS + 1, "unknown_wait_s": 86_400.0}.items():
        set_setting(production, name, value)
    with peer(tmp_path / "kept", "--answer-delay-ms", "5-40") as mmsc, ExitStack() as stack:
        world = build_world(production, readers=READERS)
        add_port(production, mmsc.url, rate=RATE, burst=12, max_recipients=GROUP, connections=CONNECTIONS)
        dispatch_id = dispatches.create(production, Request(world.edition), actor="test")

        def add_worker() -> subprocess.Popen[bytes]:
            return stack.enter_context(process(production, "worker", "--concurrency", 2))

        stack.enter_context(process(production, "scheduler"))
        first, second = add_worker(), add_worker()
        wait_until(lambda: len(mmsc.recipients()) > READERS // 10)
        third = add_worker()
        first.send_signal(signal.SIGTERM)
        assert first.wait(PATIENCE_S) == 0, "it did not end at SIGTERM"
        assert unknown_submissions(production) == 0, "who is told to go finishes what he has in hand"
        wait_until(lambda: len(mmsc.recipients()) > READERS // 2)
        kill(second)
        add_worker()
        wait_until(lambda: len(mmsc.recipients()) > READERS * 7 // 10)
        third.send_signal(signal.SIGTERM)
        wait_until(lambda: "pending" not in outcomes(production, dispatch_id), what="it stands still")
    got = mmsc.recipients()
    assert len(got) == len(set(got)), "somebody got it twice"
    found = outcomes(production, dispatch_id)
    assert sum(found.values()) == READERS
    assert READERS - len(got) <= found.get("unknown", 0) <= 3 * (2 * CONNECTIONS * GROUP + 128)
    with production.transaction(read_only=True) as session:
        assert list(proof.verify(session, peers=[read_peer(mmsc.keep)]).problems) == []
