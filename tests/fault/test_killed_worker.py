"""A worker killed with -9 in the middle of a dispatch: nobody is missing, nobody gets it twice."""

from __future__ import annotations

import time
from pathlib import Path

from sqlalchemy import func, select

from delivery.dispatch import planning as dispatches
from delivery.dispatch.planning import Request
from delivery.ledger import proof
from delivery.ledger.peer import read_peer
from delivery.models import Submission
from huabao.runtime import Runtime
from tests.services.delivering import Peer, add_port, build_world, peer, set_setting
from tests.services.waiting import wait_until
from tests.services.workers import start_worker

READERS = 20_000
GROUP = 50
CONNECTIONS = 4
THREADS = 4


def wait_for_recipients(mmsc: Peer, at_least: int) -> int:
    def taken() -> int:
        return int(mmsc.stats().get("recipients", 0))

    wait_until(lambda: taken() >= at_least, what=lambda: f"the peer took {taken()} recipients, {at_least} were awaited")
    return taken()


def counted(runtime: Runtime, dispatch_id: int) -> dict[str, int]:
    with runtime.transaction(read_only=True) as session:
        return dict(proof.counts(session, dispatch_id).outcomes)


def wait_until_sent(runtime: Runtime, dispatch_id: int) -> None:
    wait_until(lambda: not counted(runtime, dispatch_id)["pending"], what=lambda: f"still pending: {counted(runtime, dispatch_id)}")


def test_a_killed_worker_loses_and_doubles_nobody(runtime: Runtime, tmp_path: Path) -> None:
    with peer(tmp_path / "kept", "--answer-delay-ms", "5-60") as mmsc:
        world = build_world(runtime, readers=READERS)
        set_setting(runtime, "ramp_readers_min", READERS + 1)
        add_port(runtime, mmsc.url, rate=10_000, burst=300, max_recipients=GROUP, connections=CONNECTIONS, timeout_s=30.0)
        dispatch_id = dispatches.create(runtime, Request(world.edition), actor="test")
        first = start_worker(runtime)
        try:
            taken = wait_for_recipients(mmsc, READERS // 3)
        finally:
            first.kill()
        assert taken < READERS, "it was over before it was killed"
        time.sleep(1.0)  # the database may still be at a commit that the dead worker asked for
        with runtime.transaction(read_only=True) as session:
            in_flight = session.scalar(select(func.coalesce(func.sum(Submission.recipients), 0)).where(Submission.state == "leaving"))
        second = start_worker(runtime)
        try:
            wait_until_sent(runtime, dispatch_id)
        finally:
            second.kill()
        got = mmsc.recipients()
        assert len(got) == len(set(got)), "somebody got it twice"
        found = counted(runtime, dispatch_id)
        assert found["submitted"] + found["unknown"] == READERS
        assert found["unknown"] == in_flight
        assert in_flight is not None
        assert in_flight <= THREADS * 2 * CONNECTIONS * GROUP  # what each sender may have on its way or unrecorded, and as many groups written ahead
        assert READERS - len(got) <= in_flight
        with runtime.transaction(read_only=True) as session:
            verification = proof.verify(session, peers=[read_peer(mmsc.keep)])
        assert verification.problems == []
