"""The owner of the binds killed with -9, the SMSC killed, throttled, slow: nobody is missing, nobody gets it twice, the ledger balances."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select

from console.health import health as asked
from delivery.dispatch import planning as dispatches
from delivery.dispatch.planning import Request
from delivery.ledger import proof
from delivery.ledger.peer import read_peer
from delivery.links.owners import lease_name
from delivery.models import Submission
from delivery.ports import health
from huabao import leases
from huabao.runtime import Runtime
from tests.command_line import process_environment
from tests.servers import free_tcp_port
from tests.services.delivering import add_port, add_readers, build_world, set_setting
from tests.services.forked import Fork, run_command
from tests.services.texting import SMSC, add_smpp_port, owning, settle_texts, smsc
from tests.services.waiting import wait_until

READERS = 200
WINDOW = 8
RATE = 60
"""So slow that nobody is through before he is killed, on a machine that is late to see how far he is."""
SETTINGS = {
    health.BREAKER_FAILURES.name: 3,
    health.BREAKER_PROBE_S.name: 0.2,
    health.UNREACHED_PAUSE_S.name: 0.05,
    health.DEFERRAL_PAUSE_S.name: 0.05,
    "pace_recovery_s": 2.0,
    "breaker_trickle_per_s": 50.0,
    "batch_readers_max": 100,
    "unknown_wait_s": 86_400.0,
}


@pytest.fixture
def quick(runtime: Runtime) -> Runtime:
    """Waits and steps made short; nobody is sent to once more."""
    for name, value in SETTINGS.items():
        set_setting(runtime, name, value)
    return runtime


def begin(runtime: Runtime, readers: int = READERS) -> int:
    world = build_world(runtime)
    add_port(runtime, "http://127.0.0.1:9/", name="mms")
    add_readers(runtime, readers, service_id="paper", handset_class="text-only")
    return dispatches.create(runtime, Request(world.edition), actor="test")


@contextmanager
def link_process(runtime: Runtime, *arguments: str) -> Iterator[Fork]:
    """`huabao link`, with a short lease so that the next one soon takes over."""
    environment = process_environment(runtime, {"HUABAO_LEASE_S": "3", "HUABAO_LOG_LEVEL": "ERROR"})
    process = Fork(run_command, "link", *arguments, name="link", environment=environment)
    try:
        yield process
    finally:
        process.end()


def holder(runtime: Runtime, port_id: int) -> str | None:
    with runtime.transaction(read_only=True) as session:
        return leases.lease_holder(session, lease_name(port_id), now=runtime.now())


def counted(runtime: Runtime, dispatch_id: int) -> Counter[str]:
    with runtime.transaction(read_only=True) as session:
        return Counter(proof.counts(session, dispatch_id).outcomes)


def nobody_waits(runtime: Runtime, dispatch_id: int) -> bool:
    found = counted(runtime, dispatch_id)
    return not found["pending"] and not found["submitted"]


def check(runtime: Runtime, dispatch_id: int, peer: SMSC, readers: int = READERS) -> Counter[str]:
    """Nobody twice, nobody missing but the unknown, the ledger balanced; what became of whom."""
    got = peer.recipients()
    assert len(got) == len(set(got)), "somebody got it twice"
    found = counted(runtime, dispatch_id)
    assert found["retrieved"] + found["unknown"] == readers
    assert readers - len(got) <= found["unknown"]
    with runtime.transaction(read_only=True) as session:
        assert proof.verify(session, peers=[read_peer(peer.keep)]).problems == []
    return found


@pytest.mark.slow
def test_the_owner_killed_and_another_in_its_place(quick: Runtime, tmp_path: Path) -> None:
    with smsc(tmp_path / "kept", "--delay-ms", "0-20", "--answer-delay-ms", "20") as peer:
        port_id = add_smpp_port(quick, peer.url, window=WINDOW, binds=2, rate=RATE, burst=5)
        with link_process(quick) as first:
            wait_until(lambda: holder(quick, port_id) is not None)
            owner = holder(quick, port_id)
            with link_process(quick) as second:
                dispatch_id = begin(quick)
                over = threading.Event()
                sweeper = threading.Thread(target=lambda: settle_texts(quick, until=over.is_set))
                sweeper.start()
                try:
                    wait_until(lambda: len(peer.recipients()) > READERS // 4)
                    os.kill(first.pid, signal.SIGKILL)
                    assert len(peer.recipients()) < READERS, "it was over before it was killed"
                    wait_until(lambda: holder(quick, port_id) not in (None, owner))
                    wait_until(lambda: nobody_waits(quick, dispatch_id))
                finally:
                    over.set()
                    sweeper.join()
                assert second.poll() is None
        found = check(quick, dispatch_id, peer)
        with quick.transaction(read_only=True) as session:
            lost = session.scalar(select(func.count()).select_from(Submission).where(Submission.state == "unknown"))
        assert found["unknown"] <= (lost or 0)
        wait_until(lambda: peer.stats()["bound"] == 0)


def test_a_link_that_is_told_to_stop_gives_everything_back(quick: Runtime, tmp_path: Path) -> None:
    with smsc(tmp_path / "kept", "--delay-ms", "0-20", "--answer-delay-ms", "30") as peer:
        port_id = add_smpp_port(quick, peer.url, window=4, rate=RATE, burst=5)
        dispatch_id = begin(quick)
        with link_process(quick, "--ports", "sms") as first:
            wait_until(lambda: len(peer.recipients()) > 20)
            assert asked(quick, "link")
            first.terminate()
            assert first.wait() == 0
        assert holder(quick, port_id) is None, "the lease was given back at once"
        assert peer.stats()["bound"] == 0
        with quick.transaction(read_only=True) as session:
            assert session.scalars(select(Submission.id).where(Submission.state.in_(("leaving", "unknown")))).all() == []
        assert len(peer.recipients()) < READERS
        with owning(quick):
            settle_texts(quick, until=lambda: nobody_waits(quick, dispatch_id))
        assert check(quick, dispatch_id, peer)["retrieved"] == READERS


def test_an_smsc_killed_and_started_again(quick: Runtime, tmp_path: Path) -> None:
    tcp_port = free_tcp_port()
    url = f"smpp://127.0.0.1:{tcp_port}"
    add_smpp_port(quick, url, window=WINDOW)
    dispatch_id = begin(quick)
    with owning(quick):
        with smsc(tmp_path / "kept", "--delay-ms", "0-20", "--answer-delay-ms", "10", port=tcp_port) as peer:
            settle_texts(quick, until=lambda: len(peer.recipients()) > READERS // 3)
            peer.process.kill()
        over = time.monotonic() + 1.0
        settle_texts(quick, until=lambda: time.monotonic() > over)
        with smsc(tmp_path / "kept", "--delay-ms", "0-20", port=tcp_port) as peer:
            # Receipts that died with the SMSC never come: whoever was submitted then stays so.
            settle_texts(quick, until=lambda: not counted(quick, dispatch_id)["pending"] and len(peer.recipients()) > READERS // 2)
    got = peer.recipients()
    assert len(got) == len(set(got)), "somebody got it twice"
    found = counted(quick, dispatch_id)
    assert found["retrieved"] + found["unknown"] + found["submitted"] == READERS
    assert found["unknown"] <= WINDOW
    with quick.transaction(read_only=True) as session:
        assert proof.verify(session, peers=[read_peer(peer.keep)]).problems == []


def test_a_throttled_smsc_is_served_to_the_end_without_a_message_lost(quick: Runtime, tmp_path: Path) -> None:
    with smsc(tmp_path / "kept", "--delay-ms", "0-20", "--tps", "60") as peer:
        add_smpp_port(quick, peer.url, rate=300, burst=9, window=WINDOW)
        dispatch_id = begin(quick, 150)
        with owning(quick):
            settle_texts(quick, until=lambda: nobody_waits(quick, dispatch_id))
        assert peer.stats()["throttled"] > 0
        assert check(quick, dispatch_id, peer, 150)["retrieved"] == 150
        with quick.transaction(read_only=True) as session:
            assert session.scalar(select(func.count()).select_from(Submission).where(Submission.state == "deferred"))


def test_answers_that_never_come_are_unknown_and_late_ones_are_not(quick: Runtime, tmp_path: Path) -> None:
    script = tmp_path / "script.yaml"
    script.write_text("- when: {every: 7}\n  do: {answer_delay_ms: 1500}\n- when: {every: 5}\n  do: {lose: true}\n")
    with smsc(tmp_path / "kept", "--delay-ms", "2000-2200", "--script", script) as peer:
        add_smpp_port(quick, peer.url, window=30, timeout_s=0.7)
        dispatch_id = begin(quick, 70)
        with owning(quick):
            settle_texts(quick, until=lambda: nobody_waits(quick, dispatch_id) and counted(quick, dispatch_id)["retrieved"] == len(peer.recipients()))
        lost = 70 - len(peer.recipients())
        assert lost > 5
        assert check(quick, dispatch_id, peer, 70)["unknown"] == lost, "what was answered late is known"
