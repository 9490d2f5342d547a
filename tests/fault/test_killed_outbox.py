"""A sender of requests killed with -9 after they left and before their answers were written down: BOSS does each once."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import yaml
from sqlalchemy import select

from huabao.runtime import Runtime
from reconciliation.outbox import Request, enqueue
from reconciliation.outbox.models import ASKING, DONE, UNKNOWN, OutboundRequest
from reconciliation.outbox.sending import heal, work
from tests.command_line import process_environment
from tests.integration.reconciliation.installing import add_readers, later, numbers, with_boss
from tests.integration.sandbox.running import boss
from tests.services.forked import Fork, run_text

READERS = 6
_SENDER = """
from huabao.config import Config
from huabao.runtime import make_runtime
from reconciliation.outbox.sending import work
work(make_runtime(Config()), "boss")
"""


def _states(runtime: Runtime) -> list[str]:
    with runtime.transaction(read_only=True) as session:
        return list(session.scalars(select(OutboundRequest.state).order_by(OutboundRequest.id)))


def test_what_left_before_the_sender_died_is_asked_again_and_done_once(postgres_runtime: Runtime, tmp_path: Path) -> None:
    (tmp_path / "script.yaml").write_text(yaml.safe_dump([{"when": {"nth": number}, "do": {"answer_delay_ms": 60_000.0}} for number in range(1, READERS + 1)]))
    with boss("--script", tmp_path / "script.yaml") as peer:
        runtime = with_boss(postgres_runtime, peer.url)
        for reader_id in add_readers(runtime, numbers(READERS)).values():
            for kind in ("order", "cancel"):
                with runtime.transaction() as session:
                    enqueue(session, Request("boss", kind, f"{kind}:{reader_id}", reader_id, service_id="paper"), now=runtime.now())
        environment = process_environment(runtime, {"HUABAO_BOSS_URL": peer.url, "HUABAO_BOSS_SECRETS": "huabao"})
        sender = Fork(run_text, _SENDER, name="sender", environment=environment)
        try:
            peer.wait_for("requests", READERS)
        finally:
            os.kill(sender.pid, signal.SIGKILL)
            sender.end()
        assert peer.stats()["ordered"] == READERS, "BOSS did them"
        assert set(_states(runtime)[::2]) == {ASKING}, "and nobody has written that down"
        assert work(runtime, "boss") == 0, "what is on its way holds its reader's next"
        heal(later(runtime, 60))
        assert set(_states(runtime)[::2]) == {ASKING}, "it may still be heard of"
        runtime = later(runtime, 300)
        heal(runtime)
        assert set(_states(runtime)[::2]) == {UNKNOWN}
        work(later(runtime, 60), "boss")
        found = peer.stats()
        assert (found["ordered"], found["repeated"]) == (READERS, READERS)
        assert {one["orders"]["paper"]["state"] for one in peer.accounts().values()} == {"cancelled"}
    assert set(_states(runtime)) == {DONE}
