"""A worker killed with -9 while readers are sent to one by one: nobody gets the words of another, nobody is counted twice."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlalchemy import update

from delivery.dispatch import planning as dispatches
from delivery.dispatch.planning import Request
from delivery.ledger import proof
from delivery.ledger.peer import read_peer
from delivery.models import Batch
from huabao.queues import Job
from huabao.runtime import Runtime
from tests.fault.test_killed_worker import counted, wait_for_recipients
from tests.services.delivering import add_port, peer, set_setting, settle
from tests.services.personal import expected, personal_world, said_to
from tests.services.workers import start_worker

READERS = 300


def test_nobody_gets_the_words_of_another(postgres_runtime: Runtime, tmp_path: Path) -> None:
    runtime = postgres_runtime
    with peer(tmp_path / "kept", "--answer-delay-ms", "5-10") as mmsc:
        world = personal_world(runtime, READERS, {reader: f"读者{reader}" for reader in range(1, READERS + 1)})
        set_setting(runtime, "ramp_readers_min", READERS + 1)
        set_setting(runtime, "batch_readers_max", 60)
        add_port(runtime, mmsc.url, connections=2, max_recipients=50, rate=100, burst=10)
        dispatch_id = dispatches.create(runtime, Request(world.edition), actor="test")
        worker = start_worker(runtime)
        try:
            taken = wait_for_recipients(mmsc, READERS // 5)
        finally:
            worker.kill()
        assert taken < READERS, "it was over before it was killed"
        with runtime.transaction() as session:  # nobody has to wait for the dead worker's leases
            long_ago = runtime.now() - timedelta(hours=1)
            session.execute(update(Batch).where(Batch.state == "claimed").values(lease_until=long_ago))
            session.execute(update(Job).where(Job.state == "running").values(lease_until=long_ago))
        settle(runtime, until=lambda: not counted(runtime, dispatch_id)["pending"])
        said, found = said_to(mmsc), counted(runtime, dispatch_id)
        for number, texts in said.items():
            reader = int(number[3:])
            assert [expected(reader, f"尊敬的读者{reader}") in text for text in texts] == [True], "another's words, or his twice"
        assert found["submitted"] + found["unknown"] == READERS
        assert len(said) >= found["submitted"]
        with runtime.transaction(read_only=True) as session:
            assert proof.verify(session, peers=[read_peer(mmsc.keep)]).problems == []
