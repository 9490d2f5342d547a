"""A worker killed with -9 while it calls an edition back: no submission is forgotten, and asking again does no harm."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select

from delivery.dispatch import killing, recalls
from delivery.dispatch import planning as dispatches
from delivery.dispatch.planning import Request
from delivery.ledger import proof
from delivery.ledger.peer import read_peer
from delivery.models import Recall
from huabao.runtime import Runtime
from tests.command_line import process_environment
from tests.fault.test_killed_worker import counted
from tests.integration.sandbox.running import kept
from tests.services.delivering import Peer, add_port, build_world, peer, settle
from tests.services.forked import Fork, run_text
from tests.services.waiting import wait_until

READERS, GROUP = 240, 10

CALLING_BACK = """
from delivery.dispatch.recalls import send
from huabao.config import Config
from huabao.runtime import make_runtime

print("working", flush=True)
send(make_runtime(Config()), 1)
"""


def states(runtime: Runtime) -> dict[str, int]:
    with runtime.transaction(read_only=True) as session:
        return {row[0]: row[1] for row in session.execute(select(Recall.state, func.count()).group_by(Recall.state))}


def wait_for_cancels(mmsc: Peer, at_least: int) -> None:
    wait_until(lambda: int(mmsc.stats().get("cancels", 0)) >= at_least, what="the peer was never asked", every_s=0.02)


def test_what_left_with_a_killed_worker_is_asked_again(runtime: Runtime, tmp_path: Path) -> None:
    with peer(tmp_path / "kept", "--mix", "retrieved=1", "--delay-ms", "600000", "--answer-delay-ms", "250") as mmsc:
        world = build_world(runtime, readers=READERS)
        add_port(runtime, mmsc.url, max_recipients=GROUP, connections=4)
        dispatch_id = dispatches.create(runtime, Request(world.edition), actor="test")
        settle(runtime, until=lambda: counted(runtime, dispatch_id)["submitted"] == READERS)
        assert killing.kill(runtime, world.edition, recalling=True, by="ops", reason="x").asked == READERS // GROUP
        worker = Fork(run_text, CALLING_BACK, name="calling back", environment=process_environment(runtime))
        assert worker.stdout.readline() == "working\n"
        wait_for_cancels(mmsc, 5)
        worker.kill()
        worker.end()
        found = states(runtime)
        assert found["leaving"] > 0
        assert found["waiting"] > 0
        later = replace(runtime, clock=lambda: runtime.clock() + timedelta(seconds=recalls.SILENT_S + 1))
        recalls.heal(later)
        assert states(runtime) == {**{name: number for name, number in found.items() if name != "leaving"}, "unknown": found["leaving"]}
        assert killing.kill(runtime, world.edition, recalling=True, by="ops", reason="x").asked == found["leaving"]
        settle(runtime, until=lambda: states(runtime) == {"done": READERS // GROUP})
        spared = {number for line in kept(mmsc.keep, "recalls") for number in line["recipients"]}
        assert len(spared) == READERS
        with runtime.transaction(read_only=True) as session:
            assert list(proof.verify(session, peers=[read_peer(mmsc.keep)]).problems) == []
