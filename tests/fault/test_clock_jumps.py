"""A worker's wall clock is set by an hour while it sends: nothing stands still for that hour, nobody is sent to twice."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from sqlalchemy import select

from delivery.dispatch import planning as dispatches
from delivery.dispatch.planning import Request
from delivery.ledger import proof
from delivery.ledger.peer import read_peer
from delivery.models import Submission
from delivery.ports import health
from huabao.runtime import Runtime
from tests.services.delivering import add_port, build_world, peer, set_setting
from tests.services.waiting import wait_until
from tests.services.workers import SLEEPS, outcomes, start_worker, wall_clock

READERS = 600
GROUP = 5
RATE = 150
BATCH_READERS = 50
HOUR_S = 3600.0
LEASE_S = 10
"""Of the worker whose clock is set: longer than a busy machine stands still, for what it loses then is not the clock's fault."""

SETTINGS = {health.DEFERRAL_PAUSE_S.name: 0.2, "pace_recovery_s": 2.0, "batch_readers_max": BATCH_READERS, "ramp_readers_min": READERS + 1, "unknown_wait_s": 86_400.0}


@pytest.mark.parametrize(("runtime", "offset_s"), [("sqlite", HOUR_S), ("postgresql", -HOUR_S)], ids=["sqlite-ahead", "postgresql-back"], indirect=["runtime"])
def test_a_worker_whose_clock_is_set_goes_on_and_its_leases_hold_nobody_up(runtime: Runtime, tmp_path: Path, offset_s: float) -> None:
    for name, value in SETTINGS.items():
        set_setting(runtime, name, value)
    script = tmp_path / "script.yaml"
    script.write_text("- when: {every: 25}\n  do: {code: 4006}\n")  # pauses are under way whenever the clock is set
    with peer(tmp_path / "kept", "--answer-delay-ms", "5-40", "--script", script, "--mix", "retrieved=1") as mmsc:
        world = build_world(runtime, readers=READERS)
        add_port(runtime, mmsc.url, rate=RATE, burst=10, max_recipients=GROUP, connections=4)
        dispatch_id = dispatches.create(runtime, Request(world.edition), actor="test")
        clock = wall_clock(tmp_path)
        first = start_worker(runtime, {**clock.environment, "HUABAO_LEASE_S": str(LEASE_S)}, more=SLEEPS)
        try:
            wait_until(lambda: len(mmsc.recipients()) > READERS // 5)
            clock.set(f"{offset_s:+.0f}s")
            wait_until(lambda: len(mmsc.recipients()) > READERS // 2, what="it stood still when the clock was set")
            time.sleep(1.5)  # a set clock is seen within a second
            assert abs(first.wall_s - time.time() - offset_s) < HOUR_S / 4, "the clock was not set"
            with runtime.transaction(read_only=True) as session:
                lost = session.execute(select(Submission.batch_id, Submission.status_text).where(Submission.state == "unknown")).all()
            assert lost == [], f"a living worker's batches were taken from it: {lost}"
        finally:
            first.kill()
        second = start_worker(runtime)
        try:
            wait_until(lambda: "pending" not in outcomes(runtime, dispatch_id), what="the dead worker's leases hold the next one up")
        finally:
            second.kill()
    got = mmsc.recipients()
    assert len(got) == len(set(got)), "somebody got it twice"
    found = outcomes(runtime, dispatch_id)
    assert READERS - len(got) <= found.get("unknown", 0) <= 200
    assert sum(found.values()) == READERS
    with runtime.transaction(read_only=True) as session:
        assert list(proof.verify(session, peers=[read_peer(mmsc.keep)]).problems) == []
